// How long a hop takes: a coroutine goes from its reactor to a thread of the pool and comes back,
// one trip after the other on an idle machine. Microseconds a trip.
// With an idle poll the reactor does not sleep while the coroutine is away.
//   ./bazelw run --config=release //bench:hop -- [TRIPS [IDLE_POLL_US]]
#include "coroutine/hop.h"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <exception>
#include <vector>

#include "core/engine.h"
#include "core/options.h"
#include "coroutine/coroutines.h"
#include "coroutine/task.h"
#include "tasks/task_pool.h"

namespace {

std::int64_t now_ns() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

weir::Task<> travel(weir::TaskPool& pool, std::vector<std::int64_t>& trips_ns) {
  for (std::int64_t& trip_ns : trips_ns) {
    const std::int64_t start_ns = now_ns();
    const weir::Status status = co_await weir::on(pool);
    if (!status.is_ok()) std::abort();
    co_await weir::HomeHop();
    trip_ns = now_ns() - start_ns;
  }
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::int64_t> trips_ns(argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 100'000);
  weir::Options options;
  options.handle_signals = false;
  if (argc > 2) options.idle_poll_us = std::strtol(argv[2], nullptr, 10);
  weir::Engine engine(options);
  weir::Coroutines coroutines(engine);
  weir::TaskPool pool({.threads = 1});
  coroutines.start(
      0, [&] { return travel(pool, trips_ns); }, [&](std::exception_ptr) { engine.stop(); });
  const int status = engine.run();
  std::sort(trips_ns.begin(), trips_ns.end());
  const auto at = [&](double part) {
    const auto i = static_cast<std::size_t>(part * static_cast<double>(trips_ns.size() - 1));
    return static_cast<double>(trips_ns[i]) / 1000;
  };
  std::printf("%zu trips: median %.2f us, p90 %.2f, p99 %.2f\n", trips_ns.size(), at(0.5), at(0.9),
              at(0.99));
  return status;
}
