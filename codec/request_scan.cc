#include "codec/request_scan.h"

namespace weir::codec {
namespace {

constexpr std::int64_t kMinHeaderBytes = 5;  // "*1\r\n", and more behind it
constexpr int kMaxDigits = 9;                // more are left to the slow path

// A digit's value, or more than 9.
unsigned digit_of(char c) { return static_cast<unsigned char>(c) - unsigned{'0'}; }

bool is_line_end(const char* at) { return std::memcmp(at, "\r\n", 2) == 0; }

// Reads a canonical number and its "\r\n". Returns what follows, or null where it is anything else,
// or not whole. REQUIRES: four bytes or more before `end`.
const char* scan_length(const char* at, const char* end, std::int64_t& value) {
  const unsigned first = digit_of(at[0]);
  if (first > 9) return nullptr;
  value = first;
  if (is_line_end(at + 1)) return at + 3;
  const unsigned second = digit_of(at[1]);
  if (first == 0 || second > 9) return nullptr;
  value = first * 10 + second;
  if (is_line_end(at + 2)) return at + 4;
  const char* const last = end - at > kMaxDigits + 2 ? at + kMaxDigits : end - 2;
  for (at += 2; *at != '\r'; ++at) {
    const unsigned digit = digit_of(*at);
    if (digit > 9 || at >= last) return nullptr;
    value = value * 10 + digit;
  }
  return at[1] == '\n' ? at + 2 : nullptr;
}

}  // namespace

ScannedHeader scan_long_header(const char* at, const char* end, char kind) {
  ScannedHeader header;
  if (end - at >= kMinHeaderBytes && *at == kind) {
    header.rest = scan_length(at + 1, end, header.value);
  }
  return header;
}

}  // namespace weir::codec
