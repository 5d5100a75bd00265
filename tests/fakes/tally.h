// Counts on one thread what another waits for.
// Any thread.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

#include "tests/fakes/peer.h"

namespace weir::fakes {

class Tally {
 public:
  void add() {
    const std::lock_guard lock(mutex_);
    ++count_;
    happened_.notify_all();
  }
  // Waits for it; false when it is late.
  [[nodiscard]] bool reaches(int count) {
    std::unique_lock lock(mutex_);
    return happened_.wait_for(lock, std::chrono::milliseconds(Peer::kDeadlineMs),
                              [&] { return count_ >= count; });
  }
  int count() {
    const std::lock_guard lock(mutex_);
    return count_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable happened_;
  int count_ = 0;
};

}  // namespace weir::fakes
