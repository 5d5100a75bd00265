#include "servers/redis/script_run.h"

#include <signal.h>
#include <sys/uio.h>

#include <charconv>
#include <lua.hpp>
#include <new>

#include "core/chunk_pool.h"
#include "core/engine.h"
#include "servers/redis/executor.h"
#include "servers/redis/measurement.h"
#include "servers/redis/script/lua_reply.h"

namespace weir::redis {
namespace {

constexpr char kOutOfMemory[] = "OOM command not allowed when used memory > 'maxmemory'.";

ChunkPool& reply_chunks() {
  thread_local ChunkPool pool;  // keeps its chunk for the next
  return pool;
}

// As Redis prints a number for a command: all its digits, none more.
std::string_view print(lua_Number number, std::array<char, 32>& text) {
  constexpr int kPrecision = 17;
  const auto end = std::to_chars(text.data(), text.data() + text.size(), number,
                                 std::chars_format::general, kPrecision)
                       .ptr;
  return {text.data(), static_cast<std::size_t>(end - text.data())};
}

class EvalReplyWriter final : public LuaReplyWriter {
 public:
  EvalReplyWriter(Call& eval, lua_State* state, int protocol)
      : LuaReplyWriter(state, eval.reply, protocol), eval_(eval) {}

 private:
  void on_error(const ScriptError& error) override { reply_error(eval_, error); }

 public:
  static void reply_error(Call& eval, const ScriptError& error) {
    if (!error.counted) return eval.error(error.message);
    eval.reply.error(error.message);
    eval.server.meter(eval.reactor).counters(eval.command()).failed.add();
  }

 private:
  Call& eval_;
};

}  // namespace

ScriptRun::ScriptRun(Call& eval, const LuaMachine::Script& script, bool read_only)
    : eval_(eval),
      script_(script),
      seat_(eval.server.scripting().seat(eval.reactor.index())),
      running_(eval.server.scripting().running()),
      read_only_(read_only || script.flags.no_writes),
      output_(reply_chunks()) {
  Client& client = seat_.client;
  client.database.store(static_cast<std::uint32_t>(eval.database()), std::memory_order_relaxed);
  client.protocol.store(2, std::memory_order_relaxed);
  client.no_touch.store(eval.client.no_touch.load(std::memory_order_relaxed),
                        std::memory_order_relaxed);
}

// The script runs while it lives.
class ScriptRun::Turn {
 public:
  explicit Turn(ScriptRun& run) : run_(run) {
    run_.seat_.client.caller = &run_.eval_.client;
    run_.running_.begin();
  }
  ~Turn() {
    run_.running_.end();
    run_.seat_.client.caller = nullptr;
  }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

