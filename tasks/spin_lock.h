// A lock for a few instructions: who waits spins, then offers the CPU to others, and never sleeps
// in the kernel; so its owner has nobody to wake. (Beside std::mutex, of which a contended one
// makes system calls, a task of the pool costs less than half.)
//
// Any thread; not recursive.
#pragma once

#include <atomic>
#include <thread>

namespace weir {

class SpinLock {
 public:
  void lock() {
    for (int looks = 0; locked_.exchange(true, std::memory_order_acquire); ++looks) {
      while (locked_.load(std::memory_order_relaxed) && looks < kLooks) {
        ++looks;
#if defined(__x86_64__)
        __builtin_ia32_pause();
#endif
      }
      if (looks >= kLooks) {
        std::this_thread::yield();  // its owner may not be running
        looks = 0;
      }
    }
  }
  void unlock() { locked_.store(false, std::memory_order_release); }

 private:
  static constexpr int kLooks = 200;  // some microseconds

  std::atomic<bool> locked_{false};
};

}  // namespace weir
