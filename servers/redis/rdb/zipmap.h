// The zipmap, in which Redis before 2.6 kept and dumped small hashes:
//
//   | count u8 | field length | field | value length | free u8 | value | free bytes | ... | 0xFF |
//
// A length is one byte below 254, else 0xFE and four bytes, little-endian. A count of 254 means
// "that many or more". Pure; any thread.
#pragma once

#include <optional>
#include <string_view>

#include "servers/redis/types/listpack.h"

namespace weir::redis::rdb {

// Its fields, each with its value behind it. Nothing unless all of it is well-formed and there is a
// pair, and a listpack has room for them.
std::optional<Listpack> listpack_of_zipmap(std::string_view zipmap);

}  // namespace weir::redis::rdb
