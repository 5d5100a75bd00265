// Threads for what must not run on a reactor: slow or blocking work, submitted from anywhere.
//
//   TaskPool pool({.threads = 8});
//   const Status status = pool.try_submit([&engine, id, text = std::move(text)] {
//     engine.send(id, render(text));         // slow; the answer goes back to the connection
//   });
//   if (!status.is_ok()) ...                 // overload is an answer
//
// A worker has a queue of its own and takes from the others' when it is empty. Workers are started
// when there is work and nobody idle, and end when they were idle for a while. Among tasks of one
// priority the older goes first, by and large: use a SerialExecutor (tasks/serial_executor.h) where
// order matters. Those of a higher priority go before, but for one turn in 64, which begins with
// the lowest: nothing starves.
//
// Any thread, a task of the pool too: what it submits may be run at once, in its place, where it
// would have to wait for room. Bounds: `capacity` tasks that wait, up to an eighth more where
// several threads submit, and one more for each that does at the same moment. A task that submits
// itself again does so by try_submit(): run in its own place for want of room it would nest without
// end.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "base/status.h"
#include "core/counter.h"
#include "tasks/work_queue.h"

namespace weir {

class TaskPool {
 public:
  static constexpr std::size_t kMaxThreads = 256;

  using Task = std::function<void()>;
  // Of an exception that a task let out, on the worker's thread.
  using OnException = std::function<void(const char* name, std::exception_ptr)>;

  struct Options {
    std::size_t threads = 0;         // at most, up to kMaxThreads; 0: one a processor
    std::size_t capacity = 1 << 16;  // tasks that wait
    int idle_ms = 1000;              // then a worker without work ends
    OnException on_exception = {};   // else it is logged; must not throw
  };

  struct How {
    TaskPriority priority = TaskPriority::kNormal;
    // Once it asks for a stop, the task is not begun any more: it is destroyed when its turn comes.
    std::stop_token stop = {};
    const char* name = "";  // for release_for(); outlives the pool
  };

  struct Counts {
    std::size_t workers = 0;
    std::size_t running = 0;
    std::size_t queued = 0;
    std::size_t waiting = 0;  // threads, for room
    // Since the pool was made:
    std::uint64_t completed = 0;
    std::uint64_t stolen = 0;  // taken out of another worker's queue
    std::uint64_t waited = 0;  // submits that had to wait for room
    std::uint64_t cancelled = 0;
    std::uint64_t failed = 0;  // with an exception
  };

  struct Unfinished {
    std::vector<std::string> running;  // their names
    std::size_t dropped = 0;           // tasks that had not begun
  };

  // REQUIRES: capacity > 0, idle_ms >= 0.
  explicit TaskPool(Options options);
  // As release().
  ~TaskPool();
  TaskPool(const TaskPool&) = delete;
  TaskPool& operator=(const TaskPool&) = delete;

  // Runs `task` soon. The error: there is no room, the pool was released, or no thread could be
  // started.
  Status try_submit(Task task, const How& how);
  Status try_submit(Task task) { return try_submit(std::move(task), How()); }
  // Waits for room; not from a reactor.
  Status submit(Task task, const How& how);
  Status submit(Task task) { return submit(std::move(task), How()); }
  // The same, at most for `wait_ms`.
  Status submit_for(int wait_ms, Task task, const How& how);
  Status submit_for(int wait_ms, Task task) { return submit_for(wait_ms, std::move(task), How()); }

  // From now on at most so many threads: those too many end with the tasks they are at.
  // REQUIRES: 0 < threads <= kMaxThreads.
  void resize(std::size_t threads);
  std::size_t threads() const { return threads_; }
  // It takes nothing more, until reboot().
  bool is_released() const { return closed_; }
  Counts counts() const;
  // In a catch block on a worker's thread: what became of a task that a task has run.
  void report_exception(const char* name);

  // Takes nothing more, and returns when all that was taken has been done. Not from a task. Neither
  // this nor what follows may be called by two threads at a time.
  void release();
  // The same, at most for `wait_ms`: then what has not begun is dropped, and what still runs is
  // told; the pool is not to be destroyed before that ends.
  Unfinished release_for(int wait_ms);
  // Takes tasks again, after a release.
  void reboot();

 private:
  using Deadline = std::optional<std::chrono::steady_clock::time_point>;

  struct Worker {
    WorkQueue queue;
    Counter completed;
    Counter stolen;
    Counter cancelled;
    Counter failed;
    std::atomic<const char*> running{nullptr};  // the name of its task
    std::uint32_t turns = 0;
    // Guarded by mutex_.
    std::thread thread;
    std::condition_variable woken;
    bool asleep = false;
    bool alive = false;
  };

  // Looks for work, each of which offers the CPU to others, before a worker sleeps: a wake-up costs
  // its submitter more than most tasks take. Some 20 microseconds.
  static constexpr int kLooks = 40;

  Status admit(const Deadline& deadline, bool& inline_now);
  Status submit_by(const Deadline& deadline, Task task, const How& how);
  Status enqueue(Task task, const How& how);
  std::size_t queued() const;
  bool is_full() const { return queued() >= options_.capacity; }
  bool has_room() const;
  std::size_t my_queue() const;
  bool may_rouse() const;
  void rouse();
  void rouse_one();
  Status start_worker();
  void work(Worker& worker);
  bool take(Worker& worker, QueuedTask& task);
  bool take(Worker& worker, std::size_t first, TaskPriority priority, QueuedTask& task);
  void run(Worker& worker, QueuedTask& task);
  bool look_for_work() const;
  bool sleep(Worker& worker);
  bool end_surplus(Worker& worker);
  void end(Worker& worker);
  void join_ended();
  void close(std::unique_lock<std::mutex>& lock);
  std::size_t drop_queued();

  const Options options_;
  std::atomic<std::size_t> threads_;
  // Slots are added, never taken away; workers_[i] for i < slots_ may be read without the lock.
  std::vector<std::unique_ptr<Worker>> workers_;
  std::atomic<std::size_t> slots_{0};

  std::atomic<bool> closed_{false};
  std::atomic<std::size_t> alive_{0};
  std::atomic<std::size_t> searching_{0};  // workers that look for work
  std::atomic<std::size_t> sleeping_{0};
  std::atomic<std::size_t> waiting_{0};
  std::atomic<std::uint64_t> waited_{0};

  mutable std::mutex mutex_;
  std::vector<Worker*> sleepers_;  // the last to fall asleep is woken first: the others may expire
  std::vector<std::thread> ended_;
  std::condition_variable room_;
  std::condition_variable all_ended_;
};

}  // namespace weir
