#include "core/options.h"

#include <sched.h>

#include <array>
#include <cstdio>
#include <cstdlib>

#include "core/connection_id.h"
#include "core/log.h"

namespace weir {
namespace {

constexpr std::array<std::string_view, 4> kBackendNames = {"epoll", "epoll-et", "io_uring", "auto"};
constexpr std::array<std::string_view, 2> kNotifyNames = {"pipe", "eventfd"};
constexpr std::array<std::string_view, 3> kPreforkAcceptNames = {"mutex", "exclusive", "reuseport"};
constexpr int kLongestDrainMs = 3'600'000;
constexpr int kLongestKeepaliveS = 32'767;  // the kernel's
constexpr int kMostBacklog = 65'535;
constexpr int kLongestIdlePollUs = 1'000'000;
constexpr int kLeastReadBudget = 1024;
constexpr int kMostReadBudget = 1024 * 1024 * 1024;

template <class Enum>
FlagSet::Setter assign_choice(Enum& target, std::span<const std::string_view> names) {
  return [&target, names](std::string_view text) -> Status {
    const Result<std::size_t> index = parse_choice(text, names);
    if (index.is_ok()) target = static_cast<Enum>(index.value());
    return index.status();
  };
}

template <class Number>
FlagSet::Setter assign_number(Number& target, std::uint64_t min, std::uint64_t max) {
  return assign(target, [min, max](std::string_view text) { return parse_uint(text, min, max); });
}

Result<std::uint64_t> parse_read_budget(std::string_view text) {
  Result<std::uint64_t> parsed = parse_bytes(text);
  if (parsed.is_ok() && (*parsed < kLeastReadBudget || *parsed > kMostReadBudget)) {
    return Status::error("expected 1kb to 1gb");
  }
  return parsed;
}

Result<std::int64_t> parse_drain(std::string_view text) {
  Result<std::int64_t> parsed = parse_duration_ms(text);
  if (parsed.is_ok() && *parsed > kLongestDrainMs) return Status::error("expected at most 1h");
  return parsed;
}

std::string socket_option_help() {
  std::string help = "set on listening sockets, and by them on connections:";
  for (const std::string_view name : SocketOptions::names()) help += " " + std::string(name);
  return help;
}

}  // namespace

std::string_view backend_name(BackendKind kind) {
  return kBackendNames[static_cast<std::size_t>(kind)];
}

void Options::add_flags(FlagSet& flags) {
  flags.add_list("bind", "ADDRESS...", "addresses to listen on, * for every IPv4 one",
                 [this](std::span<const std::string_view> values) {
                   bind.clear();
                   for (const std::string_view value : values) bind.emplace_back(value);
                   return Status::ok();
                 });
  flags.add("port", "N",
            "TCP port, by default " + std::to_string(port) + "; 0 lets the kernel choose one",
            assign_number(port, 0, 65535));
  flags.add("unixsocket", "PATH", "also listen on this unix socket", [this](std::string_view text) {
    unix_socket = text;
    return Status::ok();
  });
  flags.add(
      "model", "single|handoff|reuseport|exclusive|io_threads|prefork",
      "where requests run: on one reactor, the default; on reactors that an acceptor deals to; on "
      "reactors that accept themselves, from a socket each or from one; on one reactor for which "
      "threads read, decode and write; in processes with a reactor each",
      assign(model, parse_threading_model));
  flags.add("threads", "N",
            "reactors that handle requests, or the threads of io_threads, or the processes of "
            "prefork, by default " +
                std::to_string(threads) + "; single has one whatever N is",
            assign_number(threads, 1, ConnectionId::kMaxReactors - 1));
  flags.add("backend", "epoll|epoll-et|io_uring|auto",
            "the kernel's event interface: epoll, level-triggered, the default, or edge-triggered; "
            "io_uring; or io_uring where it can be used, else epoll",
            assign_choice(backend, kBackendNames));
  flags.add(
      "read-budget", "BYTES",
      "what a connection may read before others have their turn, by default 64kb: more spares "
      "waits where input comes in bulk",
      assign(read_budget, parse_read_budget));
  flags.add("idle-poll", "MICROSECONDS",
            "how long a reactor without work goes on looking before it sleeps in the kernel, by "
            "default 0: its CPU for sooner replies, where there is one to spare",
            assign_number(idle_poll_us, 0, kLongestIdlePollUs));
  flags.add("handoff-notify", "pipe|eventfd", "how the acceptor wakes a worker under handoff",
            assign_choice(handoff_notify, kNotifyNames));
  flags.add("balancer",
            "round_robin|least_connections|source_ip_hash|random|two_choices|consistent_hash",
            "how connections are dealt to the workers; see the README",
            assign(balancer, parse_balancer_policy));
  flags.add(
      "prefork-accept", "mutex|exclusive|reuseport",
      "how the processes of prefork accept: in turns; from one socket that wakes one of them, "
      "the default; from a socket each",
      assign_choice(prefork_accept, kPreforkAcceptNames));
  flags.add("max-connections", "N", "connections beyond N are closed at once; 0, the default: none",
            assign_number(max_connections, 0, UINT32_MAX));
  flags.add("buffer-budget", "BYTES",
            "what all connections together may hold in buffers, as 256mb: near it those with much "
            "to send wait, beyond it the largest are closed; 0, the default: no bound",
            assign(buffer_budget, parse_bytes));
  flags.add_list("socket-option", "NAME=VALUE...", socket_option_help(),
                 [this](std::span<const std::string_view> values) {
                   for (const std::string_view value : values) {
                     const Status status = set_socket_option(value);
                     if (!status.is_ok()) return status;
                   }
                   return Status::ok();
                 });
  flags.add_list("cpus", "N...", "the CPUs that reactors are bound to, one each, in turn",
                 [this](std::span<const std::string_view> values) -> Status {
                   cpus.clear();
                   for (const std::string_view value : values) {
                     const Result<std::uint64_t> cpu = parse_uint(value, 0, CPU_SETSIZE - 1);
                     if (!cpu.is_ok()) return cpu.status();
                     cpus.push_back(static_cast<int>(cpu.value()));
                   }
                   return Status::ok();
                 });
  flags.add("tcp-backlog", "N",
            "connections that may wait to be accepted, by default " + std::to_string(backlog),
            assign_number(backlog, 1, kMostBacklog));
  flags.add("tcp-keepalive", "SECONDS",
            "idle time after which a peer is probed, by default " + std::to_string(keepalive_s) +
                "; 0: never",
            assign_number(keepalive_s, 0, kLongestKeepaliveS));
  flags.add(
      "drain", "TIME",
      "what a stop gives connections to finish, by default " + std::to_string(drain_ms) + "ms",
      assign(drain_ms, parse_drain));
  flags.add(
      "upgrade-socket", "PATH",
      "a unix socket where the next server of the same command line gets this one's listeners, "
      "and takes its place; SIGUSR2 starts that server from the program's file",
      [this](std::string_view text) {
        upgrade_socket = text;
        return Status::ok();
      });
  flags.add("upgrade-drain", "TIME",
            "what an upgrade gives the old server's connections to end by themselves, by default " +
                std::to_string(upgrade_drain_ms / 1000) + "s",
            assign(upgrade_drain_ms, parse_drain));
  flags.add("loglevel", "LEVEL", "debug, verbose, notice or warning",
            [](std::string_view text) -> Status {
              const Result<LogLevel> level = parse_log_level(text);
              if (level.is_ok()) set_log_level(level.value());
              return level.status();
            });
}

Status Options::set_socket_option(std::string_view text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos) return Status::error("expected NAME=VALUE");
  const Status status = sockets.set(text.substr(0, equals), text.substr(equals + 1));
  return status.is_ok() ? status : Status::error(std::string(text) + ": " + status.message());
}

