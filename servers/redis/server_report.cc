#include "servers/redis/server_report.h"

#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <fstream>

#include "core/clock.h"
#include "core/engine_report.h"

namespace weir::redis {
namespace {

class Lines {
 public:
  void add(std::string_view name, std::string_view value) {
    text_.append(name).append(":").append(value).append("\r\n");
  }
  void add(std::string_view name, std::uint64_t value) { add(name, std::to_string(value)); }
  std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

std::uint64_t resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  std::uint64_t total = 0;
  std::uint64_t resident = 0;
  statm >> total >> resident;
  return resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

// "1.50M": as Redis writes sizes for people.
std::string human(std::uint64_t bytes) {
  constexpr std::string_view kUnits = "BKMGT";
  auto value = static_cast<double>(bytes);
  std::size_t unit = 0;
  for (; value >= 1024 && unit + 1 < kUnits.size(); ++unit) value /= 1024;
  char text[32];
  std::snprintf(text, sizeof text, unit == 0 ? "%.0f%c" : "%.2f%c", value, kUnits[unit]);
  return text;
}

std::string server_section(Server& server) {
  Lines lines;
  utsname system{};
  ::uname(&system);
  const Options& options = server.engine().options();
  const auto uptime = static_cast<std::uint64_t>((wall_ms() - server.start_ms()) / 1000);
  std::uint64_t port = options.port;
  for (const Address& address : server.engine().addresses()) {
    if (address.is_ip()) port = address.port();
  }
  lines.add("redis_version", kRedisVersion);
  lines.add("redis_mode", "standalone");
  lines.add("server_name", "weir");
  lines.add("os", std::string(system.sysname) + " " + system.release + " " + system.machine);
  lines.add("arch_bits", "64");
  lines.add("multiplexing_api", backend_name(options.backend));
  lines.add("threading_model", threading_model_name(options.model));
  lines.add("reactors", server.engine().reactors().size());
  lines.add("process_id", static_cast<std::uint64_t>(::getpid()));
  lines.add("run_id", server.run_id());
  lines.add("tcp_port", port);
  lines.add("server_time_usec", static_cast<std::uint64_t>(wall_us()));
  lines.add("uptime_in_seconds", uptime);
  lines.add("uptime_in_days", uptime / 86400);
  return lines.take();
}

std::string clients_section(Server& server) {
  Lines lines;
  lines.add("connected_clients", server.clients().size());
  lines.add("maxclients", server.config().max_clients.load());
  lines.add("blocked_clients", 0);
  return lines.take();
}

std::string memory_section(Server& server) {
  Lines lines;
  const std::uint64_t resident = resident_bytes();
  lines.add("used_memory", resident);
  lines.add("used_memory_human", human(resident));
  lines.add("used_memory_rss", resident);
  lines.add("used_memory_rss_human", human(resident));
  lines.add("maxmemory", server.config().value("maxmemory"));
  lines.add("maxmemory_policy", server.config().value("maxmemory-policy"));
  return lines.take();
}

// Redis' names, for clients and tools that wait for a server to have loaded its data.
std::string persistence_section(Server& server) {
  Lines lines;
  lines.add("loading", 0);
  lines.add("async_loading", 0);
  lines.add("rdb_changes_since_last_save", server.total(&Stats::changes));
  lines.add("rdb_bgsave_in_progress", 0);
  lines.add("aof_enabled", 0);
  lines.add("aof_rewrite_in_progress", 0);
  return lines.take();
}

std::string stats_section(Server& server) {
  Lines lines;
  lines.add("total_connections_received", server.total(&Stats::connections));
  lines.add("total_commands_processed", server.total(&Stats::commands));
  lines.add("total_net_input_bytes", server.bytes_received());
  lines.add("total_net_output_bytes", server.bytes_sent());
  lines.add("rejected_connections", server.total(&Stats::rejected_connections));
  lines.add("expired_keys", server.expired_keys());
  lines.add("evicted_keys", 0);
  lines.add("keyspace_hits", server.total(&Stats::keyspace_hits));
  lines.add("keyspace_misses", server.total(&Stats::keyspace_misses));
  lines.add("total_error_replies", server.total(&Stats::error_replies));
  return lines.take();
}

std::string replication_section() {
  Lines lines;
  lines.add("role", "master");
  lines.add("connected_slaves", 0);
  lines.add("master_repl_offset", 0);
  return lines.take();
}

std::string seconds(const timeval& time) {
  char text[32];
  std::snprintf(text, sizeof text, "%ld.%06ld", static_cast<long>(time.tv_sec),
                static_cast<long>(time.tv_usec));
  return text;
}

std::string cpu_section() {
  Lines lines;
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  lines.add("used_cpu_sys", seconds(usage.ru_stime));
  lines.add("used_cpu_user", seconds(usage.ru_utime));
  return lines.take();
}

std::string keyspace_section(Server& server, const ShardLocks& held) {
  Lines lines;
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
  Lines lines;
  for (const auto& [name, value] : report_engine(server.engine()).lines()) lines.add(name, value);
  return lines.take();
}

using Names = std::span<const std::string_view>;

// The names of several sections at once that stand for those of Redis, and for Weir's own, which
// Redis' clients do not expect.
constexpr std::string_view kRedisGroups[] = {"default", "all", "everything"};
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
  add("Memory", [&] { return memory_section(server); });
  add("Persistence", [&] { return persistence_section(server); });
  add("Stats", [&] { return stats_section(server); });
  add("Replication", [&] { return replication_section(); });
  add("CPU", [&] { return cpu_section(); });
  add("Keyspace", [&] { return keyspace_section(server, held); });
  add(
      "Reactors", [&] { return reactors_section(server); }, kOwnGroups);
  return report;
}

}  // namespace weir::redis
