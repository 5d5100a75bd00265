// What commands do with the keys they name, as COMMAND INFO's key specifications and COMMAND
// GETKEYSANDFLAGS tell it (Redis' documentation, "Key specifications").
// Pure functions; any thread.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "servers/redis/commands/named_command.h"

namespace weir::redis::commands {

// Access i is bit i of the sets below: "RO", "RW", ..., "variable_flags".
std::span<const std::string_view> key_access_names();

struct KeyAccess {
  std::uint32_t first = 0;
  std::uint32_t others = 0;  // 0: as the first

  std::uint32_t of(std::size_t i) const { return i == 0 || others == 0 ? first : others; }
};

// `name` is the full one.
KeyAccess key_access(const Command& command, std::string_view name);
// The same of one request, whose words may decide.
KeyAccess key_access(const Command& command, std::string_view name,
                     std::span<const std::string_view> arguments);

}  // namespace weir::redis::commands
