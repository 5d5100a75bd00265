// Which parameters there are, and what they may be set to.
#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <limits>
#include <optional>
#include <utility>

#include "core/log.h"
#include "servers/redis/command_table.h"
#include "servers/redis/config.h"
#include "servers/redis/event_classes.h"
#include "servers/redis/passive_parameters.h"
#include "servers/redis/types/integer_text.h"
#include "servers/redis/types/score.h"

namespace weir::redis {
namespace {

constexpr std::int64_t kMaxNumber = std::numeric_limits<std::int64_t>::max();
constexpr std::array<std::string_view, 3> kDebugAccess = {"no", "yes", "local"};
constexpr std::array<std::string_view, 4> kLogLevels = {"debug", "verbose", "notice", "warning"};
// In the order of EvictionPolicy.
constexpr std::array<std::string_view, 8> kEvictionPolicies = {
    "volatile-lru", "volatile-lfu", "volatile-random", "volatile-ttl",
    "allkeys-lru",  "allkeys-lfu",  "allkeys-random",  "noeviction"};
constexpr std::array<std::string_view, 3> kSanitizing = {"no", "yes", "clients"};

Result<std::int64_t> parse_count(std::string_view text) {
  const std::optional<std::int64_t> number = parse_integer(text);
  if (!number) return Status::error("argument couldn't be parsed into an integer");
  return *number;
}

Result<std::int64_t> parse_size(std::string_view text) {
  if (text.empty()) return 0;  // as Redis reads it
  const Result<std::uint64_t> bytes = parse_bytes(text);
  if (!bytes.is_ok() || bytes.value() > kMaxNumber) {
    return Status::error("argument must be a memory value");
  }
  return static_cast<std::int64_t>(bytes.value());
}

// A size, or as a negative number the percents of "5%".
Result<std::int64_t> parse_size_or_percents(std::string_view text) {
  if (text.ends_with('%')) {
    const std::optional<std::int64_t> percents = parse_integer(text.substr(0, text.size() - 1));
    if (!percents || *percents < 0) {
      return Status::error("argument must be a memory or percent value");
    }
    if (*percents > 100) return Status::error("percentage argument must be less or equal to 100");
    return -*percents;
  }
  const Result<std::int64_t> size = parse_size(text);
  if (size.is_ok()) return size;
  return Status::error("argument must be a memory or percent value");
}

Status not_one_of(std::span<const std::string_view> names) {
  std::string message = "argument(s) must be one of the following: ";
  for (const std::string_view known : names) {
    message += (known == names.front() ? "" : ", ") + std::string(known);
  }
  return Status::error(message);
}

}  // namespace

std::string percentile_text(double percentile) {
  char text[32];
  const int size = std::snprintf(text, sizeof text, "%f", percentile);
  std::string_view digits(text, static_cast<std::size_t>(size));
  while (digits.ends_with('0')) digits.remove_suffix(1);
  if (digits.ends_with('.')) digits.remove_suffix(1);
  return std::string(digits);
}

Config::Parameter& Config::define(std::string name, Read read, Apply apply) {
  std::string initial = read();
  return parameters_.emplace_back(
      Parameter{std::move(name), std::move(read), std::move(apply), std::move(initial)});
}

template <class Target>
Config::Parameter& Config::define_number(std::string name, Target& target, std::int64_t min,
                                         std::int64_t max, Parse parse) {
  const auto apply = [&target, min, max, parse](std::string_view value) -> Status {
    const Result<std::int64_t> number = parse(value);
    if (!number.is_ok()) return number.status();
    if (number.value() < min || number.value() > max) {
      return Status::error("argument must be between " + std::to_string(min) + " and " +
                           std::to_string(max) + " inclusive");
    }
    if constexpr (requires { target.store(0); }) {
      target.store(static_cast<typename Target::value_type>(number.value()));
    } else {
      target = static_cast<Target>(number.value());
    }
    return Status::ok();
  };
  return define(
      std::move(name), [&target] { return std::to_string(target); }, apply);
}

template <class Target>
Config::Parameter& Config::define_choice(std::string name, std::span<const std::string_view> names,
                                         Target& target) {
  const auto apply = [names, &target](std::string_view value) {
    const auto found = std::find_if(names.begin(), names.end(),
                                    [value](auto known) { return equal_names(known, value); });
    if (found != names.end()) {
      target.store(static_cast<typename Target::value_type>(found - names.begin()));
      return Status::ok();
    }
    return not_one_of(names);
  };
  return define(
      std::move(name),
      [names, &target] { return std::string(names[static_cast<std::size_t>(target.load())]); },
      apply);
}

Config::Parameter& Config::define_switch(std::string name, std::atomic<bool>& target) {
  return define(
      std::move(name), [&target] { return std::string(target ? "yes" : "no"); },
      [&target](std::string_view value) {
        const bool yes = equal_names(value, "yes");
        if (!yes && !equal_names(value, "no")) {
          return Status::error("argument must be 'yes' or 'no'");
        }
        target.store(yes);
        return Status::ok();
      });
}

Config::Parameter& Config::define_constant(std::string name, std::string value) {
  const auto apply = [value](std::string_view wanted) {
    if (equal_names(wanted, value)) return Status::ok();
    return Status::error("argument must be '" + value + "': nothing else is supported yet");
  };
  Parameter& parameter = define(
      std::move(name), [value] { return value; }, apply);
  parameter.constant = true;
  return parameter;
}

Config::Config() {
  define_number("databases", databases, 1, 1024, parse_count).immutable = true;
  define_number("maxclients", max_clients, 1, std::numeric_limits<std::uint32_t>::max(),
                parse_count);
  define_number("client-query-buffer-limit", query_limit, 1024 * 1024, kMaxNumber, parse_size);
  define_number("timeout", idle_timeout_s, 0, std::numeric_limits<int>::max(), parse_count);
  define_number("tcp-keepalive", keepalive_s, 0, std::numeric_limits<int>::max(), parse_count)
      .engines = true;
  define(
      "client-output-buffer-limit", [this] { return output_limits.text(); },
      [this](std::string_view words) { return output_limits.set(words); })
      .list = true;
  define(
      "maxmemory-clients",
      [this] {
        const std::int64_t value = max_client_memory_;
        return value >= 0 ? std::to_string(value) : std::to_string(-value) + "%";
      },
      [this](std::string_view text) {
        const Result<std::int64_t> value = parse_size_or_percents(text);
        if (value.is_ok()) max_client_memory_.store(value.value());
        return value.is_ok() ? Status::ok() : value.status();
      });
  define_number("tracking-table-max-keys", tracking_table_max_keys, 0, kMaxNumber, parse_count);
  define_number("proto-max-bulk-len", max_bulk_bytes, 1024 * 1024, kMaxNumber, parse_size);
  define(
      "requirepass", [this] { return password_; },
      [this](std::string_view value) {
        password_ = value;
        default_user.set_password(value);
        return Status::ok();
      });
  define_switch("protected-mode", protected_mode);
  // Redis' default is "no". Here whoever is on this machine may.
  define_choice("enable-debug-command", kDebugAccess, debug_access).immutable = true;
  define_choice("sanitize-dump-payload", kSanitizing, sanitize_dump_payload);
  define(
      "notify-keyspace-events", [this] { return event_classes_text(event_classes); },
      [this](std::string_view value) {
        const std::optional<EventClasses> classes = parse_event_classes(value);
        if (!classes) {
          return Status::error("Invalid event class character. Use 'Ag$lshzxeKEtmdn'.");
        }
        event_classes.store(*classes);
        return Status::ok();
      });
  define_switch("lazyfree-lazy-eviction", lazy_eviction);
  define_switch("lazyfree-lazy-expire", lazy_expire);
  define_switch("lazyfree-lazy-server-del", lazy_server_del);
  define_switch("lazyfree-lazy-user-del", lazy_user_del);
  define_eviction();
  define_encoding_limits();
  define_compatibility();
  define_passive();
  define_measuring();
}

void Config::define_eviction() {
  define_number("maxmemory", eviction.max_memory, 0, kMaxNumber, parse_size);
  define_choice("maxmemory-policy", kEvictionPolicies, eviction.policy);
  define_number("maxmemory-samples", eviction.samples, 1, kMaxInt, parse_count);
  define_number("maxmemory-eviction-tenacity", eviction.tenacity, 0, 100, parse_count);
  define_number("lfu-log-factor", eviction.lfu_log_factor, 0, kMaxInt, parse_count);
  define_number("lfu-decay-time", eviction.lfu_decay_minutes, 0, kMaxInt, parse_count);
}

void Config::define_encoding_limits() {
  const auto define_limit = [this](const std::string& name, std::size_t& target, Parse parse) {
    define_number(name, target, 0, kMaxNumber, parse);
    // Redis' older name for the same parameter.
    const std::size_t listpack = name.find("listpack");
    if (listpack == std::string::npos) return;
    define_alias(name, std::string(name).replace(listpack, 8, "ziplist"));
  };
  define_limit("hash-max-listpack-entries", limits.hash_max_listpack_entries, parse_count);
  define_limit("hash-max-listpack-value", limits.hash_max_listpack_value, parse_size);
  define_limit("zset-max-listpack-entries", limits.zset_max_listpack_entries, parse_count);
  define_limit("zset-max-listpack-value", limits.zset_max_listpack_value, parse_size);
  define_limit("set-max-intset-entries", limits.set_max_intset_entries, parse_count);
  define_limit("stream-node-max-bytes", limits.stream_node_max_bytes, parse_size);
  define_limit("stream-node-max-entries", limits.stream_node_max_entries, parse_count);
  define_limit("hll-sparse-max-bytes", limits.hll_sparse_max_bytes, parse_size);
  define_number("list-max-listpack-size", limits.list_max_listpack_size,
                std::numeric_limits<int>::min(), std::numeric_limits<int>::max(), parse_count);
  define_alias("list-max-listpack-size", "list-max-ziplist-size");
}

// What clients and tools ask for and set at their start: persistence and replication are not part
// of this server yet, and say so by these values. Who sets another one would rely on it.
void Config::define_compatibility() {
  define_constant("save", "").list = true;
  define_constant("appendonly", "no");
  define_constant("activedefrag", "no");
  define_constant("oom-score-adj", "no");
  define_constant("shutdown-on-sigint", "default").list = true;
  define_constant("shutdown-on-sigterm", "default").list = true;
  define_constant("min-replicas-to-write", "0");
  define_alias("min-replicas-to-write", "min-slaves-to-write");
  // Where Redis saves, and runs.
  define_constant("dir", std::filesystem::current_path().string()).immutable = true;
  for (const char* name : {"aclfile", "logfile", "pidfile"}) {
    define_constant(name, "").immutable = true;
  }
  define_constant("replicaof", "").immutable = true;
  find("replicaof")->list = true;
  define_alias("replicaof", "slaveof");
  for (const char* name : {"cluster-enabled", "daemonize", "supervised", "syslog-enabled"}) {
    define_constant(name, "no").immutable = true;
  }
  for (const char* name : {"unixsocketperm", "socket-mark-id"}) {
    define_constant(name, "0").immutable = true;
  }
}

void Config::define_passive() {
  for (const PassiveSwitch& row : kPassiveSwitches) {
    Parameter& parameter =
        define_switch(std::string(row.name), passive_switches_.emplace_back(row.initial));
    parameter.immutable = row.immutable;
    parameter.hidden = row.hidden;
  }
  for (const PassiveNumber& row : kPassiveNumbers) {
    Parameter& parameter =
        define_number(std::string(row.name), passive_numbers_.emplace_back(row.initial), row.min,
                      row.max, row.is_size ? parse_size : parse_count);
    parameter.immutable = row.immutable;
    parameter.hidden = row.hidden;
  }
  for (const PassiveText& row : kPassiveTexts) define_passive_text(row);
  for (const PassiveAlias& row : kPassiveAliases) define_alias(row.name, row.older);
}

void Config::define_passive_text(const PassiveText& row) {
  const std::string name(row.name);
  Parameter* parameter = nullptr;
  if (row.choices.empty()) {
    std::string& text = passive_texts_.emplace_back(row.initial);
    parameter = &define(
        name, [&text] { return text; },
        [&text](std::string_view value) {
          text = value;
          return Status::ok();
        });
  } else {
    const auto initial = std::find(row.choices.begin(), row.choices.end(), row.initial);
    parameter = &define_choice(
        name, row.choices,
        passive_choices_.emplace_back(static_cast<std::size_t>(initial - row.choices.begin())));
  }
  parameter->immutable = row.immutable;
  parameter->list = row.list;
}

void Config::define_alias(std::string_view name, std::string_view older) {
  Parameter alias = *find(name);
  alias.name = older;
  alias.is_alias = true;
  parameters_.push_back(std::move(alias));
}

void Config::define_measuring() {
  define_number("slowlog-log-slower-than", slow_log_threshold_us, -1, kMaxNumber, parse_count);
  define_number("slowlog-max-len", slow_log_max_size, 0, kMaxNumber, parse_count);
  define_number("acllog-max-len", acl_log_max_size, 0, kMaxNumber, parse_count);
  define(
      "loglevel", [] { return std::string(log_level_name(log_level())); },
      [](std::string_view name) {
        for (const std::string_view known : kLogLevels) {
          if (!equal_names(known, name)) continue;
          set_log_level(parse_log_level(known).value());
          return Status::ok();
        }
        return not_one_of(kLogLevels);
      })
      .engines = true;
  define_number("latency-monitor-threshold", latency_threshold_ms, 0, kMaxNumber, parse_count);
  define_switch("latency-tracking", latency_tracking);
  const auto read = [this] {
    std::string words;
    for (const double percentile : percentiles_) {
      words += (words.empty() ? "" : " ") + percentile_text(percentile);
    }
    return words;
  };
  define("latency-tracking-info-percentiles", read, [this](std::string_view words) {
    return set_percentiles(words);
  }).list = true;
}

// Words with one blank between them; none where there is no text.
Status Config::set_percentiles(std::string_view words) {
  std::vector<double> percentiles;
  for (std::size_t begin = 0; begin < words.size() + (words.empty() ? 0 : 1);) {
    const std::size_t end = std::min(words.find(' ', begin), words.size());
    const std::optional<double> percentile = parse_score(words.substr(begin, end - begin));
    if (!percentile) {
      return Status::error("Invalid latency-tracking-info-percentiles parameters");
    }
    if (*percentile < 0 || *percentile > 100) {
      return Status::error(
          "latency-tracking-info-percentiles parameters should sit between [0.0,100.0]");
    }
    percentiles.push_back(*percentile);
    begin = end + 1;
  }
  percentiles_ = std::move(percentiles);
  return Status::ok();
}

std::vector<double> Config::latency_percentiles() const {
  const std::lock_guard lock(mutex_);
  return percentiles_;
}

}  // namespace weir::redis
