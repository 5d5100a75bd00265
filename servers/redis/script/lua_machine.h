// A Lua interpreter for scripts, and what it has compiled. Each reactor that runs scripts has one:
// they share no state, so none waits for another's.
//
// Thread rule: one thread's at a time. While run() runs it is not entered again.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/status.h"
#include "servers/redis/script/lua_reply.h"
#include "servers/redis/script/script_flags.h"
#include "servers/redis/script/script_host.h"

struct lua_State;
struct lua_Debug;

namespace weir::redis {

class LuaMachine {
 public:
  LuaMachine() = default;
  ~LuaMachine();
  LuaMachine(const LuaMachine&) = delete;
  LuaMachine& operator=(const LuaMachine&) = delete;

  struct Script {
    int function;  // where the registry has it
    ScriptFlags flags;
  };

  // Forgets everything where what was compiled is of another generation.
  void enter_generation(std::uint64_t generation);
  // nullptr: not compiled here.
  const Script* find(const std::string& digest) const;
  // The errors are those that a client gets, without their code.
  Result<const Script*> compile(const std::string& digest, std::string_view text);

  // Runs a compiled script. `keys` and `arguments` are its globals KEYS and ARGV. True: `finish`
  // was called with the value that it returned on top of the stack, and has popped it. False:
  // `error` says why not; its message has a place in the script.
  template <class Finish>
  bool run(const Script& script, const std::string& digest, std::span<const std::string_view> keys,
           std::span<const std::string_view> arguments, ScriptHost& host, Finish&& finish,
           ScriptError& error) {
    if (!execute(script, digest, keys, arguments, host, error)) return false;
    finish(state_);
    return true;
  }

  // What the interpreter holds. Any thread; as of the end of the last run.
  std::size_t bytes() const { return bytes_.load(std::memory_order_relaxed); }

 private:
  bool execute(const Script& script, const std::string& digest,
               std::span<const std::string_view> keys, std::span<const std::string_view> arguments,
               ScriptHost& host, ScriptError& error);
  void start();
  void stop();
  void take_error(const std::string& digest, ScriptError& error);
  void collect_garbage();
  static void look_at_clock(lua_State* state, lua_Debug* where);
  static int prepare(lua_State* state);

  lua_State* state_ = nullptr;  // made with the first script
  ScriptHost* host_ = nullptr;  // while one runs
  std::uint64_t generation_ = 0;
  int runs_ = 0;  // since garbage was collected
  std::unordered_map<std::string, Script> scripts_;
  std::atomic<std::size_t> bytes_{0};
};

}  // namespace weir::redis
