#include "tools/load/options.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <cstdlib>

#include "core/flags.h"

namespace weir::load {
namespace {

constexpr std::array<std::string_view, 4> kProtocols = {"echo", "redis", "http", "memcached"};
constexpr std::array<std::string_view, 3> kFormats = {"text", "csv", "json"};
constexpr std::array<std::string_view, 2> kBackends = {"epoll", "io_uring"};
constexpr std::array<BackendKind, 2> kBackendKinds = {BackendKind::kEpoll, BackendKind::kUring};
constexpr std::array<std::string_view, 6> kExamples = {
    "--protocol redis --command 'GET key:{key}' --keys 1000000 --fill --depth 16",
    "--protocol redis --command 'SET key:{key} {value}' --command 'GET key:{key}' --rate 50000",
    "--protocol memcached --command 'get key:{key}' --fill",
    "--protocol http --port 8080 --path /plaintext --connections 1000 --threads 2",
    "--port 9000 --size 65536 --requests 100000 --format json",
    "--connections 50000 --source 127.0.0.2 127.0.0.3",
};
constexpr std::array<std::uint16_t, 4> kPorts = {9000, 6379, 8080, 11211};  // by protocol

template <class T, std::size_t kSize>
FlagSet::Setter choose(T& target, const std::array<std::string_view, kSize>& names) {
  return [&target, &names](std::string_view text) -> Status {
    const Result<std::size_t> index = parse_choice(text, names);
    if (index.is_ok()) target = static_cast<T>(index.value());
    return index.status();
  };
}

template <class T>
FlagSet::Setter number(T& target, std::uint64_t min, std::uint64_t max) {
  return assign(target, [=](std::string_view text) { return parse_uint(text, min, max); });
}

Result<double> parse_rate(std::string_view text) {
  double rate = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), rate);
  const bool is_number = parsed.ec == std::errc() && parsed.ptr == text.data() + text.size();
  if (is_number && rate > 0 && rate <= 1e9) return rate;
  return Status::error("expected requests a second, more than 0");
}

Status set_cpus(std::vector<int>& cpus, std::span<const std::string_view> values) {
  for (const std::string_view text : values) {
    const auto cpu = parse_uint(text, 0, 4095);
    if (!cpu.is_ok()) return cpu.status();
    cpus.push_back(static_cast<int>(cpu.value()));
  }
  return Status::ok();
}

class Flags {
 public:
  explicit Flags(Options& options) : options_(options) {
    add_whom();
    add_what();
    add_how();
  }

  Status parse(int argc, const char* const* argv);
  bool help_requested() const { return set_.help_requested(); }
  std::string help(std::string_view program) const { return set_.help(program, kExamples); }

 private:
  void add_whom();
  void add_what();
  void add_how();

  Options& options_;
  FlagSet set_;
  std::uint16_t port_ = 0;
  std::string path_;
};

void Flags::add_whom() {
  const auto text = [](std::string_view given) -> Result<std::string> {
    return std::string(given);
  };
  set_.add("protocol", "echo|redis|http|memcached", "what the server speaks, by default echo",
           choose(options_.protocol, kProtocols));
  set_.add("host", "NAME", "whom to ask, by default 127.0.0.1", assign(options_.host, text));
  set_.add("port", "N", "its port, by default 9000, 6379, 8080 or 11211 by protocol",
           number(port_, 1, 65535));
  set_.add("unixsocket", "PATH", "its unix socket, in host's and port's place",
           assign(path_, text));
  set_.add_list("source", "ADDRESS...",
                "where to connect from, in turn: one address has some 28000 ports for a server",
                [this](std::span<const std::string_view> values) {
                  for (const std::string_view value : values) options_.sources.emplace_back(value);
                  return Status::ok();
                });
}