std::vector<std::string> Options::addresses() const {
  std::vector<std::string> addresses = ip_addresses("tcp://");
  if (!unix_socket.empty()) addresses.push_back("unix:" + unix_socket);
  return addresses;
}

std::vector<std::string> Options::datagram_addresses() const { return ip_addresses("udp://"); }

std::vector<std::string> Options::ip_addresses(const std::string& transport) const {
  std::vector<std::string> addresses;
  for (const std::string& host : bind) {
    const bool bare_v6 = host.find(':') != std::string::npos && host.front() != '[';
    addresses.push_back(transport + (bare_v6 ? "[" + host + "]" : host) + ":" +
                        std::to_string(port));
  }
  return addresses;
}

Status Options::check_ranges() const {
  struct Range {
    std::string_view name;
    std::int64_t value;
    std::int64_t min;
    std::int64_t max;
  };
  std::vector<Range> ranges = {
      {"threads", threads, 1, ConnectionId::kMaxReactors - 1},
      {"read_budget", static_cast<std::int64_t>(read_budget), kLeastReadBudget, kMostReadBudget},
      {"idle_poll_us", idle_poll_us, 0, kLongestIdlePollUs},
      {"backlog", backlog, 1, kMostBacklog},
      {"keepalive_s", keepalive_s, 0, kLongestKeepaliveS},
      {"drain_ms", drain_ms, 0, kLongestDrainMs},
      {"upgrade_drain_ms", upgrade_drain_ms, 0, kLongestDrainMs},
  };
  for (const int cpu : cpus) ranges.push_back({"cpus", cpu, 0, CPU_SETSIZE - 1});
  for (const Range& range : ranges) {
    if (range.value >= range.min && range.value <= range.max) continue;
    return Status::error(std::string(range.name) + " " + std::to_string(range.value) +
                         ": expected a number from " + std::to_string(range.min) + " to " +
                         std::to_string(range.max));
  }
  return Status::ok();
}

Status Options::check(const FlagSet& flags) const {
  if (!flags.positional().empty()) {
    return Status::error("unexpected argument '" + flags.positional().front() + "'; see --help");
  }
  if (!flags.help_requested() && addresses().empty()) {
    return Status::error("nothing to listen on: give --bind an address, or --unixsocket a path");
  }
  return Status::ok();
}

Options Options::from_flags(int argc, const char* const* argv, Options defaults,
                            std::span<const std::string_view> examples) {
  use_callers_directory();
  const std::string name(program_name(argv));
  Options options = std::move(defaults);
  FlagSet flags;
  options.add_flags(flags);
  Status status = flags.parse(argc, argv);
  if (status.is_ok()) status = options.check(flags);
  if (!status.is_ok()) {
    std::fprintf(stderr, "%s: %s\n", name.c_str(), status.message().c_str());
    std::exit(2);
  }
  if (flags.help_requested()) {
    std::fputs(flags.help(name, examples).c_str(), stdout);
    std::exit(0);
  }
  return options;
}

}  // namespace weir
