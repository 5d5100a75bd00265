// COMMAND's replies about one command.
// Thread rule: the call's thread.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "servers/redis/call.h"
#include "servers/redis/commands/named_command.h"

namespace weir::redis::commands {

// COMMAND INFO's ten fields, with the subcommands'.
void reply_description(Call& call, const NamedCommand& named);
// COMMAND DOCS' name and map.
void reply_documentation(Call& call, const NamedCommand& named);
// The names whose bits are in the set, each behind `prefix`.
void reply_names(Call& call, std::span<const std::string_view> names, std::uint32_t set,
                 std::string_view prefix = "");

}  // namespace weir::redis::commands
