// The bytes of one listpack entry, as Redis' published listpack specification lays them out:
//
//   +-----------------+---------------------+---------------------------+
//   | head, 1-5 bytes | payload             | backlen, 1-5 bytes        |
//   +-----------------+---------------------+---------------------------+
//    0xxxxxxx            7-bit unsigned integer, no payload
//    10xxxxxx            text of up to 63 bytes
//    110xxxxx +1         13-bit signed integer
//    1110xxxx +1         text of up to 4095 bytes
//    11110000 +4         text of up to 2^32-1 bytes
//    11110001..11110100  signed integer of 2, 3, 4, 8 bytes as payload
//
// backlen holds the length of head and payload, seven bits a byte, read from its last byte
// leftwards while the top bit is set: that is how a listpack is walked backwards. Numbers wider
// than a byte are little-endian, except in heads of two bytes.
// Pure functions; the unchecked ones rely on bytes that checked_entry_size() has accepted or that
// ListpackEntry has written.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "servers/redis/types/integer_text.h"

namespace weir::redis {

static_assert(std::endian::native == std::endian::little, "listpacks are read in place");

// What an entry holds. `text` points into the listpack and lives until its next change.
struct ListpackElement {
  bool is_integer = false;
  int64_t integer = 0;
  std::string_view text;

  // The element as a client sees it; an integer's text is written to `scratch`.
  std::string_view view(IntegerText& scratch) const {
    return is_integer ? scratch.format(integer) : text;
  }
  bool equals(std::string_view other) const {
    return is_integer ? parse_integer(other) == integer : text == other;
  }
};

// One entry ready to be written: the text's integer form is found once, its size is known before
// room is made for it. Keeps a view of the text.
class ListpackEntry {
 public:
  explicit ListpackEntry(std::string_view text);
  explicit ListpackEntry(int64_t integer) { encode_integer(integer); }

  // Bytes that write() writes, backlen included.
  size_t size() const;
  void write(uint8_t* to) const;

 private:
  void encode_integer(int64_t integer);
  void encode_text_head(size_t length);

  std::string_view payload_;
  uint8_t head_[9];  // head_size_ of them set
  uint8_t head_size_ = 0;
};

namespace listpack {

// No entry is longer than its text by more than this: a head of 5 bytes and a backlen of 5.
inline constexpr size_t kMaxEntryOverhead = 10;

template <class T>
T load(const uint8_t* from) {
  T value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

template <class T>
void store(uint8_t* to, T value) {
  std::memcpy(to, &value, sizeof value);
}

// Bytes of head and payload; 0 for a first byte that opens no entry.
inline size_t encoded_length(const uint8_t* entry) {
  const uint8_t first = entry[0];
  if (first < 0x80) return 1;
  if (first < 0xC0) return 1 + size_t{first & 0x3Fu};
  if (first < 0xE0) return 2;
  if (first < 0xF0) return 2 + ((size_t{first & 0x0Fu} << 8) | entry[1]);
  switch (first) {
    case 0xF0:
      return 5 + size_t{load<uint32_t>(entry + 1)};
    case 0xF1:
      return 3;
    case 0xF2:
      return 4;
    case 0xF3:
      return 5;
    case 0xF4:
      return 9;
    default:
      return 0;
  }
}

// The borders are those of Redis' writer, which steps up one value before each seven bits are
// used up (16383, not 16384): a byte-exact format has to follow.
inline size_t backlen_size(size_t encoded_length) {
  if (encoded_length <= 127) return 1;
  if (encoded_length < 16383) return 2;
  if (encoded_length < 2097151) return 3;
  if (encoded_length < 268435455) return 4;
  return 5;
}

inline size_t entry_size(const uint8_t* entry) {
  const size_t length = encoded_length(entry);
  return length + backlen_size(length);
}

// Size of the entry that ends right before `end`.
inline size_t entry_size_before(const uint8_t* end) {
  size_t length = 0;
  unsigned shift = 0;
  do {
    --end;
    length |= size_t{*end & 0x7Fu} << shift;
    shift += 7;
  } while (*end & 0x80);
  return length + shift / 7;
}

ListpackElement decode_wide(const uint8_t* entry);

inline ListpackElement decode(const uint8_t* entry) {
  const auto text = reinterpret_cast<const char*>(entry);
  const uint8_t first = entry[0];
  if (first < 0x80) return {true, first, {}};
  if (first < 0xC0) return {false, 0, {text + 1, first & 0x3Fu}};
  return decode_wide(entry);
}

// Size of the entry at `entry` if it lies within `available` bytes and its backlen is the one its
// length asks for; else 0. Reads no byte beyond `available`.
size_t checked_entry_size(const uint8_t* entry, size_t available);

}  // namespace listpack
}  // namespace weir::redis
