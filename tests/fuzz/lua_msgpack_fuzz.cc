// What is no MessagePack is an error of the script, and the rest survives: however often it is
// packed and unpacked it keeps its size. (Not its bytes: a map's order is that of Lua's table.)
#include <cstddef>
#include <cstdint>
#include <lua.hpp>

#include "base/check.h"
#include "servers/redis/script/lua_msgpack.h"

namespace {

class State {
 public:
  State() : state_(luaL_newstate()) {
    WEIR_CHECK(state_ != nullptr);
    lua_pushcfunction(state_, weir::redis::open_msgpack);
    lua_call(state_, 0, 1);
    lua_setglobal(state_, "cmsgpack");
  }
  ~State() { lua_close(state_); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  // Calls a function of the table with what is on the stack, and leaves its results there. False:
  // it raised an error.
  bool call(const char* function) {
    const int arguments = lua_gettop(state_);
    lua_getglobal(state_, "cmsgpack");
    lua_getfield(state_, -1, function);
    lua_remove(state_, -2);
    lua_insert(state_, 1);
    return lua_pcall(state_, arguments, LUA_MULTRET, 0) == 0;
  }
  lua_State* get() { return state_; }

 private:
  lua_State* state_;
};

constexpr std::size_t kNot = static_cast<std::size_t>(-1);

// Packed, and unpacked again; returns the size. kNot: a key of a map was too deep, and became nil.
std::size_t repack(lua_State* state, State& script) {
  WEIR_CHECK(script.call("pack"));
  const std::size_t size = lua_objlen(state, 1);
  return script.call("unpack") ? size : kNot;
}

// The first time what is too deep becomes nil, and at the end of an array nobody misses it.
void survives(lua_State* state, State& script) {
  if (lua_gettop(state) == 0 || repack(state, script) == kNot) return;
  const std::size_t size = repack(state, script);
  WEIR_CHECK(size != kNot && repack(state, script) == size);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static State script;
  lua_State* const state = script.get();
  lua_settop(state, 0);
  lua_pushlstring(state, reinterpret_cast<const char*>(data), size);
  if (script.call("unpack")) survives(state, script);
  return 0;
}
