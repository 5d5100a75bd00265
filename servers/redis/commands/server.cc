// The server as a whole: time, shutdown, and what test suites ask of a server.
#include <poll.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include "core/clock.h"
#include "core/engine.h"
#include "core/log.h"
#include "servers/redis/call.h"
#include "servers/redis/commands/groups.h"
#include "servers/redis/types/float_text.h"

namespace weir::redis::commands {
namespace {

void time(Call& call) {
  const std::int64_t now_us = wall_us();
  call.reply.array(2);
  call.reply.bulk(now_us / 1'000'000);
  call.reply.bulk(now_us % 1'000'000);
}

// Nothing is persistent yet, so SAVE and NOSAVE come to the same.
void shutdown(Call& call) {
  for (std::size_t i = 1; i < call.size(); ++i) {
    if (!call.is_option(i, "save") && !call.is_option(i, "nosave") && !call.is_option(i, "now") &&
        !call.is_option(i, "force")) {
      return call.syntax_error();
    }
  }
  // No reply: the client sees the connection close.
  WEIR_LOG(kNotice, "SHUTDOWN from %s, draining connections", call.client.peer.c_str());
  call.connection.close();
  call.server.engine().stop();
}

// False, with the error replied, when the configuration keeps this client from DEBUG.
bool may_debug(Call& call) {
  const Config::DebugAccess access = call.server.config().debug_access.load();
  if (access == Config::DebugAccess::kYes) return true;
  if (access == Config::DebugAccess::kLocal &&
      (call.client.unix_socket || call.connection.peer().is_loopback())) {
    return true;
  }
  call.error(
      "ERR DEBUG command not allowed. If the enable-debug-command option is set to \"local\", you "
      "can run it from a local connection, otherwise you need to set this option in the "
      "configuration file, and then restart the server.");
  return false;
}

// Blocks this reactor, which is its purpose.
void debug_sleep(Call& call) {
  if (!may_debug(call)) return;
  const auto seconds = parse_float(call.argument(2));
  if (!seconds || *seconds < 0) return call.error("ERR value is not a valid float");
  constexpr long double kMaxMs = std::numeric_limits<int>::max();
  ::poll(nullptr, 0, static_cast<int>(std::min(std::ceil(*seconds * 1000), kMaxMs)));
  call.reply.simple_string("OK");
}

// There are no functions yet: none are left after it.
void function_flush(Call& call) {
  if (call.size() > 3 ||
      (call.size() == 3 && !call.is_option(2, "async") && !call.is_option(2, "sync"))) {
    return call.error("ERR FUNCTION FLUSH only supports SYNC|ASYNC option");
  }
  call.reply.simple_string("OK");
}

constexpr KeyRange kNoKeys{};

constexpr Command kDebugRows[] = {
    {"sleep", 3, kAdmin | kNoScript | kLoading | kStale, kNoKeys, debug_sleep, "1.0.0",
     "Stops the server's reactor for some seconds."},
};

constexpr Command kFunctionRows[] = {
    {"flush", -2, kWrite | kNoScript, kNoKeys, function_flush, "7.0.0", "Removes all functions."},
};

constexpr Command kRows[] = {
    {"debug", -2, kAdmin | kNoScript | kLoading | kStale, kNoKeys, nullptr, "1.0.0",
     "What tests need.", kDebugRows},
    {"function", -2, 0, kNoKeys, nullptr, "7.0.0", "Functions of the server.", kFunctionRows},
    {"shutdown", -1, kAdmin | kNoScript | kLoading | kStale | kNoMulti, kNoKeys, shutdown, "1.0.0",
     "Stops the server."},
    {"time", 1, kLoading | kStale | kFast, kNoKeys, time, "2.6.0", "Returns the server's time."},
};

}  // namespace

const CommandGroup kServer{"server", kRows};

}  // namespace weir::redis::commands
