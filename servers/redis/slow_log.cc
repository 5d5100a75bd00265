#include "servers/redis/slow_log.h"

#include <algorithm>
#include <utility>

namespace weir::redis {

std::vector<std::string> SlowLog::abridge(std::span<const std::string_view> arguments) {
  constexpr std::size_t kMaxWords = 32;
  constexpr std::size_t kMaxBytes = 128;
  const bool all = arguments.size() <= kMaxWords;
  std::vector<std::string> words;
  for (const std::string_view argument : arguments.first(all ? arguments.size() : kMaxWords - 1)) {
    std::string& word = words.emplace_back(argument.substr(0, kMaxBytes));
    if (argument.size() <= kMaxBytes) continue;
    word += "... (" + std::to_string(argument.size() - kMaxBytes) + " more bytes)";
  }
  if (!all) {
    words.push_back("... (" + std::to_string(arguments.size() - words.size()) + " more arguments)");
  }
  return words;
}

void SlowLog::add(Entry entry, std::size_t max_size) {
  const std::lock_guard lock(mutex_);
  entry.id = next_id_++;
  entries_.push_front(std::move(entry));
  if (entries_.size() > max_size) entries_.resize(max_size);
}

void SlowLog::trim(std::size_t max_size) {
  const std::lock_guard lock(mutex_);
  if (entries_.size() > max_size) entries_.resize(max_size);
}

void SlowLog::clear() {
  const std::lock_guard lock(mutex_);
  entries_.clear();
}

std::size_t SlowLog::size() {
  const std::lock_guard lock(mutex_);
  return entries_.size();
}

std::vector<SlowLog::Entry> SlowLog::latest(std::size_t count) {
  const std::lock_guard lock(mutex_);
  const auto end = static_cast<std::ptrdiff_t>(std::min(count, entries_.size()));
  return {entries_.begin(), entries_.begin() + end};
}

}  // namespace weir::redis
