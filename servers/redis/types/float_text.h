// Long doubles as text: what INCRBYFLOAT and HINCRBYFLOAT accept and store, as Redis 7.0 does. They
// calculate in long double so that 0.1 + 0.2 reads 0.3.
// Pure functions; any thread, as long as the process keeps the "C" numeric locale.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace weir::redis {

// The longest text that is read, and more than the widest finite long double is written with.
inline constexpr std::size_t kMaxFloatText = 5 * 1024;

// Decimal or hexadecimal (0x1p-3) with an optional sign and exponent, or inf / infinity in any
// case. Refused: empty text, NaN, anything around the number, kMaxFloatText bytes or more, and
// numbers beyond the range of a long double, too large or too small.
std::optional<long double> parse_float(std::string_view text);

// Scratch for one formatted number.
struct FloatText {
  char bytes[kMaxFloatText];
};

// Fixed notation, never an exponent: 17 digits behind the point, trailing zeros and a trailing
// point dropped; "0" for anything that rounds to zero, whatever its sign. The view lies in
// `scratch`. REQUIRES: finite.
std::string_view format_float(long double value, FloatText& scratch);

}  // namespace weir::redis
