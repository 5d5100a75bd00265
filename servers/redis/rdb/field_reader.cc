#include "servers/redis/rdb/field_reader.h"

#include <cmath>
#include <cstring>
#include <limits>

#include "servers/redis/rdb/field_form.h"
#include "servers/redis/rdb/lzf.h"
#include "servers/redis/types/score.h"

namespace weir::redis::rdb {

std::optional<std::uint8_t> FieldReader::byte() {
  const auto taken = source_.take(1);
  if (!taken) return std::nullopt;
  return static_cast<std::uint8_t>(taken->front());
}

std::optional<std::uint64_t> FieldReader::length() {
  const auto first = byte();
  return first ? length_after(*first) : std::nullopt;
}

std::optional<std::uint64_t> FieldReader::length_after(std::uint8_t first) {
  if (first == kLength32) return big_endian(4);
  if (first == kLength64) return big_endian(8);
  const std::uint8_t low = first & static_cast<std::uint8_t>(~kFormMask);
  if ((first & kFormMask) == 0) return low;
  if ((first & kFormMask) != kLength14) return std::nullopt;
  const auto second = byte();
  if (!second) return std::nullopt;
  return std::uint64_t{low} << 8 | *second;
}

std::optional<std::uint64_t> FieldReader::big_endian(std::size_t size) {
  const auto bytes = source_.take(size);
  if (!bytes) return std::nullopt;
  std::uint64_t value = 0;
  for (const char c : *bytes) value = value << 8 | static_cast<std::uint8_t>(c);
  return value;
}

std::optional<std::string_view> FieldReader::text() {
  const auto first = byte();
  if (!first) return std::nullopt;
  switch (*first) {
    case kInteger8:
      return integer<std::int8_t>();
    case kInteger16:
      return integer<std::int16_t>();
    case kInteger32:
      return integer<std::int32_t>();
    case kCompressed:
      return compressed();
    default:
      const auto size = length_after(*first);
      return size ? source_.take(*size) : std::nullopt;
  }
}

template <class Integer>
std::optional<std::string_view> FieldReader::integer() {
  const auto bytes = source_.take(sizeof(Integer));
  if (!bytes) return std::nullopt;
  Integer value;
  std::memcpy(&value, bytes->data(), sizeof value);
  return digits_.format(value);
}

std::optional<std::string_view> FieldReader::compressed() {
  const auto compressed_size = length();
  const auto size = length();
  if (!compressed_size || !size) return std::nullopt;
  const auto bytes = source_.take(*compressed_size);
  if (!bytes || !decompress_lzf(*bytes, *size, decompressed_)) return std::nullopt;
  return decompressed_;
}

std::optional<double> FieldReader::binary_double() {
  double value = 0;
  const auto bytes = source_.take(sizeof value);
  if (!bytes) return std::nullopt;
  std::memcpy(&value, bytes->data(), sizeof value);
  return std::isnan(value) ? std::nullopt : std::optional(value);
}

std::optional<double> FieldReader::textual_double() {
  constexpr std::uint8_t kNan = 253;
  constexpr std::uint8_t kPositiveInfinity = 254;
  constexpr std::uint8_t kNegativeInfinity = 255;
  const auto size = byte();
  if (!size || *size == kNan) return std::nullopt;
  if (*size == kPositiveInfinity) return std::numeric_limits<double>::infinity();
  if (*size == kNegativeInfinity) return -std::numeric_limits<double>::infinity();
  const auto text = source_.take(*size);
  return text ? parse_score(*text) : std::nullopt;
}

}  // namespace weir::redis::rdb
