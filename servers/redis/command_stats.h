// What all reactors have measured of the commands: INFO's commandstats and latencystats, LATENCY
// HISTOGRAM. Each counts in a meter of its own; who asks adds them up.
//
// A reset begins another era. A reactor learns of it with the next call that it counts, and then
// clears its meter itself; until then readers pass the meter over. So each counter has one writer.
// Thread rule: meter() gives each reactor's to its thread; all else, any thread.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "core/cycle_clock.h"
#include "servers/redis/command.h"
#include "servers/redis/command_meter.h"
#include "servers/redis/command_table.h"
#include "servers/redis/latency_histogram.h"

namespace weir::redis {

// As CommandCounters, of all reactors.
struct CommandTotals {
  std::uint64_t calls = 0;
  std::uint64_t ns = 0;
  std::uint64_t rejected = 0;
  std::uint64_t failed = 0;
};

class CommandStats {
 public:
  // `table` outlives it.
  CommandStats(const CommandTable& table, std::size_t reactors);

  CommandMeter& meter(std::size_t reactor) { return *meters_[reactor]; }
  const CycleClock& clock() const { return clock_; }

  CommandTotals totals(const Command& command) const;
  LatencyHistogram::Snapshot latencies(const Command& command) const;
  // Of all commands.
  std::uint64_t calls() const;
  // A call that ends after it counts.
  void reset() { era_.fetch_add(1, std::memory_order_acq_rel); }

 private:
  const CommandTable& table_;
  const CycleClock clock_;
  std::atomic<std::uint32_t> era_{0};
  std::vector<std::unique_ptr<CommandMeter>> meters_;
};

}  // namespace weir::redis
