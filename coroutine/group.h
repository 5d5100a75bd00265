// Tasks that start together and that one coroutine waits for, until all have ended: what when_all()
// and when_any() share.
//
// Thread rule: on the reactor. The tasks may go elsewhere.
#pragma once

#include <coroutine>
#include <cstddef>
#include <exception>
#include <tuple>
#include <utility>

#include "coroutine/child.h"
#include "coroutine/context.h"
#include "coroutine/task.h"

namespace weir {

// Policy::note_end(member) is called at each end, and may settle().
template <class Policy, class Indices, class... T>
class Group;

template <class Policy, std::size_t... kIndex, class... T>
class Group<Policy, std::index_sequence<kIndex...>, T...> {
 public:
  explicit Group(Task<T>... tasks) : members_(std::move(tasks)...) {}

  bool await_ready() const noexcept { return false; }
  template <class Promise>
  bool await_suspend(std::coroutine_handle<Promise> awaiting) {
    context_ = &awaiting.promise().context();
    awaiting_ = awaiting;
    left_ = sizeof...(T) + 1;  // this one too, so that none that ends at once resumes
    (start(std::get<kIndex>(members_)), ...);
    return --left_ > 0;
  }

 protected:
  template <std::size_t kPlace, class Value>
  class Member final : public Child<Value> {
   public:
    static constexpr std::size_t kAt = kPlace;

    Member(Task<Value> task) : Child<Value>(std::move(task)) {}  // NOLINT: a tuple makes it of one
    void belong_to(Group& group) { group_ = &group; }
    using Child<Value>::failure;
    using Child<Value>::outcome;

   private:
    std::coroutine_handle<> ended() override { return group_->note(*this); }

    Group* group_ = nullptr;
  };

  // It is decided: what still runs is cancelled.
  void settle() {
    if (std::exchange(settled_, true)) return;
    (cancel(std::get<kIndex>(members_)), ...);
  }
  bool is_settled() const { return settled_; }
  void check() const {
    if (failure_ != nullptr) std::rethrow_exception(failure_);
    if (context_->is_cancelled()) throw Cancelled();
  }

  std::tuple<Member<kIndex, T>...> members_;

 private:
  template <class AnyMember>
  void start(AnyMember& member) {
    member.belong_to(*this);
    member.start(*context_, settled_);
  }
  template <class AnyMember>
  void cancel(AnyMember& member) {
    if (member.is_started()) member.cancel();
  }
  template <class AnyMember>
  std::coroutine_handle<> note(AnyMember& member) {
    if (!settled_) failure_ = member.failure();
    static_cast<Policy&>(*this).note_end(member);
    if (--left_ > 0) return std::noop_coroutine();
    return awaiting_;
  }

  Context* context_ = nullptr;
  std::coroutine_handle<> awaiting_;
  std::size_t left_ = 0;
  std::exception_ptr failure_;  // the first, if that is what settled it
  bool settled_ = false;
};

}  // namespace weir
