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
  const Command* command = nullptr;    // nullptr: unknown
  const Command* container = nullptr;  // of a subcommand
  std::span<const std::string_view> arguments;
  std::span<const std::uint64_t> hashes;  // parallel to arguments; those of the keys are filled
};

// Calls visit(hash) for each key of a request that is known.
template <class Visit>
[[gnu::always_inline]] inline void for_each_hash(const Request& request, Visit&& visit) {
  if (request.command->is_of_first) {
    if (request.arguments.size() > 1) visit(request.hashes[1]);
  } else {
    for_each_key(request.command->keys, request.arguments,
                 [&](std::size_t i) { visit(request.hashes[i]); });
  }
}

// Hashes the keys of a request, wherever they stand. Kept apart from resolve(), which most requests
// pass through without it.
void hash_keys(const Request& request, std::span<std::uint64_t> hashes);

// Names the command and hashes the keys of one request, in place; `hashes` has room for one per
// argument.
[[gnu::always_inline]] inline void resolve(const CommandTable& commands,
                                           std::span<const std::string_view> arguments,
                                           std::span<std::uint64_t> hashes, Request& request) {
  const Command* const command = commands.find(arguments[0]);
  request.command = command;
  request.container = nullptr;
  request.arguments = arguments;
  request.hashes = hashes;
  if (command == nullptr) return;
  if (command->is_of_first && command->subcommands.empty()) {
    if (arguments.size() > 1) hashes[1] = key_hash(arguments[1]);
    return;
  }
  if (!command->subcommands.empty() && arguments.size() > 1) {
    request.container = command;
    request.command = CommandTable::find_subcommand(*command, arguments[1]);
  }
  if (request.command != nullptr && !request.command->keys.empty()) hash_keys(request, hashes);
}

}  // namespace weir::redis
