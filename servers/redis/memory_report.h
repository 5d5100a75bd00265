// INFO's section on memory: every field that Redis has. What this server lacks, scripts, replicas
// and an append-only file, takes none.
// Any thread; `held` names the shards' locks that the caller has.
#pragma once

#include <string>

#include "servers/redis/keyspace/shard_locks.h"
#include "servers/redis/server.h"

namespace weir::redis {

std::string report_memory(Server& server, const ShardLocks& held);

}  // namespace weir::redis
