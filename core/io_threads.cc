#include "core/io_threads.h"

#include <pthread.h>
#include <signal.h>

#include <string>

#include "base/check.h"

namespace weir {

IoThreads::IoThreads(std::uint32_t threads) {
  WEIR_CHECK(threads >= 1);
  // The helpers inherit the mask: signals are for other threads, whenever those learn of them.
  sigset_t all;
  sigset_t before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  for (std::size_t i = 1; i < threads; ++i) {
    helpers_.emplace_back([this, i] {
      ::pthread_setname_np(::pthread_self(), ("io-" + std::to_string(i)).c_str());
      help(i);
    });
  }
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

IoThreads::~IoThreads() {
  stopping_.store(true);
  round_.fetch_add(1);
  round_.notify_all();
  for (std::thread& helper : helpers_) helper.join();
}

bool IoThreads::run(std::size_t items, const Work& work) {
  if (items < kItemsAThread * threads() || helpers_.empty()) {
    for (std::size_t i = 0; i < items; ++i) work(0, i);
    return false;
  }
  work_ = &work;
  items_ = items;
  next_.store(0, std::memory_order_relaxed);
  open_.store(true);
  round_.fetch_add(1);
  round_.notify_all();
  take_part(0);
  // Every item is taken. A helper either sees that it comes too late, or is counted here: both
  // sides first write, then read, in one order for all (seq_cst).
  open_.store(false);
  for (int looks = 0;; ++looks) {
    const std::uint32_t inside = inside_.load();
    if (inside == 0) return true;
    if (looks < kLooks) {
      std::this_thread::yield();
    } else {
      inside_.wait(inside);
    }
  }
}

void IoThreads::take_part(std::size_t thread) {
  for (;;) {
    const std::size_t item = next_.fetch_add(1, std::memory_order_relaxed);
    if (item >= items_) return;
    (*work_)(thread, item);
  }
}

void IoThreads::help(std::size_t thread) {
  std::uint32_t seen = 0;
  for (;;) {
    await_round(seen);
    if (stopping_.load()) return;
    inside_.fetch_add(1);
    if (open_.load()) take_part(thread);
    inside_.fetch_sub(1);
    inside_.notify_one();
  }
}

// Returns when the round is another than `seen`, which it then is.
void IoThreads::await_round(std::uint32_t& seen) {
  for (int looks = 0; round_.load() == seen; ++looks) {
    if (looks < kLooks) {
      std::this_thread::yield();
    } else {
      round_.wait(seen);
    }
  }
  seen = round_.load();
}

}  // namespace weir
