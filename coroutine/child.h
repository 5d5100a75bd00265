// A task that runs by itself, under a context of its own, until whoever started it is told on the
// reactor that it has ended. What scopes, when_all() and connections are made of.
//
// Thread rule: that of its context.
#pragma once

#include <coroutine>
#include <exception>
#include <utility>

#include "coroutine/context.h"
#include "coroutine/task.h"

namespace weir {

template <class T>
class Child : private Completion {
 public:
  explicit Child(Task<T> task) : task_(std::move(task)) {}
  virtual ~Child() = default;
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  // Runs it to where it waits first, or to its end: `this` may be gone then. One that is cancelled
  // before it begins gets to know where it would wait.
  void start(Context& parent, bool cancelled = false) {
    context_.begin(parent);
    begin(cancelled);
  }
  void start(Engine& engine, Reactor& reactor, bool cancelled = false) {
    context_.begin(engine, reactor);
    begin(cancelled);
  }
  // REQUIRES: started.
  void cancel() { context_.cancel(); }
  bool is_started() const { return context_.has_begun(); }

 protected:
  // It has ended: on the reactor's thread. What runs next.
  virtual std::coroutine_handle<> ended() = 0;
  TaskOutcome<T>& outcome() { return task_.outcome(); }
  // nullptr where it ended in order, or was cancelled.
  std::exception_ptr failure() {
    const std::exception_ptr error = outcome().exception();
    if (error == nullptr) return nullptr;
    try {
      std::rethrow_exception(error);
    } catch (const Cancelled&) {
      return nullptr;
    } catch (...) {
      return error;
    }
  }

 private:
  void begin(bool cancelled) {
    if (cancelled) context_.cancel();
    task_.start(context_, *this);
  }
  // It may have gone to another thread, and not come back.
  std::coroutine_handle<> complete() noexcept override {
    Reactor& reactor = context_.reactor();
    if (reactor.in_thread()) return ended();
    reactor.post([this] { ended().resume(); });
    return std::noop_coroutine();
  }

  Task<T> task_;
  // What derives from this may use the room behind it: a connection has one.
  [[no_unique_address]] Context context_;
};

}  // namespace weir
