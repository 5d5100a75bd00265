// Changes the thread that a coroutine runs on:
//
//   const Status gone = co_await on(pool);       a thread of the pool, unless it is full
//   co_await on(stream);                         the reactor
//   Result<T> r = co_await run_on(pool, work);   there and back, with what `work` returns
//
// A hop is one task of the pool, or one of the reactor's mailbox; none where it is there already.
// Elsewhere than on its reactor a coroutine touches no stream and waits for nothing but on(). It is
// cancelled when it comes back. A task that ends elsewhere leaves who awaits it on one thread or
// the other: it goes home first where that matters.
//
// Thread rule: on(pool) on the reactor, on(stream) anywhere.
#pragma once

#include <coroutine>
#include <exception>
#include <optional>
#include <type_traits>
#include <utility>

#include "base/check.h"
#include "base/status.h"
#include "core/reactor.h"
#include "coroutine/context.h"
#include "coroutine/stream.h"
#include "coroutine/task.h"
#include "tasks/task_pool.h"

namespace weir {

class HomeHop {
 public:
  bool await_ready() const noexcept { return false; }
  template <class Promise>
  bool await_suspend(std::coroutine_handle<Promise> coroutine) {
    context_ = &coroutine.promise().context();
    if (context_->reactor().in_thread()) return false;
    // It may run, and this be gone, before post() returns.
    context_->reactor().post([coroutine] { coroutine.resume(); });
    return true;
  }
  void await_resume() const {
    if (context_->is_cancelled()) throw Cancelled();
  }

 private:
  const Context* context_ = nullptr;
};

// Every stream of a coroutine has its reactor.
inline HomeHop on(const Stream&) { return {}; }

class PoolHop {
 public:
  PoolHop(TaskPool& pool, TaskPool::How how) : pool_(pool), how_(std::move(how)) {}

  bool await_ready() const noexcept { return false; }
  template <class Promise>
  bool await_suspend(std::coroutine_handle<Promise> coroutine) {
    const Context& context = coroutine.promise().context();
    WEIR_DCHECK(context.reactor().in_thread());
    cancelled_ = context.is_cancelled();
    return !cancelled_ && submit(coroutine, context.reactor());
  }
  // Where the pool has not taken it, or has dropped it, it says so, on the reactor.
  Status await_resume() {
    if (cancelled_) throw Cancelled();
    return std::move(status_);
  }

 private:
  class Ticket;
  bool submit(std::coroutine_handle<> coroutine, Reactor& reactor);

  TaskPool& pool_;
  TaskPool::How how_;
  Status status_;
  bool cancelled_ = false;
};

inline PoolHop on(TaskPool& pool, TaskPool::How how) { return PoolHop(pool, std::move(how)); }
inline PoolHop on(TaskPool& pool) { return PoolHop(pool, TaskPool::How()); }

// Runs `work` on the pool; what it throws is thrown here. The error: the pool has not run it.
template <class Work, class Value = std::invoke_result_t<Work&>>
requires(!std::is_void_v<Value>) Task<Result<Value>> run_on(TaskPool& pool, Work work) {
  Status status = co_await on(pool);
  if (!status.is_ok()) co_return status;
  std::optional<Value> value;
  std::exception_ptr error;
  try {
    value.emplace(work());
  } catch (...) {
    error = std::current_exception();
  }
  co_await HomeHop();
  if (error != nullptr) std::rethrow_exception(error);
  co_return std::move(*value);
}

template <class Work>
requires std::is_void_v<std::invoke_result_t<Work&>> Task<Status> run_on(TaskPool& pool,
                                                                         Work work) {
  Status status = co_await on(pool);
  if (!status.is_ok()) co_return status;
  std::exception_ptr error;
  try {
    work();
  } catch (...) {
    error = std::current_exception();
  }
  co_await HomeHop();
  if (error != nullptr) std::rethrow_exception(error);
  co_return Status::ok();
}

}  // namespace weir
