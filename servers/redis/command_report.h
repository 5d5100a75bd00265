// INFO's sections of what was measured of commands and errors. Any thread.
#pragma once

#include <string>

#include "servers/redis/server.h"

namespace weir::redis {

// A line for each command that was called or refused.
std::string report_commands(Server& server);
// A line for each error code that was replied.
std::string report_errors(Server& server);
// A line for each command with latencies: the percentiles that the configuration asks for. Nothing
// while latency-tracking is off.
std::string report_latencies(Server& server);

}  // namespace weir::redis
