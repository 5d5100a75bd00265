#include "servers/redis/types/listpack_encoding.h"

namespace weir::redis {
namespace {

using listpack::store;

constexpr size_t kMaxBacklenBytes = 5;

// Writes backlen_size(encoded_length) bytes, the lowest seven bits last; returns how many.
size_t write_backlen(uint8_t* to, size_t encoded_length) {
  if (encoded_length <= 127) {
    to[0] = static_cast<uint8_t>(encoded_length);
    return 1;
  }
  const size_t size = listpack::backlen_size(encoded_length);
  for (size_t i = size; i-- > 0; encoded_length >>= 7) {
    to[i] = static_cast<uint8_t>((encoded_length & 0x7F) | (i == 0 ? 0 : 0x80));
  }
  return size;
}

bool fits_signed_bits(int64_t value, unsigned bits) {
  const int64_t bound = int64_t{1} << (bits - 1);
  return value >= -bound && value < bound;
}

}  // namespace

ListpackEntry::ListpackEntry(std::string_view text) {
  if (const auto integer = parse_integer(text)) {
    encode_integer(*integer);
    return;
  }
  payload_ = text;
  encode_text_head(text.size());
}

void ListpackEntry::encode_text_head(size_t length) {
  if (length < 64) {
    head_[0] = static_cast<uint8_t>(0x80 | length);
    head_size_ = 1;
  } else if (length < 4096) {
    head_[0] = static_cast<uint8_t>(0xE0 | (length >> 8));
    head_[1] = static_cast<uint8_t>(length);
    head_size_ = 2;
  } else {
    head_[0] = 0xF0;
    store(head_ + 1, static_cast<uint32_t>(length));
    head_size_ = 5;
  }
}

void ListpackEntry::encode_integer(int64_t integer) {
  if (integer >= 0 && integer < 128) {
    head_[0] = static_cast<uint8_t>(integer);
    head_size_ = 1;
  } else if (fits_signed_bits(integer, 13)) {
    const auto bits = static_cast<uint32_t>(integer) & 0x1FFF;
    head_[0] = static_cast<uint8_t>(0xC0 | (bits >> 8));
    head_[1] = static_cast<uint8_t>(bits);
    head_size_ = 2;
  } else {
    // Little-endian: the low bytes of the full value are the narrow value.
    store(head_ + 1, integer);
    if (fits_signed_bits(integer, 16)) {
      head_[0] = 0xF1;
      head_size_ = 3;
    } else if (fits_signed_bits(integer, 24)) {
      head_[0] = 0xF2;
      head_size_ = 4;
    } else if (fits_signed_bits(integer, 32)) {
      head_[0] = 0xF3;
      head_size_ = 5;
    } else {
      head_[0] = 0xF4;
      head_size_ = 9;
    }
  }
}

size_t ListpackEntry::size() const {
  const size_t length = head_size_ + payload_.size();
  return length + listpack::backlen_size(length);
}

void ListpackEntry::write(uint8_t* to) const {
  *to++ = head_[0];
  if (head_size_ > 1) std::memcpy(to, head_ + 1, head_size_ - size_t{1});
  to += head_size_ - 1;
  if (!payload_.empty()) std::memcpy(to, payload_.data(), payload_.size());
  write_backlen(to + payload_.size(), head_size_ + payload_.size());
}

namespace listpack {

ListpackElement decode_wide(const uint8_t* entry) {
  const auto text = reinterpret_cast<const char*>(entry);
  const uint8_t first = entry[0];
  if (first < 0xE0) {
    const auto bits = static_cast<int64_t>(((first & 0x1Fu) << 8) | entry[1]);
    return {true, bits < 4096 ? bits : bits - 8192, {}};
  }
  if (first < 0xF0) return {false, 0, {text + 2, encoded_length(entry) - 2}};
  switch (first) {
    case 0xF0:
      return {false, 0, {text + 5, load<uint32_t>(entry + 1)}};
    case 0xF1:
      return {true, load<int16_t>(entry + 1), {}};
    case 0xF2: {
      const auto bits = static_cast<int64_t>(load<uint16_t>(entry + 1)) | int64_t{entry[3]} << 16;
      return {true, bits < 0x800000 ? bits : bits - 0x1000000, {}};
    }
    case 0xF3:
      return {true, load<int32_t>(entry + 1), {}};
    default:
      return {true, load<int64_t>(entry + 1), {}};
  }
}

size_t checked_entry_size(const uint8_t* entry, size_t available) {
  if (available == 0) return 0;
  const size_t head = entry[0] == 0xF0 ? 5 : entry[0] >= 0xE0 && entry[0] < 0xF0 ? 2 : 1;
  if (head > available) return 0;
  const size_t length = encoded_length(entry);
  if (length == 0 || length > available) return 0;
  uint8_t backlen[kMaxBacklenBytes];
  const size_t size = length + write_backlen(backlen, length);
  if (size > available) return 0;
  return std::memcmp(entry + length, backlen, size - length) == 0 ? size : 0;
}

}  // namespace listpack
}  // namespace weir::redis
