// A client as CLIENT LIST and CLIENT INFO have it: Redis' fields in Redis' order.
// Thread rule: the call's thread; the client may be another reactor's.
#pragma once

#include <string>

#include "servers/redis/call.h"

namespace weir::redis::commands {

// REQUIRES: the lock of Clients is held.
std::string client_line(Call& call, Client& client);

}  // namespace weir::redis::commands
