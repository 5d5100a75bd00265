// The load generator: asks an echo, Redis, memcached or HTTP server over many connections, looks at
// every reply, and says how fast they came.
//   ./bazelw run //tools/load -- --protocol redis --command 'GET key:{key}' --fill --depth 16
// Ends with 0, with 1 where a reply was wrong or did not come, a connection was lost or none could
// be made, with 2 on a bad flag.
#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tools/load/echo_dialogue.h"
#include "tools/load/http_dialogue.h"
#include "tools/load/memcached_dialogue.h"
#include "tools/load/options.h"
#include "tools/load/report.h"
#include "tools/load/resp_dialogue.h"
#include "tools/load/run.h"

namespace weir::load {
namespace {

constexpr std::size_t kFillDepth = 64;

int fail(const Status& status) {
  std::fprintf(stderr, "load: %s\n", status.message().c_str());
  return 1;
}

int tell(const Options& options, const Result<Measured>& measured) {
  if (!measured.is_ok()) return fail(measured.status());
  std::fputs(report(options, measured.value()).c_str(), stdout);
  return measured.value().is_right() ? 0 : 1;
}

// How a server of keys is spoken to.
struct Speech {
  Result<CommandTemplate> (*parse)(std::string_view text, std::size_t value_bytes);
  std::unique_ptr<Dialogue> (*make)(KeyDialogue::Mix& mix, std::size_t connection);
  const char* fill_command;
};

template <class Kind>
std::unique_ptr<Dialogue> make(KeyDialogue::Mix& mix, std::size_t connection) {
  return std::make_unique<Kind>(mix, connection);
}

constexpr Speech kRedis = {CommandTemplate::parse, make<RespDialogue>, "SET key:{key} {value}"};
constexpr Speech kMemcached = {CommandTemplate::parse_memcached, make<MemcachedDialogue>,
                               "set key:{key} {value}"};

Result<Measured> execute_mix(const Options& options, const Speech& speech,
                             const std::vector<std::string>& commands, bool in_order,
                             const char* phase) {
  KeyDialogue::Mix mix;
  mix.keys = options.keys;
  mix.in_order = in_order;
  for (const std::string& text : commands) {
    Result<CommandTemplate> command = speech.parse(text, options.value_bytes);
    if (!command.is_ok()) return command.status();
    mix.commands.push_back(std::move(command.value()));
  }
  return execute(
      options, [&](std::size_t number) { return speech.make(mix, number); }, phase);
}

// Sets each key once.
Status fill(const Options& options, const Speech& speech) {
  Options how = options;
  how.rate = 0;
  how.depth = kFillDepth;
  how.connections = std::min<std::uint64_t>(options.keys, 16);
  how.threads = 1;
  how.requests = options.keys;
  const Result<Measured> measured = execute_mix(how, speech, {speech.fill_command}, true, "fill");
  if (!measured.is_ok()) return measured.status();
  if (measured.value().is_right()) return Status::ok();
  return Status::error("the keys were not set: " + measured.value().first_failure);
}

int run_keys(const Options& options, const Speech& speech) {
  if (options.fill) {
    const Status status = fill(options, speech);
    if (!status.is_ok()) return fail(status);
  }
  return tell(options, execute_mix(options, speech, options.commands, false, "load"));
}

int run(const Options& options, const MakeDialogue& make_dialogue) {
  return tell(options, execute(options, make_dialogue, "load"));
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
      return run_keys(options, kRedis);
    case Protocol::kHttp:
      return run_http(options);
    case Protocol::kMemcached:
      return run_keys(options, kMemcached);
  }
  return 2;
}

}  // namespace
}  // namespace weir::load

int main(int argc, char** argv) { return weir::load::main(argc, argv); }
