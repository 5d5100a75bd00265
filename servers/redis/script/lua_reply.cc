#include "servers/redis/script/lua_reply.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <lua.hpp>

#include "base/check.h"

namespace weir::redis {
namespace {

// What one value needs of Lua's stack, with what it is put into.
constexpr int kStackSlots = 6;

void push_text(lua_State* state, std::string_view text) {
  lua_pushlstring(state, text.data(), text.size());
}

void set_text(lua_State* state, const char* field, std::string_view text) {
  push_text(state, text);
  lua_setfield(state, -2, field);
}

// Reads one reply from the front of some bytes, which are well-formed: our own.
class ReplyReader {
 public:
  ReplyReader(lua_State* state, std::string_view bytes) : state_(state), rest_(bytes) {}

  void push() {
    luaL_checkstack(state_, kStackSlots, "in a reply of a command");
    const char type = rest_.front();
    const std::string_view line = take_line().substr(1);
    switch (type) {
      case ':':
        return lua_pushnumber(state_, static_cast<lua_Number>(integer(line)));
      case '$':
        return line == "-1" ? lua_pushboolean(state_, 0) : push_text(state_, take_bulk(line));
      case '+':
        lua_newtable(state_);
        return set_text(state_, "ok", line);
      case '-':
        return push_counted_error(line);
      case '*':
        return line == "-1" ? lua_pushboolean(state_, 0) : push_array(integer(line));
      case '_':
        return lua_pushnil(state_);
      case '#':
        return lua_pushboolean(state_, line == "t");
      default:
        push_wrapped(type, line);
    }
  }

 private:
  // Those that are a table with one field of their type's name.
  void push_wrapped(char type, std::string_view line) {
    lua_newtable(state_);
    switch (type) {
      case ',':
        lua_pushnumber(state_, number(line));
        return lua_setfield(state_, -2, "double");
      case '(':
        return set_text(state_, "big_number", line);
      case '=':
        return set_verbatim(take_bulk(line));
      case '%':
        return set_map(integer(line));
      case '~':
        return set_set(integer(line));
      default:
        WEIR_CHECK(type == '|' && "a reply of a type that no command has");
        lua_pop(state_, 1);
        skip_attributes(integer(line));
        push();
    }
  }

  void push_counted_error(std::string_view line) {
    push_error(state_, line);
    lua_pushboolean(state_, 1);
    lua_setfield(state_, -2, "ignore_error_stats_update");
  }

  void push_array(std::int64_t elements) {
    lua_createtable(state_, static_cast<int>(elements), 0);
    for (std::int64_t i = 1; i <= elements; ++i) {
      push();
      lua_rawseti(state_, -2, static_cast<int>(i));
    }
  }

  void set_map(std::int64_t pairs) {
    lua_createtable(state_, 0, static_cast<int>(pairs));
    for (std::int64_t i = 0; i < pairs; ++i) {
      push();
      push();
      lua_rawset(state_, -3);
    }
    lua_setfield(state_, -2, "map");
  }

  void set_set(std::int64_t elements) {
    lua_createtable(state_, 0, static_cast<int>(elements));
    for (std::int64_t i = 0; i < elements; ++i) {
      push();
      lua_pushboolean(state_, 1);
      lua_rawset(state_, -3);
    }
    lua_setfield(state_, -2, "set");
  }

  void set_verbatim(std::string_view text) {
    lua_newtable(state_);
    set_text(state_, "format", text.substr(0, 3));
    set_text(state_, "string", text.substr(4));
    lua_setfield(state_, -2, "verbatim_string");
  }

  void skip_attributes(std::int64_t pairs) {
    for (std::int64_t i = 0; i < 2 * pairs; ++i) {
      push();
      lua_pop(state_, 1);
    }
  }

  std::string_view take_line() {
    const std::size_t end = rest_.find('\r');
    const std::string_view line = rest_.substr(0, end);
    rest_.remove_prefix(end + 2);
    return line;
  }
  std::string_view take_bulk(std::string_view size_text) {
    const auto size = static_cast<std::size_t>(integer(size_text));
    const std::string_view bulk = rest_.substr(0, size);
    rest_.remove_prefix(size + 2);
    return bulk;
  }
  static std::int64_t integer(std::string_view text) {
    std::int64_t value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
  }
  static double number(std::string_view text) {
    return std::strtod(std::string(text).c_str(), nullptr);
  }

