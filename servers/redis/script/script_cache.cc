#include "servers/redis/script/script_cache.h"

namespace weir::redis {

void ScriptCache::add(std::string_view digest, std::string_view text) {
  const std::lock_guard lock(mutex_);
  if (texts_.emplace(digest, text).second) text_bytes_ += text.size();
}

std::optional<std::string> ScriptCache::find(std::string_view digest) const {
  const std::lock_guard lock(mutex_);
  const auto found = texts_.find(digest);
  if (found == texts_.end()) return std::nullopt;
  return found->second;
}

bool ScriptCache::contains(std::string_view digest) const {
  const std::lock_guard lock(mutex_);
  return texts_.contains(digest);
}

void ScriptCache::clear() {
  const std::lock_guard lock(mutex_);
  texts_.clear();
  text_bytes_ = 0;
  generation_.fetch_add(1, std::memory_order_release);
}

std::size_t ScriptCache::size() const {
  const std::lock_guard lock(mutex_);
  return texts_.size();
}

std::size_t ScriptCache::bytes() const {
  constexpr std::size_t kOverhead = 40 + 4 * sizeof(void*) + 2 * sizeof(std::string);
  const std::lock_guard lock(mutex_);
  return text_bytes_ + texts_.size() * kOverhead;
}

}  // namespace weir::redis
