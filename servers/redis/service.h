// Who is let in, and what begins with the server. Thread rule: make_service() and start() before
// the engine runs; the service is called on the reactor of each new connection.
#pragma once

#include "base/status.h"
#include "core/session.h"
#include "servers/redis/server.h"

namespace weir::redis {

// The service to listen with: refuses clients over maxclients, and strangers in protected mode.
Service make_service(Server& server);

// Listens, and from the engine's run on serves, and expires keys.
Status start(Server& server);

}  // namespace weir::redis
