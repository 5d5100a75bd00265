// One request, understood as far as that needs no data: the command it names and the hashes of its
// keys. Views of bytes that others own. Thread rule: a plain value.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "servers/redis/command.h"
#include "servers/redis/command_table.h"

namespace weir::redis {

struct Request {
  const Command* command;    // nullptr: unknown
  const Command* container;  // of a subcommand, else nullptr
  std::span<const std::string_view> arguments;
  std::span<const std::uint64_t> hashes;  // parallel to arguments; those of the keys are filled
};

// Names the command and hashes the keys of one request; `hashes` has room for one per argument.
Request resolve(const CommandTable& commands, std::span<const std::string_view> arguments,
                std::span<std::uint64_t> hashes);

}  // namespace weir::redis
