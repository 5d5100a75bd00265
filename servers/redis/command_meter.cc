#include "servers/redis/command_meter.h"

#include "base/check.h"

namespace weir::redis {

void CommandCounters::clear() {
  calls.clear();
  total_ns.clear();
  rejected.clear();
  failed.clear();
  LatencyHistogram* histogram = latencies.load(std::memory_order_relaxed);
  if (histogram != nullptr) histogram->clear();
}

LatencyHistogram* CommandCounters::make_histogram() {
  auto* histogram = new LatencyHistogram;
  // Others read it from here on.
  latencies.store(histogram, std::memory_order_release);
  return histogram;
}

CommandMeter::CommandMeter(const CommandTable& table, const CycleClock& clock,
                           const std::atomic<std::uint32_t>& era)
    : clock_(clock),
      era_(era),
      counted_era_(era.load()),
      rows_(std::make_unique<CommandCounters[]>(kSlots)) {
  std::size_t size = 0;
  for (const CommandTable::Row& row : table.rows()) {
    add(*row.command);
    for (const Command& subcommand : row.command->subcommands) add(subcommand);
    size += 1 + row.command->subcommands.size();
  }
  WEIR_CHECK(size < kSlots / 2);
}

void CommandMeter::add(const Command& command) {
  CommandCounters& counters = rows_[slot_of(command)];
  WEIR_CHECK(counters.command == nullptr);
  counters.command = &command;
}

// Readers leave the counters alone until they are cleared.
void CommandMeter::begin_era(std::uint32_t era) {
  for (std::size_t i = 0; i < kSlots; ++i) {
    if (rows_[i].command != nullptr) rows_[i].clear();
  }
  counted_era_.store(era, std::memory_order_release);
}

}  // namespace weir::redis
