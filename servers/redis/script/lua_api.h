// The table `redis` of scripts: call, pcall, error_reply, status_reply, sha1hex, log, setresp and
// their constants, and the numbers of math.random. Source: Redis' documentation, "Redis Lua API
// reference".
// Thread rule: that of the state.
#pragma once

struct lua_State;

namespace weir::redis {

class ScriptHost;

// Sets the global `redis`, and replaces math.random and math.randomseed. The functions ask the host
// at `*host`, which is nullptr while no script runs. `host` outlives the state.
void open_redis_api(lua_State* state, ScriptHost** host);

}  // namespace weir::redis
