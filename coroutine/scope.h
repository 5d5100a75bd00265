// Children that run beside each other, and end before their scope does:
//
//   co_await with_scope([&](Scope& scope) -> Task<> {
//     while (auto stream = co_await accept()) scope.spawn(serve(std::move(*stream)));
//   });
//
// The body is a child too. The first that fails cancels all others; its failure is thrown when all
// have ended. When the awaiter is cancelled, so are they.
//
// Thread rule: on the reactor. The children may go elsewhere.
#pragma once

#include <coroutine>
#include <cstddef>
#include <exception>
#include <list>
#include <memory>
#include <optional>
#include <utility>

#include "coroutine/child.h"
#include "coroutine/context.h"
#include "coroutine/task.h"

namespace weir {

class Scope {
 public:
  // `parent` outlives it.
  explicit Scope(Context& parent);
  ~Scope();
  Scope(const Scope&) = delete;
  Scope& operator=(const Scope&) = delete;

  // Begins it at once.
  void spawn(Task<> task);
  // Cancels all that run, the body too.
  void cancel() { context_.cancel(); }
  std::size_t size() const { return children_.size(); }

  // `joining` is resumed when the last child ends. False: none runs.
  bool join(std::coroutine_handle<> joining);
  // What the first child that failed threw.
  const std::exception_ptr& failure() const { return failure_; }

 private:
  class Member;
  std::coroutine_handle<> note(Member& member);

  Context context_;  // of all of them
  std::list<std::unique_ptr<Member>> children_;
  std::coroutine_handle<> joining_;
  std::exception_ptr failure_;
};

template <class Body>
class ScopedRun {
 public:
  explicit ScopedRun(Body body) : body_(std::move(body)) {}

  bool await_ready() const noexcept { return false; }
  template <class Promise>
  bool await_suspend(std::coroutine_handle<Promise> awaiting) {
    context_ = &awaiting.promise().context();
    scope_.emplace(*context_);
    scope_->spawn(body_(*scope_));
    return scope_->join(awaiting);
  }
  void await_resume() const {
    if (scope_->failure() != nullptr) std::rethrow_exception(scope_->failure());
    if (context_->is_cancelled()) throw Cancelled();
  }

 private:
  Body body_;
  Context* context_ = nullptr;
  std::optional<Scope> scope_;
};

// `body` is called with the scope, and gives a Task<>.
template <class Body>
ScopedRun<Body> with_scope(Body body) {
  return ScopedRun<Body>(std::move(body));
}

}  // namespace weir
