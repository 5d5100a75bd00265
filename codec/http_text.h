// The characters of HTTP (RFC 9110, 5.6.2; RFC 3986): classes, and comparison without case.
#pragma once

#include <array>
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
inline bool all_of_class(std::string_view text, std::uint8_t mask) {
  for (const char c : text) {
    if (!has_class(c, mask)) return false;
  }
  return true;
}
inline bool is_token(std::string_view text) {
  return !text.empty() && all_of_class(text, http_text::kToken);
}

inline char to_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }
inline bool equals_ignoring_case(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (to_lower(a[i]) != to_lower(b[i])) return false;
  }
  return true;
}

// Visible characters, blanks, tabs and bytes from 0x80 on: nothing that ends a line or a string.
inline bool is_field_value(std::string_view text) {
  constexpr std::uint64_t kOnes = 0x0101010101010101;
  constexpr std::uint64_t kTops = 0x8080808080808080;
  std::size_t i = 0;
  // Eight bytes at a time: those below 0x20, and 0x7f, set their top bit. A tab is looked at again.
  for (; i + 8 <= text.size(); i += 8) {
    std::uint64_t word;
    std::memcpy(&word, text.data() + i, 8);
    const std::uint64_t del = word ^ (kOnes * 0x7f);
    const std::uint64_t low = (word - kOnes * 0x20) & ~word;
    const std::uint64_t zero = (del - kOnes) & ~del;
    if (((low | zero) & kTops) != 0) break;
  }
  for (; i < text.size(); ++i) {
    const auto byte = static_cast<std::uint8_t>(text[i]);
    if ((byte < 0x20 && byte != '\t') || byte == 0x7f) return false;
  }
  return true;
}

inline std::string_view trim_blanks(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return text.substr(text.size());
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

}  // namespace weir::codec
