#include "servers/redis/server_report.h"

#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <system_error>

#include "core/clock.h"
#include "core/engine_report.h"
#include "servers/redis/command_report.h"
#include "servers/redis/memory_report.h"
#include "servers/redis/report_lines.h"

namespace weir::redis {
namespace {

std::string compiler_version() {
  return std::to_string(__GNUC__) + "." + std::to_string(__GNUC_MINOR__) + "." +
         std::to_string(__GNUC_PATCHLEVEL__);
}

std::string executable_path() {
  std::error_code error;
  return std::filesystem::read_symlink("/proc/self/exe", error).string();
}

std::string server_section(Server& server) {
  ReportLines lines;
  utsname system{};
  ::uname(&system);
  const Options& options = server.engine().options();
  const auto uptime = static_cast<std::uint64_t>((wall_ms() - server.start_ms()) / 1000);
  std::uint64_t port = options.port;
  for (const Address& address : server.engine().addresses()) {
    if (address.is_ip()) port = address.port();
  }
  lines.add("redis_version", kRedisVersion);
  lines.add("redis_git_sha1", "00000000");
  lines.add("redis_git_dirty", 0);
  lines.add("redis_build_id", "0");
  lines.add("redis_mode", "standalone");
  lines.add("server_name", "weir");
  lines.add("os", std::string(system.sysname) + " " + system.release + " " + system.machine);
  lines.add("arch_bits", "64");
  lines.add("monotonic_clock", "POSIX clock_gettime");
  lines.add("multiplexing_api", backend_name(options.backend));
  lines.add("atomicvar_api", "c11-builtin");
  lines.add("gcc_version", compiler_version());
  lines.add("threading_model", threading_model_name(options.model));
  lines.add("reactors", server.engine().reactors().size());
  lines.add("process_id", static_cast<std::uint64_t>(::getpid()));
  lines.add("process_supervised", "no");
  lines.add("run_id", server.run_id());
  lines.add("tcp_port", port);
  lines.add("server_time_usec", static_cast<std::uint64_t>(wall_us()));
  lines.add("uptime_in_seconds", uptime);
  lines.add("uptime_in_days", uptime / 86400);
  lines.add("hz", server.config().value("hz"));
  lines.add("configured_hz", server.config().value("hz"));
  lines.add("lru_clock", static_cast<std::uint64_t>(wall_ms() / 1000) & 0xffffff);
  lines.add("executable", executable_path());
  lines.add("config_file", server.config().file());
  lines.add("io_threads_active", options.model == ThreadingModel::kIoThreads ? 1 : 0);
  return lines.take();
}

std::string clients_section(Server& server) {
  ReportLines lines;
  std::uint64_t blocked = 0;
  std::uint64_t timed = 0;
  server.clients().for_each([&](Client& client) {
    blocked += client.is_blocked();
    timed += client.waiter.is_timed();
  });
  std::size_t input = 0;
  std::size_t output = 0;
  for (const ClientRounds& rounds : server.rounds()) {
    input = std::max(input, rounds.input_peak());
    output = std::max(output, rounds.output_peak());
  }
  lines.add("connected_clients", server.clients().size());
  lines.add("cluster_connections", 0);
  lines.add("maxclients", server.config().max_clients.load());
  lines.add("client_recent_max_input_buffer", input);
  lines.add("client_recent_max_output_buffer", output);
  lines.add("blocked_clients", blocked);
  lines.add("tracking_clients", server.tracking().clients());
  lines.add("clients_in_timeout_table", timed);
  return lines.take();
}

// What Redis tells before its first save: there is none here.
std::string persistence_section(Server& server) {
  ReportLines lines;
  lines.add("loading", 0);
  lines.add("async_loading", 0);
  lines.add("current_cow_peak", 0);
  lines.add("current_cow_size", 0);
  lines.add("current_cow_size_age", 0);
  lines.add("current_fork_perc", "0.00");
  lines.add("current_save_keys_processed", 0);
  lines.add("current_save_keys_total", 0);
  lines.add("rdb_changes_since_last_save", server.total(&Stats::changes));
  lines.add("rdb_bgsave_in_progress", 0);
  lines.add("rdb_last_save_time", static_cast<std::uint64_t>(server.start_ms() / 1000));
  lines.add("rdb_last_bgsave_status", "ok");
  lines.add("rdb_last_bgsave_time_sec", "-1");
  lines.add("rdb_current_bgsave_time_sec", "-1");
  lines.add("rdb_saves", 0);
  lines.add("rdb_last_cow_size", 0);
  lines.add("rdb_last_load_keys_expired", 0);
  lines.add("rdb_last_load_keys_loaded", 0);
  lines.add("aof_enabled", 0);
  lines.add("aof_rewrite_in_progress", 0);
  lines.add("aof_rewrite_scheduled", 0);
  lines.add("aof_last_rewrite_time_sec", "-1");
  lines.add("aof_current_rewrite_time_sec", "-1");
  lines.add("aof_last_bgrewrite_status", "ok");
  lines.add("aof_rewrites", 0);
  lines.add("aof_rewrites_consecutive_failures", 0);
  lines.add("aof_last_write_status", "ok");
  lines.add("aof_last_cow_size", 0);
  lines.add("module_fork_in_progress", 0);
  lines.add("module_fork_last_cow_size", 0);
  return lines.take();
}

std::string kilobytes(double bytes) {
  char text[32];
  std::snprintf(text, sizeof text, "%.2f", bytes / 1024);
  return text;
}

std::uint64_t milliseconds(std::int64_t us) { return static_cast<std::uint64_t>(us / 1000); }

std::string stats_section(Server& server) {
  ReportLines lines;
  const Rates& rates = server.rates();
  const MemoryRecord& memory = server.memory_record();
  const std::int64_t now_us = monotonic_us();
  lines.add("total_connections_received", server.total(&Stats::connections));
  lines.add("total_commands_processed", server.command_stats().calls());
  lines.add("instantaneous_ops_per_sec", static_cast<std::uint64_t>(rates.commands.per_second()));
  lines.add("total_net_input_bytes", server.bytes_received());
  lines.add("total_net_output_bytes", server.bytes_sent());
  lines.add("total_net_repl_input_bytes", 0);
  lines.add("total_net_repl_output_bytes", 0);
  lines.add("instantaneous_input_kbps", kilobytes(rates.input_bytes.per_second()));
  lines.add("instantaneous_output_kbps", kilobytes(rates.output_bytes.per_second()));
  lines.add("instantaneous_input_repl_kbps", "0.00");
  lines.add("instantaneous_output_repl_kbps", "0.00");
  lines.add("rejected_connections", server.total(&Stats::rejected_connections));
  lines.add("sync_full", 0);
  lines.add("sync_partial_ok", 0);
  lines.add("sync_partial_err", 0);
  lines.add("expired_keys", server.expired_keys());
  lines.add("expired_stale_perc", "0.00");
  lines.add("expired_time_cap_reached_count", 0);
  lines.add("expire_cycle_cpu_milliseconds", 0);
  lines.add("evicted_keys", server.total(&Stats::evicted_keys));
  lines.add("evicted_clients", server.total(&Stats::evicted_clients));
  lines.add("total_eviction_exceeded_time", milliseconds(memory.total_excess_us(now_us)));
  lines.add("current_eviction_exceeded_time", milliseconds(memory.current_excess_us(now_us)));
  lines.add("keyspace_hits", server.total(&Stats::keyspace_hits));
  lines.add("keyspace_misses", server.total(&Stats::keyspace_misses));
  lines.add("pubsub_channels", server.pubsub().size(kChannel));
  lines.add("pubsub_patterns", server.pubsub().size(kPattern));
  lines.add("pubsubshard_channels", server.pubsub().size(kShardChannel));
  lines.add("latest_fork_usec", 0);
  lines.add("total_forks", 0);
  lines.add("migrate_cached_sockets", 0);
  lines.add("slave_expires_tracked_keys", 0);
  lines.add("active_defrag_hits", 0);
  lines.add("active_defrag_misses", 0);
  lines.add("active_defrag_key_hits", 0);
  lines.add("active_defrag_key_misses", 0);
  lines.add("total_active_defrag_time", 0);
  lines.add("current_active_defrag_time", 0);
  lines.add("tracking_total_keys", server.tracking().keys());
  lines.add("tracking_total_items", server.tracking().items());
  lines.add("tracking_total_prefixes", server.tracking().prefixes());
  lines.add("unexpected_error_replies", 0);
  lines.add("total_error_replies", server.total(&Stats::error_replies));
  lines.add("dump_payload_sanitizations", 0);
  lines.add("total_reads_processed", server.reads());
  lines.add("total_writes_processed", server.writes());
  lines.add("io_threaded_reads_processed", 0);
  lines.add("io_threaded_writes_processed", 0);
  lines.add("reply_buffer_shrinks", 0);
  lines.add("reply_buffer_expands", 0);
  return lines.take();
}

// A master that nobody follows.
std::string replication_section(const Server& server) {
  ReportLines lines;
  lines.add("role", "master");
  lines.add("connected_slaves", 0);
  lines.add("master_failover_state", "no-failover");
  lines.add("master_replid", server.replication_id());
  lines.add("master_replid2", std::string(40, '0'));
  lines.add("master_repl_offset", 0);
  lines.add("second_repl_offset", "-1");
  lines.add("repl_backlog_active", 0);
  lines.add("repl_backlog_size", server.config().value("repl-backlog-size"));
  lines.add("repl_backlog_first_byte_offset", 0);
  lines.add("repl_backlog_histlen", 0);
  return lines.take();
}

std::string seconds(const timeval& time) {
  char text[32];
  std::snprintf(text, sizeof text, "%ld.%06ld", static_cast<long>(time.tv_sec),
                static_cast<long>(time.tv_usec));
  return text;
}

std::string cpu_section() {
  ReportLines lines;
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  lines.add("used_cpu_sys", seconds(usage.ru_stime));
  lines.add("used_cpu_user", seconds(usage.ru_utime));
  rusage children{};
  ::getrusage(RUSAGE_CHILDREN, &children);
  lines.add("used_cpu_sys_children", seconds(children.ru_stime));
  lines.add("used_cpu_user_children", seconds(children.ru_utime));
  rusage thread{};
  ::getrusage(RUSAGE_THREAD, &thread);
  lines.add("used_cpu_sys_main_thread", seconds(thread.ru_stime));
  lines.add("used_cpu_user_main_thread", seconds(thread.ru_utime));
  return lines.take();
}

std::string cluster_section() {
  ReportLines lines;
  lines.add("cluster_enabled", 0);
  return lines.take();
}

std::string keyspace_section(Server& server, const ShardLocks& held) {
  ReportLines lines;
  Keyspace& keyspace = server.keyspace();
  for (std::size_t database = 0; database < keyspace.databases(); ++database) {
    std::size_t keys = 0;
    std::size_t expiring = 0;
    for (std::size_t i = 0; i < Keyspace::kShards; ++i) {
      const ShardLock lock(keyspace, Keyspace::shard_number(database, i), &held);
      keys += keyspace.shard_at(database, i).size();
      expiring += keyspace.shard_at(database, i).keys_with_expiry();
    }
    if (keys == 0) continue;
    lines.add("db" + std::to_string(database), "keys=" + std::to_string(keys) + ",expires=" +
                                                   std::to_string(expiring) + ",avg_ttl=0");
  }
  return lines.take();
}

std::string reactors_section(Server& server) {
  ReportLines lines;
  for (const auto& [name, value] : report_engine(server.engine()).lines()) lines.add(name, value);
  return lines.take();
}

using Names = std::span<const std::string_view>;

// The names of several sections at once that stand for those of Redis, for the longer ones, and for
// Weir's own, which Redis' clients do not expect.
constexpr std::string_view kRedisGroups[] = {"default", "all", "everything"};
constexpr std::string_view kDetailedGroups[] = {"all", "everything"};
constexpr std::string_view kOwnGroups[] = {"everything"};

bool has_name(Names names, std::string_view name) {
  return std::any_of(names.begin(), names.end(),
                     [name](std::string_view one) { return equal_names(one, name); });
}

bool is_wanted(std::string_view section, Names groups, Names wanted) {
  if (wanted.empty()) return has_name(groups, "default");
  return has_name(wanted, section) ||
         std::any_of(groups.begin(), groups.end(),
                     [wanted](std::string_view group) { return has_name(wanted, group); });
}

}  // namespace

std::string report_server(Server& server, const ShardLocks& held,
                          std::span<const std::string_view> sections) {
  std::string report;
  const auto add = [&](std::string_view section, auto&& make, Names groups = kRedisGroups) {
    if (!is_wanted(section, groups, sections)) return;
    if (!report.empty()) report += "\r\n";
    report.append("# ").append(section).append("\r\n").append(make());
  };
  add("Server", [&] { return server_section(server); });
  add("Clients", [&] { return clients_section(server); });
  add("Memory", [&] { return report_memory(server, held); });
  add("Persistence", [&] { return persistence_section(server); });
  add("Stats", [&] { return stats_section(server); });
  add("Replication", [&] { return replication_section(server); });
  add("CPU", [&] { return cpu_section(); });
  add("Modules", [] { return std::string(); });
  add(
      "Commandstats", [&] { return report_commands(server); }, kDetailedGroups);
  add("Errorstats", [&] { return report_errors(server); });
  add(
      "Latencystats", [&] { return report_latencies(server); }, kDetailedGroups);
  add("Cluster", [&] { return cluster_section(); });
  add("Keyspace", [&] { return keyspace_section(server, held); });
  add(
      "Reactors", [&] { return reactors_section(server); }, kOwnGroups);
  return report;
}

}  // namespace weir::redis
