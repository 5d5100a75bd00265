// MONITOR: to see every command that is executed.
#include "servers/redis/call.h"
#include "servers/redis/commands/groups.h"

namespace weir::redis::commands {
namespace {

// Who monitors already gets no reply, as in Redis.
void monitor(Call& call) {
  if (call.refuses_waiting()) {
    return call.error("ERR MONITOR isn't allowed for DENY BLOCKING client");
  }
  if (call.client.monitors.load(std::memory_order_relaxed)) return;
  call.server.monitors().add(call.client);
  call.reply.ok();
}

constexpr Command kRows[] = {
    {"monitor",
     1,
     kAdmin | kNoScript | kLoading | kStale,
     {},
     monitor,
     "1.0.0",
     "Shows every command that is executed."},
};

}  // namespace

const CommandGroup kMonitor{"server", kRows};

}  // namespace weir::redis::commands