  lua_State* const state_;
  std::string_view rest_;
};

std::string_view text_at(lua_State* state, int index) {
  std::size_t size = 0;
  const char* const text = lua_tolstring(state, index, &size);
  return {text, size};
}

// As the cast to an integer comes out on the machines that Redis runs on.
std::int64_t cut_off(lua_Number value) {
  constexpr double kEnd = 9223372036854775808.0;
  if (value >= -kEnd && value < kEnd) return static_cast<std::int64_t>(value);
  return std::numeric_limits<std::int64_t>::min();
}

}  // namespace

void push_reply(lua_State* state, std::string_view reply) { ReplyReader(state, reply).push(); }

void push_error(lua_State* state, std::string_view message) {
  lua_newtable(state);
  set_text(state, "err", message);
}

ScriptError error_on_top(lua_State* state) {
  ScriptError error;
  lua_pushliteral(state, "err");
  lua_rawget(state, -2);
  if (lua_isstring(state, -1)) error.message = text_at(state, -1);
  lua_pop(state, 1);
  lua_pushliteral(state, "ignore_error_stats_update");
  lua_rawget(state, -2);
  error.counted = lua_toboolean(state, -1) != 0;
  lua_pop(state, 1);
  return error;
}

void LuaReplyWriter::write() {
  if (lua_checkstack(state_, kStackSlots) == 0) {
    on_error({"ERR reached lua stack limit"});
    return lua_pop(state_, 1);
  }
  switch (lua_type(state_, -1)) {
    case LUA_TSTRING:
      reply_.bulk(text_at(state_, -1));
      break;
    case LUA_TNUMBER:
      reply_.integer(cut_off(lua_tonumber(state_, -1)));
      break;
    case LUA_TBOOLEAN: {
      const bool value = lua_toboolean(state_, -1) != 0;
      if (protocol_ == 3) {
        reply_.boolean(value);
      } else {
        value ? reply_.integer(1) : reply_.null();
      }
      break;
    }
    case LUA_TTABLE:
      write_table();
      break;
    default:
      reply_.null();
  }
  lua_pop(state_, 1);
}

// Raw reads throughout: a metatable's functions could raise errors here, where nobody catches them.
void LuaReplyWriter::write_table() {
  lua_pushliteral(state_, "err");
  lua_rawget(state_, -2);
  const bool is_error = lua_type(state_, -1) == LUA_TSTRING;
  lua_pop(state_, 1);
  if (is_error) return on_error(error_on_top(state_));
  if (write_text_field("ok", &LuaReplyWriter::write_status) || write_double() ||
      write_text_field("big_number", &LuaReplyWriter::write_big_number) || write_verbatim() ||
      write_map() || write_set()) {
    return;
  }
  write_array();
}

bool LuaReplyWriter::write_text_field(const char* field,
                                      void (LuaReplyWriter::*put)(std::string_view)) {
  lua_pushstring(state_, field);
  lua_rawget(state_, -2);
  const bool there = lua_type(state_, -1) == LUA_TSTRING;
  if (there) (this->*put)(text_at(state_, -1));
  lua_pop(state_, 1);
  return there;
}

// On one line in RESP2 too, where it is a bulk string.
void LuaReplyWriter::write_big_number(std::string_view digits) {
  std::string line(digits);
  std::replace_if(
      line.begin(), line.end(), [](char c) { return c == '\r' || c == '\n'; }, ' ');
  reply_.big_number(line);
}

bool LuaReplyWriter::write_double() {
  lua_pushliteral(state_, "double");
  lua_rawget(state_, -2);
  const bool there = lua_type(state_, -1) == LUA_TNUMBER;
  if (there) reply_.double_(lua_tonumber(state_, -1));
  lua_pop(state_, 1);
  return there;
}

bool LuaReplyWriter::write_verbatim() {
  const int top = lua_gettop(state_);
  lua_pushliteral(state_, "verbatim_string");
  lua_rawget(state_, -2);
  bool there = lua_istable(state_, -1);
  if (there) {
    lua_pushliteral(state_, "format");
    lua_rawget(state_, top + 1);
    lua_pushliteral(state_, "string");
    lua_rawget(state_, top + 1);
    there = lua_type(state_, -2) == LUA_TSTRING && lua_type(state_, -1) == LUA_TSTRING;
    if (there) {
      std::string format(text_at(state_, -2));
      format.resize(3, ' ');
      reply_.verbatim(format, text_at(state_, -1));
    }
  }
  lua_settop(state_, top);
  return there;
}

bool LuaReplyWriter::write_map() {
  lua_pushliteral(state_, "map");
  lua_rawget(state_, -2);
  const bool there = lua_istable(state_, -1);
  if (there) {
    std::size_t pairs = 0;
    for (lua_pushnil(state_); lua_next(state_, -2) != 0; lua_pop(state_, 1)) ++pairs;
    reply_.map(pairs);
    lua_pushnil(state_);
    while (lua_next(state_, -2) != 0) {
      lua_pushvalue(state_, -2);
      write();
      write();
    }
  }
  lua_pop(state_, 1);
  return there;
}

bool LuaReplyWriter::write_set() {
  lua_pushliteral(state_, "set");
  lua_rawget(state_, -2);
  const bool there = lua_istable(state_, -1);
  if (there) {
    std::size_t elements = 0;
    for (lua_pushnil(state_); lua_next(state_, -2) != 0; lua_pop(state_, 1)) ++elements;
    reply_.set(elements);
    lua_pushnil(state_);
    while (lua_next(state_, -2) != 0) {
      lua_pop(state_, 1);
      lua_pushvalue(state_, -1);
      write();
    }
  }
  lua_pop(state_, 1);
  return there;
}

void LuaReplyWriter::write_array() {
  int elements = 0;
  for (bool there = true; there; lua_pop(state_, 1)) {
    lua_rawgeti(state_, -1, elements + 1);
    there = !lua_isnil(state_, -1);
    if (there) ++elements;
  }
  reply_.array(static_cast<std::size_t>(elements));
  for (int i = 1; i <= elements; ++i) {
    lua_rawgeti(state_, -1, i);
    write();
  }
}

}  // namespace weir::redis
