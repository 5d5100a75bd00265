// The ziplist, Redis' compact list before 7.0 and so the form of small collections in the dumps of
// those versions; little-endian:
//
//   | total u32 | last entry's offset u32 | count u16 | entry ... | 0xFF |
//   entry:  size of the entry before, 1 byte or 0xFE and 4 | encoding | text, if any
//
// Nothing lives in it here: a dumped one becomes a listpack. Pure; any thread.
#pragma once

#include <optional>
#include <string_view>

#include "servers/redis/types/listpack.h"

namespace weir::redis::rdb {

// The same elements. Nothing unless every entry, every size, the total, the last entry's offset,
// the count and the end mark are right, and a listpack has room for them. A count of 65535 means
// "at least that or unknown".
std::optional<Listpack> listpack_of_ziplist(std::string_view ziplist);

}  // namespace weir::redis::rdb
