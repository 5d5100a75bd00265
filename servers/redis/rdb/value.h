// A value as it comes out of RDB, and the codes of the forms that values have there.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "servers/redis/keyspace/entry.h"
#include "servers/redis/types/hash.h"
#include "servers/redis/types/list.h"
#include "servers/redis/types/set.h"
#include "servers/redis/types/sorted_set.h"
#include "servers/redis/types/stream.h"

namespace weir::redis::rdb {

// A collection is not empty, but for a stream.
using Value = std::variant<std::string, List, Set, SortedSet, Hash, Stream>;

// The entry with that value, which the caller owns.
Entry* make_entry(std::string_view key, Value value, std::int64_t expiry);

// Those that Redis 7.0 reads, but for modules' (6 and 7). What it writes no more is from before the
// version in the comment.
enum class ValueForm : std::uint8_t {
  kText = 0,
  kList = 1,  // 3.2
  kSet = 2,
  kSortedSetTextual = 3,  // 4.0
  kHash = 4,
  kSortedSet = 5,
  kHashZipmap = 9,    // 2.6
  kListZiplist = 10,  // 3.2
  kSetIntset = 11,
  kSortedSetZiplist = 12,       // 7.0
  kHashZiplist = 13,            // 7.0
  kListOfZiplists = 14,         // 7.0
  kStreamWithoutCounters = 15,  // 7.0
  kHashListpack = 16,
  kSortedSetListpack = 17,
  kListOfNodes = 18,
  kStream = 19,
};

// What stands in front of each node of a list.
enum class ListNodeForm : std::uint8_t { kPlain = 1, kPacked = 2 };

}  // namespace weir::redis::rdb
