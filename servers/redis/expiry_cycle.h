// Removes keys whose time has come although nobody asks for them. Each reactor that executes
// commands looks after a share of the shards: sleeps until something is due there, and then takes
// turns of bounded length.
// Thread rule: start_expiry() before the engine runs; then each reactor its own share.
#pragma once

#include "servers/redis/server.h"

namespace weir::redis {

// `server` outlives the engine's run.
void start_expiry(Server& server);

}  // namespace weir::redis
