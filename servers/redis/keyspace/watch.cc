#include "servers/redis/keyspace/watch.h"

#include <algorithm>

namespace weir::redis {

void Watches::add(std::string_view key, Watcher& watcher) {
  std::vector<Watcher*>& watchers = keys_[std::string(key)];
  if (std::find(watchers.begin(), watchers.end(), &watcher) == watchers.end()) {
    watchers.push_back(&watcher);
  }
}

void Watches::remove(std::string_view key, Watcher& watcher) {
  const auto found = keys_.find(key);
  if (found == keys_.end()) return;
  std::erase(found->second, &watcher);
  if (found->second.empty()) keys_.erase(found);
}

void Watches::touch(std::string_view key) {
  if (keys_.empty()) return;
  const auto found = keys_.find(key);
  if (found == keys_.end()) return;
  for (Watcher* watcher : found->second) watcher->mark_changed();
}

}  // namespace weir::redis
