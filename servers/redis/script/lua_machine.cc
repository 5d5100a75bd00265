#include "servers/redis/script/lua_machine.h"

#include <cstdlib>
#include <lua.hpp>

#include "base/check.h"
#include "servers/redis/script/lua_api.h"
#include "servers/redis/script/lua_guards.h"
#include "servers/redis/script/lua_sandbox.h"

namespace weir::redis {
namespace {

// So many instructions run before somebody may stop them.
constexpr int kInstructions = 100'000;
// A step of garbage collection after so many runs: each time would cost too much, all at once too
// long.
constexpr int kRunsPerStep = 50;
constexpr int kGarbageStep = 50;

// Where the registry has what every run needs.
char kMachine = 0;
char kErrorHandler = 0;
char kRunner = 0;

// Not through operator new: as in Redis used_memory leaves it out, and no key has to go for it.
void* allocate(void*, void* block, std::size_t, std::size_t size) {
  if (size != 0) return std::realloc(block, size);
  std::free(block);
  return nullptr;
}

// Makes any error a table that says where it was raised: of a C function, where that was called.
int handle_error(lua_State* state) {
  if (!lua_istable(state, 1)) {
    lua_pushliteral(state, "ERR ");
    if (lua_isstring(state, 1) != 0) {
      lua_pushvalue(state, 1);
    } else if (lua_isboolean(state, 1)) {
      lua_pushstring(state, lua_toboolean(state, 1) != 0 ? "true" : "false");
    } else {
      lua_pushstring(state, luaL_typename(state, 1));
    }
    lua_concat(state, 2);
    lua_newtable(state);
    lua_insert(state, -2);
    lua_setfield(state, -2, "err");
    lua_replace(state, 1);
    lua_settop(state, 1);
  }
  lua_Debug where;
  for (int level = 1; level <= 2 && lua_getstack(state, level, &where) != 0; ++level) {
    lua_getinfo(state, "Sl", &where);
    if (*where.what == 'C' && level == 1) continue;
    lua_pushstring(state, where.source);
    lua_setfield(state, 1, "source");
    lua_pushinteger(state, where.currentline);
    lua_setfield(state, 1, "line");
    break;
  }
  return 1;
}

void set_texts(lua_State* state, const char* global, std::span<const std::string_view> texts) {
  lua_createtable(state, static_cast<int>(texts.size()), 0);
  int index = 0;
  for (const std::string_view text : texts) {
    lua_pushlstring(state, text.data(), text.size());
    lua_rawseti(state, -2, ++index);
  }
  set_script_global(state, global);
}

// What the runner is given.
struct Start {
  int function;
  std::span<const std::string_view> keys;
  std::span<const std::string_view> arguments;
};

// Runs a script with its arguments: all that may fail for want of memory is in here.
int run_script(lua_State* state) {
  const auto& start = *static_cast<const Start*>(lua_touserdata(state, 1));
  lua_settop(state, 0);
  set_texts(state, "KEYS", start.keys);
  set_texts(state, "ARGV", start.arguments);
  lua_rawgeti(state, LUA_REGISTRYINDEX, start.function);
  lua_call(state, 0, 1);
  return 1;
}

void push_registered(lua_State* state, char& key) {
  lua_pushlightuserdata(state, &key);
  lua_rawget(state, LUA_REGISTRYINDEX);
}

void register_function(lua_State* state, char& key, lua_CFunction function) {
  lua_pushlightuserdata(state, &key);
  lua_pushcfunction(state, function);
  lua_rawset(state, LUA_REGISTRYINDEX);
}

std::string text_field(lua_State* state, const char* field) {
  lua_pushstring(state, field);
  lua_rawget(state, -2);
  std::size_t size = 0;
  const char* const text = lua_tolstring(state, -1, &size);
  std::string copy(text != nullptr ? text : "", text != nullptr ? size : 0);
  lua_pop(state, 1);
  return copy;
}

}  // namespace

LuaMachine::~LuaMachine() { stop(); }

int LuaMachine::prepare(lua_State* state) {
  auto* const machine = static_cast<LuaMachine*>(lua_touserdata(state, 1));
  lua_settop(state, 0);
  open_script_libraries(state);
  open_redis_api(state, &machine->host_);
  protect_globals(state);
  lua_pushlightuserdata(state, &kMachine);
  lua_pushlightuserdata(state, machine);
  lua_rawset(state, LUA_REGISTRYINDEX);
  register_function(state, kErrorHandler, handle_error);
  register_function(state, kRunner, run_script);
  return 0;
}

void LuaMachine::start() {
  state_ = lua_newstate(allocate, nullptr);
  WEIR_CHECK(state_ != nullptr);
  const int failed = lua_cpcall(state_, prepare, this);
  WEIR_CHECK(failed == 0);
  lua_sethook(state_, look_at_clock, LUA_MASKCOUNT, kInstructions);
}

void LuaMachine::stop() {
  if (state_ == nullptr) return;
  lua_close(state_);
  state_ = nullptr;
  scripts_.clear();
  bytes_.store(0, std::memory_order_relaxed);
}

void LuaMachine::enter_generation(std::uint64_t generation) {
  if (generation_ == generation) return;
  generation_ = generation;
  stop();
}

const LuaMachine::Script* LuaMachine::find(const std::string& digest) const {
  const auto found = scripts_.find(digest);
  return found != scripts_.end() ? &found->second : nullptr;
}

Result<const LuaMachine::Script*> LuaMachine::compile(const std::string& digest,
                                                      std::string_view text) {
  if (state_ == nullptr) start();
  const Result<ScriptHead> head = parse_script_head(text);
  if (!head.is_ok()) return head.status();
  text.remove_prefix(head.value().size);
  if (load_untrusted(state_, text, "@user_script") != 0) {
    Status status = Status::error(std::string("Error compiling script (new function): ") +
                                  lua_tostring(state_, -1));
    lua_pop(state_, 1);
    return status;
  }
  const int function = luaL_ref(state_, LUA_REGISTRYINDEX);
  return &scripts_.emplace(digest, Script{function, head.value().flags}).first->second;
}

bool LuaMachine::execute(const Script& script, const std::string& digest,
                         std::span<const std::string_view> keys,
                         std::span<const std::string_view> arguments, ScriptHost& host,
                         ScriptError& error) {
  WEIR_CHECK(host_ == nullptr);
  host_ = &host;
  const Start start{script.function, keys, arguments};
  lua_settop(state_, 0);
  push_registered(state_, kErrorHandler);
  push_registered(state_, kRunner);
  lua_pushlightuserdata(state_, const_cast<Start*>(&start));
  const bool ok = lua_pcall(state_, 1, 1, 1) == 0;
  host_ = nullptr;
  lua_remove(state_, 1);
  // Where somebody has stopped it, the hook has been called for every line since.
  if (lua_gethookmask(state_) != LUA_MASKCOUNT) {
    lua_sethook(state_, look_at_clock, LUA_MASKCOUNT, kInstructions);
  }
  if (!ok) take_error(digest, error);
  collect_garbage();
  return ok;
}

// Pops it.
void LuaMachine::take_error(const std::string& digest, ScriptError& error) {
  if (!lua_istable(state_, -1)) {
    // There was no memory for the error's own table.
    const char* const text = lua_tostring(state_, -1);
    error = {"ERR Error running script " + digest + ", " + (text != nullptr ? text : "failed")};
  } else {
    error = error_on_top(state_);
    const std::string source = text_field(state_, "source");
    const std::string line = text_field(state_, "line");
    if (!source.empty() && !line.empty()) {
      error.message += " script: " + digest + ", on " + source + ":" + line + ".";
    }
  }
  lua_pop(state_, 1);
}

void LuaMachine::collect_garbage() {
  if (++runs_ >= kRunsPerStep) {
    runs_ = 0;
    lua_gc(state_, LUA_GCSTEP, kGarbageStep);
  }
  const auto kilobytes = static_cast<std::size_t>(lua_gc(state_, LUA_GCCOUNT, 0));
  bytes_.store(kilobytes * 1024, std::memory_order_relaxed);
}

// The hook. Once stopped it is called for each line: a script that catches the error gets the next.
void LuaMachine::look_at_clock(lua_State* state, lua_Debug*) {
  push_registered(state, kMachine);
  auto* const machine = static_cast<LuaMachine*>(lua_touserdata(state, -1));
  lua_pop(state, 1);
  if (machine->host_ == nullptr || !machine->host_->is_killed()) return;
  lua_sethook(state, look_at_clock, LUA_MASKLINE, 0);
  lua_sethook(machine->state_, look_at_clock, LUA_MASKLINE, 0);  // who resumes this coroutine
  push_error(state, "ERR Script killed by user with SCRIPT KILL...");
  lua_error(state);
}

}  // namespace weir::redis
