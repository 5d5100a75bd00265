// One execution of a script: what EVAL does once the script is compiled. Executes the commands that
// the script calls, with the checks of Redis in its order, in the name of the reactor's script
// client; replies what the script returns.
//
// Thread rule: the executing reactor's. REQUIRES: every shard is locked, since a script may name
// any key.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/output_buffer.h"
#include "servers/redis/call.h"
#include "servers/redis/request.h"
#include "servers/redis/script/lua_machine.h"
#include "servers/redis/script/script_host.h"
#include "servers/redis/scripting.h"

namespace weir::redis {

class ScriptRun final : private ScriptHost {
 public:
  // `eval` is the call that runs the script.
  ScriptRun(Call& eval, const LuaMachine::Script& script, bool read_only);

  // Replies.
  void run(const std::string& digest, std::span<const std::string_view> keys,
           std::span<const std::string_view> arguments);

 private:
  class Turn;

  bool command(lua_State* state) override;
  bool may_run(lua_State* state) override;
  void set_protocol(int protocol) override;
  bool is_killed() override;

  bool call_command(lua_State* state);
  bool may_start();
  void take_words(lua_State* state);
  bool may_call(const Request& request) const;
  // Why the request is not executed; nullptr: it is.
  const char* refusal(const Request& request);
  void count_refusal(const Request& request, const char* reason);
  void execute(const Request& request);
  void remember_keys();
  std::string_view reply_bytes();

  Call& eval_;
  const LuaMachine::Script& script_;
  ScriptSeat& seat_;
  RunningScript& running_;
  const bool read_only_;
  bool has_read_ = false;  // and its keys are tracked
  // What the latest command was and replied. Here and not where they are used, since Lua's errors
  // skip destructors there.
  std::vector<std::string_view> words_;
  std::vector<std::uint64_t> hashes_;
  std::vector<std::array<char, 32>> numbers_;
  OutputBuffer output_;
  std::string joined_;
};

}  // namespace weir::redis
