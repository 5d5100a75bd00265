// What an empty task costs to submit and to run, from two threads at once, as two reactors would:
// beside oneTBB's arena and beside one queue with a lock and threads that wait for it.
//   ./bazelw run --config=release //tasks:task_pool_bench
#include <benchmark/benchmark.h>
#include <tbb/task_arena.h>

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "tasks/task_pool.h"

namespace weir {
namespace {

constexpr std::size_t kThreads = 2;
constexpr int kSubmitters = 2;
constexpr int kBatch = 1000;

class LockedQueue {
 public:
  LockedQueue() {
    for (std::size_t i = 0; i < kThreads; ++i) threads_.emplace_back([this] { work(); });
  }
  ~LockedQueue() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    ready_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }

  template <class Task>
  void submit(Task task) {
    {
      const std::lock_guard lock(mutex_);
      tasks_.emplace_back(std::move(task));
    }
    ready_.notify_one();
  }

 private:
  void work() {
    std::unique_lock lock(mutex_);
    for (;;) {
      ready_.wait(lock, [this] { return stopping_ || !tasks_.empty(); });
      if (tasks_.empty()) return;
      const std::function<void()> task = std::move(tasks_.front());
      tasks_.pop_front();
      lock.unlock();
      task();
      lock.lock();
    }
  }

  std::mutex mutex_;
  std::condition_variable ready_;
  std::deque<std::function<void()>> tasks_;
  std::vector<std::thread> threads_;
  bool stopping_ = false;
};

struct Arena {
  template <class Task>
  void submit(Task task) {
    arena.enqueue(std::move(task));
  }
  tbb::task_arena arena{kThreads, 0};
};

struct Pool {
  template <class Task>
  void submit(Task task) {
    if (!pool.try_submit(std::move(task)).is_ok()) std::abort();
  }
  TaskPool pool{{.threads = kThreads}};
};

// A batch at a time, as a reactor's tick would, and as many on their way as two batches.
template <class Executor>
void BM_SubmitAndRun(benchmark::State& state) {
  static Executor executor;
  std::atomic<int> left{0};
  for (auto _ : state) {
    left.store(kBatch, std::memory_order_relaxed);
    for (int i = 0; i < kBatch; ++i) {
      executor.submit([&left] { left.fetch_sub(1, std::memory_order_release); });
    }
    while (left.load(std::memory_order_acquire) > 0) std::this_thread::yield();
  }
  state.SetItemsProcessed(state.iterations() * kBatch);
}
BENCHMARK(BM_SubmitAndRun<Pool>)->Threads(kSubmitters)->UseRealTime();
BENCHMARK(BM_SubmitAndRun<Arena>)->Threads(kSubmitters)->UseRealTime();
BENCHMARK(BM_SubmitAndRun<LockedQueue>)->Threads(kSubmitters)->UseRealTime();

}  // namespace
}  // namespace weir
