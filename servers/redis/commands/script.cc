// EVAL and its kin, and SCRIPT. How a script runs: script_run.cc; what it sees: script/.
#include <string>

#include "servers/redis/call.h"
#include "servers/redis/commands/groups.h"
#include "servers/redis/commands/help.h"
#include "servers/redis/script/sha1_hex.h"
#include "servers/redis/script_run.h"

namespace weir::redis::commands {
namespace {

constexpr std::size_t kScriptAt = 1;
constexpr std::size_t kCountAt = 2;
constexpr std::size_t kFirstKeyAt = 3;
constexpr std::size_t kDigestSize = 40;

LuaMachine& machine_of(Call& call) {
  Scripting& scripting = call.server.scripting();
  LuaMachine& machine = scripting.seat(call.reactor.index()).machine;
  machine.enter_generation(scripting.cache().generation());
  return machine;
}

// nullptr, with the error replied, where it does not compile.
const LuaMachine::Script* compile(Call& call, LuaMachine& machine, const std::string& digest,
                                  std::string_view text) {
  const auto compiled = machine.compile(digest, text);
  if (!compiled.is_ok()) {
    call.error("ERR " + compiled.status().message());
    return nullptr;
  }
  return compiled.value();
}

// The same of what a client has sent, for all to call by its digest.
const LuaMachine::Script* compile_and_keep(Call& call, LuaMachine& machine,
                                           const std::string& digest, std::string_view text) {
  const LuaMachine::Script* const script = compile(call, machine, digest, text);
  if (script != nullptr) call.server.scripting().cache().add(digest, text, script->flags);
  return script;
}

void no_script(Call& call) { call.error("NOSCRIPT No matching script. Please use EVAL."); }

// The script of EVALSHA: what another reactor was sent, this one compiles when it first meets it.
const LuaMachine::Script* find_by_digest(Call& call, LuaMachine& machine,
                                         const std::string& digest) {
  if (const LuaMachine::Script* const script = machine.find(digest)) return script;
  const auto text = call.server.scripting().cache().find(digest);
  if (text) return compile(call, machine, digest, *text);
  no_script(call);
  return nullptr;
}

bool read_key_count(Call& call, std::size_t& count) {
  std::int64_t keys = 0;
  if (!call.integer(kCountAt, keys)) return false;
  if (keys > static_cast<std::int64_t>(call.size() - kFirstKeyAt)) {
    return call.error("ERR Number of keys can't be greater than number of args"), false;
  }
  if (keys < 0) return call.error("ERR Number of keys can't be negative"), false;
  count = static_cast<std::size_t>(keys);
  return true;
}

void run(Call& call, const LuaMachine::Script& script, const std::string& digest,
         std::size_t keys) {
  const auto words = call.arguments().subspan(kFirstKeyAt);
  ScriptRun(call, script, (call.command().flags & kReadonly) != 0)
      .run(digest, words.first(keys), words.subspan(keys));
}

// Before its own commands are shown.
void show_to_monitors(Call& call) {
  if (!call.server.monitors().empty()) call.server.monitors().show(call.client, call.arguments());
}

void eval(Call& call) {
  show_to_monitors(call);
  std::size_t keys = 0;
  if (!read_key_count(call, keys)) return;
  LuaMachine& machine = machine_of(call);
  const std::string digest = sha1_hex(call.argument(kScriptAt));
  const LuaMachine::Script* script = machine.find(digest);
  if (script == nullptr) script = compile_and_keep(call, machine, digest, call.argument(kScriptAt));
  if (script != nullptr) run(call, *script, digest, keys);
}

void evalsha(Call& call) {
  show_to_monitors(call);
  std::size_t keys = 0;
  if (call.argument(kScriptAt).size() != kDigestSize) return no_script(call);
  if (!read_key_count(call, keys)) return;
  LuaMachine& machine = machine_of(call);
  const std::string digest = lower_digest(call.argument(kScriptAt));
  const LuaMachine::Script* const script = find_by_digest(call, machine, digest);
  if (script != nullptr) run(call, *script, digest, keys);
}

void script_load(Call& call) {
  LuaMachine& machine = machine_of(call);
  const std::string digest = sha1_hex(call.argument(2));
  if (machine.find(digest) == nullptr &&
      compile_and_keep(call, machine, digest, call.argument(2)) == nullptr) {
    return;
  }
  call.reply.bulk(digest);
}

void script_exists(Call& call) {
  call.reply.array(call.size() - 2);
  for (std::size_t i = 2; i < call.size(); ++i) {
    call.reply.integer(call.server.scripting().cache().contains(lower_digest(call.argument(i))));
  }
}

void script_flush(Call& call) {
  const bool valid =
      call.size() == 2 ||
      (call.size() == 3 && (call.is_option(2, "sync") || call.is_option(2, "async")));
  if (!valid) return call.error("ERR SCRIPT FLUSH only support SYNC|ASYNC option");
  call.server.scripting().cache().clear();
  machine_of(call);  // at once where it is the only one
  call.reply.ok();
}

void script_kill(Call& call) {
  switch (call.server.scripting().running().stop()) {
    case RunningScript::State::kNone:
      return call.error("NOTBUSY No scripts in execution right now.");
    case RunningScript::State::kHasWritten:
      return call.error(
          "UNKILLABLE Sorry the script already executed write commands against the dataset. You "
          "can either wait the script termination or kill the server in a hard way using the "
          "SHUTDOWN NOSAVE command.");
    case RunningScript::State::kReads:
    case RunningScript::State::kStopped:
      return call.reply.ok();
  }
}

void script_debug(Call& call) {
  if (call.is_option(2, "no")) return call.reply.ok();
  call.error("ERR This server has no debugger for scripts");
}

constexpr KeyRange kCounted{.first = kFirstKeyAt, .count_at = kCountAt};
constexpr KeyRange kNoKeys{};

constexpr std::uint32_t kRuns =
    kNoScript | kStale | kSkipMonitor | kNoMandatoryKeys | kRunsScript | kExclusive;

constexpr Command kSubcommands[] = {
    {"debug", 3, kNoScript, kNoKeys, script_debug, "3.2.0", "Turns the debugger of scripts off."},
    {"exists", -3, kNoScript, kNoKeys, script_exists, "2.6.0",
     "Tells which scripts the server has."},
    {"flush", -2, kNoScript, kNoKeys, script_flush, "2.6.0", "Forgets all scripts."},
    help_row("5.0.0"),
    {"kill", 2, kNoScript | kAllowBusy, kNoKeys, script_kill, "2.6.0",
     "Stops the script that runs, if it has not written."},
    {"load", 3, kNoScript | kStale, kNoKeys, script_load, "2.6.0",
     "Keeps a script for EVALSHA and returns its digest."},
};

constexpr Command kRows[] = {
    {"eval", -3, kRuns | kMayReplicate, kCounted, eval, "2.6.0", "Runs a Lua script."},
    {"eval_ro", -3, kRuns | kReadonly, kCounted, eval, "7.0.0",
     "Runs a Lua script that does not write."},
    {"evalsha", -3, kRuns | kMayReplicate, kCounted, evalsha, "2.6.0",
     "Runs a Lua script by its digest."},
    {"evalsha_ro", -3, kRuns | kReadonly, kCounted, evalsha, "7.0.0",
     "Runs a Lua script that does not write by its digest."},
    {"script", -2, 0, kNoKeys, nullptr, "2.6.0", "The scripts of the server.", kSubcommands},
};

}  // namespace

const CommandGroup kScript{"scripting", kRows};

}  // namespace weir::redis::commands
