// The echo as one coroutine for each connection: straight-line code, as in Go, on the same
// reactors.
//   ./bazelw run //servers/echo:coroutine_echo -- --port 9000 --model reuseport --threads 2
#include "coroutine/coroutines.h"
#include "coroutine/stream.h"
#include "coroutine/task.h"
#include "servers/echo/serve.h"

namespace {

weir::Task<> echo(weir::Stream peer) {
  while (auto bytes = co_await peer.read()) co_await peer.write(*bytes);
}

}  // namespace

int main(int argc, char** argv) {
  weir::Engine engine(weir::parse_flags(argc, argv));
  weir::Coroutines coroutines(engine);
  return weir::serve(engine, "coroutine echo", coroutines.service(echo));
}
