#include "tasks/task_pool.h"

#include <pthread.h>
#include <signal.h>

#include <algorithm>
#include <system_error>
#include <utility>

#include "base/check.h"
#include "core/log.h"

namespace weir {

namespace {

// Of the thread, where it is a pool's.
thread_local const TaskPool* my_pool = nullptr;
thread_local std::size_t my_slot = 0;

// Of a thread that is no worker: deals out the queues.
std::size_t home() {
  static std::atomic<std::size_t> next{0};
  thread_local const std::size_t mine = next.fetch_add(1, std::memory_order_relaxed);
  return mine;
}

TaskPool::Options checked(TaskPool::Options options) {
  if (options.threads == 0) options.threads = std::max(std::thread::hardware_concurrency(), 1U);
  options.threads = std::min(options.threads, TaskPool::kMaxThreads);
  WEIR_CHECK(options.capacity > 0 && options.idle_ms >= 0);
  return options;
}

}  // namespace

TaskPool::TaskPool(Options options)
    : options_(checked(std::move(options))), threads_(options_.threads), workers_(kMaxThreads) {
  sleepers_.reserve(kMaxThreads);  // to be told of an end, a worker allocates nothing
  ended_.reserve(kMaxThreads);
  resize(threads_);
}

TaskPool::~TaskPool() { release(); }

// Which queue this thread submits to: always the same, as long as the pool does not grow.
std::size_t TaskPool::my_queue() const {
  return my_pool == this ? my_slot : home() % slots_.load(std::memory_order_acquire);
}

// While all queues together have an eighth of the capacity at most, each looks at itself alone; not
// where somebody waits for room, who would be overtaken.
bool TaskPool::has_room() const {
  constexpr std::size_t kUncounted = 8;
  const std::size_t share = options_.capacity / kUncounted / slots_.load(std::memory_order_relaxed);
  const bool is_asked_for = waiting_.load(std::memory_order_relaxed) > 0;
  return (!is_asked_for && workers_[my_queue()]->queue.is_below(share)) || !is_full();
}

Status TaskPool::try_submit(Task task, const How& how) {
  if (!has_room() && !closed_) return Status::error("the task pool is full");
  return enqueue(std::move(task), how);
}

Status TaskPool::submit(Task task, const How& how) { return submit_by({}, std::move(task), how); }

Status TaskPool::submit_for(int wait_ms, Task task, const How& how) {
  const auto now = std::chrono::steady_clock::now();
  return submit_by(now + std::chrono::milliseconds(wait_ms), std::move(task), how);
}

Status TaskPool::submit_by(const Deadline& deadline, Task task, const How& how) {
  bool inline_now = false;
  const Status status = admit(deadline, inline_now);
  if (!status.is_ok()) return status;
  if (!inline_now) return enqueue(std::move(task), how);
  QueuedTask queued{std::move(task), how.stop, how.name};
  Worker& worker = *workers_[my_slot];
  const char* const outer = worker.running.load(std::memory_order_relaxed);
  run(worker, queued);
  worker.running.store(outer, std::memory_order_relaxed);
  return Status::ok();
}

// Waits for room. A worker would wait for itself: it does the work instead.
Status TaskPool::admit(const Deadline& deadline, bool& inline_now) {
  if (has_room() || closed_) return Status::ok();
  if (my_pool == this) {
    inline_now = true;
    return Status::ok();
  }
  waited_.fetch_add(1, std::memory_order_relaxed);
  std::unique_lock lock(mutex_);
  waiting_.fetch_add(1);
  const auto has_room = [this] { return !is_full() || closed_; };
  bool in_time = true;
  if (deadline) {
    in_time = room_.wait_until(lock, *deadline, has_room);
  } else {
    room_.wait(lock, has_room);
  }
  waiting_.fetch_sub(1);
  return in_time ? Status::ok() : Status::error("the task pool stayed full for too long");
}

Status TaskPool::enqueue(Task task, const How& how) {
  if (alive_ == 0) {
    const std::lock_guard lock(mutex_);
    const Status started = alive_ == 0 && !closed_ ? start_worker() : Status::ok();
    if (!started.is_ok()) return started;
  }
  QueuedTask queued{std::move(task), how.stop, how.name};
  if (!workers_[my_queue()]->queue.push(queued, how.priority)) {
    return Status::error("the task pool was released");
  }
  if (may_rouse()) rouse();
  return Status::ok();
}

std::size_t TaskPool::queued() const {
  std::size_t total = 0;
  const std::size_t slots = slots_.load();
  for (std::size_t i = 0; i < slots; ++i) total += workers_[i]->queue.size();
  return total;
}

// Whether nobody looks at the queues, and somebody could.
bool TaskPool::may_rouse() const {
  return searching_.load() == 0 && (sleeping_.load() > 0 || alive_.load() < threads_.load());
}

void TaskPool::rouse() {
  const std::lock_guard lock(mutex_);
  rouse_one();
}

// The last to fall asleep, or a new one. REQUIRES: mutex_.
void TaskPool::rouse_one() {
  if (!sleepers_.empty()) {
    Worker& worker = *sleepers_.back();
    sleepers_.pop_back();
    sleeping_.fetch_sub(1);
    searching_.fetch_add(1);  // on its behalf
    worker.asleep = false;
    worker.woken.notify_one();
  } else if (alive_ < threads_) {
    const Status started = start_worker();
    if (!started.is_ok()) WEIR_LOG(kWarning, "%s", started.message().c_str());
  }
}

// The workers inherit the mask: signals are for other threads. REQUIRES: mutex_, and fewer are
// alive than may be.
Status TaskPool::start_worker() {
  join_ended();
  std::size_t slot = 0;
  while (slot < slots_ && workers_[slot]->alive) ++slot;
  WEIR_CHECK(slot < slots_);
  Worker& worker = *workers_[slot];
  sigset_t all;
  sigset_t before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  Status status;
  alive_.fetch_add(1);
  searching_.fetch_add(1);  // on its behalf
  try {
    worker.thread = std::thread([this, &worker, slot] {
      ::pthread_setname_np(::pthread_self(), ("task-" + std::to_string(slot)).c_str());
      my_pool = this;
      my_slot = slot;
      work(worker);
    });
    worker.alive = true;
  } catch (...) {
    alive_.fetch_sub(1);
    searching_.fetch_sub(1);
    status = Status::from_exception("can't start a thread of the task pool");
  }
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return status;
}

void TaskPool::join_ended() {
  for (std::thread& thread : ended_) thread.join();
  ended_.clear();
}

// A worker counts as searching from its start or its wake-up until it has found a task, and again
// from then on when it finds no more, until it sleeps.
void TaskPool::work(Worker& worker) {
  QueuedTask task;
  bool searching = true;
  for (;;) {
    while (take(worker, task)) {
      if (std::exchange(searching, false)) searching_.fetch_sub(1);
      if (may_rouse() && queued() > 0) rouse();  // one that was woken wakes the next
      run(worker, task);
      if (alive_ > threads_ && end_surplus(worker)) return;
    }
    if (!std::exchange(searching, true)) searching_.fetch_add(1);
    if (look_for_work()) continue;
    searching_.fetch_sub(1);
    if (!sleep(worker)) return;
  }
}

bool TaskPool::take(Worker& worker, QueuedTask& task) {
  constexpr std::uint32_t kFromTheLowest = 64;
  const bool upwards = ++worker.turns % kFromTheLowest == 0;
  // That turn begins with another's queue too: one's own may never be empty.
  const std::size_t first = my_slot + (upwards ? worker.turns / kFromTheLowest : 0);
  for (std::size_t i = 0; i < kTaskPriorities; ++i) {
    const std::size_t priority = upwards ? kTaskPriorities - 1 - i : i;
    if (!take(worker, first, static_cast<TaskPriority>(priority), task)) continue;
    if (waiting_.load() > 0) {
      const std::lock_guard lock(mutex_);
      room_.notify_one();
    }
    return true;
  }
  return false;
}

bool TaskPool::take(Worker& worker, std::size_t first, TaskPriority priority, QueuedTask& task) {
  const std::size_t slots = slots_.load();
  for (std::size_t i = 0; i < slots; ++i) {
    Worker& owner = *workers_[(first + i) % slots];
    if (!owner.queue.pop(priority, task)) continue;
    if (&owner != &worker) worker.stolen.add();
    return true;
  }
  return false;
}

void TaskPool::run(Worker& worker, QueuedTask& task) {
  if (task.stop.stop_requested()) {
    worker.cancelled.add();
  } else {
    worker.running.store(task.name, std::memory_order_relaxed);
    try {
      task.task();
      worker.completed.add();
    } catch (...) {
      report_exception(task.name);
    }
    worker.running.store(nullptr, std::memory_order_relaxed);
  }
  task = {};  // what it held goes now, not with the next task
}

void TaskPool::report_exception(const char* name) {
  WEIR_CHECK(my_pool == this);
  workers_[my_slot]->failed.add();
  if (options_.on_exception != nullptr) {
    return options_.on_exception(name, std::current_exception());
  }
  const std::string what = std::string("exception in the task '") + name + "'";
  WEIR_LOG(kWarning, "%s", Status::from_exception(what).message().c_str());
}

bool TaskPool::look_for_work() const {
  for (int looks = 0; looks < kLooks; ++looks) {
    if (queued() > 0) return true;
    std::this_thread::yield();
  }
  return false;
}

// False: the worker ends. True: it was woken, or there is work, and it counts as searching.
bool TaskPool::sleep(Worker& worker) {
  std::unique_lock lock(mutex_);
  sleepers_.push_back(&worker);
  sleeping_.fetch_add(1);
  worker.asleep = true;
  const auto is_needed = [&] { return !worker.asleep || closed_ || alive_ > threads_; };
  if (queued() == 0) {
    worker.woken.wait_for(lock, std::chrono::milliseconds(options_.idle_ms), is_needed);
  }
  if (!worker.asleep) return true;
  std::erase(sleepers_, &worker);
  sleeping_.fetch_sub(1);
  worker.asleep = false;
  // In this order: who pushes now sees one worker less, or its task is seen here.
  alive_.fetch_sub(1);
  if (queued() == 0 || alive_ >= threads_) {
    end(worker);
    return false;
  }
  alive_.fetch_add(1);
  searching_.fetch_add(1);
  return true;
}

// Of a pool that has shrunk.
bool TaskPool::end_surplus(Worker& worker) {
  const std::lock_guard lock(mutex_);
  if (alive_ <= threads_) return false;
  alive_.fetch_sub(1);
  end(worker);
  return true;
}

// REQUIRES: mutex_.
void TaskPool::end(Worker& worker) {
  worker.alive = false;
  ended_.push_back(std::move(worker.thread));
  if (alive_ == 0) all_ended_.notify_all();
  // Who saw this one search has roused nobody.
  if (queued() > 0 && !sleepers_.empty()) rouse_one();
}

void TaskPool::resize(std::size_t threads) {
  WEIR_CHECK(threads > 0 && threads <= kMaxThreads);
  const std::lock_guard lock(mutex_);
  const bool grows = threads > threads_;
  for (std::size_t slot = slots_; slot < threads; ++slot) {
    workers_[slot] = std::make_unique<Worker>();
    workers_[slot]->queue.set_closed(closed_);
    slots_.store(slot + 1);
  }
  threads_.store(threads);
  for (Worker* worker : sleepers_) worker->woken.notify_one();
  if (grows && queued() > 0) rouse_one();
}

TaskPool::Counts TaskPool::counts() const {
  Counts counts;
  counts.workers = alive_;
  counts.queued = queued();
  counts.waiting = waiting_;
  counts.waited = waited_;
  for (std::size_t slot = 0; slot < slots_; ++slot) {
    const Worker& worker = *workers_[slot];
    counts.running += worker.running.load(std::memory_order_relaxed) != nullptr ? 1 : 0;
    counts.completed += worker.completed.value();
    counts.stolen += worker.stolen.value();
    counts.cancelled += worker.cancelled.value();
    counts.failed += worker.failed.value();
  }
  return counts;
}

// From here on nobody's task is taken; what was taken has somebody to do it. REQUIRES: mutex_.
void TaskPool::close(std::unique_lock<std::mutex>& lock) {
  WEIR_CHECK(my_pool != this);
  closed_ = true;
  for (std::size_t slot = 0; slot < slots_; ++slot) workers_[slot]->queue.set_closed(true);
  for (Worker* worker : sleepers_) worker->woken.notify_one();
  room_.notify_all();
  if (alive_ > 0 || queued() == 0) return;
  const Status started = start_worker();
  if (started.is_ok()) return;
  WEIR_LOG(kWarning, "%s", started.message().c_str());
  lock.unlock();
  WEIR_LOG(kWarning, "%zu tasks are dropped", drop_queued());
  lock.lock();
}

void TaskPool::release() {
  std::unique_lock lock(mutex_);
  close(lock);
  all_ended_.wait(lock, [this] { return alive_ == 0; });
  join_ended();
}

TaskPool::Unfinished TaskPool::release_for(int wait_ms) {
  Unfinished unfinished;
  std::unique_lock lock(mutex_);
  close(lock);
  const auto wait = std::chrono::milliseconds(wait_ms);
  if (all_ended_.wait_for(lock, wait, [this] { return alive_ == 0; })) {
    join_ended();
    return unfinished;
  }
  lock.unlock();  // what is dropped may have much to say in its destructors
  unfinished.dropped = drop_queued();
  for (std::size_t slot = 0; slot < slots_; ++slot) {
    const char* const name = workers_[slot]->running.load(std::memory_order_relaxed);
    if (name != nullptr) unfinished.running.emplace_back(name);
  }
  return unfinished;
}

std::size_t TaskPool::drop_queued() {
  std::size_t dropped = 0;
  QueuedTask task;
  for (std::size_t slot = 0; slot < slots_; ++slot) {
    for (std::size_t i = 0; i < kTaskPriorities; ++i) {
      while (workers_[slot]->queue.pop(static_cast<TaskPriority>(i), task)) {
        task = {};
        ++dropped;
      }
    }
  }
  return dropped;
}

void TaskPool::reboot() {
  const std::lock_guard lock(mutex_);
  WEIR_CHECK(closed_);
  for (std::size_t slot = 0; slot < slots_; ++slot) workers_[slot]->queue.set_closed(false);
  closed_ = false;
}

}  // namespace weir
