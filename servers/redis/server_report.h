// INFO's text: the server, its clients, memory, counters and keyspace, section by section.
// Any thread; `held` names the shards' locks that the caller has.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "servers/redis/keyspace/shard_locks.h"
#include "servers/redis/server.h"

namespace weir::redis {

// No sections and "default" stand for those of Redis but "commandstats" and "latencystats", "all"
// and "everything" for those too; an unknown one adds nothing. "reactors", what the engine tells of
// itself (core/engine_report.h) since its start, is Weir's own: like a module's section in Redis it
// comes under its name and with "everything" only.
std::string report_server(Server& server, const ShardLocks& held,
                          std::span<const std::string_view> sections);

}  // namespace weir::redis
