#include "servers/redis/commands/scan_option.h"

#include <algorithm>
#include <charconv>

#include "servers/redis/glob.h"

namespace weir::redis::commands {
namespace {

// More than any table has, and far from overflow when a walk multiplies it.
constexpr std::int64_t kMaxCount = std::int64_t{1} << 40;

}  // namespace

bool ScanOptions::matches(std::string_view name) const {
  return !pattern || glob_match(*pattern, name);
}

bool ScanOptions::matches_type(const Entry& entry) const {
  return !type || equal_names(*type, type_name(entry.type()));
}

// As strtoul() reads it, which Redis uses: a sign is fine and nothing at all is 0.
bool parse_cursor(Call& call, std::size_t i, std::uint64_t& cursor) {
  std::string_view digits = call.argument(i);
  cursor = 0;
  if (digits.empty()) return true;
  const bool negative = digits.front() == '-';
  if (negative || digits.front() == '+') digits.remove_prefix(1);
  const char* const last = digits.data() + digits.size();
  const auto [end, error] = std::from_chars(digits.data(), last, cursor);
  if (error != std::errc() || end != last) {
    call.error("ERR invalid cursor");
    return false;
  }
  if (negative) cursor = -cursor;
  return true;
}

bool parse_scan_options(Call& call, std::size_t i, bool with_type, ScanOptions& options) {
  for (; i + 1 < call.size(); i += 2) {
    if (call.is_option(i, "count")) {
      std::int64_t count = 0;
      if (!call.integer(i + 1, count)) return false;
      if (count < 1) break;
      options.count = static_cast<std::size_t>(std::min(count, kMaxCount));
    } else if (call.is_option(i, "match")) {
      options.pattern = call.argument(i + 1);
    } else if (with_type && call.is_option(i, "type")) {
      options.type = call.argument(i + 1);
    } else {
      break;
    }
  }
  if (i == call.size()) return true;
  call.syntax_error();
  return false;
}

std::string_view type_name(Type type) {
  switch (type) {
    case Type::kString:
      return "string";
    case Type::kList:
      return "list";
    case Type::kHash:
      return "hash";
    case Type::kSet:
      return "set";
    case Type::kSortedSet:
      return "zset";
    case Type::kStream:
      return "stream";
  }
  return "none";
}

}  // namespace weir::redis::commands
