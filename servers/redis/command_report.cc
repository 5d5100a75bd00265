#include "servers/redis/command_report.h"

#include <cstdint>
#include <cstdio>
#include <string_view>
#include <vector>

namespace weir::redis {
namespace {

// Calls visit(command, name), "config|get" being a name, for every command.
template <class Visit>
void for_each_command(const CommandTable& table, Visit&& visit) {
  for (const CommandTable::Row& row : table.rows()) {
    const std::string name(row.command->name);
    visit(*row.command, name);
    for (const Command& subcommand : row.command->subcommands) {
      visit(subcommand, name + "|" + std::string(subcommand.name));
    }
  }
}

std::string decimal(const char* format, double value) {
  char text[64];
  std::snprintf(text, sizeof text, format, value);
  return text;
}

// Codes come from messages: what would break a line's form becomes '_'.
std::string safe_name(std::string_view name) {
  std::string safe(name);
  for (char& c : safe) {
    if (c == '#' || c == ':' || c == '\n' || c == '\r') c = '_';
  }
  return safe;
}

}  // namespace

std::string report_commands(Server& server) {
  std::string lines;
  for_each_command(server.commands(), [&](const Command& command, const std::string& name) {
    const CommandTotals totals = server.command_stats().totals(command);
    if (totals.calls == 0 && totals.rejected == 0 && totals.failed == 0) return;
    const double us = static_cast<double>(totals.ns) / 1000;
    const double mean = totals.calls == 0 ? 0 : us / static_cast<double>(totals.calls);
    lines += "cmdstat_" + name + ":calls=" + std::to_string(totals.calls) +
             ",usec=" + std::to_string(totals.ns / 1000) +
             ",usec_per_call=" + decimal("%.2f", mean) +
             ",rejected_calls=" + std::to_string(totals.rejected) +
             ",failed_calls=" + std::to_string(totals.failed) + "\r\n";
  });
  return lines;
}

std::string report_errors(Server& server) {
  std::string lines;
  for (const auto& [code, count] : server.error_codes()) {
    lines += "errorstat_" + safe_name(code) + ":count=" + std::to_string(count) + "\r\n";
  }
  return lines;
}

std::string report_latencies(Server& server) {
  if (!server.config().latency_tracking.load(std::memory_order_relaxed)) return {};
  const std::vector<double> percentiles = server.config().latency_percentiles();
  std::string lines;
  for_each_command(server.commands(), [&](const Command& command, const std::string& name) {
    const LatencyHistogram::Snapshot latencies = server.command_stats().latencies(command);
    if (latencies.count() == 0) return;
    std::string values;
    for (const double percentile : percentiles) {
      const double us = static_cast<double>(latencies.percentile_ns(percentile)) / 1000;
      values +=
          (values.empty() ? "p" : ",p") + percentile_text(percentile) + "=" + decimal("%.3f", us);
    }
    lines += "latency_percentiles_usec_" + name + ":" + values + "\r\n";
  });
  return lines;
}

}  // namespace weir::redis
