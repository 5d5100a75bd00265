#include "servers/redis/rdb/field_writer.h"

#include <array>
#include <bit>
#include <cstddef>
#include <limits>
#include <optional>

#include "servers/redis/rdb/field_form.h"
#include "servers/redis/rdb/lzf.h"
#include "servers/redis/types/integer_text.h"

namespace weir::redis::rdb {
namespace {

// Redis does not try shorter texts: nothing comes of it.
constexpr std::size_t kMinCompressible = 21;
// What compression has to save.
constexpr std::size_t kMinSaving = 4;

template <class Narrow>
bool holds(std::int64_t value) {
  return value >= std::numeric_limits<Narrow>::min() && value <= std::numeric_limits<Narrow>::max();
}

}  // namespace

void FieldWriter::byte(std::uint8_t value) {
  const char c = static_cast<char>(value);
  sink_.append({&c, 1});
}

void FieldWriter::length(std::uint64_t value) {
  char bytes[9];
  std::size_t size = 1;
  if (value < 1 << 6) {
    bytes[0] = static_cast<char>(value);
  } else if (value < 1 << 14) {
    bytes[0] = static_cast<char>(kLength14 | (value >> 8));
    bytes[1] = static_cast<char>(value);
    size = 2;
  } else {
    const bool narrow = value <= std::numeric_limits<std::uint32_t>::max();
    bytes[0] = static_cast<char>(narrow ? kLength32 : kLength64);
    size = narrow ? 5 : 9;
    for (std::size_t i = size - 1; i > 0; --i, value >>= 8) bytes[i] = static_cast<char>(value);
  }
  sink_.append({bytes, size});
}

void FieldWriter::text(std::string_view text) {
  if (try_integer(text) || try_compressed(text)) return;
  length(text.size());
  sink_.append(text);
}

bool FieldWriter::try_integer(std::string_view text) {
  const std::optional<std::int64_t> integer = parse_integer(text);
  if (!integer || !holds<std::int32_t>(*integer)) return false;
  const std::size_t width = holds<std::int8_t>(*integer)    ? 1
                            : holds<std::int16_t>(*integer) ? 2
                                                            : 4;
  const std::uint8_t form = width == 1 ? kInteger8 : width == 2 ? kInteger16 : kInteger32;
  byte(form);
  // Little-endian: the low bytes of the value are its narrower form.
  const auto bytes = std::bit_cast<std::array<char, 8>>(*integer);
  sink_.append({bytes.data(), width});
  return true;
}

bool FieldWriter::try_compressed(std::string_view text) {
  if (text.size() < kMinCompressible) return false;
  if (!compress_lzf(text, text.size() - kMinSaving, compressed_)) return false;
  byte(kCompressed);
  length(compressed_.size());
  length(text.size());
  sink_.append(compressed_);
  return true;
}

void FieldWriter::binary_double(double value) {
  const auto bytes = std::bit_cast<std::array<char, sizeof value>>(value);
  sink_.append({bytes.data(), bytes.size()});
}

}  // namespace weir::redis::rdb
