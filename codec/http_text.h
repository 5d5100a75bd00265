// The characters of HTTP (RFC 9110, 5.6.2; RFC 3986): classes, and comparison without case.
#pragma once

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace weir::codec {

namespace http_text {

inline constexpr std::uint8_t kToken = 1;    // of a method, a field's name
inline constexpr std::uint8_t kTarget = 2;   // of a request's target: visible, and no '#'
inline constexpr std::uint8_t kRegName = 4;  // of a host's name
inline constexpr std::uint8_t kDigit = 8;
inline constexpr std::uint8_t kHex = 16;

constexpr bool one_of(std::string_view set, char c) {
  return set.find(c) != std::string_view::npos;
}

constexpr std::array<std::uint8_t, 256> make_classes() {
  std::array<std::uint8_t, 256> classes{};
  for (int i = 0x21; i < 0x7f; ++i) {
    const char c = static_cast<char>(i);
    const bool digit = c >= '0' && c <= '9';
    const bool alpha = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    std::uint8_t& bits = classes[static_cast<std::size_t>(i)];
    if (digit) bits |= kDigit | kHex;
    if ((c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F')) bits |= kHex;
    if (digit || alpha || one_of("!#$%&'*+-.^_`|~", c)) bits |= kToken;
    if (c != '#') bits |= kTarget;
    if (digit || alpha || one_of("-._~%!$&'()*+,;=", c)) bits |= kRegName;
  }
  return classes;
}

inline constexpr std::array<std::uint8_t, 256> kClasses = make_classes();

}  // namespace http_text

inline bool has_class(char c, std::uint8_t mask) {
  return (http_text::kClasses[static_cast<std::uint8_t>(c)] & mask) != 0;
}
// Without a branch a byte: text is short, and nearly always fine.
inline bool all_of_class(std::string_view text, std::uint8_t mask) {
  std::uint8_t common = mask;
  for (const char c : text) common &= http_text::kClasses[static_cast<std::uint8_t>(c)];
  return (common & mask) != 0;
}
inline bool is_token(std::string_view text) {
  return !text.empty() && all_of_class(text, http_text::kToken);
}

// Of a literal, so that no call is made to compare a few bytes.
template <std::size_t kSize>
inline bool equals(std::string_view text, const char (&literal)[kSize]) {
  return text.size() == kSize - 1 && std::memcmp(text.data(), literal, kSize - 1) == 0;
}

inline char to_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }
inline bool equals_ignoring_case(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (to_lower(a[i]) != to_lower(b[i])) return false;
  }
  return true;
}

// Whether text without control characters is `name`, whatever its case. `name` has small letters
// and '-' only: no other character but a capital becomes one of those when bit 0x20 is set, so
// eight are compared at a time.
template <std::size_t kSize>
inline bool is_name(std::string_view text, const char (&name)[kSize]) {
  constexpr std::uint64_t kBlanks = 0x2020202020202020;
  constexpr std::size_t kLength = kSize - 1;
  if (text.size() != kLength) return false;
  std::uint64_t difference = 0;
  const auto compare = [&](std::size_t at, std::size_t size) {
    std::uint64_t a = 0;
    std::uint64_t b = 0;
    std::memcpy(&a, text.data() + at, size);
    std::memcpy(&b, name + at, size);
    difference |= (a | kBlanks) ^ (b | kBlanks);
  };
  for (std::size_t at = 0; at + 8 <= kLength; at += 8) compare(at, 8);
  if constexpr (kLength % 8 != 0) compare(kLength - kLength % 8, kLength % 8);
  return difference == 0;
}

// The first control character but the tab, or `end`: 0x00 to 0x1f and 0x7f.
inline const char* find_control(const char* at, const char* end) {
#if defined(__SSE2__)
  for (; end - at >= 16; at += 16) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
    const __m128i low = _mm_cmpeq_epi8(_mm_min_epu8(bytes, _mm_set1_epi8(0x1f)), bytes);
    const __m128i tabs = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\t'));
    const __m128i dels = _mm_cmpeq_epi8(bytes, _mm_set1_epi8(0x7f));
    const __m128i control = _mm_or_si128(_mm_andnot_si128(tabs, low), dels);
    const int mask = _mm_movemask_epi8(control);
    if (mask != 0) return at + std::countr_zero(static_cast<unsigned>(mask));
  }
#endif
  for (; at < end; ++at) {
    const auto byte = static_cast<std::uint8_t>(*at);
    if ((byte < 0x20 && byte != '\t') || byte == 0x7f) break;
  }
  return at;
}

// Visible characters, blanks, tabs and bytes from 0x80 on: nothing that ends a line or a string.
inline bool is_field_value(std::string_view text) {
  return find_control(text.data(), text.data() + text.size()) == text.data() + text.size();
}

inline bool is_blank(char c) { return c == ' ' || c == '\t'; }
inline std::string_view trim_blanks(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

// Takes the first element off a comma-separated list, without the blanks around it; maybe empty.
inline std::string_view take_element(std::string_view& list) {
  std::size_t size = 0;
  while (size < list.size() && list[size] != ',') ++size;
  const std::string_view element(list.data(), size);
  list.remove_prefix(size < list.size() ? size + 1 : size);
  return trim_blanks(element);
}

}  // namespace weir::codec
