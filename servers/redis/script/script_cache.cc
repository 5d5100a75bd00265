#include "servers/redis/script/script_cache.h"

namespace weir::redis {

void ScriptCache::add(std::string_view digest, std::string_view text, const ScriptFlags& flags) {
  const std::lock_guard lock(mutex_);
  if (scripts_.contains(digest)) return;
  scripts_.emplace(digest, Script{std::string(text), flags});
  text_bytes_ += text.size();
}

std::optional<std::string> ScriptCache::find(std::string_view digest) const {
  const std::lock_guard lock(mutex_);
  const auto found = scripts_.find(digest);
  if (found == scripts_.end()) return std::nullopt;
  return found->second.text;
}

bool ScriptCache::contains(std::string_view digest) const {
  const std::lock_guard lock(mutex_);
  return scripts_.contains(digest);
}

ScriptFlags ScriptCache::flags(std::string_view digest) const {
  const std::lock_guard lock(mutex_);
  const auto found = scripts_.find(digest);
  return found != scripts_.end() ? found->second.flags : ScriptFlags{};
}

void ScriptCache::clear() {
  const std::lock_guard lock(mutex_);
  scripts_.clear();
  text_bytes_ = 0;
  generation_.fetch_add(1, std::memory_order_release);
}

std::size_t ScriptCache::size() const {
  const std::lock_guard lock(mutex_);
  return scripts_.size();
}

std::size_t ScriptCache::bytes() const {
  constexpr std::size_t kOverhead = 40 + 4 * sizeof(void*) + sizeof(std::string) + sizeof(Script);
  const std::lock_guard lock(mutex_);
  return text_bytes_ + scripts_.size() * kOverhead;
}

}  // namespace weir::redis
