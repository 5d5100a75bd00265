// Stops an engine's reactors, so that what is sent to them meanwhile is there when they go on, all
// at once.
//
// Thread rule: made and destroyed on one thread, not a reactor's.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <mutex>

#include "core/engine.h"

namespace weir::redis {

class ReactorGate {
 public:
  // Returns when all have stopped. REQUIRES: the engine runs.
  explicit ReactorGate(Engine& engine);
  // Lets them go.
  ~ReactorGate();
  ReactorGate(const ReactorGate&) = delete;
  ReactorGate& operator=(const ReactorGate&) = delete;

 private:
  void stop_here();
  void await(std::unique_lock<std::mutex>& lock, std::size_t stopped);

  const std::size_t reactors_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t stopped_ = 0;
  bool is_open_ = false;
  std::atomic<std::size_t> awake_{0};
};

}  // namespace weir::redis
