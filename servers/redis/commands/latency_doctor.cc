#include "servers/redis/commands/latency_doctor.h"

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace weir::redis::commands {
namespace {

struct Summary {
  std::int64_t mean_ms = 0;
  std::int64_t deviation_ms = 0;  // the mean absolute one
  double period_s = 0;            // between samples
};

Summary summarize(const LatencyEvents::Series& series, std::int64_t now) {
  const auto count = static_cast<std::int64_t>(series.samples.size());
  Summary summary;
  std::int64_t sum = 0;
  for (const auto& sample : series.samples) sum += sample.ms;
  summary.mean_ms = sum / count;
  sum = 0;
  for (const auto& sample : series.samples) sum += std::abs(sample.ms - summary.mean_ms);
  summary.deviation_ms = sum / count;
  const std::int64_t age = std::max<std::int64_t>(now - series.samples.front().time, 1);
  summary.period_s = static_cast<double>(age) / static_cast<double>(count);
  return summary;
}

std::string describe(std::size_t number, const std::string& event,
                     const LatencyEvents::Series& series, std::int64_t now) {
  const Summary summary = summarize(series, now);
  char period[64];
  std::snprintf(period, sizeof period, "%.2f", summary.period_s);
  return std::to_string(number) + ". " + event + ": " + std::to_string(series.samples.size()) +
         " latency spikes (average " + std::to_string(summary.mean_ms) + "ms, mean deviation " +
         std::to_string(summary.deviation_ms) + "ms, period " + period +
         " sec). Worst all time event " + std::to_string(series.max_ms) + "ms.\n";
}

// What helps against slow commands depends on what the slow log shows of them.
std::string advise_on_commands(const Config& config) {
  const std::int64_t threshold_ms = config.latency_threshold_ms.load();
  const std::int64_t slow_us = config.slow_log_threshold_us.load();
  std::string advice;
  if (slow_us < 0 || slow_us / 1000 > threshold_ms) {
    advice +=
        "- The slow log does not show all of these commands: CONFIG SET "
        "slowlog-log-slower-than to at most " +
        std::to_string(threshold_ms) + "000.\n";
  }
  return advice +
         "- SLOWLOG GET names the commands that took long. Ask for less at a time: SCAN instead of "
         "KEYS, ranges instead of whole collections.\n"
         "- Large values take long to remove: split them.\n";
}

std::string advise(const Config& config, std::string_view event) {
  if (event == "command") return advise_on_commands(config);
  if (event == "fast-command") {
    return "- Commands that do little took long: the machine gives the server too little processor "
           "time. Look for other load, and at the virtual machine's steal time.\n";
  }
  if (event == "expire-cycle") {
    return "- Many or large keys expire at the same time: spread their times to live.\n";
  }
  return {};
}

}  // namespace

std::string diagnose_latencies(Server& server, std::int64_t now) {
  const Config& config = server.config();
  const auto events = server.latency_events().all();
  if (events.empty()) {
    if (config.latency_threshold_ms.load() == 0) {
      return "Latencies are not monitored: CONFIG SET latency-monitor-threshold <milliseconds> "
             "begins it.\n";
    }
    return "No latency spike was observed.\n";
  }
  std::string report = "Latency spikes were observed:\n\n";
  std::string advice;
  std::size_t number = 0;
  for (const auto& [event, series] : events) {
    report += describe(++number, event, series, now);
    advice += advise(config, event);
  }
  return advice.empty() ? report : report + "\nWhat may help:\n\n" + advice;
}

}  // namespace weir::redis::commands
