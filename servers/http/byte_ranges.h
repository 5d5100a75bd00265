// "Range: bytes=0-99,200-,-50" of something that is `size` bytes long (RFC 9110, 14).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace weir::http {

struct ByteRange {
  std::uint64_t first = 0;
  std::uint64_t size = 0;

  std::uint64_t last() const { return first + size - 1; }
  bool operator==(const ByteRange&) const = default;
};

// In the order asked for, none empty, each within `size`. An empty vector: none can be had, which
// is 416. Nothing: send it whole, as the field is malformed, has another unit, or asks for more
// than 16 ranges or more bytes than there are, as only those do who want the server to work.
std::optional<std::vector<ByteRange>> parse_ranges(std::string_view field, std::uint64_t size);

}  // namespace weir::http
