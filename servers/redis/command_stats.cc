#include "servers/redis/command_stats.h"

namespace weir::redis {

CommandStats::CommandStats(const CommandTable& table, std::size_t reactors) : table_(table) {
  for (std::size_t i = 0; i < reactors; ++i) {
    meters_.push_back(std::make_unique<CommandMeter>(table, clock_, era_));
  }
}

CommandTotals CommandStats::totals(const Command& command) const {
  CommandTotals totals;
  for (const auto& meter : meters_) {
    const CommandCounters* counters = meter->find(command);
    if (counters == nullptr) continue;
    totals.calls += counters->calls.value();
    totals.ns += counters->total_ns.value();
    totals.rejected += counters->rejected.value();
    totals.failed += counters->failed.value();
  }
  return totals;
}

LatencyHistogram::Snapshot CommandStats::latencies(const Command& command) const {
  LatencyHistogram::Snapshot snapshot;
  for (const auto& meter : meters_) {
    const CommandCounters* counters = meter->find(command);
    if (counters == nullptr) continue;
    const LatencyHistogram* histogram = counters->latencies.load(std::memory_order_acquire);
    if (histogram != nullptr) snapshot.add(*histogram);
  }
  return snapshot;
}

std::uint64_t CommandStats::calls() const {
  std::uint64_t calls = 0;
  for (const CommandTable::Row& row : table_.rows()) {
    calls += totals(*row.command).calls;
    for (const Command& subcommand : row.command->subcommands) calls += totals(subcommand).calls;
  }
  return calls;
}

}  // namespace weir::redis
