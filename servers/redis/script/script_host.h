// Who runs a script: what its redis.* functions ask of the server. One per run; its calls come from
// the thread that runs, in the middle of Lua: none may throw.
#pragma once

#include <cstddef>
#include <string_view>

struct lua_State;

namespace weir::redis {

class ScriptHost {
 public:
  virtual ~ScriptHost() = default;

  // redis.call() and redis.pcall(): the stack has the command's words, all strings or numbers.
  // Replaces them by one value: the reply, or an error as push_error() makes it. True: it is the
  // reply of success.
  virtual bool command(lua_State* state) = 0;
  // redis.acl_check_cmd(), likewise: a boolean, or an error.
  virtual bool may_run(lua_State* state) = 0;
  // redis.setresp(): 2 or 3.
  virtual void set_protocol(int protocol) = 0;
  // Asked every so many instructions: whether somebody wants the script to end.
  virtual bool is_killed() = 0;
};

}  // namespace weir::redis
