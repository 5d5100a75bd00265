#include "servers/redis/script/lua_sandbox.h"

#include <initializer_list>
#include <lua.hpp>

extern "C" {
#include <lua-bitop.h>
#include <lua-cjson.h>
}

#include "servers/redis/script/lua_guards.h"
#include "servers/redis/script/lua_msgpack.h"

namespace weir::redis {
namespace {

// Keys of the registry, by their addresses.
char kGlobals = 0;    // the real globals
char kProtected = 0;  // the tables that refuse writes, as keys of a weak table
char kNothing = 0;    // what getmetatable() tells of one of them: as read-only as it is

constexpr char kReadOnly[] = "Attempt to modify a readonly table";

void push_registered(lua_State* state, char& key) {
  lua_pushlightuserdata(state, &key);
  lua_rawget(state, LUA_REGISTRYINDEX);
}

// Pops the value.
void register_value(lua_State* state, char& key) {
  lua_pushlightuserdata(state, &key);
  lua_insert(state, -2);
  lua_rawset(state, LUA_REGISTRYINDEX);
}

bool is_protected(lua_State* state, int index) {
  if (lua_getmetatable(state, index) == 0) return false;
  lua_pop(state, 1);
  push_registered(state, kProtected);
  lua_pushvalue(state, index);
  lua_rawget(state, -2);
  const bool found = lua_toboolean(state, -1) != 0;
  lua_pop(state, 2);
  return found;
}

int refuse_write(lua_State* state) { return luaL_error(state, kReadOnly); }

int missing_global(lua_State* state) {
  const char* const name = lua_isstring(state, 2) ? lua_tostring(state, 2) : "?";
  return luaL_error(state, "Script attempted to access nonexistent global variable '%s'", name);
}

// The original of a function that is replaced is its replacement's first upvalue.
int call_original(lua_State* state) {
  lua_pushvalue(state, lua_upvalueindex(1));
  lua_insert(state, 1);
  lua_call(state, lua_gettop(state) - 1, LUA_MULTRET);
  return lua_gettop(state);
}

int change_if_allowed(lua_State* state) {
  if (!lua_istable(state, 1) || !is_protected(state, 1)) return call_original(state);
  lua_pushstring(state, kReadOnly);  // as Lua's own errors: without a place
  return lua_error(state);
}

// An error of redis.call() is a table; who catches it here gets its text, as before Redis 7.
int protected_call(lua_State* state) {
  luaL_checkany(state, 1);
  const int failed = lua_pcall(state, lua_gettop(state) - 1, LUA_MULTRET, 0);
  if (failed != 0 && lua_istable(state, -1)) {
    lua_getfield(state, -1, "err");
    if (lua_isstring(state, -1)) {
      lua_replace(state, -2);
    } else {
      lua_pop(state, 1);
    }
  }
  lua_pushboolean(state, failed == 0);
  lua_insert(state, 1);
  return lua_gettop(state);
}

void open_library(lua_State* state, const char* name, lua_CFunction open, int results) {
  lua_pushcfunction(state, open);
  lua_pushstring(state, name);
  lua_call(state, 1, results);
}

// Of the table on top of the stack: the function is not called with a protected table.
void refuse_protected(lua_State* state, const char* name) {
  lua_getfield(state, -1, name);
  lua_pushcclosure(state, change_if_allowed, 1);
  lua_setfield(state, -2, name);
}

void remove_global(lua_State* state, const char* name) {
  lua_pushnil(state);
  lua_setglobal(state, name);
}

void set_function(lua_State* state, const char* field, lua_CFunction function) {
  lua_pushcfunction(state, function);
  lua_setfield(state, -2, field);
}

// Replaces the table on top of the stack by one that reads from it and refuses writes.
void protect(lua_State* state) {
  lua_newtable(state);
  lua_newtable(state);
  lua_pushvalue(state, -3);
  lua_setfield(state, -2, "__index");
  set_function(state, "__newindex", refuse_write);
  push_registered(state, kNothing);
  lua_setfield(state, -2, "__metatable");
  lua_setmetatable(state, -2);
  push_registered(state, kProtected);
  lua_pushvalue(state, -2);
  lua_pushboolean(state, 1);
  lua_rawset(state, -3);
  lua_pop(state, 1);
  lua_replace(state, -2);
}

// Of the globals on top of the stack, which are changed only where they are.
void protect_libraries(lua_State* state) {
  for (const char* name :
       {"string", "table", "math", "coroutine", "cjson", "bit", "cmsgpack", "redis"}) {
    lua_getfield(state, -1, name);
    protect(state);
    lua_setfield(state, -2, name);
  }
}

void make_registers(lua_State* state) {
  lua_newtable(state);
  lua_newtable(state);
  lua_pushliteral(state, "k");
  lua_setfield(state, -2, "__mode");
  lua_setmetatable(state, -2);
  register_value(state, kProtected);
  lua_newtable(state);
  protect(state);
  lua_getmetatable(state, -1);
  lua_pushvalue(state, -2);
  lua_setfield(state, -2, "__metatable");
  lua_pop(state, 1);
  register_value(state, kNothing);
  lua_pushvalue(state, LUA_GLOBALSINDEX);
  register_value(state, kGlobals);
}

void protect_string_metatable(lua_State* state) {
  lua_pushliteral(state, "");
  lua_getmetatable(state, -1);
  push_registered(state, kNothing);
  lua_setfield(state, -2, "__metatable");
  lua_pop(state, 2);
}

}  // namespace

void open_script_libraries(lua_State* state) {
  open_library(state, "", luaopen_base, 0);
  open_library(state, LUA_TABLIBNAME, luaopen_table, 0);
  open_library(state, LUA_STRLIBNAME, luaopen_string, 0);
  open_library(state, LUA_MATHLIBNAME, luaopen_math, 0);
  open_library(state, "bit", luaopen_bit, 0);
  open_library(state, "cjson", luaopen_cjson, 1);
  lua_setglobal(state, "cjson");
  open_library(state, "cmsgpack", open_msgpack, 1);
  lua_setglobal(state, "cmsgpack");
  for (const char* name : {"dofile", "loadfile", "print", "newproxy", "setfenv", "getfenv"}) {
    remove_global(state, name);
  }
  guard_libraries(state);
  lua_pushvalue(state, LUA_GLOBALSINDEX);
  refuse_protected(state, "rawset");
  refuse_protected(state, "setmetatable");
  lua_getfield(state, -1, "table");
  for (const char* name : {"insert", "remove", "sort"}) refuse_protected(state, name);
  lua_pop(state, 2);
  lua_pushcfunction(state, protected_call);
  lua_setglobal(state, "pcall");
}

void protect_globals(lua_State* state) {
  make_registers(state);
  protect_string_metatable(state);
  push_registered(state, kGlobals);
  protect_libraries(state);
  lua_newtable(state);
  set_function(state, "__index", missing_global);
  lua_setmetatable(state, -2);
  lua_pushvalue(state, -1);
  protect(state);
  lua_pushvalue(state, -1);
  lua_setfield(state, -3, "_G");
  lua_replace(state, LUA_GLOBALSINDEX);
  lua_pop(state, 1);
}

void set_script_global(lua_State* state, const char* name) {
  push_registered(state, kGlobals);
  lua_insert(state, -2);
  lua_pushstring(state, name);
  lua_insert(state, -2);
  lua_rawset(state, -3);
  lua_pop(state, 1);
}

}  // namespace weir::redis
