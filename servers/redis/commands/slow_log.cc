// SLOWLOG: the commands that took long.
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "servers/redis/call.h"
#include "servers/redis/commands/groups.h"
#include "servers/redis/commands/help.h"
#include "servers/redis/commands/subcommand.h"

namespace weir::redis::commands {
namespace {

void reply_entry(Call& call, const SlowLog::Entry& entry) {
  call.reply.array(6);
  call.reply.integer(static_cast<std::int64_t>(entry.id));
  call.reply.integer(entry.time);
  call.reply.integer(entry.duration_us);
  call.reply.array(entry.arguments.size());
  for (const std::string& argument : entry.arguments) call.reply.bulk(argument);
  call.reply.bulk(entry.address);
  call.reply.bulk(entry.name);
}

void slowlog_get(Call& call) {
  constexpr std::string_view kBadCount = "ERR count should be greater than or equal to -1";
  std::int64_t count = 10;
  if (call.size() > 3) return wrong_subcommand(call);
  if (call.size() == 3 && !call.integer(2, count, kBadCount)) return;
  if (count < -1) return call.error(kBadCount);
  const std::vector<SlowLog::Entry> entries = call.server.slow_log().latest(
      count < 0 ? std::numeric_limits<std::size_t>::max() : static_cast<std::size_t>(count));
  call.reply.array(entries.size());
  for (const SlowLog::Entry& entry : entries) reply_entry(call, entry);
}

void slowlog_len(Call& call) {
  call.reply.integer(static_cast<std::int64_t>(call.server.slow_log().size()));
}

void slowlog_reset(Call& call) {
  call.server.slow_log().clear();
  call.reply.ok();
}

constexpr std::uint32_t kAny = kAdmin | kLoading | kStale;

constexpr KeyRange kNoKeys{};

constexpr Command kSubcommands[] = {
    {"get", -2, kAny, kNoKeys, slowlog_get, "2.2.12", "Returns the latest slow commands."},
    help_row("6.2.0"),
    {"len", 2, kAny, kNoKeys, slowlog_len, "2.2.12", "Counts the slow commands that are kept."},
    {"reset", 2, kAny, kNoKeys, slowlog_reset, "2.2.12", "Forgets the slow commands."},
};

constexpr Command kRows[] = {
    {"slowlog", -2, 0, kNoKeys, nullptr, "2.2.12", "Commands that took long.", kSubcommands},
};

}  // namespace

const CommandGroup kSlowLog{"server", kRows};

}  // namespace weir::redis::commands
