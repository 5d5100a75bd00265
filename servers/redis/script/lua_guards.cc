#include "servers/redis/script/lua_guards.h"

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <lua.hpp>
#include <string>

namespace weir::redis {
namespace {

// Nobody writes such programs or patterns; what is checked below is safe up to more than that.
constexpr std::size_t kMaxText = std::size_t{256} << 20;
constexpr std::size_t kMaxPattern = 8192;
// Bytes that cjson may be asked to write, which it counts in an int: six for one of a text at most,
// and for anything else no more than a number takes.
constexpr std::size_t kMaxJson = 2'000'000'000;
constexpr std::size_t kEscapedByte = 6;
constexpr std::size_t kJsonValue = 64;
constexpr int kMaxDepth = 1000;  // cjson's own, if nobody sets another
// So sparse may an array be that its nulls are within what its values are reckoned to take.
constexpr lua_Integer kMaxSparseRatio = 8;
constexpr lua_Integer kMaxSparseSafe = 10;

// The original of a function that is replaced is its replacement's first upvalue.
int call_original(lua_State* state) {
  lua_pushvalue(state, lua_upvalueindex(1));
  lua_insert(state, 1);
  lua_call(state, lua_gettop(state) - 1, LUA_MULTRET);
  return lua_gettop(state);
}

int unpack(lua_State* state) {
  luaL_checktype(state, 1, LUA_TTABLE);
  const auto first = static_cast<std::int64_t>(luaL_optint(state, 2, 1));
  const std::int64_t last =
      lua_isnoneornil(state, 3) ? static_cast<int>(lua_objlen(state, 1)) : luaL_checkint(state, 3);
  if (first > last) return 0;
  const std::int64_t count = last - first + 1;
  if (count > LUAI_MAXCSTACK || lua_checkstack(state, static_cast<int>(count)) == 0) {
    return luaL_error(state, "too many results to unpack");
  }
  for (std::int64_t i = first; i <= last; ++i) lua_rawgeti(state, 1, static_cast<int>(i));
  return static_cast<int>(count);
}

// A negative number of digits asks for capital letters; the smallest has no positive counterpart.
int tohex(lua_State* state) {
  if (lua_isnumber(state, 2) != 0) {
    constexpr double kWords = 4294967296.0;
    const double low = std::fmod(std::nearbyint(lua_tonumber(state, 2)), kWords);
    if (std::abs(low) == kWords / 2) {
      lua_pushinteger(state, -8);
      lua_replace(state, 2);
    }
  }
  return call_original(state);
}

// Adds what the value on top of the stack may take as JSON, up to a little more than may be.
void add_json(lua_State* state, int depth, std::size_t& total) {
  if (total > kMaxJson) return;
  total += kJsonValue;
  if (lua_type(state, -1) == LUA_TSTRING) {
    total += kEscapedByte * lua_objlen(state, -1);
  } else if (lua_istable(state, -1)) {
    if (depth >= kMaxDepth)
      luaL_error(state, "Cannot serialise, excessive nesting (%d)", depth + 1);
    luaL_checkstack(state, 4, "nested too deep");
    lua_pushnil(state);
    while (lua_next(state, -2) != 0) {
      add_json(state, depth + 1, total);
      lua_pop(state, 1);
      if (lua_type(state, -1) == LUA_TSTRING) total += kEscapedByte * lua_objlen(state, -1);
    }
  }
}

int encode_json(lua_State* state) {
  if (lua_gettop(state) == 1) {
    std::size_t total = 0;
    add_json(state, 0, total);
    if (total > kMaxJson) return luaL_error(state, "Cannot serialise: too large");
  }
  return call_original(state);
}

// cjson.encode_sparse_array(convert, ratio, safe): others would have it write any number of nulls.
int allow_sparse(lua_State* state) {
  const lua_Integer ratio = luaL_optinteger(state, 2, kMaxSparseRatio);
  const lua_Integer safe = luaL_optinteger(state, 3, kMaxSparseSafe);
  if (ratio < 1 || ratio > kMaxSparseRatio || safe < 0 || safe > kMaxSparseSafe) {
    return luaL_error(state, "the ratio may be 1 to 8 here, and safe 0 to 10");
  }
  return call_original(state);
}

bool is_plain(std::string_view pattern) {
  return pattern.find_first_of("^$*+?.([%-") == std::string_view::npos;
}

// string.find(text, pattern, from, plain) and its kin.
int match_pattern(lua_State* state) {
  if (lua_isstring(state, 2) != 0 && lua_objlen(state, 2) > kMaxPattern) {
    std::size_t size = 0;
    const char* const pattern = lua_tolstring(state, 2, &size);
    if (lua_toboolean(state, 4) == 0 && !is_plain({pattern, size})) {
      return luaL_error(state, "pattern too complex");
    }
  }
  return call_original(state);
}

// What string.dump() makes is known by its first character.
bool is_code(std::string_view text) { return text.starts_with(LUA_SIGNATURE[0]); }

// loadstring(text, name)
int load_string(lua_State* state) {
  std::size_t size = 0;
  const char* const text = luaL_checklstring(state, 1, &size);
  if (is_code({text, size}) || size > kMaxText) {
    lua_pushnil(state);
    lua_pushstring(state, size > kMaxText ? "the text is too large" : "it is compiled code");
    return 2;
  }
  const char* const name = luaL_optstring(state, 2, text);
  if (load_untrusted(state, {text, size}, name) == 0) return 1;
  lua_pushnil(state);
  lua_insert(state, -2);
  return 2;
}

// load(function, name) gets its chunk in pieces: they are joined first.
int load_pieces(lua_State* state) {
  luaL_checktype(state, 1, LUA_TFUNCTION);
  lua_settop(state, 2);
  if (lua_isnil(state, 2)) {
    lua_pushliteral(state, "=(load)");
    lua_replace(state, 2);
  }
  luaL_Buffer text;
  luaL_buffinit(state, &text);
  for (;;) {
    lua_pushvalue(state, 1);
    lua_call(state, 0, 1);
    if (lua_isnil(state, -1) || (lua_isstring(state, -1) != 0 && lua_objlen(state, -1) == 0)) break;
    if (lua_isstring(state, -1) == 0) {
      return luaL_error(state, "reader function must return a string");
    }
    luaL_addvalue(&text);
  }
  lua_pop(state, 1);
  luaL_pushresult(&text);
  lua_replace(state, 1);
  return load_string(state);
}

void guard(lua_State* state, const char* library, const char* name, lua_CFunction replacement) {
  lua_getglobal(state, library);
  lua_getfield(state, -1, name);
  lua_pushcclosure(state, replacement, 1);
  lua_setfield(state, -2, name);
  lua_pop(state, 1);
}

}  // namespace

void guard_libraries(lua_State* state) {
  for (const char* name : {"find", "match", "gmatch", "gsub"}) {
    guard(state, "string", name, match_pattern);
  }
  guard(state, "bit", "tohex", tohex);
  guard(state, "cjson", "encode", encode_json);
  guard(state, "cjson", "encode_sparse_array", allow_sparse);
  lua_getglobal(state, "cjson");
  lua_pushnil(state);
  lua_setfield(state, -2, "new");  // would make another one, unguarded
  lua_pop(state, 1);
  for (const luaL_Reg& function :
       {luaL_Reg{"unpack", unpack}, {"loadstring", load_string}, {"load", load_pieces}}) {
    lua_pushcfunction(state, function.func);
    lua_setglobal(state, function.name);
  }
}

int load_untrusted(lua_State* state, std::string_view text, const char* name) {
  if (text.size() > kMaxText) {
    lua_pushliteral(state, "the text is too large");
    return LUA_ERRSYNTAX;
  }
  // With a blank before it, what is no text is a syntax error, as in Redis.
  std::string blank_first;
  if (is_code(text)) text = blank_first = " " + std::string(text);
  lua_gc(state, LUA_GCSTOP, 0);
  const int status = luaL_loadbuffer(state, text.data(), text.size(), name);
  lua_gc(state, LUA_GCRESTART, 0);
  return status;
}

}  // namespace weir::redis
