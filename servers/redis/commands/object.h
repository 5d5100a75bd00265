// What OBJECT and DEBUG OBJECT tell of a value's representation, in Redis' terms.
// Thread rule: the lock of the key's shard.
#pragma once

#include <cstdint>
#include <string_view>

#include "servers/redis/keyspace/entry.h"
#include "servers/redis/keyspace/eviction_settings.h"

namespace weir::redis::commands {

std::string_view encoding(const Entry& entry);

// Redis keeps the integers below 10,000 once for all keys and says so by this count of references.
inline constexpr std::int64_t kShared = 2147483647;

// 1, or kShared for a string that Redis would share under such settings.
std::int64_t references(const Entry& entry, const EvictionSettings& eviction);

}  // namespace weir::redis::commands
