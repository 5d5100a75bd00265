// The tasks that wait for one worker of a pool, or for whoever is idle: first in, first out within
// a priority.
//
//   push -> arrived | ready -> pop
//
// Who submits and who runs have a lock each, on cache lines of their own, and nearly always find it
// free: once nothing is ready any more, who runs takes over all that has arrived. (A lock-free
// queue of a library cost as much, and could not be checked by ThreadSanitizer.)
//
// Any thread. Bounds: none of its own, the pool's capacity.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <stop_token>
#include <utility>
#include <vector>

#include "tasks/spin_lock.h"

namespace weir {

enum class TaskPriority : std::uint8_t { kHigh, kNormal, kLow };
inline constexpr std::size_t kTaskPriorities = 3;

struct QueuedTask {
  std::function<void()> task;
  std::stop_token stop;
  const char* name = "";
};

class WorkQueue {
 public:
  // False, and `task` is left as it is, where the queue is closed.
  bool push(QueuedTask& task, TaskPriority priority) {
    Lane& lane = lanes_[static_cast<std::size_t>(priority)];
    const std::lock_guard lock(lane.push_lock);
    if (lane.closed) return false;
    lane.arrived.push_back(std::move(task));
    lane.pushed.store(lane.pushed.load(std::memory_order_relaxed) + 1);
    return true;
  }

  // The oldest of that priority; false where there is none.
  bool pop(TaskPriority priority, QueuedTask& task) {
    Lane& lane = lanes_[static_cast<std::size_t>(priority)];
    if (lane.ready_count.load(std::memory_order_relaxed) == 0 && lane.size() == 0) return false;
    const std::lock_guard lock(lane.pop_lock);
    if (lane.next == lane.ready.size() && !lane.take_arrived()) return false;
    task = std::move(lane.ready[lane.next++]);
    lane.ready_count.store(lane.ready.size() - lane.next, std::memory_order_relaxed);
    lane.popped.store(lane.popped.load(std::memory_order_relaxed) + 1);
    return true;
  }

  void set_closed(bool closed) {
    for (Lane& lane : lanes_) {
      const std::lock_guard lock(lane.push_lock);
      lane.closed = closed;
    }
  }

  // Whether fewer than `limit` wait; for who pushes. What was popped is not looked at each time: it
  // would be the one line of memory that who pushes and who pops both touch for each task.
  bool is_below(std::size_t limit) {
    std::size_t most = 0;
    for (const Lane& lane : lanes_) most += lane.most();
    if (most < limit) return true;
    most = 0;
    for (Lane& lane : lanes_) {
      lane.seen_popped.store(lane.popped.load(), std::memory_order_relaxed);
      most += lane.most();
    }
    return most < limit;
  }

  // In one order for all with other such reads and writes (seq_cst): who pushes and then sees
  // nobody asleep can't be missed by who falls asleep and then sees nothing here.
  std::size_t size() const {
    std::size_t total = 0;
    for (const Lane& lane : lanes_) total += lane.size();
    return total;
  }

 private:
  // What a storm of tasks may leave behind of room for the next.
  static constexpr std::size_t kKeptTasks = 1024;

  struct Lane {
    alignas(64) SpinLock push_lock;
    bool closed = false;
    std::atomic<std::size_t> pushed{0};       // since the start
    std::atomic<std::size_t> seen_popped{0};  // `popped` as who pushes saw it last
    std::vector<QueuedTask> arrived;

    alignas(64) SpinLock pop_lock;
    std::atomic<std::size_t> ready_count{0};  // for a look without the lock
    std::atomic<std::size_t> popped{0};       // since the start
    std::size_t next = 0;                     // in `ready`: those before are gone
    std::vector<QueuedTask> ready;

    std::size_t most() const {
      const std::size_t gone = seen_popped.load(std::memory_order_relaxed);
      return pushed.load(std::memory_order_relaxed) - gone;
    }

    // Read in this order: a task in between counts as there.
    std::size_t size() const {
      const std::size_t gone = popped.load();
      return pushed.load() - gone;
    }

    // False when there is none. REQUIRES: pop_lock, and nothing is ready.
    bool take_arrived() {
      ready.clear();
      next = 0;
      if (ready.capacity() > kKeptTasks) ready.shrink_to_fit();
      const std::lock_guard lock(push_lock);
      ready.swap(arrived);
      return !ready.empty();
    }
  };

  std::array<Lane, kTaskPriorities> lanes_;
};

}  // namespace weir
