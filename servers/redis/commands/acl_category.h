// The categories that Redis groups commands in for its access rules: COMMAND INFO tells them,
// COMMAND LIST filters by them. Mostly they follow from a command's flags and group. Pure
// functions; any thread.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "servers/redis/commands/named_command.h"

namespace weir::redis::commands {

// Category i is bit i of the sets below.
std::span<const std::string_view> acl_category_names();
// The set of one, whatever the case of the letters; empty where there is none.
std::uint32_t find_acl_category(std::string_view name);
std::uint32_t acl_categories(const NamedCommand& named);

}  // namespace weir::redis::commands