 private:
  ScriptRun& run_;
};

void ScriptRun::run(const std::string& digest, std::span<const std::string_view> keys,
                    std::span<const std::string_view> arguments) {
  if (!may_start()) return;
  ScriptError error;
  const Turn turn(*this);
  const auto reply = [this](lua_State* state) {
    EvalReplyWriter(eval_, state, seat_.client.protocol.load(std::memory_order_relaxed)).write();
  };
  const bool ok = seat_.machine.run(script_, digest, keys, arguments, *this, reply, error);
  if (!ok) EvalReplyWriter::reply_error(eval_, error);
}

// A script that declares what it does is refused before it does anything.
bool ScriptRun::may_start() {
  const ScriptFlags& flags = script_.flags;
  if (!flags.declared) return true;
  if (read_only_ && !flags.no_writes) {
    eval_.error("ERR Can not execute a script with write flag using *_ro command.");
    return false;
  }
  if (eval_.client.lacks_memory && !flags.may_exceed_memory()) {
    eval_.error(
        "OOM allow-oom flag is not set on the script, can not run it when used memory > "
        "'maxmemory'");
    return false;
  }
  return true;
}

void ScriptRun::take_words(lua_State* state) {
  const auto count = static_cast<std::size_t>(lua_gettop(state));
  words_.resize(count);
  hashes_.resize(count);
  if (numbers_.size() < count) numbers_.resize(count);
  for (std::size_t i = 0; i < count; ++i) {
    const int index = static_cast<int>(i) + 1;
    if (lua_type(state, index) == LUA_TNUMBER) {
      words_[i] = print(lua_tonumber(state, index), numbers_[i]);
    } else {
      std::size_t size = 0;
      const char* const text = lua_tolstring(state, index, &size);
      words_[i] = {text, size};
    }
  }
}

// Whatever DEBUG allows, the interpreter is not entered or changed while it runs.
bool ScriptRun::may_call(const Request& request) const {
  const bool reenters = (request.command->flags & kRunsScript) != 0 ||
                        (request.container != nullptr && request.container->name == "script");
  return !reenters &&
         ((request.command->flags & kNoScript) == 0 || eval_.server.scripts_may_run_all());
}

const char* ScriptRun::refusal(const Request& request) {
  if (request.command == nullptr) return "ERR Unknown Redis command called from script";
  const Command& command = *request.command;
  if (!command.arity_matches(words_.size())) {
    return "ERR Wrong number of args calling Redis command from script";
  }
  if (!may_call(request)) {
    return "ERR This Redis command is not allowed from script";
  }
  if (read_only_ && (command.flags & (kWrite | kMayReplicate)) != 0) {
    return "ERR Write commands are not allowed from read-only scripts.";
  }
  // What has begun to write goes on.
  if ((command.flags & kDenyOom) != 0 && eval_.client.lacks_memory &&
      !script_.flags.may_exceed_memory() && !running_.has_written()) {
    return kOutOfMemory;
  }
  if ((command.flags & kWrite) != 0 && !running_.begin_write()) {
    return "ERR Script killed by user with SCRIPT KILL...";
  }
  return nullptr;
}

// As the command's failure, not the script's.
void ScriptRun::count_refusal(const Request& request, const char* reason) {
  Server& server = eval_.server;
  server.count_error(eval_.reactor, reason);
  if (request.command != nullptr) count_rejected(server, eval_.reactor, *request.command);
  server.meter(eval_.reactor).has_errors(server.stats(eval_.reactor).error_replies.value());
}

// An exception must not pass through Lua's frames, which know nothing of it.
bool ScriptRun::command(lua_State* state) {
  try {
    return call_command(state);
  } catch (const std::bad_alloc&) {
    lua_settop(state, 0);
    push_error(state, "ERR out of memory in a command of a script");
    return false;
  }
}

bool ScriptRun::call_command(lua_State* state) {
  take_words(state);
  Request request;
  resolve(eval_.server.commands(), words_, hashes_, request);
  if (const char* const reason = refusal(request)) {
    count_refusal(request, reason);
    lua_settop(state, 0);
    push_error(state, reason);
    lua_pushboolean(state, 1);
    lua_setfield(state, -2, "ignore_error_stats_update");
    return false;
  }
  execute(request);
  lua_settop(state, 0);
  const std::string_view reply = reply_bytes();
  if (reply.empty()) {
    push_error(state, "ERR the command does not reply to a script");
    return false;
  }
  push_reply(state, reply);
  return reply.front() != '-';
}

void ScriptRun::execute(const Request& request) {
  output_.clear();
  Call call(eval_.server, eval_.reactor, &eval_.connection(), seat_.client, *request.command,
            request.arguments, request.hashes, eval_.locks, eval_.now_ms, output_);
  call.refuse_waiting();
  eval_.server.meter(eval_.reactor).start();  // the time before it is the script's
  run_inside(call);
  if ((request.command->flags & kReadonly) != 0) remember_keys();
}

// Once something has read: as in Redis the keys that the script was given, whichever were read.
void ScriptRun::remember_keys() {
  if (has_read_ || !eval_.client.tracking.remembers()) return;
  has_read_ = true;
  for_each_key(eval_.command().keys, eval_.arguments(), [this](std::size_t i) {
    eval_.server.tracking().remember(eval_.client, eval_.shard(i), eval_.argument(i));
  });
}

std::string_view ScriptRun::reply_bytes() {
  iovec piece{};
  output_.pieces(&piece, 1);
  if (piece.iov_len == output_.size()) return {static_cast<char*>(piece.iov_base), piece.iov_len};
  joined_.clear();
  joined_.reserve(output_.size());
  while (!output_.empty()) {
    output_.pieces(&piece, 1);
    joined_.append(static_cast<char*>(piece.iov_base), piece.iov_len);
    output_.consume(piece.iov_len);
  }
  return joined_;
}

// There is one user, who may do everything.
bool ScriptRun::may_run(lua_State* state) {
  take_words(state);
  Request request;
  resolve(eval_.server.commands(), words_, hashes_, request);
  const bool known = request.command != nullptr;
  lua_settop(state, 0);
  if (known) {
    lua_pushboolean(state, 1);
  } else {
    push_error(state, "ERR Invalid command passed to redis.acl_check_cmd()");
  }
  return known;
}

// While a script runs nobody reads the signals where its reactor would.
bool ScriptRun::is_killed() {
  sigset_t pending;
  const bool signalled = ::sigpending(&pending) == 0 && (::sigismember(&pending, SIGTERM) == 1 ||
                                                         ::sigismember(&pending, SIGINT) == 1);
  if (signalled || eval_.server.engine().stopping()) running_.stop();
  return running_.is_stopped();
}

void ScriptRun::set_protocol(int protocol) {
  seat_.client.protocol.store(protocol, std::memory_order_relaxed);
}

}  // namespace weir::redis
