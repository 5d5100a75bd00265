// The fast path of RequestDecoder: the requests of RESP as nearly all clients send nearly all of
// them, whole and canonical, found without a copy. In line, for it is on the way of every request.
// (https://redis.io/docs/reference/protocol-spec) Pure functions; any thread.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

namespace weir::codec {

// What a request may have.
struct ScanBounds {
  std::int64_t arguments;
  std::int64_t bulk_bytes;    // of each argument
  std::size_t request_bytes;  // all of it, as it came
};

struct ScannedHeader {
  const char* rest = nullptr;  // what follows, null where it is none that is whole and canonical
  std::int64_t value = 0;
};

// Reads a header, "*2\r\n" or "$16\r\n", of any canonical number up to nine digits.
ScannedHeader scan_long_header(const char* at, const char* end, char kind);

// The same of one digit or two, as most have, by one load; null where it is anything else.
// REQUIRES: eight bytes before the input's end.
template <char kKind>
[[gnu::always_inline]] inline ScannedHeader scan_short_header(const char* at) {
  if constexpr (std::endian::native != std::endian::little) return {};
  constexpr std::uint64_t kOneDigit = std::uint64_t{kKind} | 0x0a0d'0000;
  constexpr std::uint64_t kTwoDigits = std::uint64_t{kKind} | 0x0a'0d00'0000;
  std::uint64_t word = 0;
  std::memcpy(&word, at, sizeof word);
  const std::uint64_t first = (word >> 8 & 0xff) - '0';
  if ((word & 0xffff'00ff) == kOneDigit) {
    return {first <= 9 ? at + 4 : nullptr, static_cast<std::int64_t>(first)};
  }
  const std::uint64_t second = (word >> 16 & 0xff) - '0';
  const bool has_two = (word & 0xff'ff00'00ff) == kTwoDigits && first - 1 < 9 && second <= 9;
  return {has_two ? at + 5 : nullptr, static_cast<std::int64_t>(first * 10 + second)};
}

template <char kKind>
[[gnu::always_inline]] inline ScannedHeader scan_header(const char* at, const char* end) {
  if (end - at >= 8) {
    const ScannedHeader header = scan_short_header<kKind>(at);
    if (header.rest != nullptr) return header;
  }
  return scan_long_header(at, end, kKind);
}

// Appends the arguments of the request at the front of `unread` if it is whole, canonical and
// within the bounds, and returns its size. Returns 0, with nothing appended, for any other.
[[gnu::always_inline]] inline std::size_t scan_request(std::string_view unread,
                                                       const ScanBounds& bounds,
                                                       std::vector<std::string_view>& arguments) {
  constexpr std::int64_t kMinArgumentBytes = 6;  // "$0\r\n\r\n"
  const char* const end = unread.data() + unread.size();
  const ScannedHeader array = scan_header<'*'>(unread.data(), end);
  const char* at = array.rest;
  if (at == nullptr || array.value == 0 || array.value > bounds.arguments) return 0;
  // More arguments than the bytes there can hold: not whole.
  if (array.value * kMinArgumentBytes > end - at) return 0;
  const auto forget = [&arguments](std::int64_t count) {
    arguments.resize(arguments.size() - static_cast<std::size_t>(count));
    return std::size_t{0};
  };
  for (std::int64_t left = array.value; left > 0; --left) {
    const ScannedHeader bulk = scan_header<'$'>(at, end);
    if (bulk.rest == nullptr || bulk.value > bounds.bulk_bytes ||
        bulk.value > end - bulk.rest - 2) {
      return forget(array.value - left);
    }
    arguments.emplace_back(bulk.rest, static_cast<std::size_t>(bulk.value));
    at = bulk.rest + bulk.value + 2;  // as in Redis and hiredis, the line end is not looked at
  }
  const auto size = static_cast<std::size_t>(at - unread.data());
  return size <= bounds.request_bytes ? size : forget(array.value);
}

}  // namespace weir::codec
