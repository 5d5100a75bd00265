// CRC-64 as RDB files and DUMP payloads end in it: the polynomial 0xad93d23594c935a9 of D. T. Jones
// ("An Improved 64-bit Cyclic Redundancy Check for Protein Sequences", 2002), bits reflected, from
// 0 and without a final change. That of "123456789" is 0xe9c6d914c4b8d9ca.
// Pure; any thread.
#pragma once

#include <cstdint>
#include <string_view>

namespace weir::redis::rdb {

// Goes on from the checksum of the bytes before these.
std::uint64_t crc64(std::string_view bytes, std::uint64_t before = 0);

}  // namespace weir::redis::rdb
