// StreamId: the name and the place of an entry in a stream: milliseconds since 1970 and a sequence
// number within the millisecond, written "ms-seq". A value; any thread.
#pragma once

#include <compare>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>

namespace weir::redis {

struct StreamId {
  uint64_t ms = 0;
  uint64_t seq = 0;

  static constexpr uint64_t kMaxPart = std::numeric_limits<uint64_t>::max();
  static constexpr StreamId max() { return {kMaxPart, kMaxPart}; }

  friend constexpr auto operator<=>(const StreamId&, const StreamId&) = default;

  // "ms-seq" or "ms" alone, which gets `missing_seq`: two numbers of 64 bits, at most 127 bytes.
  static std::optional<StreamId> parse(std::string_view text, uint64_t missing_seq);

  // The neighbours in order; nothing after max() and before 0-0.
  std::optional<StreamId> next() const;
  std::optional<StreamId> previous() const;
};

// Scratch for one id's text.
struct StreamIdText {
  char bytes[48];  // twice 20 digits and a dash

  // The view lies in `bytes`.
  std::string_view format(StreamId id);
};

}  // namespace weir::redis
