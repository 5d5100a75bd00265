#include "servers/http/byte_ranges.h"

#include <algorithm>
#include <charconv>

#include "codec/http_text.h"

namespace weir::http {

namespace {

constexpr std::size_t kMaxRanges = 16;

bool parse_number(std::string_view text, std::uint64_t& number) {
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  return parsed.ec == std::errc() && parsed.ptr == text.data() + text.size();
}

// "0-99", "200-" or "-50"; false where it is none. Of size 0 where it lies behind the end.
bool parse_range(std::string_view text, std::uint64_t size, ByteRange& range) {
  const std::size_t dash = text.find('-');
  if (dash == std::string_view::npos || text.size() == 1) return false;
  const std::string_view before = text.substr(0, dash);
  const std::string_view behind = text.substr(dash + 1);
  std::uint64_t last = size;  // where none is given
  if (before.empty()) {
    std::uint64_t suffix = 0;
    if (!parse_number(behind, suffix)) return false;
    suffix = std::min(suffix, size);
    range = {size - suffix, suffix};
    return true;
  }
  if (!parse_number(before, range.first)) return false;
  if (!behind.empty() && (!parse_number(behind, last) || last < range.first)) return false;
  const std::uint64_t end = last < size ? last + 1 : size;
  range.size = range.first < end ? end - range.first : 0;
  return true;
}

}  // namespace

std::optional<std::vector<ByteRange>> parse_ranges(std::string_view field, std::uint64_t size) {
  constexpr std::string_view kUnit = "bytes=";
  if (!codec::equals_ignoring_case(field.substr(0, kUnit.size()), kUnit)) return {};
  field.remove_prefix(kUnit.size());
  std::vector<ByteRange> ranges;
  std::uint64_t total = 0;
  std::size_t count = 0;
  for (bool more = true; more;) {
    const std::size_t comma = field.find(',');
    more = comma != std::string_view::npos;
    const std::string_view text = codec::trim_blanks(field.substr(0, comma));
    if (more) field.remove_prefix(comma + 1);
    if (text.empty()) continue;  // a list may have empty elements (RFC 9110, 5.6.1)
    ByteRange range;
    if (++count > kMaxRanges || !parse_range(text, size, range)) return {};
    if (range.size == 0) continue;
    ranges.push_back(range);
    total += range.size;
  }
  if (count == 0 || total > size) return {};
  return ranges;
}

}  // namespace weir::http
