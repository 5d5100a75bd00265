// co_await sleep_for(100ms);
//
// On the reactor, whose clock stands still within a tick: the time counts from the tick's
// beginning.
#pragma once

#include <chrono>
#include <coroutine>
#include <cstdint>

#include "core/reactor.h"
#include "core/timer_wheel.h"
#include "coroutine/context.h"

namespace weir {

class Sleep final : public Operation {
 public:
  explicit Sleep(std::int64_t ms) : ms_(ms) {}

  bool await_ready() const noexcept { return false; }
  template <class Promise>
  bool await_suspend(std::coroutine_handle<Promise> coroutine) {
    if (!suspend(coroutine)) return false;
    reactor_ = &coroutine.promise().context().reactor();
    timer_ = reactor_->schedule(ms_, [this] { resume(); });
    return true;
  }
  void await_resume() const { check(); }

 private:
  void abandon() override { reactor_->cancel(timer_); }

  const std::int64_t ms_;
  Reactor* reactor_ = nullptr;
  TimerId timer_;
};

inline Sleep sleep_for(std::chrono::milliseconds time) { return Sleep(time.count()); }

}  // namespace weir
