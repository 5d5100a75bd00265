// The load generator: asks an echo, Redis or HTTP server over many connections, looks at every
// reply, and says how fast they came.
//   ./bazelw run //tools/load -- --protocol redis --command 'GET key:{key}' --fill --depth 16
// Ends with 0, with 1 where a reply was wrong or did not come, a connection was lost or none could
// be made, with 2 on a bad flag.
#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>

#include "tools/load/echo_dialogue.h"
#include "tools/load/http_dialogue.h"
#include "tools/load/options.h"
#include "tools/load/report.h"
#include "tools/load/resp_dialogue.h"
#include "tools/load/run.h"

namespace weir::load {
namespace {

constexpr const char* kFillCommand = "SET key:{key} {value}";
constexpr std::size_t kFillDepth = 64;

int fail(const Status& status) {
  std::fprintf(stderr, "load: %s\n", status.message().c_str());
  return 1;
}

int run(const Options& options, const MakeDialogue& make_dialogue) {
  const Result<Measured> measured = execute(options, make_dialogue, "load");
  if (!measured.is_ok()) return fail(measured.status());
  std::fputs(report(options, measured.value()).c_str(), stdout);
  return measured.value().is_right() ? 0 : 1;
}

// Sets each key once.
Status fill(const Options& options) {
  Options how = options;
  how.rate = 0;
  how.depth = kFillDepth;
  how.connections = std::min<std::uint64_t>(options.keys, 16);
  how.threads = 1;
  how.requests = options.keys;
  RespDialogue::Mix mix;
  Result<CommandTemplate> command = CommandTemplate::parse(kFillCommand, options.value_bytes);
  if (!command.is_ok()) return command.status();
  mix.commands.push_back(std::move(command.value()));
  mix.keys = options.keys;
  mix.in_order = true;
  const Result<Measured> measured = execute(
      how, [&mix](std::size_t number) { return std::make_unique<RespDialogue>(mix, number); },
      "fill");
  if (!measured.is_ok()) return measured.status();
  if (measured.value().is_right()) return Status::ok();
  return Status::error("the keys were not set: " + measured.value().first_failure);
}

int run_redis(const Options& options) {
  RespDialogue::Mix mix;
  mix.keys = options.keys;
  for (const std::string& text : options.commands) {
    Result<CommandTemplate> command = CommandTemplate::parse(text, options.value_bytes);
    if (!command.is_ok()) return fail(command.status());
    mix.commands.push_back(std::move(command.value()));
  }
  if (options.fill) {
    const Status status = fill(options);
    if (!status.is_ok()) return fail(status);
  }
  return run(options,
             [&mix](std::size_t number) { return std::make_unique<RespDialogue>(mix, number); });
}

int run_http(const Options& options) {
  HttpDialogue::Exchange exchange;
  exchange.request = HttpDialogue::make_request(options.path, options.host);
  return run(options,
             [&exchange](std::size_t) { return std::make_unique<HttpDialogue>(exchange); });
}

int run_echo(const Options& options) {
  return run(options, [&options](std::size_t number) {
    return std::make_unique<EchoDialogue>(options.message_bytes, number);
  });
}

int main(int argc, char** argv) {
  const Options options = Options::from_flags(argc, argv);
  switch (options.protocol) {
    case Protocol::kEcho:
      return run_echo(options);
    case Protocol::kRedis:
      return run_redis(options);
    case Protocol::kHttp:
      return run_http(options);
  }
  return 2;
}

}  // namespace
}  // namespace weir::load

int main(int argc, char** argv) { return weir::load::main(argc, argv); }
