// What a script finds in its globals: Lua's own library without what reaches beyond the script, and
// cjson, bit and cmsgpack; all of it read-only, so that no script can change what the next one
// sees.
//
// Redis has a patch in its Lua that makes tables read-only; Debian's Lua has none. Here each table
// that scripts reach is an empty one, whose metatable reads from the real one and refuses writes.
//
//   globals the script sees {}  --__index-->  real globals  --__index-->  "nonexistent variable"
//   string, redis, ... {}       --__index-->  the real library
//
// Thread rule: that of the state.
#pragma once

struct lua_State;

namespace weir::redis {

// The libraries, before anything is protected. What else scripts are to see is set as a global of
// the state between this and protect_globals().
void open_script_libraries(lua_State* state);

// From here on the state's globals are the read-only ones. Called once.
void protect_globals(lua_State* state);

// Sets a global that scripts see to the value on top of the stack, and pops it.
void set_script_global(lua_State* state, const char* name);

}  // namespace weir::redis
