// Keeps the memory in use below maxmemory, by removing keys as maxmemory-policy says.
//
// Before a command is executed its reactor removes what has to go, at most for as long as
// maxmemory-eviction-tenacity says; what is left then goes in turns of the reactor, between which
// it serves. Reactors evict at the same time, each with a pool of candidates of its own.
//
// Thread rule: the reactor that is named. Locks one shard at a time and never holding another's
// lock, so that a command's locks, taken in their order, can't meet it in a circle.
#pragma once

#include <cstdint>

#include "core/reactor.h"
#include "servers/redis/memory/heap_meter.h"
#include "servers/redis/server.h"

namespace weir::redis {

// Whether more memory is in use than maxmemory allows. Costs a load where there is no limit.
inline bool memory_is_exceeded(const Server& server) {
  const std::uint64_t limit = server.config().eviction.max_memory.load(std::memory_order_relaxed);
  return limit != 0 && HeapMeter::used_bytes() > limit;
}

// Whether make_room() has something to do. As cheap.
inline bool needs_room(Server& server) {
  const std::uint64_t limit = server.config().eviction.max_memory.load(std::memory_order_relaxed);
  return limit != 0 && (server.memory_record().is_exceeded() || HeapMeter::used_bytes() > limit);
}

enum class Eviction {
  kFits,
  kGoesOn,  // still too much, and there is more to evict
  kFails,   // still too much, and nothing to evict was seen
};

// REQUIRES: the thread holds no shard's lock.
Eviction make_room(Server& server, Reactor& reactor, std::int64_t now_ms);

// For who has been told kFails: whether it is so. Waits for those who are removing a key at this
// moment, which make_room() does not see. REQUIRES: the thread holds no shard's lock.
bool is_out_of_memory(Server& server, Reactor& reactor);

// In the reactor's next turn, and on in turns until it fits: for who holds locks.
void make_room_later(Server& server, Reactor& reactor);

// From the engine's run on: looks at the memory in use for its peak, and moves the access clock.
void start_memory_watch(Server& server);

}  // namespace weir::redis
