#include "servers/redis/acl_log.h"

#include <algorithm>
#include <utility>

namespace weir::redis {

void AclLog::add(Entry entry, std::size_t max_size) {
  const std::lock_guard lock(mutex_);
  const auto same = std::find_if(entries_.begin(), entries_.end(), [&entry](const Entry& known) {
    return known.context == entry.context && known.object == entry.object &&
           known.user == entry.user && entry.time_ms - known.time_ms <= kSameWithinMs;
  });
  if (same != entries_.end()) {
    entry.count += same->count;
    entries_.erase(same);
  }
  entries_.push_front(std::move(entry));
  if (entries_.size() > max_size) entries_.resize(max_size);
}

void AclLog::clear() {
  const std::lock_guard lock(mutex_);
  entries_.clear();
}

std::vector<AclLog::Entry> AclLog::latest(std::size_t count) {
  const std::lock_guard lock(mutex_);
  const auto end = entries_.begin() + static_cast<std::ptrdiff_t>(std::min(count, entries_.size()));
  return {entries_.begin(), end};
}

}  // namespace weir::redis
