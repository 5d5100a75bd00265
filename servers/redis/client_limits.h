// What costs a client its connection: output that it leaves unread, and idleness. Also what each
// new connection gets of the parameters. Thread rule: the client's reactor.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/status.h"
#include "core/connection.h"
#include "servers/redis/client.h"
#include "servers/redis/server.h"

namespace weir::redis {

// Whether it may have `size` bytes unread; the error says which limit of its class it is over.
Status check_output(const Server& server, Client& client, std::size_t size, std::int64_t now_ms);

// Whether it may stay although it has been silent for so long: who waits for something, listens to
// channels or monitors may always.
Status check_idle(const Config& config, Client& client, std::int64_t now_ms);

// The client's buffers may have changed: counts them where maxmemory-clients wants to know.
void count_memory(Server& server, Client& client);

// Where all clients together take more than maxmemory-clients says, closes those that take the
// most, until the rest fits.
void evict_clients(Server& server, const Reactor& reactor);

// The present tcp-keepalive, where it is no more that which the connection has from its listener.
void apply_keepalive(Server& server, const Connection& connection);

}  // namespace weir::redis
