// Line against a plain search: the first byte chooses the maximum, the second how the rest is cut.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "codec/line.h"

namespace {

using weir::codec::Line;

struct Frames {
  std::vector<std::string> lines;
  bool too_long = false;

  bool operator==(const Frames&) const = default;
};

Frames decode(std::string_view bytes, std::uint32_t max_bytes, std::size_t piece) {
  Frames frames;
  Line line(max_bytes);
  std::vector<char> unread;  // of exactly the input's size, so that a sanitizer sees a read past it
  while (true) {
    const Line::Step step = line.next({unread.data(), unread.size()});
    if (step.outcome == Line::Outcome::kFrame) {
      frames.lines.emplace_back(step.frame);
      unread = std::vector<char>(unread.begin() + static_cast<std::ptrdiff_t>(step.consumed),
                                 unread.end());
      continue;
    }
    frames.too_long = step.outcome == Line::Outcome::kTooLong;
    if (frames.too_long || bytes.empty()) return frames;
    const std::string_view next = bytes.substr(0, piece);
    bytes.remove_prefix(next.size());
    std::vector<char> more(unread);
    more.insert(more.end(), next.begin(), next.end());
    more.shrink_to_fit();
    unread = std::move(more);
  }
}

Frames search(std::string_view bytes, std::uint32_t max_bytes) {
  Frames frames;
  while (true) {
    const std::size_t newline = bytes.find('\n');
    frames.too_long = std::min(newline, bytes.size()) > max_bytes;
    if (frames.too_long || newline == std::string_view::npos) return frames;
    std::string_view line = bytes.substr(0, newline);
    if (line.ends_with('\r')) line.remove_suffix(1);
    frames.lines.emplace_back(line);
    bytes.remove_prefix(newline + 1);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 2, size - 2);
  const std::uint32_t max_bytes = data[0];
  const Frames expected = search(bytes, max_bytes);
  for (const std::size_t piece : {std::size_t{1}, std::size_t{1} + data[1], bytes.size() + 1}) {
    if (decode(bytes, max_bytes, piece) != expected) std::abort();
  }
  return 0;
}
