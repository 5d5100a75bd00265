#include "tests/coroutine/running_coroutines.h"

#include <chrono>

#include "base/check.h"

namespace weir {

namespace {

Options make_options(const fakes::Place& place) {
  Options options;
  place.set(options);
  options.handle_signals = false;
  options.drain_ms = fakes::Peer::kDeadlineMs;
  return options;
}

}  // namespace

RunningCoroutines::RunningCoroutines(const fakes::Place& place)
    : engine_(make_options(place)), coroutines_(engine_) {}

void RunningCoroutines::listen(Service service) {
  auto bound = engine_.listen("tcp://127.0.0.1:0", std::move(service));
  WEIR_CHECK(bound.is_ok());
  address_ = *bound;
}

void RunningCoroutines::start() {
  thread_ = std::thread([this] { engine_.run(); });
}

void RunningCoroutines::stop() {
  engine_.stop();
  if (thread_.joinable()) thread_.join();
}

void RunningCoroutines::finish(const std::function<Task<>()>& make) {
  std::promise<std::exception_ptr> ended;
  coroutines_.start(0, make, [&ended](std::exception_ptr error) { ended.set_value(error); });
  const std::exception_ptr error = ended.get_future().get();
  if (error != nullptr) std::rethrow_exception(error);
}

std::size_t RunningCoroutines::roots() {
  std::size_t total = 0;
  for (const auto& reactor : engine_.reactors()) {
    std::promise<std::size_t> size;
    reactor->post([&] { size.set_value(coroutines_.nursery(*reactor).size()); });
    total += size.get_future().get();
  }
  return total;
}

bool RunningCoroutines::eventually_without_roots() {
  const auto end =
      std::chrono::steady_clock::now() + std::chrono::milliseconds(fakes::Peer::kDeadlineMs);
  while (roots() > 0) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::yield();
  }
  return true;
}

}  // namespace weir
