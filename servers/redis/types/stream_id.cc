#include "servers/redis/types/stream_id.h"

#include <algorithm>
#include <charconv>
#include <cstddef>

#include "servers/redis/types/integer_text.h"

namespace weir::redis {
namespace {

constexpr size_t kMaxIdText = 127;
constexpr std::string_view kBlanks = " \t\n\v\f\r";

// Redis takes a canonical integer, if it is not negative, and what strtoull() takes of the rest:
// blanks and a sign may stand in front, and a negative number wraps around.
std::optional<uint64_t> parse_part(std::string_view text) {
  if (const auto canonical = parse_integer(text)) {
    return *canonical < 0 ? std::nullopt : std::optional(static_cast<uint64_t>(*canonical));
  }
  text.remove_prefix(std::min(text.find_first_not_of(kBlanks), text.size()));
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  uint64_t value = 0;
  const char* end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || stopped != end) return std::nullopt;
  return negative ? 0 - value : value;
}

}  // namespace

std::optional<StreamId> StreamId::parse(std::string_view text, uint64_t missing_seq) {
  if (text.size() > kMaxIdText) return std::nullopt;
  const size_t dash = text.find('-');
  const auto ms = parse_part(text.substr(0, dash));
  if (!ms) return std::nullopt;
  if (dash == std::string_view::npos) return StreamId{*ms, missing_seq};
  const auto seq = parse_part(text.substr(dash + 1));
  if (!seq) return std::nullopt;
  return StreamId{*ms, *seq};
}

std::optional<StreamId> StreamId::next() const {
  if (seq != kMaxPart) return StreamId{ms, seq + 1};
  if (ms != kMaxPart) return StreamId{ms + 1, 0};
  return std::nullopt;
}

std::optional<StreamId> StreamId::previous() const {
  if (seq != 0) return StreamId{ms, seq - 1};
  if (ms != 0) return StreamId{ms - 1, kMaxPart};
  return std::nullopt;
}

std::string_view StreamIdText::format(StreamId id) {
  char* end = std::to_chars(bytes, bytes + sizeof bytes, id.ms).ptr;
  *end++ = '-';
  end = std::to_chars(end, bytes + sizeof bytes, id.seq).ptr;
  return {bytes, static_cast<size_t>(end - bytes)};
}

}  // namespace weir::redis
