// What the subcommands of every container reply alike.
// Thread rule: the call's thread.
#pragma once

#include <span>
#include <string_view>

#include "servers/redis/call.h"

namespace weir::redis::commands {

// CONTAINER HELP: these lines between a head and an entry for HELP itself.
void reply_help(Call& call, std::span<const std::string_view> lines);

// Refuses arguments that the subcommand's arity alone could not.
void wrong_subcommand(Call& call);

}  // namespace weir::redis::commands
