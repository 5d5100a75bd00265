// Redis' parameters that steer what this server does otherwise, or has not, and that no client
// could tell from outside: they are kept and read back as in Redis, and have no effect. One whose
// value a user would rely on (appendonly, replicaof, ...) does not belong here: see
// Config::define_compatibility(). Constants.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string_view>

namespace weir::redis {

// `hidden`: only who asks for it by name is told.
struct PassiveSwitch {
  std::string_view name;
  bool initial;
  bool immutable = false;
  bool hidden = false;
};

struct PassiveNumber {
  std::string_view name;
  std::int64_t initial;
  std::int64_t min;
  std::int64_t max;
  bool is_size = false;  // may be written "64mb"
  bool immutable = false;
  bool hidden = false;
};

// One of several words, or any text where there are none.
struct PassiveText {
  std::string_view name;
  std::string_view initial;
  std::span<const std::string_view> choices = {};
  bool immutable = false;
  bool list = false;
};

// Redis' older names of some of them.
struct PassiveAlias {
  std::string_view name;
  std::string_view older;
};

inline constexpr PassiveSwitch kPassiveSwitches[] = {
    {"activerehashing", true},
    {"always-show-logo", false, true},
    {"aof-disable-auto-gc", false},
    {"aof-load-truncated", true},
    {"aof-rewrite-incremental-fsync", true},
    {"aof-timestamp-enabled", false},
    {"aof-use-rdb-preamble", true},
    {"cluster-allow-pubsubshard-when-down", true},
    {"cluster-allow-reads-when-down", false},
    {"cluster-allow-replica-migration", true},
    {"cluster-replica-no-failover", false},
    {"cluster-require-full-coverage", true},
    {"crash-log-enabled", true},
    {"crash-memcheck-enabled", true},
    {"disable-thp", true, true},
    {"dynamic-hz", true},
    {"io-threads-do-reads", false, true},
    {"jemalloc-bg-thread", true},
    {"lazyfree-lazy-user-flush", false},
    {"lua-enable-deprecated-api", false, true, true},
    {"no-appendfsync-on-rewrite", false},
    {"rdb-del-sync-files", false},
    {"rdb-save-incremental-fsync", true},
    {"rdbchecksum", true, true},
    {"rdbcompression", true},
    {"repl-disable-tcp-nodelay", false},
    {"repl-diskless-sync", true},
    {"replica-announced", true},
    {"replica-ignore-disk-write-errors", false},
    {"replica-ignore-maxmemory", true},
    {"replica-lazy-flush", false},
    {"replica-read-only", true},
    {"replica-serve-stale-data", true},
    {"set-proc-title", true, true},
    {"stop-writes-on-bgsave-error", true},
    {"use-exit-on-panic", false, false, true},
};

inline constexpr std::int64_t kMinInt = std::numeric_limits<std::int32_t>::min();
inline constexpr std::int64_t kMaxInt = std::numeric_limits<std::int32_t>::max();
inline constexpr std::int64_t kMaxLong = std::numeric_limits<std::int64_t>::max();

inline constexpr PassiveNumber kPassiveNumbers[] = {
    {"active-defrag-cycle-max", 25, 1, 99},
    {"active-defrag-cycle-min", 1, 1, 99},
    {"active-defrag-ignore-bytes", 104857600, 1, kMaxLong, true},
    {"active-defrag-max-scan-fields", 1000, 1, kMaxLong},
    {"active-defrag-threshold-lower", 10, 0, 1000},
    {"active-defrag-threshold-upper", 100, 0, 1000},
    {"active-expire-effort", 1, 1, 10},
    {"auto-aof-rewrite-min-size", 67108864, 0, kMaxLong, true},
    {"auto-aof-rewrite-percentage", 100, 0, kMaxInt},
    {"busy-reply-threshold", 5000, 0, kMaxLong},
    {"cluster-announce-bus-port", 0, 0, 65535},
    {"cluster-announce-port", 0, 0, 65535},
    {"cluster-announce-tls-port", 0, 0, 65535},
    {"cluster-link-sendbuf-limit", 0, 0, kMaxLong, true},
    {"cluster-migration-barrier", 1, 0, kMaxInt},
    {"cluster-node-timeout", 15000, 0, kMaxLong},
    {"cluster-port", 0, 0, 65535, false, true},
    {"cluster-replica-validity-factor", 10, 0, kMaxInt},
    {"hz", 10, 0, kMaxInt},
    {"io-threads", 1, 1, 128, false, true},
    {"key-load-delay", 0, kMinInt, kMaxInt, false, false, true},
    {"list-compress-depth", 0, 0, kMaxInt},
    {"loading-process-events-interval-bytes", 2097152, 1024, kMaxInt, true, false, true},
    {"min-replicas-max-lag", 10, 0, kMaxInt},
    {"rdb-key-save-delay", 0, kMinInt, kMaxInt, false, false, true},
    {"repl-backlog-size", 1048576, 1, kMaxLong, true},
    {"repl-backlog-ttl", 3600, 0, kMaxLong},
    {"repl-diskless-sync-delay", 5, 0, kMaxInt},
    {"repl-diskless-sync-max-replicas", 0, 0, kMaxInt},
    {"repl-ping-replica-period", 10, 1, kMaxInt},
    {"repl-timeout", 60, 1, kMaxInt},
    {"replica-announce-port", 0, 0, 65535},
    {"replica-priority", 100, 0, kMaxInt},
    {"shutdown-timeout", 10, 0, kMaxInt},
    {"watchdog-period", 0, 0, kMaxInt, false, false, true},
};

inline constexpr std::string_view kPubSubDefaults[] = {"allchannels", "resetchannels"};
inline constexpr std::string_view kFsyncs[] = {"everysec", "always", "no"};
inline constexpr std::string_view kEndpoints[] = {"ip", "hostname", "unknown-endpoint"};
inline constexpr std::string_view kAccesses[] = {"no", "yes", "local"};
inline constexpr std::string_view kPropagationErrors[] = {"ignore", "panic", "panic-on-replicas"};
inline constexpr std::string_view kDisklessLoads[] = {"disabled", "on-empty-db", "swapdb"};
inline constexpr std::string_view kFacilities[] = {"user",   "local0", "local1", "local2", "local3",
                                                   "local4", "local5", "local6", "local7"};

inline constexpr PassiveText kPassiveTexts[] = {
    {"acl-pubsub-default", "resetchannels", kPubSubDefaults},
    {"aof_rewrite_cpulist", "", {}, true},
    {"appenddirname", "appendonlydir", {}, true},
    {"appendfilename", "appendonly.aof", {}, true},
    {"appendfsync", "everysec", kFsyncs},
    {"bgsave_cpulist", "", {}, true},
    {"bind-source-addr", ""},
    {"bio_cpulist", "", {}, true},
    {"cluster-announce-hostname", ""},
    {"cluster-announce-ip", ""},
    {"cluster-config-file", "nodes.conf", {}, true},
    {"cluster-preferred-endpoint-type", "ip", kEndpoints},
    {"dbfilename", "dump.rdb"},
    {"enable-module-command", "no", kAccesses, true},
    {"enable-protected-configs", "no", kAccesses, true},
    {"ignore-warnings", ""},
    {"masterauth", ""},
    {"masteruser", ""},
    {"oom-score-adj-values", "0 200 800", {}, false, true},
    {"proc-title-template", "{title} {listen-addr} {server-mode}"},
    {"propagation-error-behavior", "ignore", kPropagationErrors},
    {"repl-diskless-load", "disabled", kDisklessLoads},
    {"replica-announce-ip", ""},
    {"server_cpulist", "", {}, true},
    {"syslog-facility", "local0", kFacilities, true},
    {"syslog-ident", "redis", {}, true},
};

inline constexpr PassiveAlias kPassiveAliases[] = {
    {"busy-reply-threshold", "lua-time-limit"},
    {"cluster-replica-no-failover", "cluster-slave-no-failover"},
    {"cluster-replica-validity-factor", "cluster-slave-validity-factor"},
    {"min-replicas-max-lag", "min-slaves-max-lag"},
    {"repl-ping-replica-period", "repl-ping-slave-period"},
    {"replica-announce-ip", "slave-announce-ip"},
    {"replica-announce-port", "slave-announce-port"},
    {"replica-ignore-maxmemory", "slave-ignore-maxmemory"},
    {"replica-lazy-flush", "slave-lazy-flush"},
    {"replica-priority", "slave-priority"},
    {"replica-read-only", "slave-read-only"},
    {"replica-serve-stale-data", "slave-serve-stale-data"},
};

}  // namespace weir::redis
