// The table `cmsgpack` of scripts: pack, unpack, unpack_one and unpack_limit, between Lua values
// and MessagePack (msgpack.org, its specification). Choices of Redis' module, which queues like
// BullMQ rely on: a table of 1..n is an array, any other a map; numbers that are whole are
// integers; tables deeper than 16 become nil; what is unpacked has at most
// 1,000 levels. Thread rule: that of the state.
#pragma once

struct lua_State;

namespace weir::redis {

// A lua_CFunction that returns the table.
int open_msgpack(lua_State* state);

}  // namespace weir::redis
