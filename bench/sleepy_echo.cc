// An echo server that sleeps 100 ms, in the pool, before it answers what begins with 'z'.
//   sleepy_echo PORT
#include <chrono>
#include <cstdio>
#include <string>
#include <thread>

#include "core/engine.h"
#include "core/options.h"
#include "coroutine/coroutines.h"
#include "coroutine/hop.h"
#include "coroutine/stream.h"
#include "coroutine/task.h"
#include "tasks/task_pool.h"

namespace {

weir::Task<> echo(weir::Stream& peer, weir::TaskPool& pool) {
  while (const auto bytes = co_await peer.read()) {
    if (bytes->front() != 'z') {
      co_await peer.write(*bytes);
      continue;
    }
    const std::string text(*bytes);
    const weir::Status status = co_await weir::run_on(
        pool, [] { std::this_thread::sleep_for(std::chrono::milliseconds(100)); });
    if (!status.is_ok()) co_return;
    co_await peer.write(text);
  }
}

}  // namespace

int main(int, char** argv) {
  weir::Options options;
  options.model = weir::ThreadingModel::kHandoff;
  options.threads = 2;
  weir::Engine engine(options);
  weir::Coroutines coroutines(engine);
  weir::TaskPool pool({.threads = 50});
  const auto service =
      coroutines.service([&pool](weir::Stream peer) -> weir::Task<> { co_await echo(peer, pool); });
  const auto bound = engine.listen(std::string("tcp://127.0.0.1:") + argv[1], service);
  if (!bound.is_ok()) {
    std::fprintf(stderr, "sleepy_echo: %s\n", bound.status().message().c_str());
    return 1;
  }
  return engine.run();
}
