// The flags of a request: its command's, or where it runs a script what that declares of itself.
// Source: Redis' documentation, "Lua scripts", "Script flags". Thread rule: any thread.
#pragma once

#include <cstdint>

#include "servers/redis/request.h"
#include "servers/redis/script/script_cache.h"

namespace weir::redis {

// REQUIRES: the request names a command. `scripts` knows those that go by their digests.
std::uint32_t request_flags(const ScriptCache& scripts, const Request& request);

}  // namespace weir::redis
