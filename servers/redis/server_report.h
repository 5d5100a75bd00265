// INFO's text: the server, its clients, memory, counters and keyspace, section by section.
// Any thread; `held` names the shards' locks that the caller has.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "servers/redis/keyspace/shard_locks.h"
#include "servers/redis/server.h"

namespace weir::redis {

// No sections, "default", "all" and "everything" stand for all of them; an unknown one adds
// nothing.
std::string report_server(Server& server, const ShardLocks& held,
                          std::span<const std::string_view> sections);

}  // namespace weir::redis
