// Integers and their decimal text, as the Redis protocol and its compact encodings mean them: an
// integer is only what formats back to the very same bytes, so that storing "007" or "+7" as a
// number can never change what a client reads again.
// Pure functions; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace weir::redis {

// Longest decimal text of an int64_t: "-9223372036854775808".
inline constexpr size_t kMaxIntegerText = 20;

// Scratch for one integer's text.
struct IntegerText {
  char bytes[24];

  // The view lives as long as this object and until the next format().
  std::string_view format(int64_t value);
};

// Continues parse_integer() for text that may be an integer. REQUIRES: 1 to kMaxIntegerText bytes.
// (Not an optional: handing one through memory stalls the caller for longer than a short parse.)
bool parse_integer_digits(std::string_view text, int64_t& value);

// The value of canonical decimal text over the whole int64_t range; nothing for any other text:
// empty, spaces, '+', leading zeros, "-0", out of range. The first byte settles most text that is
// no number, and is looked at inline: this stands in the way of every listpack insert.
inline std::optional<int64_t> parse_integer(std::string_view text) {
  if (text.empty() || text.size() > kMaxIntegerText) return std::nullopt;
  if (text[0] > '9' || text[0] < '-') return std::nullopt;
  int64_t value;
  if (!parse_integer_digits(text, value)) return std::nullopt;
  return value;
}

}  // namespace weir::redis
