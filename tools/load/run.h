// One run of the load: connects, begins when all are connected, warms up, measures, ends. Says on
// standard error what goes on, once a second.
//
//   connect all -> fill -> warm up -> measure -> wait for what is outstanding -> result
//
// Thread rule: execute() on the main thread, once; it drives the reactors of an Engine of its own.
#pragma once

#include <cstdint>
#include <string>

#include "base/status.h"
#include "core/histogram.h"
#include "tools/load/dialogue.h"
#include "tools/load/options.h"

namespace weir::load {

// What a run has measured.
struct Measured {
  FineHistogram::Snapshot latencies;  // in Tally::kUnitNs
  double seconds = 0;
  std::uint64_t replies = 0;  // that came in that time
  std::uint64_t misses = 0;
  std::uint64_t unanswered = 0;  // seconds after the end
  std::uint64_t failures = 0;    // wrong replies, each of which ends its connection
  std::uint64_t losses = 0;      // connections that ended by themselves
  std::string first_failure;

  bool is_right() const { return failures == 0 && losses == 0 && unanswered == 0; }
  double rate() const { return seconds > 0 ? static_cast<double>(replies) / seconds : 0; }
};

// The error: it could not connect, or was interrupted before it measured.
Result<Measured> execute(const Options& options, const MakeDialogue& make_dialogue,
                         const char* phase);

}  // namespace weir::load
