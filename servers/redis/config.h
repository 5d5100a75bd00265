// The server's parameters under Redis' names: from the command line, a redis.conf-style file and
// CONFIG SET; read back by CONFIG GET.
//
// Thread rule: get() and set() from any thread (own lock). The live values that the hot paths read
// are plain atomics, except EncodingLimits: those change only while every shard is locked.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/status.h"
#include "core/flags.h"
#include "servers/redis/default_user.h"
#include "servers/redis/keyspace/eviction_settings.h"
#include "servers/redis/keyspace/key_event.h"
#include "servers/redis/output_limits.h"
#include "servers/redis/types/encoding_limits.h"

namespace weir::redis {

struct PassiveText;

// "99.9", "50": with at most six digits behind the point.
std::string percentile_text(double percentile);

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
  // Judges a new value once it is live, and with its error takes it back: for what only the system
  // knows. REQUIRES, as below: the parameter exists.
  void add_check(std::string_view name, std::function<Status()> check);
  // REQUIRES: the parameter exists.
  std::string value(std::string_view name) const;
  // For what the engine's own flags decide: set_fixed() is for parameters that Redis refuses to
  // change, unixsocket and tcp-backlog; those of set_constant() may be set to what they are: port,
  // bind, ...
  void set_fixed(std::string_view name, std::string value);
  void set_constant(std::string_view name, std::string value);

  // Adds every parameter to the command line's flags.
  void add_flags(FlagSet& flags);
  // Reads a file of "name value ..." lines into words as a command line has them:
  // {"--name", "value", ...}. The error names the file and the line.
  static Result<std::vector<std::string>> read_file(const std::string& path);

  // CONFIG REWRITE: brings the file up to date that the server was started with. The error says
  // what failed, or that there is none.
  Status rewrite_file() const;
  void set_file(std::string path) { file_ = std::move(path); }
  const std::string& file() const { return file_; }

  EncodingLimits limits;
  std::atomic<std::int64_t> max_bulk_bytes{512LL * 1024 * 1024};
  // What a client may have sent and not had executed: one request, or a MULTI's queue.
  std::atomic<std::size_t> query_limit{std::size_t{1} << 30};
  std::atomic<std::uint32_t> max_clients{10000};
  DefaultUser default_user;
  OutputLimits output_limits;
  // Seconds that a client may be silent, and those after which its host is asked whether it is
  // there; 0: for ever, and never.
  std::atomic<int> idle_timeout_s{0};
  std::atomic<int> keepalive_s{300};
  EvictionSettings eviction;
  // What the buffers of all clients may take together; 0: any size, as is a share of maxmemory
  // while that is 0 itself.
  std::size_t client_memory_limit() const {
    const std::int64_t limit = max_client_memory_.load(std::memory_order_relaxed);
    if (limit >= 0) return static_cast<std::size_t>(limit);
    const std::uint64_t max_memory = eviction.max_memory.load(std::memory_order_relaxed);
    return static_cast<std::size_t>(max_memory / 100 * static_cast<std::uint64_t>(-limit));
  }
  std::atomic<std::uint32_t> databases{16};
  // How many keys are remembered for CLIENT TRACKING; 0: any number.
  std::atomic<std::uint64_t> tracking_table_max_keys{1'000'000};
  std::atomic<bool> protected_mode{true};
  // Who may use DEBUG, which stops a reactor for as long as it is told.
  enum class DebugAccess { kNo, kYes, kLocal };
  std::atomic<DebugAccess> debug_access{DebugAccess::kLocal};
  // What counts as slow, and as a latency event: -1, and 0, for nothing.
  std::atomic<std::int64_t> slow_log_threshold_us{10'000};
  std::atomic<std::int64_t> slow_log_max_size{128};
  std::atomic<std::int64_t> acl_log_max_size{128};
  std::atomic<std::int64_t> latency_threshold_ms{0};
  std::atomic<bool> latency_tracking{true};
  // Which events of keys clients are told of.
  std::atomic<EventClasses> event_classes{0};
  // Which percentiles INFO latencystats tells, 0 to 100.
  std::vector<double> latency_percentiles() const;
  // Whether values that were removed so are freed later from a smaller size on.
  std::atomic<bool> lazy_eviction{false};
  std::atomic<bool> lazy_expire{false};
  std::atomic<bool> lazy_server_del{false};
  std::atomic<bool> lazy_user_del{false};
  // Whose RESTORE payloads Redis examines. Here all are, whatever this says.
  enum class Sanitizing { kNo, kYes, kClients };
  std::atomic<Sanitizing> sanitize_dump_payload{Sanitizing::kNo};

 private:
  using Read = std::function<std::string()>;
  // Judges a value and makes it the live one.
  using Apply = std::function<Status(std::string_view value)>;

  struct Parameter {
    std::string name;
    Read read;
    Apply apply;
    std::string initial = {};
    bool immutable = false;
    bool constant = false;  // may be set to what it is
    bool hidden = false;    // from patterns
    std::function<Status()> check = {};
    bool list = false;      // takes several words
    bool is_alias = false;  // Redis' older name of another
    bool engines = false;   // the engine has a flag of this name
  };

  // Reads a number's text: "64", or where the parameter is a size also "64kb".
  using Parse = Result<std::int64_t> (*)(std::string_view text);

  Parameter& define(std::string name, Read read, Apply apply);
  template <class Target>
  Parameter& define_number(std::string name, Target& target, std::int64_t min, std::int64_t max,
                           Parse parse);
  // One of `names`, which stand in the order of the target's values.
  template <class Target>
  Parameter& define_choice(std::string name, std::span<const std::string_view> names,
                           Target& target);
  Parameter& define_switch(std::string name, std::atomic<bool>& target);
  Parameter& define_constant(std::string name, std::string value);
  void define_eviction();
  void define_encoding_limits();
  void define_compatibility();
  void define_passive();
  void define_passive_text(const PassiveText& text);
  // Its older name, which is as good.
  void define_alias(std::string_view name, std::string_view older);
  void define_measuring();
  Status set_percentiles(std::string_view words);
  Parameter* find(std::string_view name);
  const Parameter* find(std::string_view name) const;

  mutable std::mutex mutex_;
  std::vector<Parameter> parameters_;
  // Of define_passive(). Deques, as the parameters refer to what is in them.
  std::deque<std::int64_t> passive_numbers_;
  std::deque<std::atomic<bool>> passive_switches_;
  std::deque<std::string> passive_texts_;
  std::deque<std::atomic<std::size_t>> passive_choices_;
  std::vector<double> percentiles_{50, 99, 99.9};
  std::atomic<std::int64_t> max_client_memory_{0};  // maxmemory-clients, percents negative
  std::string password_;                            // requirepass, as it was set
  std::string file_;                                // that it was started with; empty for none
};

}  // namespace weir::redis
