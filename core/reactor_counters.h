// What a reactor counts of its work. Written by its thread, read by any while it runs: totals
// since the start, an amount of now (output_waiting), and distributions.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "core/close_cause.h"
#include "core/counter.h"
#include "core/gauge.h"
#include "core/histogram.h"

namespace weir {

// By cause; all together are their sum, so that the parts always add up.
class CloseCounter {
 public:
  void add(CloseCause cause) { by_cause_[static_cast<std::size_t>(cause)].add(); }
  std::uint64_t value(CloseCause cause) const {
    return by_cause_[static_cast<std::size_t>(cause)].value();
  }
  std::uint64_t value() const {
    std::uint64_t sum = 0;
    for (const Counter& counter : by_cause_) sum += counter.value();
    return sum;
  }

 private:
  std::array<Counter, kCloseCauses> by_cause_;
};

struct ReactorCounters {
  // accepted + connected = open + closed + moved_on.
  Counter accepted;   // connections that it was given, whoever accepted them
  Counter connected;  // that it made itself, to others
  CloseCounter closed;
  Counter moved_on;  // to another reactor, which was given them
  // Accepted by it only to be closed at once.
  Counter refused_descriptors;      // for want of descriptors
  Counter refused_max_connections;  // at --max-connections

  Counter bytes_received;
  Counter bytes_sent;
  Counter receives;      // that brought bytes
  Counter sends;         // that the kernel did not fail
  Gauge output_waiting;  // bytes that were left when their connections last flushed

  Counter ticks;
  Counter shared_rounds;       // of reads, or of sends, in which I/O threads helped
  Histogram events;            // a tick
  Histogram tick_us;           // from the wait's end to the next wait: what the others wait for
  Histogram mailbox_depth;     // tasks a run of the mailbox
  Histogram mailbox_delay_us;  // from the first of them to the run
};

}  // namespace weir
