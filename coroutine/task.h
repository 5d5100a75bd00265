// A coroutine that somebody waits for:
//
//   Task<int> answer(Stream& peer) { co_await sleep_for(10ms); co_return 42; }
//   int n = co_await answer(peer);
//
// It begins when it is awaited, as a call; once it has waited for something, it hands over to its
// awaiter at its end without a return in between (symmetric transfer). One that never waits returns
// instead: compilers transfer by a tail call only where they optimize, and a loop of such awaits
// must not grow the stack anywhere. What it throws, its awaiter gets. To destroy it is to destroy
// what it has not come to: only for one that has not begun, has ended, or whose reactor is gone.
//
// Arguments: a reference has to live as long as the coroutine. Those of `co_await f(x)` do; what a
// lambda has captured lives in the lambda. gcc 12 mixes up temporaries of `a ? b : c` within a
// co_await's expression: choose before it.
//
// Thread rule: one at a time; it moves between threads by `co_await on(...)` only.
#pragma once

#include <atomic>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <utility>
#include <variant>

#include "base/check.h"
#include "coroutine/context.h"
#include "coroutine/frame_cache.h"

namespace weir {

// Who is told of the end of a task that nobody awaits with co_await.
class Completion {
 public:
  // On the thread where it ended, which is suspended at its end. What runs next.
  virtual std::coroutine_handle<> complete() noexcept = 0;

 protected:
  ~Completion() = default;
};

class TaskPromiseBase {
 public:
  static void* operator new(std::size_t size) { return FrameCache::allocate(size); }
  static void operator delete(void* frame, std::size_t size) { FrameCache::free(frame, size); }

  struct Final {
    bool await_ready() noexcept { return false; }
    template <class Promise>
    std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> ended) noexcept {
      TaskPromiseBase& promise = ended.promise();
      if (promise.completion_ != nullptr) return promise.completion_->complete();
      const std::coroutine_handle<> continuation = promise.continuation_;
      return promise.end() ? continuation : std::noop_coroutine();
    }
    void await_resume() noexcept {}
  };
  std::suspend_always initial_suspend() noexcept { return {}; }
  Final final_suspend() noexcept { return {}; }

  Context& context() const { return *context_; }

  void begin(Context& context, std::coroutine_handle<> continuation) {
    context_ = &context;
    continuation_ = continuation;
  }
  void begin(Context& context, Completion& completion) {
    context_ = &context;
    completion_ = &completion;
  }
  // Of its awaiter, when the first call has returned: true where it has not ended. The awaiter may
  // be resumed then, on another thread, and this be gone.
  bool wait() {
    return progress_.exchange(Progress::kWaiting, std::memory_order_acq_rel) != Progress::kEnded;
  }

 private:
  // Which of the two comes second goes on with the awaiter.
  enum class Progress : std::uint8_t { kBegun, kWaiting, kEnded };
  bool end() {
    return progress_.exchange(Progress::kEnded, std::memory_order_acq_rel) == Progress::kWaiting;
  }

  Context* context_ = nullptr;
  std::coroutine_handle<> continuation_;
  Completion* completion_ = nullptr;
  std::atomic<Progress> progress_{Progress::kBegun};
};

template <class T>
class Task;

// Of a task of nothing it is std::monostate.
template <class T>
using TaskValue = std::conditional_t<std::is_void_v<T>, std::monostate, T>;

// What a task ended with.
template <class T>
class TaskOutcome {
 public:
  void set(TaskValue<T> value) { outcome_.template emplace<1>(std::move(value)); }
  void set_exception(std::exception_ptr error) { outcome_.template emplace<2>(std::move(error)); }
  // nullptr where it ended in order.
  std::exception_ptr exception() const {
    return outcome_.index() == 2 ? std::get<2>(outcome_) : nullptr;
  }
  // The value, or the exception thrown.
  TaskValue<T> take() {
    if (outcome_.index() == 2) std::rethrow_exception(std::get<2>(outcome_));
    return std::move(std::get<1>(outcome_));
  }

 private:
  std::variant<std::monostate, TaskValue<T>, std::exception_ptr> outcome_;
};

template <class T>
class TaskPromise : public TaskPromiseBase {
 public:
  Task<T> get_return_object() noexcept;
  void unhandled_exception() noexcept { outcome_.set_exception(std::current_exception()); }
  void return_value(T value) { outcome_.set(std::move(value)); }
  TaskOutcome<T>& outcome() { return outcome_; }

 private:
  TaskOutcome<T> outcome_;
};

template <>
class TaskPromise<void> : public TaskPromiseBase {
 public:
  Task<void> get_return_object() noexcept;
  void unhandled_exception() noexcept { outcome_.set_exception(std::current_exception()); }
  void return_void() { outcome_.set({}); }
  TaskOutcome<void>& outcome() { return outcome_; }

 private:
  TaskOutcome<void> outcome_;
};

template <class T = void>
class [[nodiscard]] Task {
 public:
  using promise_type = TaskPromise<T>;
  using Handle = std::coroutine_handle<promise_type>;

  Task(Task&& other) noexcept : coroutine_(std::exchange(other.coroutine_, {})) {}
  Task& operator=(Task&& other) noexcept {
    std::swap(coroutine_, other.coroutine_);
    return *this;
  }
  ~Task() {
    if (coroutine_) coroutine_.destroy();
  }

  class Awaiter {
   public:
    explicit Awaiter(Handle task) : task_(task) {}
    bool await_ready() const noexcept { return false; }
    template <class Promise>
    bool await_suspend(std::coroutine_handle<Promise> awaiting) {
      task_.promise().begin(awaiting.promise().context(), awaiting);
      task_.resume();
      return task_.promise().wait();
    }
    T await_resume() { return static_cast<T>(task_.promise().outcome().take()); }

   private:
    Handle task_;
  };
  Awaiter operator co_await() && { return Awaiter(coroutine_); }

  // Begins it here; `completion` outlives it. For those who build what is awaited.
  void start(Context& context, Completion& completion) {
    WEIR_DCHECK(coroutine_ && !coroutine_.done());
    coroutine_.promise().begin(context, completion);
    coroutine_.resume();
  }
  TaskOutcome<T>& outcome() { return coroutine_.promise().outcome(); }

 private:
  friend promise_type;
  explicit Task(Handle coroutine) : coroutine_(coroutine) {}

  Handle coroutine_;
};

template <class T>
Task<T> TaskPromise<T>::get_return_object() noexcept {
  return Task<T>(std::coroutine_handle<TaskPromise<T>>::from_promise(*this));
}

inline Task<void> TaskPromise<void>::get_return_object() noexcept {
  return Task<void>(std::coroutine_handle<TaskPromise<void>>::from_promise(*this));
}

}  // namespace weir
