// What is remembered of the execution of commands: their counts and times, the slow log, the
// latency events, what MONITOR shows. As in Redis a command that waits counts when it begins to
// wait; its latency, and whether it was slow, is known when the wait ends, and leaves the waiting
// itself out.
//
// Thread rule: the executing reactor's, which is `reactor` below.
#pragma once

#include "core/reactor.h"
#include "servers/redis/call.h"
#include "servers/redis/server.h"
#include "servers/redis/waiter.h"

namespace weir::redis {

// Runs the call's handler.
void run_measured(Call& call);

// A call of the command was refused before its handler ran.
void count_rejected(Server& server, const Reactor& reactor, const Command& command);

// A retry, the latest call on this reactor, has served the waiter. REQUIRES: its key's shard is
// locked, and with it all of the client that is read here.
void count_served(Server& server, const Reactor& reactor, const Waiter& waiter);

// CLIENT UNBLOCK has ended the wait, which counts as a failure. REQUIRES: the lock of Clients is
// held, and the waiter's.
void count_unblocked(Server& server, const Reactor& reactor, const Waiter& waiter);

}  // namespace weir::redis
