// One request, understood as far as that needs no data: the command it names and the hashes of its
// keys. Views of bytes that others own. Thread rule: a plain value.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "servers/redis/command.h"
#include "servers/redis/command_table.h"
#include "servers/redis/types/key_hash.h"

namespace weir::redis {

struct Request {
  const Command* command;    // nullptr: unknown
  const Command* container;  // of a subcommand, else nullptr
  std::span<const std::string_view> arguments;
  std::span<const std::uint64_t> hashes;  // parallel to arguments; those of the keys are filled
};

// Names the command and hashes the keys of one request; `hashes` has room for one per argument.
// Calls visit(hash) for each key.
template <class Visit>
Request resolve(const CommandTable& commands, std::span<const std::string_view> arguments,
                std::span<std::uint64_t> hashes, Visit&& visit) {
  Request request{commands.find(arguments[0]), nullptr, arguments, hashes};
  if (request.command == nullptr) return request;
  if (!request.command->subcommands.empty() && arguments.size() > 1) {
    request.container = request.command;
    request.command = CommandTable::find_subcommand(*request.container, arguments[1]);
    if (request.command == nullptr) return request;
  }
  const auto hash = [&](std::size_t i) {
    hashes[i] = key_hash(arguments[i]);
    visit(hashes[i]);
  };
  if (!request.command->keys.is_first_argument()) {
    for_each_key(request.command->keys, arguments, hash);
  } else if (arguments.size() > 1) {
    hash(1);
  }
  return request;
}
inline Request resolve(const CommandTable& commands, std::span<const std::string_view> arguments,
                       std::span<std::uint64_t> hashes) {
  return resolve(commands, arguments, hashes, [](std::uint64_t) {});
}

}  // namespace weir::redis
