// What the load generator is told: whom to ask what, how many connections, how fast, how long.
// Main thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "core/options.h"

namespace weir::load {

enum class Protocol { kEcho, kRedis, kHttp, kMemcached };
enum class Format { kText, kCsv, kJson };

struct Options {
  Protocol protocol = Protocol::kEcho;
  std::string server = "tcp://127.0.0.1:9000";  // as Engine::connect() takes it
  std::string host = "127.0.0.1";               // and what HTTP calls it
  std::string path = "/";                       // of HTTP
  std::vector<std::string> sources;             // addresses to connect from, in turn
  std::vector<std::string> commands;            // of Redis or memcached; none: GET
  std::uint64_t keys = 100'000;
  std::size_t value_bytes = 64;
  bool fill = false;
  std::size_t message_bytes = 64;

  std::size_t connections = 50;
  std::size_t depth = 1;
  double rate = 0;             // requests a second, 0: a closed loop
  std::uint64_t requests = 0;  // 0: as many as the time allows
  std::int64_t duration_ms = 10'000;
  std::int64_t warm_up_ms = 1'000;
  std::uint32_t threads = 1;
  std::vector<int> cpus;
  BackendKind backend = BackendKind::kEpoll;
  Format format = Format::kText;
  bool quiet = false;

  // From the command line. On --help prints the help and ends the process with 0; on a bad flag
  // prints one sentence and ends it with 2.
  static Options from_flags(int argc, const char* const* argv);

  // "redis GET key:{key}" and the like, for people.
  std::string describe() const;
};

std::string_view protocol_name(Protocol protocol);

}  // namespace weir::load
