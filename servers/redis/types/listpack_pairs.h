// The check of a listpack that is to be a hash or a sorted set: keys and what belongs to each, in
// turn. Pure; any thread.
#pragma once

#include "servers/redis/types/listpack.h"

namespace weir::redis {

// Whether the elements are pairs and no two of their first halves are equal as text, be one stored
// as an integer and the other not. O(n log n), whatever they are.
bool has_distinct_pairs(const Listpack& pack);

}  // namespace weir::redis
