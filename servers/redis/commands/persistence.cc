// Persistence, of which there is none: what would write to the disk refuses.
#include "servers/redis/call.h"
#include "servers/redis/commands/groups.h"

namespace weir::redis::commands {
namespace {

void not_supported(Call& call) {
  call.error("ERR This server keeps its data in memory only: nothing can be saved");
}

void bgsave(Call& call) {
  if (call.size() > 2 || (call.size() == 2 && !call.is_option(1, "schedule"))) {
    return call.syntax_error();
  }
  not_supported(call);
}

// When it started, as in Redis before the first save.
void lastsave(Call& call) { call.reply.integer(call.server.start_ms() / 1000); }

constexpr KeyRange kNoKeys{};

constexpr std::uint32_t kSaves = kAdmin | kNoScript | kNoAsyncLoading;

constexpr Command kRows[] = {
    {"bgrewriteaof", 1, kSaves, kNoKeys, not_supported, "1.0.0", "Rewrites the log of commands."},
    {"bgsave", -1, kSaves, kNoKeys, bgsave, "1.0.0", "Saves the data while others go on."},
    {"lastsave", 1, kLoading | kStale | kFast, kNoKeys, lastsave, "1.0.0",
     "Returns when data was last saved."},
    {"save", 1, kSaves | kNoMulti, kNoKeys, not_supported, "1.0.0", "Saves the data."},
};

}  // namespace

const CommandGroup kPersistence{"server", kRows};

}  // namespace weir::redis::commands
