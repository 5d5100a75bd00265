// WATCH: the flag of a transaction that wants to know of changes to keys. It belongs to a client,
// and stands in the registers of the keys' shards. Thread rule: any thread.
#pragma once

#include <atomic>

namespace weir::redis {

class Watcher {
 public:
  void mark_changed() { changed_.store(true, std::memory_order_relaxed); }
  bool changed() const { return changed_.load(std::memory_order_relaxed); }
  void reset() { changed_.store(false, std::memory_order_relaxed); }

 private:
  std::atomic<bool> changed_{false};
};

}  // namespace weir::redis
