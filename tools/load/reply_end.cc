#include "tools/load/reply_end.h"

#include <charconv>
#include <cstdint>

namespace weir::load {

// Without recursion, as nobody bounds how deep replies are nested: only how many are still to come
// matters.
std::size_t reply_end(std::string_view bytes) {
  std::size_t at = 0;
  for (std::uint64_t left = 1; left > 0; --left) {
    const std::size_t line = bytes.find("\r\n", at);
    if (line == bytes.npos) return 0;
    const char type = bytes[at];
    const std::string_view text = bytes.substr(at + 1, line - at - 1);
    at = line + 2;
    if (std::string_view("+-:_,#(").find(type) != std::string_view::npos) continue;
    std::int64_t size = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), size);
    const bool is_number = parsed.ec == std::errc() && parsed.ptr == text.data() + text.size();
    if (!is_number || size < -1) return bytes.npos;
    if (size == -1) continue;
    const auto count = static_cast<std::uint64_t>(size);
    if (type == '$' || type == '=' || type == '!') {
      if (bytes.size() - at < count + 2) return 0;
      at += count + 2;
    } else if (type == '*' || type == '~' || type == '>') {
      left += count;
    } else if (type == '%') {
      left += 2 * count;
    } else {
      return bytes.npos;
    }
  }
  return at;
}

}  // namespace weir::load
