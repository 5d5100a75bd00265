// What one reactor measures of the commands it executes: a stopwatch, and a block of counters for
// each command. The stopwatch is read once a call: where one ends the next begins, so that a call's
// time includes what the server does for it before its handler runs, and its wait for locks.
//
// Thread rule: the reactor's thread; what const methods tell, any thread. They tell what was
// counted since the last reset, as CommandStats describes.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "core/counter.h"
#include "core/cycle_clock.h"
#include "servers/redis/command.h"
#include "servers/redis/command_table.h"
#include "servers/redis/latency_histogram.h"

namespace weir::redis {

struct alignas(64) CommandCounters {
  CommandCounters() = default;
  CommandCounters(const CommandCounters&) = delete;
  CommandCounters& operator=(const CommandCounters&) = delete;
  ~CommandCounters() { delete latencies.load(std::memory_order_relaxed); }

  [[gnu::always_inline]] void record_latency(std::uint64_t ns) {
    LatencyHistogram* histogram = latencies.load(std::memory_order_relaxed);
    if (histogram == nullptr) histogram = make_histogram();
    histogram->record(ns);
  }
  void clear();

  const Command* command = nullptr;
  Counter calls;
  Counter total_ns;
  Counter rejected;  // refused before they were executed
  Counter failed;    // executed, and replied with an error
  // Made with the first record, and kept: most commands are never called.
  std::atomic<LatencyHistogram*> latencies{nullptr};

 private:
  [[gnu::cold]] LatencyHistogram* make_histogram();
};

class CommandMeter {
 public:
  // `era` changes with each reset; it and the table's rows outlive the meter.
  CommandMeter(const CommandTable& table, const CycleClock& clock,
               const std::atomic<std::uint32_t>& era);

  // The next call begins here.
  void start() { last_ = clock_.now(); }
  CycleClock::Ticks last() const { return last_; }
  // Whether the last call ended so long after `begin` that what was known then, as the time, is to
  // be looked at anew.
  bool is_long_after(CycleClock::Ticks begin) const {
    return static_cast<std::int64_t>(last_ - begin) >= long_ticks_;
  }
  // The nanoseconds from `begin` to here, where the next call begins.
  std::uint64_t lap(CycleClock::Ticks begin) {
    last_ = clock_.now();
    return clock_.ns(begin, last_);
  }

  // Whether the reactor's count of error replies has grown since it was last told here.
  bool has_errors(std::uint64_t error_replies) {
    const bool grown = error_replies != error_replies_;
    error_replies_ = error_replies;
    return grown;
  }

  // REQUIRES: the command is in the table.
  CommandCounters& counters(const Command& command) {
    const std::uint32_t era = era_.load(std::memory_order_relaxed);
    if (era != counted_era_.load(std::memory_order_relaxed)) begin_era(era);
    return rows_[slot_of(command)];
  }
  // nullptr when there is nothing of this era.
  const CommandCounters* find(const Command& command) const {
    const bool current =
        era_.load(std::memory_order_acquire) == counted_era_.load(std::memory_order_acquire);
    return current ? &rows_[slot_of(command)] : nullptr;
  }

 private:
  static constexpr std::size_t kSlotBits = 10;  // sparse: look-ups meet one row
  static constexpr std::size_t kSlots = std::size_t{1} << kSlotBits;

  // Where the command's counters are, or may be put.
  std::size_t slot_of(const Command& command) const {
    const auto address = reinterpret_cast<std::uintptr_t>(&command);
    std::size_t slot = (address * 0x9e37'79b9'7f4a'7c15ULL) >> (64 - kSlotBits);
    while (rows_[slot].command != &command && rows_[slot].command != nullptr) {
      slot = (slot + 1) % kSlots;
    }
    return slot;
  }
  void add(const Command& command);
  void begin_era(std::uint32_t era);

  static constexpr std::uint64_t kLongNs = 500'000;

  const CycleClock clock_;
  const std::int64_t long_ticks_ = static_cast<std::int64_t>(clock_.ticks(kLongNs));
  const std::atomic<std::uint32_t>& era_;
  std::atomic<std::uint32_t> counted_era_;
  CycleClock::Ticks last_ = 0;
  std::uint64_t error_replies_ = 0;
  const std::unique_ptr<CommandCounters[]> rows_;  // kSlots, found by the command's address
};

}  // namespace weir::redis
