#include "servers/redis/glob.h"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace weir::redis {
namespace {

// Runs of '*' that a text may need, as in Redis: one that would need more matches nothing. A run at
// the pattern's end doesn't count.
constexpr std::size_t kMaxStars = 1000;

unsigned char fold(char c, bool no_case) {
  if (no_case && c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
  return static_cast<unsigned char>(c);
}

// Matches `c` against the set that begins behind the '[' at `at`, which is moved past its end. A
// set without a ']' ends with the pattern.
bool match_set(std::string_view pattern, std::size_t& at, char c, bool no_case) {
  const bool negated = at < pattern.size() && pattern[at] == '^';
  if (negated) ++at;
  const unsigned char wanted = fold(c, no_case);
  bool found = false;
  for (; at < pattern.size() && pattern[at] != ']'; ++at) {
    if (pattern[at] == '\\' && at + 1 < pattern.size()) {
      ++at;
      found |= fold(pattern[at], no_case) == wanted;
    } else if (at + 2 < pattern.size() && pattern[at + 1] == '-') {
      unsigned char low = fold(pattern[at], no_case);
      unsigned char high = fold(pattern[at + 2], no_case);
      if (low > high) std::swap(low, high);
      found |= low <= wanted && wanted <= high;
      at += 2;
    } else {
      found |= fold(pattern[at], no_case) == wanted;
    }
  }
  if (at < pattern.size()) ++at;
  return found != negated;
}

// Matches one pattern item at `at`, not a '*', against `c`; moves `at` past it.
bool match_one(std::string_view pattern, std::size_t& at, char c, bool no_case) {
  const char item = pattern[at++];
  if (item == '?') return true;
  if (item == '[') return match_set(pattern, at, c, no_case);
  if (item == '\\' && at < pattern.size()) return fold(pattern[at++], no_case) == fold(c, no_case);
  return fold(item, no_case) == fold(c, no_case);
}

bool match(std::string_view pattern, std::string_view text, bool no_case) {
  constexpr std::size_t kNone = std::string_view::npos;
  std::size_t at = 0;
  std::size_t star = kNone;   // behind the last run of '*'
  std::size_t star_text = 0;  // where what it stands for ends at present
  std::size_t stars = 0;
  std::size_t i = 0;
  while (i < text.size()) {
    if (at < pattern.size() && pattern[at] == '*') {
      at = std::min(pattern.find_first_not_of('*', at), pattern.size());
      if (at == pattern.size()) return true;
      if (++stars > kMaxStars) return false;
      star = at;
      star_text = i;
      continue;
    }
    if (at < pattern.size() && match_one(pattern, at, text[i], no_case)) {
      ++i;
      continue;
    }
    if (star == kNone) return false;
    at = star;
    i = ++star_text;
  }
  return std::all_of(pattern.begin() + static_cast<std::ptrdiff_t>(at), pattern.end(),
                     [](char c) { return c == '*'; });
}

}  // namespace

bool glob_match(std::string_view pattern, std::string_view text) {
  return match(pattern, text, false);
}

bool glob_match_no_case(std::string_view pattern, std::string_view text) {
  return match(pattern, text, true);
}

}  // namespace weir::redis
