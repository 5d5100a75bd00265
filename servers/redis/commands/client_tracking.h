// CLIENT's subcommands about client side caching. Thread rule: a handler's.
#pragma once

#include <cstdint>

#include "servers/redis/call.h"
#include "servers/redis/client.h"

namespace weir::redis::commands {

void client_caching(Call& call);
void client_getredir(Call& call);
void client_tracking(Call& call);
void client_trackinginfo(Call& call);

// The id of the client that is told of invalid keys in its stead; 0: nobody, -1: it does not track.
// Any thread.
std::int64_t tracking_redirection(const Client& client);

}  // namespace weir::redis::commands
