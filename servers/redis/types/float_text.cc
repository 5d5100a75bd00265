#include "servers/redis/types/float_text.h"

#include <cctype>
#include <cerrno>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace weir::redis {

std::optional<long double> parse_float(std::string_view text) {
  if (text.empty() || text.size() >= kMaxFloatText) return std::nullopt;
  if (std::isspace(static_cast<unsigned char>(text[0])) != 0) return std::nullopt;
  char terminated[kMaxFloatText];
  std::memcpy(terminated, text.data(), text.size());
  terminated[text.size()] = '\0';
  char* end = nullptr;
  errno = 0;
  const long double value = std::strtold(terminated, &end);
  if (end != terminated + text.size() || std::isnan(value)) return std::nullopt;
  if (errno == ERANGE && (std::isinf(value) || value == 0)) return std::nullopt;
  return value;
}

std::string_view format_float(long double value, FloatText& scratch) {
  const int written = std::snprintf(scratch.bytes, sizeof scratch.bytes, "%.17Lf", value);
  std::string_view text(scratch.bytes, static_cast<std::size_t>(written));
  text.remove_suffix(text.size() - 1 - text.find_last_not_of('0'));  // stops at the point
  if (text.back() == '.') text.remove_suffix(1);
  if (text == "-0") text.remove_prefix(1);
  return text;
}

}  // namespace weir::redis
