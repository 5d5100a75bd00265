#include "tools/load/pattern.h"

#include <algorithm>
#include <cstdint>
#include <string>

namespace weir::load {
namespace {

// By Marsaglia's xorshift64.
std::string make_pattern() {
  std::string bytes(kPatternBytes, '\0');
  std::uint64_t random = 0x9e37'79b9'7f4a'7c15;
  for (char& c : bytes) {
    random ^= random << 13;
    random ^= random >> 7;
    random ^= random << 17;
    c = static_cast<char>('a' + random % 26);
  }
  return bytes;
}

}  // namespace

std::string_view pattern_at(std::size_t begin, std::size_t size) {
  static const std::string pattern = make_pattern();
  return std::string_view(pattern).substr(begin % kPatternBytes, size);
}

std::size_t match_pattern(std::size_t begin, std::string_view text) {
  std::size_t same = 0;
  while (same < text.size()) {
    const std::string_view piece = pattern_at(begin + same, text.size() - same);
    const std::string_view part = text.substr(same, piece.size());
    if (part != piece) {
      const auto differs = std::mismatch(part.begin(), part.end(), piece.begin()).first;
      return same + static_cast<std::size_t>(differs - part.begin());
    }
    same += piece.size();
  }
  return same;
}

}  // namespace weir::load
