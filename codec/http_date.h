// Points in time as HTTP writes them: "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110, 5.6.7).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace weir::codec {

inline constexpr std::size_t kHttpDateBytes = 29;

// Seconds since 1970, of the years 0 to 9999.
std::string format_http_date(std::int64_t seconds);
// Of that form and of the two older ones; nothing for anything else.
std::optional<std::int64_t> parse_http_date(std::string_view text);

}  // namespace weir::codec
