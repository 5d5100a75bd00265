// MODULE: there are no modules, and none can be loaded.
#include "servers/redis/call.h"
#include "servers/redis/commands/groups.h"
#include "servers/redis/commands/help.h"

namespace weir::redis::commands {
namespace {

void module_list(Call& call) { call.reply.array(0); }

void not_supported(Call& call) { call.error("ERR This server does not support modules"); }

constexpr KeyRange kNoKeys{};

constexpr std::uint32_t kLoads = kAdmin | kNoScript | kNoAsyncLoading;

constexpr Command kSubcommands[] = {
    help_row("5.0.0"),
    {"list", 2, kAdmin | kNoScript, kNoKeys, module_list, "4.0.0", "Lists the loaded modules."},
    {"load", -3, kLoads, kNoKeys, not_supported, "4.0.0", "Loads a module."},
    {"loadex", -3, kLoads, kNoKeys, not_supported, "7.0.0", "Loads a module with parameters."},
    {"unload", 3, kLoads, kNoKeys, not_supported, "4.0.0", "Unloads a module."},
};

constexpr Command kRows[] = {
    {"module", -2, 0, kNoKeys, nullptr, "4.0.0", "Modules of the server.", kSubcommands},
};

}  // namespace

const CommandGroup kModule{"server", kRows};

}  // namespace weir::redis::commands
