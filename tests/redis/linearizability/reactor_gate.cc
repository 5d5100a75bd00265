#include "tests/redis/linearizability/reactor_gate.h"

#include <thread>

#include "core/reactor.h"

namespace weir::redis {

ReactorGate::ReactorGate(Engine& engine) : reactors_(engine.reactors().size()) {
  for (const auto& reactor : engine.reactors()) reactor->post([this] { stop_here(); });
  std::unique_lock lock(mutex_);
  await(lock, reactors_);
}

ReactorGate::~ReactorGate() {
  std::unique_lock lock(mutex_);
  is_open_ = true;
  changed_.notify_all();
  await(lock, 0);
}

void ReactorGate::stop_here() {
  std::unique_lock lock(mutex_);
  ++stopped_;
  changed_.notify_all();
  changed_.wait(lock, [this] { return is_open_; });
  lock.unlock();
  // They wake one after the other; who is awake stays so until all are.
  awake_.fetch_add(1);
  while (awake_.load() < reactors_) std::this_thread::yield();
  lock.lock();
  --stopped_;
  changed_.notify_all();
}

void ReactorGate::await(std::unique_lock<std::mutex>& lock, std::size_t stopped) {
  changed_.wait(lock, [this, stopped] { return stopped_ == stopped; });
}

}  // namespace weir::redis
