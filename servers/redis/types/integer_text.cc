#include "servers/redis/types/integer_text.h"

#include <charconv>

namespace weir::redis {

std::string_view IntegerText::format(int64_t value) {
  const auto end = std::to_chars(bytes, bytes + sizeof bytes, value).ptr;
  return {bytes, static_cast<size_t>(end - bytes)};
}

bool parse_integer_digits(std::string_view text, int64_t& value) {
  const bool negative = text[0] == '-';
  if (negative) text.remove_prefix(1);
  if (text.empty() || text.size() > 19) return false;
  if (text[0] == '0') {
    value = 0;
    return !negative && text.size() == 1;
  }
  uint64_t magnitude = 0;  // nineteen digits cannot overflow 64 unsigned bits
  for (const char c : text) {
    const auto digit = static_cast<unsigned>(c) - '0';
    if (digit > 9) return false;
    magnitude = magnitude * 10 + digit;
  }
  constexpr uint64_t kMax = INT64_MAX;
  if (magnitude > kMax + (negative ? 1 : 0)) return false;
  value = static_cast<int64_t>(negative ? 0 - magnitude : magnitude);
  return true;
}

}  // namespace weir::redis
