// LATENCY DOCTOR's report for people: the events, and what may help.
// Thread rule: any thread.
#pragma once

#include <cstdint>
#include <string>

#include "servers/redis/server.h"

namespace weir::redis::commands {

// `now` is in seconds since the epoch.
std::string diagnose_latencies(Server& server, std::int64_t now);

}  // namespace weir::redis::commands
