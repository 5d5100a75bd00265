// Reads what FieldWriter writes, from bytes that may be anything: each method returns nothing where
// they end early or are malformed, and never makes room for more than they can come to.
//
// Thread rule: the source's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "servers/redis/rdb/byte_source.h"
#include "servers/redis/types/integer_text.h"

namespace weir::redis::rdb {

class FieldReader {
 public:
  // `source` outlives the reader.
  explicit FieldReader(ByteSource& source) : source_(source) {}

  std::optional<std::uint8_t> byte();
  std::optional<std::uint64_t> length();
  // Valid until the next call of any method, here and in raw().
  std::optional<std::string_view> text();
  // Never NaN. The textual form is that of sorted sets before RDB 8.
  std::optional<double> binary_double();
  std::optional<double> textual_double();
  std::optional<std::string_view> raw(std::size_t size) { return source_.take(size); }

 private:
  std::optional<std::uint64_t> length_after(std::uint8_t first);
  std::optional<std::uint64_t> big_endian(std::size_t size);
  template <class Integer>
  std::optional<std::string_view> integer();
  std::optional<std::string_view> compressed();

  ByteSource& source_;
  IntegerText digits_;
  std::string decompressed_;
};

}  // namespace weir::redis::rdb
