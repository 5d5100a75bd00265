// Replies as Lua values, and Lua values as replies. Source: Redis' documentation, "Scripting with
// Lua", "Data type conversion".
//
//   RESP              Lua
//   integer           number
//   bulk string       string
//   array             table
//   null              false; nil after redis.setresp(3)
//   boolean           boolean
//   simple string     {ok = text}
//   error             {err = text}
//   double            {double = number}
//   map, set          {map = {}}, {set = {}}
//   big number        {big_number = digits}
//   verbatim string   {verbatim_string = {string = text, format = "txt"}}
//
// The way back is the same, but that a number becomes an integer, cut off; a table an array up to
// its first nil; and without redis.setresp(3) true becomes 1 and false null.
//
// Thread rule: that of the state.
#pragma once

#include <string>
#include <string_view>

#include "codec/resp_reply.h"
#include "core/output_buffer.h"

struct lua_State;

namespace weir::redis {

// Pushes one whole reply, as this server's commands write it. May raise a Lua error for want of
// memory.
void push_reply(lua_State* state, std::string_view reply);

// Pushes {err = message}.
void push_error(lua_State* state, std::string_view message);

// What a script ended with.
struct ScriptError {
  std::string message;   // begins with its code
  bool counted = false;  // a command's of the script, which has been counted then
};

// An error object on top of the stack, which stays.
ScriptError error_on_top(lua_State* state);

// Writes the value on top of the stack, and pops it. `protocol` is the one that the script has
// chosen. An error among it is given to `on_error` instead.
class LuaReplyWriter {
 public:
  using Reply = codec::ReplyWriter<OutputBuffer>;

  LuaReplyWriter(lua_State* state, Reply& reply, int protocol)
      : state_(state), reply_(reply), protocol_(protocol) {}
  virtual ~LuaReplyWriter() = default;

  void write();

 protected:
  // Replies it.
  virtual void on_error(const ScriptError& error) = 0;

 private:
  void write_table();
  bool write_text_field(const char* field, void (LuaReplyWriter::*put)(std::string_view));
  bool write_double();
  bool write_verbatim();
  bool write_map();
  bool write_set();
  void write_array();
  void write_status(std::string_view text) { reply_.simple_string(text); }
  void write_big_number(std::string_view digits);

  lua_State* const state_;
  Reply& reply_;
  const int protocol_;
};

}  // namespace weir::redis
