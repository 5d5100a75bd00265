// The Redis-compatible server.
//   redis [FILE] [--port N] [--model M] [--threads N] [--backend B] ...
#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <clocale>
#include <cstdio>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "core/engine.h"
#include "core/flags.h"
#include "core/log.h"
#include "core/options.h"
#include "servers/redis/commands/groups.h"
#include "servers/redis/config.h"
#include "servers/redis/server.h"
#include "servers/redis/service.h"

namespace {

constexpr std::array<std::string_view, 4> kExamples = {
    "--port 6379",
    "--model reuseport --threads 2 --backend epoll-et",
    "--unixsocket /tmp/redis.sock --requirepass secret",
    "/etc/weir/redis.conf --port 7777",
};

int fail(const weir::Status& status) {
  std::fprintf(stderr, "redis: %s\n", status.message().c_str());
  return 2;
}

// The file's settings come first, so that the command line overrides them.
weir::Status parse_words(weir::FlagSet& flags, const std::vector<std::string>& words) {
  std::vector<const char*> argv = {"redis"};
  for (const std::string& word : words) argv.push_back(word.c_str());
  return flags.parse(static_cast<int>(argv.size()), argv.data());
}

// What CONFIG GET tells of the engine's flags.
void publish(const weir::Options& options, weir::redis::Config& config) {
  std::string bind;
  for (const std::string& host : options.bind) bind += (bind.empty() ? "" : " ") + host;
  config.keepalive_s.store(options.keepalive_s);
  config.set_constant("bind", bind);
  config.set_constant("port", std::to_string(options.port));
  config.set_fixed("unixsocket", options.unix_socket);
  config.set_fixed("tcp-backlog", std::to_string(options.backlog));
  config.set_constant("model", std::string(weir::threading_model_name(options.model)));
  config.set_constant("threads", std::to_string(options.threads));
  config.set_constant("backend", std::string(weir::backend_name(options.backend)));
}

// Asks for as many descriptors as so many clients need. Returns how many there can be.
std::uint32_t fit_descriptors(std::uint32_t clients, std::uint32_t reactors) {
  const rlim_t own = 32 + 8 * rlim_t{reactors};  // standard streams, listeners, the reactors' own
  const rlim_t wanted = clients + own;
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= wanted) return clients;
  const rlim_t before = limit.rlim_cur;
  limit.rlim_cur = std::min(wanted, limit.rlim_max);
  if (::setrlimit(RLIMIT_NOFILE, &limit) != 0) limit.rlim_cur = before;
  if (limit.rlim_cur >= wanted) return clients;
  return static_cast<std::uint32_t>(limit.rlim_cur > own ? limit.rlim_cur - own : 1);
}

// Where the system allows fewer descriptors than maxclients needs, fewer clients, who are told so
// instead of being cut off; CONFIG SET is told too.
void limit_clients(weir::redis::Config& config, std::uint32_t reactors) {
  const std::uint32_t wanted = config.max_clients.load();
  const std::uint32_t fitting = fit_descriptors(wanted, reactors);
  if (fitting < wanted) {
    WEIR_LOG(kWarning,
             "maxclients lowered from %u to %u: more descriptors are not allowed (ulimit -n)",
             wanted, fitting);
    config.max_clients.store(fitting);
  }
  config.add_check("maxclients", [&config, reactors] {
    const std::uint32_t clients = config.max_clients.load();
    const std::uint32_t possible = fit_descriptors(clients, reactors);
    if (possible >= clients) return weir::Status::ok();
    return weir::Status::error(
        "The operating system is not able to handle the specified number of clients, try with " +
        std::to_string(possible));
  });
}

}  // namespace

int main(int argc, char** argv) {
  weir::use_callers_directory();
  std::setlocale(LC_COLLATE, "");  // SORT ALPHA's order; numbers stay those of the "C" locale
  weir::Options options;
  options.port = 6379;
  weir::redis::Config config;
  weir::FlagSet flags;
  options.add_flags(flags);
  config.add_flags(flags);

  int first = 1;
  if (argc > 1 && argv[1][0] != '-') {
    auto words = weir::redis::Config::read_file(argv[1]);
    if (!words.is_ok()) return fail(words.status());
    const weir::Status status = parse_words(flags, *words);
    if (!status.is_ok()) {
      return fail(weir::Status::error(std::string(argv[1]) + ": " + status.message()));
    }
    config.set_file(std::filesystem::absolute(argv[1]).string());
    first = 2;
  }
  weir::Status status = parse_words(flags, {argv + first, argv + argc});
  if (status.is_ok()) status = options.check(flags);
  if (!status.is_ok()) return fail(status);
  if (flags.help_requested()) {
    std::fputs(flags.help("redis [FILE]", kExamples).c_str(), stdout);
    return 0;
  }

  publish(options, config);
  limit_clients(config, options.threads + 1);
  weir::Engine engine(options);
  weir::redis::Server server(engine, config, weir::redis::commands::all_groups());
  const weir::Status started = weir::redis::start(server);
  if (!started.is_ok()) {
    std::fprintf(stderr, "redis: %s\n", started.message().c_str());
    return 1;
  }
  std::printf("weir redis: %s\n", engine.describe().c_str());
  std::fflush(stdout);
  const int code = engine.run();
  server.keyspace().leave_to_system();
  return code;
}
