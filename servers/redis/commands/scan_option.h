// The options that SCAN, SSCAN, HSCAN and ZSCAN share.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "servers/redis/call.h"

namespace weir::redis::commands {

struct ScanOptions {
  std::size_t count = 10;
  std::optional<std::string_view> pattern;
  std::optional<std::string_view> type;  // as TYPE names it

  bool matches(std::string_view name) const;
  bool matches_type(const Entry& entry) const;
};

// Each false, with the error replied, when the argument is none.
bool parse_cursor(Call& call, std::size_t i, std::uint64_t& cursor);
// From argument i to the end. TYPE is an option of SCAN alone.
bool parse_scan_options(Call& call, std::size_t i, bool with_type, ScanOptions& options);

// As TYPE replies.
std::string_view type_name(Type type);

}  // namespace weir::redis::commands
