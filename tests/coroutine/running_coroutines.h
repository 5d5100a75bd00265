// An engine with coroutines that runs in a thread of its own.
//
// The test's thread calls everything.
#pragma once

#include <exception>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>

#include "core/engine.h"
#include "core/options.h"
#include "coroutine/coroutines.h"
#include "coroutine/task.h"
#include "gtest/gtest.h"
#include "tests/fakes/peer.h"
#include "tests/fakes/place.h"

namespace weir {

class RunningCoroutines {
 public:
  explicit RunningCoroutines(const fakes::Place& place = {});
  ~RunningCoroutines() { stop(); }

  // Before start(): serves a port with it.
  template <class Function>
  void serve(Function function) {
    listen(coroutines_.service(std::move(function)));
  }
  void start();
  void stop();

  // Runs what `make` gives on reactor 0 to its end: its value, or its exception here.
  template <class Make>
  auto run(Make make) {
    using Value = decltype(std::declval<decltype(make())>().outcome().take());
    std::optional<Value> value;
    const auto keep = [&value, &make]() -> Task<> {
      if constexpr (std::is_same_v<decltype(make()), Task<>>) {
        co_await make();
        value.emplace();
      } else {
        value.emplace(co_await make());
      }
    };
    finish(keep);
    return value;  // none where it was cancelled
  }

  fakes::Peer connect(int receive_buffer = 0) {
    return fakes::Peer::connect(*address_, receive_buffer);
  }
  const Address& address() const { return *address_; }
  Engine& engine() { return engine_; }
  Coroutines& coroutines() { return coroutines_; }
  // Of all reactors, once they have run what was posted before.
  std::size_t roots();
  bool eventually_without_roots();

 private:
  void listen(Service service);
  void finish(const std::function<Task<>()>& make);

  Engine engine_;
  Coroutines coroutines_;
  std::optional<Address> address_;
  std::thread thread_;
};

// In every place.
class StreamTest : public testing::TestWithParam<fakes::Place> {
 protected:
  RunningCoroutines running_{GetParam()};
};

}  // namespace weir