void Flags::add_what() {
  const auto text = [](std::string_view given) -> Result<std::string> {
    return std::string(given);
  };
  set_.add("size", "BYTES", "of an echo's message, by default 64",
           assign(options_.message_bytes, [](std::string_view given) -> Result<std::uint64_t> {
             auto bytes = parse_bytes(given);
             if (bytes.is_ok() && bytes.value() == 0) {
               return Status::error("expected a size of at least one byte");
             }
             return bytes;
           }));
  set_.add("path", "PATH", "what to ask of HTTP, by default /", assign(options_.path, text));
  set_.add("command", "COMMAND",
           "a command of Redis, by default 'GET key:{key}', or memcached, 'get key:{key}'; several "
           "are asked in turn. {key} is a number drawn at random, {value} a text that follows from "
           "it",
           [this](std::string_view given) {
             options_.commands.emplace_back(given);
             return Status::ok();
           });
  set_.add("keys", "N", "how many keys to draw from, by default 100000",
           number(options_.keys, 1, (std::uint64_t{1} << 32) - 1));
  set_.add("value-size", "BYTES", "of a {value}, by default 64",
           assign(options_.value_bytes, [](std::string_view given) -> Result<std::uint64_t> {
             constexpr std::uint64_t kMost = 8 * 1024 * 1024;
             auto bytes = parse_bytes(given);
             if (bytes.is_ok() && bytes.value() > kMost) {
               return Status::error("expected at most 8mb: a reply is looked at when it is whole");
             }
             return bytes;
           }));
  set_.add_switch("fill", "first SET key:{key} {value} for all keys",
                  [this](bool fill) { options_.fill = fill; });
}

void Flags::add_how() {
  set_.add("connections", "N", "by default 50", number(options_.connections, 1, 10'000'000));
  set_.add("depth", "N", "requests outstanding on a connection, by default 1",
           number(options_.depth, 1, 100'000));
  set_.add("rate", "N",
           "requests a second, of all connections: each is due at its time, and its latency counts "
           "from then. Without it each reply is followed by the next request",
           assign(options_.rate, parse_rate));
  set_.add("requests", "N", "how many, instead of --duration and --warm-up",
           number(options_.requests, 1, UINT64_MAX));
  set_.add("duration", "TIME", "what is measured, by default 10s",
           assign(options_.duration_ms, parse_duration_ms));
  set_.add("warm-up", "TIME", "what goes before it, by default 1s",
           assign(options_.warm_up_ms, parse_duration_ms));
  set_.add("threads", "N", "reactors to ask from, by default 1", number(options_.threads, 1, 64));
  set_.add_list(
      "cpus", "N...", "the processors they run on",
      [this](std::span<const std::string_view> values) { return set_cpus(options_.cpus, values); });
  set_.add("backend", "epoll|io_uring", "their back end, by default epoll",
           [this](std::string_view given) -> Status {
             const auto index = parse_choice(given, kBackends);
             if (index.is_ok()) options_.backend = kBackendKinds[index.value()];
             return index.status();
           });
  set_.add("format", "text|csv|json", "of the result, by default text",
           choose(options_.format, kFormats));
  set_.add_switch("quiet", "no progress on standard error",
                  [this](bool quiet) { options_.quiet = quiet; });
}

Status Flags::parse(int argc, const char* const* argv) {
  const Status status = set_.parse(argc, argv);
  if (!status.is_ok()) return status;
  if (!set_.positional().empty()) {
    return Status::error("unexpected '" + set_.positional().front() + "'; see --help");
  }
  if (!path_.empty()) {
    options_.server = "unix:" + path_;
  } else {
    const std::string& host = options_.host;
    const bool is_ipv6 = host.find(':') != std::string::npos && host.front() != '[';
    if (port_ == 0) port_ = kPorts[static_cast<std::size_t>(options_.protocol)];
    options_.server = "tcp://" + (is_ipv6 ? "[" + host + "]" : host) + ":" + std::to_string(port_);
  }
  options_.threads =
      static_cast<std::uint32_t>(std::min<std::size_t>(options_.threads, options_.connections));
  if (options_.commands.empty()) {
    const bool is_memcached = options_.protocol == Protocol::kMemcached;
    options_.commands.emplace_back(is_memcached ? "get key:{key}" : "GET key:{key}");
  }
  return Status::ok();
}

}  // namespace

std::string_view protocol_name(Protocol protocol) {
  return kProtocols[static_cast<std::size_t>(protocol)];
}

Options Options::from_flags(int argc, const char* const* argv) {
  Options options;
  Flags flags(options);
  const std::string program(program_name(argv));
  const Status status = flags.parse(argc, argv);
  if (!status.is_ok()) {
    std::fprintf(stderr, "%s: %s\n", program.c_str(), status.message().c_str());
    std::exit(2);
  }
  if (flags.help_requested()) {
    std::fputs(flags.help(program).c_str(), stdout);
    std::exit(0);
  }
  return options;
}

std::string Options::describe() const {
  std::string what(protocol_name(protocol));
  if (protocol == Protocol::kHttp) return what + " GET " + path;
  if (protocol == Protocol::kEcho) return what + " " + std::to_string(message_bytes) + " bytes";
  for (const std::string& command : commands) {
    what += (&command == &commands.front() ? " " : " | ") + command;
  }
  return what;
}

}  // namespace weir::load
