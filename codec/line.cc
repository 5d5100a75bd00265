#include "codec/line.h"

#include <cstring>
#include <string>

namespace weir::codec {
namespace {

constexpr std::size_t kLongestTerminator = 2;

EndScan::Mark find_terminator(std::string_view bytes, std::size_t from) {
  if (from >= bytes.size()) return {};
  const void* const found = std::memchr(bytes.data() + from, '\n', bytes.size() - from);
  if (found == nullptr) return {};
  const auto at = static_cast<std::size_t>(static_cast<const char*>(found) - bytes.data());
  return {at + 1, at > 0 && bytes[at - 1] == '\r' ? kLongestTerminator : 1};
}

}  // namespace

Result<Line> Line::make(const Options& options) {
  const Status status = check_max_bytes("line", options.max_bytes);
  if (!status.is_ok()) return status;
  return Line(options);
}

Step<Line::Frame> Line::next(std::string_view unread) {
  std::size_t terminator_size = 0;
  Step<Frame> step = scan_.next(unread, kLongestTerminator, find_terminator, terminator_size);
  if (step.outcome == Outcome::kFrame && !keeps_terminator_) {
    step.frame.remove_suffix(terminator_size);
  }
  return step;
}

Status Line::check(std::string_view line) const {
  if (line.size() > scan_.max_bytes()) {
    return Status::error("a line of " + std::to_string(line.size()) + " bytes, where " +
                         std::to_string(scan_.max_bytes()) + " are allowed");
  }
  if (line.find('\n') != std::string_view::npos) {
    return Status::error("a line that holds a line feed");
  }
  if (!sends_carriage_return_ && line.ends_with('\r')) {
    return Status::error("a line that ends with a carriage return, before a bare line feed");
  }
  return Status::ok();
}

}  // namespace weir::codec
