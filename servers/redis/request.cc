#include "servers/redis/request.h"

#include "servers/redis/types/key_hash.h"

namespace weir::redis {

Request resolve(const CommandTable& commands, std::span<const std::string_view> arguments,
                std::span<std::uint64_t> hashes) {
  Request request{commands.find(arguments[0]), nullptr, arguments, hashes};
  if (request.command == nullptr) return request;
  if (!request.command->subcommands.empty() && arguments.size() > 1) {
    request.container = request.command;
    request.command = CommandTable::find_subcommand(*request.container, arguments[1]);
    if (request.command == nullptr) return request;
  }
  for_each_key(request.command->keys, arguments,
               [&](std::size_t i) { hashes[i] = key_hash(arguments[i]); });
  return request;
}

}  // namespace weir::redis
