// A TCP proxy: what either side sends goes to the other, and so does the end of its stream.
//   ./bazelw run //servers/echo:proxy -- --port 9001 --to tcp://127.0.0.1:9000
#include <array>
#include <chrono>
#include <cstdio>
#include <string>
#include <string_view>
#include <utility>

#include "core/engine.h"
#include "core/flags.h"
#include "core/log.h"
#include "core/options.h"
#include "coroutine/connect.h"
#include "coroutine/coroutines.h"
#include "coroutine/stream.h"
#include "coroutine/task.h"
#include "coroutine/when_all.h"
#include "servers/echo/serve.h"

namespace {

using namespace std::chrono_literals;

weir::Task<> pump(weir::Stream& from, weir::Stream& to) {
  while (auto bytes = co_await from.read()) {
    if (!co_await to.write(*bytes)) co_return;
  }
  // Half of what was sent is not to look like all of it.
  if (from.is_open()) to.end();
  if (!from.is_open()) to.abort(from.reason());
}

weir::Task<> proxy(weir::Stream client, const std::string& address) {
  weir::Result<weir::Stream> upstream = co_await weir::connect(address, 5s);
  if (!upstream.is_ok()) {
    WEIR_LOG(kWarning, "%s", upstream.status().message().c_str());
    co_return client.abort(upstream.status());
  }
  co_await weir::when_all(pump(client, *upstream), pump(*upstream, client));
}

}  // namespace

int main(int argc, char** argv) {
  weir::Options options;
  options.port = 9001;
  std::string upstream = "tcp://127.0.0.1:9000";
  weir::FlagSet flags;
  options.add_flags(flags);
  flags.add("to", "ADDRESS", "where connections are passed on to, " + upstream + " by default",
            [&upstream](std::string_view text) {
              upstream = text;
              return weir::Status::ok();
            });
  weir::Status status = flags.parse(argc, argv);
  if (status.is_ok()) status = options.check(flags);
  if (!status.is_ok()) {
    std::fprintf(stderr, "proxy: %s\n", status.message().c_str());
    return 2;
  }
  constexpr std::array<std::string_view, 1> kExamples = {"--port 8080 --to unix:/tmp/http.sock"};
  if (flags.help_requested()) return std::puts(flags.help("proxy", kExamples).c_str()) < 0;
  weir::Engine engine(options);
  weir::Coroutines coroutines(engine);
  return weir::serve(engine, "proxy", coroutines.service([&upstream](weir::Stream client) {
    return proxy(std::move(client), upstream);
  }));
}
