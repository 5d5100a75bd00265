#include "tasks/serial_executor.h"

#include <memory>
#include <utility>

namespace weir {

class SerialExecutor::Turn {
 public:
  Turn(SerialExecutor& executor, std::uint64_t key) : executor_(executor), key_(key) {
    const std::lock_guard lock(executor_.mutex_);
    ++executor_.turns_;
  }
  ~Turn() {
    if (!taken_) executor_.drop(key_);
    const std::lock_guard lock(executor_.mutex_);
    if (--executor_.turns_ == 0) executor_.no_turns_.notify_all();
  }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

  void forget() { taken_ = true; }
  void take() {
    taken_ = true;
    executor_.run(key_);
  }

 private:
  SerialExecutor& executor_;
  const std::uint64_t key_;
  bool taken_ = false;
};

SerialExecutor::~SerialExecutor() {
  std::unique_lock lock(mutex_);
  no_turns_.wait(lock, [this] { return turns_ == 0; });
}

Status SerialExecutor::try_submit(std::uint64_t key, Task task) {
  if (pool_.is_released()) return Status::error("the task pool was released");
  std::shared_ptr<Turn> turn;  // may have to go, and drop() then locks
  Stripe& stripe = this->stripe(key);
  const std::lock_guard lock(stripe.mutex);
  const auto [found, is_new] = stripe.waiting.try_emplace(key);
  if (!is_new && found->second.size() >= max_waiting_) {
    return Status::error("too many tasks of one key wait");
  }
  if (is_new) {
    const Status status = take_turn(key, turn);
    if (!status.is_ok()) {
      stripe.waiting.erase(found);
      return status;
    }
  }
  found->second.push_back(std::move(task));
  return Status::ok();
}

// Shared, as a std::function can be copied.
Status SerialExecutor::take_turn(std::uint64_t key, std::shared_ptr<Turn>& turn) {
  Status status;
  try {
    turn = std::make_shared<Turn>(*this, key);
    status = pool_.try_submit([turn] { turn->take(); });
  } catch (...) {
    status = Status::from_exception("can't submit to the task pool");
  }
  if (!status.is_ok() && turn != nullptr) turn->forget();
  return status;
}

void SerialExecutor::run(std::uint64_t key) {
  Task task;
  do {
    for (int i = 0; i < kInARow && next(key, task); ++i) {
      try {
        task();
      } catch (...) {
        pool_.report_exception("in a series");
      }
      task = nullptr;
    }
  } while (!hand_over(key));
}

bool SerialExecutor::next(std::uint64_t key, Task& task) {
  Stripe& stripe = this->stripe(key);
  const std::lock_guard lock(stripe.mutex);
  std::deque<Task>& waiting = stripe.waiting.at(key);
  if (waiting.empty()) return false;
  task = std::move(waiting.front());
  waiting.pop_front();
  return true;
}

// True: the key has no task left, or another turn. Where the pool takes none, this one goes on.
bool SerialExecutor::hand_over(std::uint64_t key) {
  std::shared_ptr<Turn> turn;
  Stripe& stripe = this->stripe(key);
  const std::lock_guard lock(stripe.mutex);
  if (!stripe.waiting.at(key).empty()) return take_turn(key, turn).is_ok();
  stripe.waiting.erase(key);
  return true;
}

void SerialExecutor::drop(std::uint64_t key) {
  Stripe& stripe = this->stripe(key);
  std::deque<Task> dropped;  // destroyed without the lock
  const std::lock_guard lock(stripe.mutex);
  const auto found = stripe.waiting.find(key);
  if (found == stripe.waiting.end()) return;
  dropped = std::move(found->second);
  stripe.waiting.erase(found);
}

std::size_t SerialExecutor::keys() const {
  std::size_t total = 0;
  for (const Stripe& stripe : stripes_) {
    const std::lock_guard lock(stripe.mutex);
    total += stripe.waiting.size();
  }
  return total;
}

}  // namespace weir
