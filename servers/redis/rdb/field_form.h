// The first bytes of lengths and texts in RDB, which say in what form the rest is:
//
//   00nnnnnn            the length n
//   01nnnnnn and 1 byte a length of 14 bits, big-endian as the next two
//   0x80 and 4 bytes    a length of 32 bits
//   0x81 and 8 bytes    a length of 64 bits
//   0xC0, 0xC1, 0xC2    where a text may stand: an integer of 1, 2, 4 bytes, little-endian
//   0xC3                where a text may stand: the compressed length, the text's length, LZF bytes
#pragma once

#include <cstdint>

namespace weir::redis::rdb {

inline constexpr std::uint8_t kFormMask = 0xC0;
inline constexpr std::uint8_t kLength14 = 0x40;
inline constexpr std::uint8_t kLength32 = 0x80;
inline constexpr std::uint8_t kLength64 = 0x81;
inline constexpr std::uint8_t kInteger8 = 0xC0;
inline constexpr std::uint8_t kInteger16 = 0xC1;
inline constexpr std::uint8_t kInteger32 = 0xC2;
inline constexpr std::uint8_t kCompressed = 0xC3;

}  // namespace weir::redis::rdb
