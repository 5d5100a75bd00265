// What one reactor has counted, while it measures. Its thread counts, any thread reads.
#pragma once

#include "core/counter.h"
#include "core/histogram.h"

namespace weir::load {

struct alignas(64) Tally {
  // A latency of nanoseconds is told in units of so many: up to 7 minutes.
  static constexpr std::int64_t kUnitNs = 100;

  Counter replies;   // of all phases
  Counter answered;  // of them, those that came while it measured
  // Of requests that were made, or due, while it measured:
  Counter misses;           // right replies that there is nothing
  Counter unanswered;       // given up, when the end had been waited for
  FineHistogram latencies;  // in units; of those given up as long as they were waited for
};

}  // namespace weir::load
