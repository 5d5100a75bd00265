// LATENCY GRAPH's picture of an event's samples.
// Thread rule: a pure function.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "servers/redis/latency_events.h"

namespace weir::redis::commands {

// A head, four rows of columns, and below each column how long ago it was; 80 columns side by side.
// `now` is in seconds since the epoch.
std::string draw_latencies(std::string_view event, const LatencyEvents::Series& series,
                           std::int64_t now);

}  // namespace weir::redis::commands
