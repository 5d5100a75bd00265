// The server's parameters under Redis' names: from the command line, a redis.conf-style file and
// CONFIG SET; read back by CONFIG GET.
//
// Thread rule: get() and set() from any thread (own lock). The live values that the hot paths read
// are plain atomics, except EncodingLimits: those change only while every shard is locked.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/status.h"
#include "core/flags.h"
#include "servers/redis/types/encoding_limits.h"

namespace weir::redis {

class Config {
 public:
  Config();
  Config(const Config&) = delete;
  Config& operator=(const Config&) = delete;

  // What CONFIG GET replies: the parameters whose names match a glob pattern, in the order of their
  // definition; for a pattern that is a plain name, that one under the name as given.
  std::vector<std::pair<std::string, std::string>> get(std::string_view pattern) const;
  // The parameter's name in lower case; empty when there is none.
  std::string name_of(std::string_view name) const;
  bool is_immutable(std::string_view name) const;
  // What CONFIG SET may do, and start-up. The error is Redis' "argument ..." sentence.
  Status set(std::string_view name, std::string_view value);
  // REQUIRES: the parameter exists.
  std::string value(std::string_view name) const;
  // For what the engine's own flags decide: port, bind, unixsocket, ...
  void set_fixed(std::string_view name, std::string value);

  // Adds every parameter to the command line's flags.
  void add_flags(FlagSet& flags);
  // Reads a file of "name value ..." lines into words as a command line has them:
  // {"--name", "value", ...}. The error names the file and the line.
  static Result<std::vector<std::string>> read_file(const std::string& path);

  bool password_matches(std::string_view password) const;
  bool has_password() const { return has_password_.load(std::memory_order_relaxed); }

  EncodingLimits limits;
  std::atomic<std::int64_t> max_bulk_bytes{512LL * 1024 * 1024};
  // What a client may have sent and not had executed: one request, or a MULTI's queue.
  std::atomic<std::size_t> query_limit{std::size_t{1} << 30};
  std::atomic<std::uint32_t> max_clients{10000};
  std::atomic<std::uint32_t> databases{16};
  std::atomic<bool> protected_mode{true};
  // Who may use DEBUG, which stops a reactor for as long as it is told.
  enum class DebugAccess { kNo, kYes, kLocal };
  std::atomic<DebugAccess> debug_access{DebugAccess::kLocal};

 private:
  using Read = std::function<std::string()>;
  // Judges a value and makes it the live one.
  using Apply = std::function<Status(std::string_view value)>;

  struct Parameter {
    std::string name;
    Read read;
    Apply apply;
    bool immutable = false;
    bool list = false;  // takes several words
  };

  // Reads a number's text: "64", or where the parameter is a size also "64kb".
  using Parse = Result<std::int64_t> (*)(std::string_view text);

  Parameter& define(std::string name, Read read, Apply apply);
  template <class Target>
  Parameter& define_number(std::string name, Target& target, std::int64_t min, std::int64_t max,
                           Parse parse);
  Parameter& define_constant(std::string name, std::string value);
  void define_debug_access();
  void define_encoding_limits();
  void define_compatibility();
  Parameter* find(std::string_view name);
  const Parameter* find(std::string_view name) const;

  mutable std::mutex mutex_;
  std::vector<Parameter> parameters_;
  std::string password_;
  std::atomic<bool> has_password_{false};
};

}  // namespace weir::redis
