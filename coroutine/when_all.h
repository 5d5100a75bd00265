// Several tasks at a time, all of them:
//
//   auto [a, b] = co_await when_all(one(), another());
//
// A task of nothing gives std::monostate.
// The first that fails cancels the others; its failure is thrown when all have ended. When the
// awaiter is cancelled, so are they.
//
// Thread rule: on the reactor. The tasks may go elsewhere.
#pragma once

#include <cstddef>
#include <tuple>
#include <utility>

#include "coroutine/group.h"
#include "coroutine/task.h"

namespace weir {

template <class... T>
class WhenAll final : public Group<WhenAll<T...>, std::index_sequence_for<T...>, T...> {
  using Tasks = Group<WhenAll<T...>, std::index_sequence_for<T...>, T...>;

 public:
  using Tasks::Tasks;

  std::tuple<TaskValue<T>...> await_resume() {
    this->check();
    return std::apply(
        [](auto&... member) { return std::tuple<TaskValue<T>...>(member.outcome().take()...); },
        this->members_);
  }

 private:
  friend Tasks;
  template <class Member>
  void note_end(Member& member) {
    if (member.outcome().exception() != nullptr) this->settle();
  }
};

template <class... T>
WhenAll<T...> when_all(Task<T>... tasks) {
  return WhenAll<T...>(std::move(tasks)...);
}

}  // namespace weir
