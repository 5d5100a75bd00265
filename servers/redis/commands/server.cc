// The server as a whole: time, shutdown, and what test suites ask of a server.
#include <cstdint>
#include <string_view>

#include "core/clock.h"
#include "core/engine.h"
#include "core/log.h"
#include "servers/redis/call.h"
#include "servers/redis/commands/groups.h"

namespace weir::redis::commands {
namespace {

void time(Call& call) {
  const std::int64_t now_us = wall_us();
  call.reply.array(2);
  call.reply.bulk(now_us / 1'000'000);
  call.reply.bulk(now_us % 1'000'000);
}

// What SHUTDOWN is told; nothing is persistent yet, so that most of it comes to the same.
struct ShutdownOptions {
  bool abort = false;
  bool save = false;
  bool nosave = false;
  bool now = false;
  bool force = false;

  bool make_sense() const {
    return !(save && nosave) && !(abort && (save || nosave || now || force));
  }
};

bool parse_shutdown(const Call& call, ShutdownOptions& options) {
  for (std::size_t i = 1; i < call.size(); ++i) {
    bool known = false;
    const auto set_if = [&](std::string_view name, bool& option) {
      if (!call.is_option(i, name)) return;
      option = known = true;
    };
    set_if("abort", options.abort);
    set_if("save", options.save);
    set_if("nosave", options.nosave);
    set_if("now", options.now);
    set_if("force", options.force);
    if (!known) return false;
  }
  return options.make_sense();
}

void shutdown(Call& call) {
  ShutdownOptions options;
  if (!parse_shutdown(call, options)) return call.syntax_error();
  // It is over with this call: there is nothing to wait for.
  if (options.abort) return call.error("ERR No shutdown in progress.");
  if (options.save && !options.force) {
    WEIR_LOG(kWarning, "SHUTDOWN SAVE from %s refused: data is in memory only",
             call.client.peer.c_str());
    return call.error("ERR Errors trying to SHUTDOWN. Check logs.");
  }
  // No reply: the client sees the connection close.
  WEIR_LOG(kNotice, "SHUTDOWN from %s, draining connections", call.client.peer.c_str());
  call.connection().close();
  call.server.engine().stop();
}

// There are no functions yet: none are left after it.
void function_flush(Call& call) {
  if (call.size() > 3 ||
      (call.size() == 3 && !call.is_option(2, "async") && !call.is_option(2, "sync"))) {
    return call.error("ERR FUNCTION FLUSH only supports SYNC|ASYNC option");
  }
  call.reply.ok();
}

constexpr KeyRange kNoKeys{};

constexpr Command kFunctionRows[] = {
    {"flush", -2, kWrite | kNoScript, kNoKeys, function_flush, "7.0.0", "Removes all functions."},
};

constexpr Command kRows[] = {
    {"function", -2, 0, kNoKeys, nullptr, "7.0.0", "Functions of the server.", kFunctionRows},
    {"shutdown", -1, kAdmin | kNoScript | kLoading | kStale | kNoMulti | kAllowBusy, kNoKeys,
     shutdown, "1.0.0", "Stops the server."},
    {"time", 1, kLoading | kStale | kFast, kNoKeys, time, "2.6.0", "Returns the server's time."},
};

}  // namespace

const CommandGroup kServer{"server", kRows};

}  // namespace weir::redis::commands
