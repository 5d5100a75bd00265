// Order without a lock around the work: tasks of one key run one after the other, as they were
// submitted, on whatever thread of a pool; those of different keys at the same time.
//
//   SerialExecutor executor(pool);
//   executor.try_submit(connection.id().bits, task);    // in the connection's order
//
// A key costs nothing while it has no task. An exception is the pool's matter, and the next task of
// the key follows. What a pool drops when it is released takes with it what waits behind it.
//
// Any thread. Bounds: `max_waiting` tasks a key, and the pool's own for keys that have none yet.
#pragma once

#include <array>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <unordered_map>

#include "base/status.h"
#include "tasks/task_pool.h"

namespace weir {

class SerialExecutor {
 public:
  using Task = TaskPool::Task;

  // `pool` outlives it.
  explicit SerialExecutor(TaskPool& pool, std::size_t max_waiting = 1024)
      : pool_(pool), max_waiting_(max_waiting) {}
  // Waits for its tasks. Not from one of them.
  ~SerialExecutor();
  SerialExecutor(const SerialExecutor&) = delete;
  SerialExecutor& operator=(const SerialExecutor&) = delete;

  // The error: too many of that key wait, or what TaskPool::try_submit() says.
  Status try_submit(std::uint64_t key, Task task);

  // Keys with tasks.
  std::size_t keys() const;

 private:
  // Tasks of one key in a row, before other keys have their turn.
  static constexpr int kInARow = 16;

  // Keys are spread over several locks, held for a look-up and to ask the pool for a turn.
  struct Stripe {
    mutable std::mutex mutex;
    std::unordered_map<std::uint64_t, std::deque<Task>> waiting;  // of keys that have a runner
  };

  // A key's claim on a thread: where it is dropped instead of run, so are the key's tasks.
  class Turn;

  Stripe& stripe(std::uint64_t key) { return stripes_[key * kSpread >> 58]; }
  Status take_turn(std::uint64_t key, std::shared_ptr<Turn>& turn);
  void run(std::uint64_t key);
  bool next(std::uint64_t key, Task& task);
  bool hand_over(std::uint64_t key);
  void drop(std::uint64_t key);

  static constexpr std::uint64_t kSpread = 0x9e3779b97f4a7c15;  // 2^64 by the golden ratio

  TaskPool& pool_;
  const std::size_t max_waiting_;
  std::array<Stripe, 64> stripes_;
  std::mutex mutex_;
  std::condition_variable no_turns_;
  std::size_t turns_ = 0;  // that the pool has
};

}  // namespace weir
