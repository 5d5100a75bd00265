#include "codec/line.h"

#include <algorithm>
#include <cstring>

namespace weir::codec {

Line::Step Line::next(std::string_view unread) {
  const std::size_t window = std::min<std::size_t>(unread.size(), std::size_t{max_bytes_} + 1);
  const char* const begin = unread.data();
  const void* const found =
      window > scanned_ ? std::memchr(begin + scanned_, '\n', window - scanned_) : nullptr;
  if (found == nullptr) {
    if (window > max_bytes_) return {Outcome::kTooLong, {}, 0};
    scanned_ = static_cast<std::uint32_t>(window);
    return {Outcome::kNeedMore, {}, 0};
  }
  scanned_ = 0;
  const auto newline = static_cast<std::size_t>(static_cast<const char*>(found) - begin);
  const bool carriage_return = newline > 0 && begin[newline - 1] == '\r';
  return {Outcome::kFrame, unread.substr(0, newline - (carriage_return ? 1 : 0)), newline + 1};
}

}  // namespace weir::codec
