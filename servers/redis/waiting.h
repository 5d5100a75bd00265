// How clients that wait for keys get them: whoever writes a key tries the commands of those that
// wait for it, in the order in which they came, before anybody else sees the key.
//
// A retry runs on the writer's thread, under the writer's locks: the key's shard is among them. A
// command that also writes another key (BLMOVE) may need a shard that is not: those behind it wait
// too, and are served at once when the writer has let go of its locks and taken both.
//
// Thread rule: `reactor`, the writer's.
#pragma once

#include <cstdint>

#include "core/reactor.h"
#include "servers/redis/keyspace/shard_locks.h"
#include "servers/redis/server.h"

namespace weir::redis {

// Serves those who wait for what this reactor has written, as far as `held` goes.
void serve_waiting(Server& server, Reactor& reactor, ShardLocks& held, std::int64_t now_ms);

// The same for what is left, taking the locks it needs. REQUIRES: none is held.
void serve_rest(Server& server, Reactor& reactor, ShardLocks& locks, std::int64_t now_ms);

}  // namespace weir::redis
