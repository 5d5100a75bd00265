// Threads that help one reactor with the same small work for many connections: they take items off
// a common counter, as does the reactor itself, so that nobody waits for a helper that the system
// has not woken yet.
//
// Between two runs the helpers look for the next one for a bounded time, then park.
// Thread rule: run() on the reactor's thread; `work` on all of them, each item on one.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <thread>
#include <vector>

namespace weir {

class IoThreads {
 public:
  // `thread` is 0 on the caller's thread and 1 to threads() - 1 on the helpers'.
  using Work = std::function<void(std::size_t thread, std::size_t item)>;

  // `threads` in all, the caller's among them: one less is started.
  explicit IoThreads(std::uint32_t threads);
  ~IoThreads();
  IoThreads(const IoThreads&) = delete;
  IoThreads& operator=(const IoThreads&) = delete;

  std::size_t threads() const { return helpers_.size() + 1; }

  // Calls work(thread, item) for each of `items`, and returns when all have ended. What the caller
  // wrote before is seen by the helpers, what they wrote by the caller after. `work` must not
  // throw. Few items are not worth a wake-up: the caller does them alone. Returns whether the
  // helpers were asked.
  bool run(std::size_t items, const Work& work);

 private:
  // Redis' rule: less than two items a thread are done sooner alone.
  static constexpr std::size_t kItemsAThread = 2;
  // Looks before a thread parks; each offers the CPU to others. Some 50 microseconds.
  static constexpr int kLooks = 100;

  void help(std::size_t thread);
  void take_part(std::size_t thread);
  void await_round(std::uint32_t& seen);

  // Of the run at hand; written while no helper is inside.
  const Work* work_ = nullptr;
  std::size_t items_ = 0;
  // Alone on its cache line: each item that is taken moves it.
  alignas(64) std::atomic<std::size_t> next_{0};

  alignas(64) std::atomic<std::uint32_t> round_{0};  // changes when there is a run to join
  std::atomic<bool> open_{false};                    // it may still be joined
  std::atomic<std::uint32_t> inside_{0};  // helpers that have joined, or look whether they may
  std::atomic<bool> stopping_{false};
  std::vector<std::thread> helpers_;
};

}  // namespace weir
