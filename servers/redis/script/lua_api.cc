#include "servers/redis/script/lua_api.h"

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <iterator>
#include <limits>
#include <lua.hpp>
#include <string>
#include <string_view>

#include "core/log.h"
#include "servers/redis/script/lua_reply.h"
#include "servers/redis/script/script_host.h"
#include "servers/redis/script/sha1_hex.h"

namespace weir::redis {
namespace {

// Each function's first upvalue is where its host is found.
ScriptHost* host_of(lua_State* state) {
  return *static_cast<ScriptHost**>(lua_touserdata(state, lua_upvalueindex(1)));
}

// No object with a destructor may be alive here: Lua's errors are jumps.
int raise(lua_State* state, const char* message) {
  push_error(state, message);
  return lua_error(state);
}

ScriptHost& running_host(lua_State* state, const char* function) {
  ScriptHost* const host = host_of(state);
  if (host == nullptr) {
    lua_pushfstring(state, "ERR %s can only be called inside a script invocation", function);
    raise(state, lua_tostring(state, -1));
  }
  return *host;
}

// Whether the stack is the words of a command; if not, it is one error instead.
bool takes_words(lua_State* state) {
  const int count = lua_gettop(state);
  if (count == 0) {
    push_error(state, "ERR Please specify at least one argument for this redis lib call");
    return false;
  }
  for (int i = 1; i <= count; ++i) {
    if (lua_isstring(state, i) != 0) continue;  // a number, too
    lua_settop(state, 0);
    push_error(state, "ERR Lua redis lib command arguments must be strings or integers");
    return false;
  }
  return true;
}

int call(lua_State* state) {
  ScriptHost& host = running_host(state, "redis.call/pcall");
  if (!takes_words(state) || !host.command(state)) return lua_error(state);
  return 1;
}

int pcall(lua_State* state) {
  ScriptHost& host = running_host(state, "redis.call/pcall");
  if (takes_words(state)) host.command(state);
  return 1;
}

int acl_check_cmd(lua_State* state) {
  ScriptHost& host = running_host(state, "redis.acl_check_cmd");
  if (!takes_words(state) || !host.may_run(state)) return lua_error(state);
  return 1;
}

bool takes_one_text(lua_State* state) {
  if (lua_gettop(state) == 1 && lua_type(state, 1) == LUA_TSTRING) return true;
  push_error(state, "ERR wrong number or type of arguments");
  return false;
}

// "-CODE text" and "CODE text" are the same; a single word gets the code that says nothing.
int error_reply(lua_State* state) {
  if (!takes_one_text(state)) return 1;
  std::size_t size = 0;
  const char* text = lua_tolstring(state, 1, &size);
  if (*text == '-') ++text, --size;
  const bool has_code = std::string_view(text, size).find(' ') != std::string_view::npos;
  lua_pushstring(state, has_code ? "" : "ERR ");
  lua_pushlstring(state, text, size);
  lua_concat(state, 2);
  lua_newtable(state);
  lua_insert(state, -2);
  lua_setfield(state, -2, "err");
  return 1;
}

int status_reply(lua_State* state) {
  if (!takes_one_text(state)) return 1;
  lua_newtable(state);
  lua_pushvalue(state, 1);
  lua_setfield(state, -2, "ok");
  return 1;
}

void push_sha1(lua_State* state, std::string_view text) {
  const std::string hex = sha1_hex(text);
  lua_pushlstring(state, hex.data(), hex.size());
}

int sha1hex(lua_State* state) {
  if (lua_gettop(state) != 1) return raise(state, "ERR wrong number of arguments");
  std::size_t size = 0;
  const char* const text = lua_tolstring(state, 1, &size);
  push_sha1(state, {text != nullptr ? text : "", size});
  return 1;
}

// As Redis numbers them.
constexpr LogLevel kLevels[] = {LogLevel::kDebug, LogLevel::kVerbose, LogLevel::kNotice,
                                LogLevel::kWarning};

int log(lua_State* state) {
  const int count = lua_gettop(state);
  if (count < 2) return raise(state, "ERR redis.log() requires two arguments or more.");
  if (lua_isnumber(state, 1) == 0) {
    return raise(state, "ERR First argument must be a number (log level).");
  }
  const lua_Number level = lua_tonumber(state, 1);
  if (!(level >= 0 && level < static_cast<lua_Number>(std::size(kLevels)))) {
    return raise(state, "ERR Invalid debug level.");
  }
  luaL_Buffer line;
  luaL_buffinit(state, &line);
  for (int i = 2; i <= count; ++i) {
    if (lua_isstring(state, i) == 0) continue;
    if (i > 2) luaL_addchar(&line, ' ');
    lua_pushvalue(state, i);
    luaL_addvalue(&line);
  }
  luaL_pushresult(&line);
  const LogLevel log_level = kLevels[static_cast<std::size_t>(level)];
  if (log_level >= weir::log_level()) log_line(log_level, "%s", lua_tostring(state, -1));
  return 0;
}

int setresp(lua_State* state) {
  ScriptHost& host = running_host(state, "redis.setresp");
  if (lua_gettop(state) != 1) return raise(state, "ERR redis.setresp() requires one argument.");
  const lua_Number protocol = lua_tonumber(state, 1);
  if (protocol != 2 && protocol != 3) return raise(state, "ERR RESP version must be 2 or 3.");
  host.set_protocol(static_cast<int>(protocol));
  return 0;
}

// Where what a script writes would go, if anything but this server's memory would.
int set_repl(lua_State* state) {
  running_host(state, "redis.set_repl");
  if (lua_gettop(state) != 1) return raise(state, "ERR redis.set_repl() requires two arguments.");
  const lua_Number where = lua_tonumber(state, 1);
  if (where != 0 && where != 1 && where != 2 && where != 3) {
    return raise(state,
                 "ERR Invalid replication flags. Use REPL_AOF, REPL_REPLICA, REPL_ALL or "
                 "REPL_NONE.");
  }
  return 0;
}

// Always so since Redis 7.
int replicate_commands(lua_State* state) {
  lua_pushboolean(state, 1);
  return 1;
}

// redis.breakpoint() and redis.debug(): nobody debugs.
int breakpoint(lua_State* state) {
  lua_pushboolean(state, 0);
  return 1;
}
int debug(lua_State*) { return 0; }

// Numbers of our own, so that a seed gives the same ones on every machine: those of POSIX'
// lrand48(). The state is the second upvalue's, 48 bits in three.
unsigned short* random_state(lua_State* state) {
  return static_cast<unsigned short*>(lua_touserdata(state, lua_upvalueindex(2)));
}

int random(lua_State* state) {
  running_host(state, "math.random");
  constexpr long kRange = std::numeric_limits<std::int32_t>::max();
  const double draw = static_cast<double>(::nrand48(random_state(state)) % kRange) / kRange;
  switch (lua_gettop(state)) {
    case 0:
      lua_pushnumber(state, draw);
      return 1;
    case 1: {
      const int high = luaL_checkint(state, 1);
      luaL_argcheck(state, 1 <= high, 1, "interval is empty");
      lua_pushnumber(state, std::floor(draw * high) + 1);
      return 1;
    }
    case 2: {
      const int low = luaL_checkint(state, 1);
      const int high = luaL_checkint(state, 2);
      luaL_argcheck(state, low <= high, 2, "interval is empty");
      lua_pushnumber(state, std::floor(draw * (static_cast<double>(high) - low + 1)) + low);
      return 1;
    }
    default:
      return luaL_error(state, "wrong number of arguments");
  }
}

int random_seed(lua_State* state) {
  running_host(state, "math.randomseed");
  const auto seed = static_cast<unsigned>(luaL_checkint(state, 1));
  unsigned short* const random = random_state(state);
  random[0] = 0x330E;
  random[1] = static_cast<unsigned short>(seed);
  random[2] = static_cast<unsigned short>(seed >> 16);
  return 0;
}

void set_random(lua_State* state, ScriptHost** host) {
  lua_getglobal(state, "math");
  lua_pushlightuserdata(state, host);
  // Kept alive by the two closures.
  void* const random = lua_newuserdata(state, 3 * sizeof(unsigned short));
  static_cast<unsigned short*>(random)[0] = 0x330E;
  static_cast<unsigned short*>(random)[1] = 0;
  static_cast<unsigned short*>(random)[2] = 0;
  lua_pushvalue(state, -2);
  lua_pushvalue(state, -2);
  lua_pushcclosure(state, random_seed, 2);
  lua_setfield(state, -4, "randomseed");
  lua_pushcclosure(state, redis::random, 2);
  lua_setfield(state, -2, "random");
  lua_pop(state, 1);
}

struct Constant {
  const char* name;
  double value;
};

constexpr Constant kConstants[] = {
    {"LOG_DEBUG", 0},  {"LOG_VERBOSE", 1},
    {"LOG_NOTICE", 2}, {"LOG_WARNING", 3},
    {"REPL_NONE", 0},  {"REPL_AOF", 1},
    {"REPL_SLAVE", 2}, {"REPL_REPLICA", 2},
    {"REPL_ALL", 3},   {"REDIS_VERSION_NUM", 0x07000F},
};

constexpr luaL_Reg kFunctions[] = {
    {"call", call},
    {"pcall", pcall},
    {"acl_check_cmd", acl_check_cmd},
    {"error_reply", error_reply},
    {"status_reply", status_reply},
    {"sha1hex", sha1hex},
    {"log", log},
    {"setresp", setresp},
    {"set_repl", set_repl},
    {"replicate_commands", replicate_commands},
    {"breakpoint", breakpoint},
    {"debug", debug},
};

}  // namespace

void open_redis_api(lua_State* state, ScriptHost** host) {
  lua_newtable(state);
  for (const luaL_Reg& function : kFunctions) {
    lua_pushlightuserdata(state, host);
    lua_pushcclosure(state, function.func, 1);
    lua_setfield(state, -2, function.name);
  }
  for (const Constant& constant : kConstants) {
    lua_pushnumber(state, constant.value);
    lua_setfield(state, -2, constant.name);
  }
  lua_pushliteral(state, "7.0.15");
  lua_setfield(state, -2, "REDIS_VERSION");
  lua_setglobal(state, "redis");
  set_random(state, host);
}

}  // namespace weir::redis
