#include "servers/redis/request.h"

namespace weir::redis {

void hash_keys(const Request& request, std::span<std::uint64_t> hashes) {
  for_each_key(request.command->keys, request.arguments,
               [&](std::size_t i) { hashes[i] = key_hash(request.arguments[i]); });
}

}  // namespace weir::redis
