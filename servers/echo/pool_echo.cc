// The echo with a hop: each piece goes to a thread of the pool, as slow work would, and comes back.
//   ./bazelw run //servers/echo:pool_echo -- --port 9000
#include <string>
#include <utility>

#include "coroutine/coroutines.h"
#include "coroutine/hop.h"
#include "coroutine/stream.h"
#include "coroutine/task.h"
#include "servers/echo/serve.h"
#include "tasks/task_pool.h"

namespace {

// The view ends with the hop: what goes along is a copy.
weir::Task<> echo(weir::Stream peer, weir::TaskPool& pool) {
  while (auto bytes = co_await peer.read()) {
    auto work = [text = std::string(*bytes)]() mutable { return std::move(text); };
    const weir::Result<std::string> answer = co_await weir::run_on(pool, std::move(work));
    if (!answer.is_ok()) co_return peer.abort(answer.status());  // too much to do
    co_await peer.write(answer.value());
  }
}

}  // namespace

int main(int argc, char** argv) {
  weir::Engine engine(weir::parse_flags(argc, argv));
  weir::Coroutines coroutines(engine);
  weir::TaskPool pool({.threads = 4});
  const auto service = coroutines.service(
      [&pool](weir::Stream peer) -> weir::Task<> { return echo(std::move(peer), pool); });
  return weir::serve(engine, "pool echo", service);
}
