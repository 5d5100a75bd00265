// Several tasks at a time, the first of them, or one within a time:
//
//   auto first = co_await when_any(one(), another());     a std::variant: index() says whose it is
//   auto value = co_await with_timeout(100ms, one());     a std::optional: none where it was late
//
// The first end, a failure too, decides; the others are cancelled and waited for. What they still
// ended with is dropped. When the awaiter is cancelled, so are they.
//
// Thread rule: on the reactor. The tasks may go elsewhere.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <utility>
#include <variant>

#include "coroutine/group.h"
#include "coroutine/sleep.h"
#include "coroutine/task.h"

namespace weir {

template <class... T>
class WhenAny final : public Group<WhenAny<T...>, std::index_sequence_for<T...>, T...> {
  using Tasks = Group<WhenAny<T...>, std::index_sequence_for<T...>, T...>;

 public:
  using Value = std::variant<TaskValue<T>...>;

  using Tasks::Tasks;

  Value await_resume() {
    this->check();
    if (!value_) throw Cancelled();  // the first was, by itself
    return std::move(*value_);
  }

 private:
  friend Tasks;
  template <class Member>
  void note_end(Member& member) {
    if (this->is_settled()) return;
    if (member.outcome().exception() == nullptr) {
      value_.emplace(std::in_place_index<Member::kAt>, member.outcome().take());
    }
    this->settle();
  }

  std::optional<Value> value_;
};

template <class... T>
WhenAny<T...> when_any(Task<T>... tasks) {
  return WhenAny<T...>(std::move(tasks)...);
}

template <class T>
Task<std::optional<TaskValue<T>>> with_timeout(std::chrono::milliseconds time, Task<T> task) {
  const auto wait = [](std::chrono::milliseconds wait_time) -> Task<> {
    co_await sleep_for(wait_time);
  };
  auto first = co_await when_any(std::move(task), wait(time));
  if (first.index() == 1) co_return std::nullopt;
  co_return std::move(std::get<0>(first));
}

}  // namespace weir
