// An engine seen from outside: what all its reactors have counted, as plain values and as text.
//
// Any thread, while the engine exists; no reactor stops for it. The values of one report are read
// one after the other: a connection that opens meanwhile may be in one of them and not in another.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "core/close_cause.h"
#include "core/engine.h"
#include "core/histogram.h"
#include "core/reactor.h"

namespace weir {

// ReactorCounters as they were; the names and units are theirs.
struct ReactorReport {
  std::uint64_t open = 0;  // connections now, those on their way to the reactor among them
  std::uint64_t accepted = 0;
  std::uint64_t connected = 0;
  std::array<std::uint64_t, kCloseCauses> closed{};  // by cause
  std::uint64_t moved_on = 0;
  std::uint64_t refused_descriptors = 0;
  std::uint64_t refused_max_connections = 0;
  std::uint64_t bytes_received = 0;
  std::uint64_t bytes_sent = 0;
  std::uint64_t receives = 0;
  std::uint64_t sends = 0;
  std::uint64_t output_waiting = 0;
  std::uint64_t ticks = 0;
  std::uint64_t shared_rounds = 0;
  Histogram::Snapshot events;
  Histogram::Snapshot tick_us;
  Histogram::Snapshot mailbox_depth;
  Histogram::Snapshot mailbox_delay_us;

  std::uint64_t closed_in_all() const;
  ReactorReport& operator+=(const ReactorReport& other);
};

struct EngineReport {
  // A name and a value, without line ends.
  using Line = std::pair<std::string, std::string>;

  std::vector<ReactorReport> reactors;  // by index

  ReactorReport total() const;
  // "reactors" and their number, then for each reactor, and for their total where there are
  // several, the following groups, each in one line of comma-separated "field=value":
  //
  //   reactor0_connections   open, accepted, connected, closed, moved_on, refused_descriptors,
  //                          refused_max_connections
  //   reactor0_closed        by cause: local, peer, reset, ...
  //   reactor0_transfers     bytes_received, bytes_sent, receives, sends, output_waiting
  //   reactor0_ticks         ticks, busy_us, shared_rounds
  //   reactor0_events        of a tick: count, mean, p50, p99, p99.9, max
  //   reactor0_tick_us, reactor0_mailbox_depth, reactor0_mailbox_delay_us   the same
  std::vector<Line> lines() const;
};

ReactorReport report_reactor(const Reactor& reactor);
EngineReport report_engine(const Engine& engine);

}  // namespace weir
