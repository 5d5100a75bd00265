// WATCH: which transactions want to know of a change to a key.
//
// A Watcher belongs to one client; the Watches of a shard name the watchers of its keys. touch()
// raises the watcher's flag, which its client reads when it executes. Thread rule: Watches under
// the shard's lock; the flag from any thread.
#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace weir::redis {

class Watcher {
 public:
  void mark_changed() { changed_.store(true, std::memory_order_relaxed); }
  bool changed() const { return changed_.load(std::memory_order_relaxed); }
  void reset() { changed_.store(false, std::memory_order_relaxed); }

 private:
  std::atomic<bool> changed_{false};
};

class Watches {
 public:
  bool empty() const { return keys_.empty(); }
  // Watching a key twice counts once.
  void add(std::string_view key, Watcher& watcher);
  void remove(std::string_view key, Watcher& watcher);

  // The key's value changed.
  void touch(std::string_view key);
  // Calls visit(key) for every watched key.
  template <class Visit>
  void for_each_key(Visit&& visit) const {
    for (const auto& [key, watchers] : keys_) visit(std::string_view(key));
  }

 private:
  // Finds by a view: looking a key up makes no string.
  struct Hash : std::hash<std::string_view> {
    using is_transparent = void;
  };

  std::unordered_map<std::string, std::vector<Watcher*>, Hash, std::equal_to<>> keys_;
};

}  // namespace weir::redis
