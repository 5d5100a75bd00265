// PackedText and PackedPair: an element of a set, and a field of a hash with its value, each in one
// heap block that starts with its lengths as varints. A 20-byte member takes a 32-byte block, a
// 20-byte field with a 3-byte value too. The pointer is the whole handle: created by create(),
// given back by destroy(), owned by whoever holds it. Immutable but for PackedPair::overwrite().
// Not thread-safe.
//
//   PackedText   length | bytes
//   PackedPair   field length | value length | field bytes | value bytes
//
// A varint holds seven bits a byte, low ones first, the top bit set on all but the last (LEB128).
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>
#include <string_view>

namespace weir::redis {

// What a heap block of `size` bytes takes up: allocators hand out steps of 16 bytes in this range
// (larger ones are coarser; this does not follow them).
constexpr size_t heap_block_bytes(size_t size) { return (size + 15) & ~size_t{15}; }

constexpr size_t varint_size(size_t value) {
  size_t size = 1;
  for (; value >= 0x80; value >>= 7) size++;
  return size;
}

// Writes varint_size(value) bytes; returns the place behind them.
inline char* write_varint(char* to, size_t value) {
  for (; value >= 0x80; value >>= 7) *to++ = static_cast<char>(value | 0x80);
  *to++ = static_cast<char>(value);
  return to;
}

// Returns the place behind the varint. REQUIRES: write_varint() wrote it.
inline const char* read_varint(const char* from, size_t* value) {
  auto byte = static_cast<uint8_t>(*from++);
  size_t result = byte & 0x7f;
  for (int shift = 7; byte >= 0x80; shift += 7) {
    byte = static_cast<uint8_t>(*from++);
    result |= size_t{byte & 0x7fu} << shift;
  }
  *value = result;
  return from;
}

// Copies `text`, whose data may be null when empty; returns the place behind the copy.
inline char* write_text(char* to, std::string_view text) {
  if (!text.empty()) std::memcpy(to, text.data(), text.size());
  return to + text.size();
}

class PackedText {
 public:
  static PackedText* create(std::string_view text) {
    auto* block = static_cast<char*>(::operator new(varint_size(text.size()) + text.size()));
    write_text(write_varint(block, text.size()), text);
    return reinterpret_cast<PackedText*>(block);
  }
  static void destroy(PackedText* text) { ::operator delete(text); }

  // Valid as long as the block.
  std::string_view view() const {
    size_t size;
    const char* text = read_varint(reinterpret_cast<const char*>(this), &size);
    return {text, size};
  }
  size_t allocated_bytes() const {
    const size_t size = view().size();
    return heap_block_bytes(varint_size(size) + size);
  }
};

class PackedPair {
 public:
  static PackedPair* create(std::string_view field, std::string_view value) {
    auto* block = static_cast<char*>(::operator new(packed_size(field.size(), value.size())));
    char* end = write_varint(write_varint(block, field.size()), value.size());
    write_text(write_text(end, field), value);
    return reinterpret_cast<PackedPair*>(block);
  }
  static void destroy(PackedPair* pair) { ::operator delete(pair); }

  // Both valid as long as the block.
  std::string_view field() const {
    const Parts parts = read();
    return {parts.text, parts.field_size};
  }
  std::string_view value() const {
    const Parts parts = read();
    return {parts.text + parts.field_size, parts.value_size};
  }
  // REQUIRES: value.size() == this->value().size(); `value` does not point into this block.
  void overwrite(std::string_view value) {
    write_text(const_cast<char*>(this->value().data()), value);
  }
  size_t allocated_bytes() const {
    const Parts parts = read();
    return heap_block_bytes(packed_size(parts.field_size, parts.value_size));
  }

 private:
  struct Parts {
    size_t field_size;
    size_t value_size;
    const char* text;
  };

  static size_t packed_size(size_t field_size, size_t value_size) {
    return varint_size(field_size) + varint_size(value_size) + field_size + value_size;
  }
  Parts read() const {
    Parts parts;
    const char* text = read_varint(reinterpret_cast<const char*>(this), &parts.field_size);
    parts.text = read_varint(text, &parts.value_size);
    return parts;
  }
};

}  // namespace weir::redis
