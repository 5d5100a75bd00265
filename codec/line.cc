#include "codec/line.h"

#include <cstring>
#include <string>

namespace weir::codec {
namespace {

EndScan::Mark find_line_feed(std::string_view bytes, std::size_t from) {
  if (from >= bytes.size()) return {};
  const void* const found = std::memchr(bytes.data() + from, '\n', bytes.size() - from);
  if (found == nullptr) return {};
  const auto at = static_cast<std::size_t>(static_cast<const char*>(found) - bytes.data());
  return {at + 1, 1};
}

}  // namespace

Result<Line> Line::make(const Options& options) {
  const Status status = check_max_bytes(options.max_bytes);
  if (!status.is_ok()) return status;
  return Line(options);
}

Step<Line::Frame> Line::next(std::string_view unread) {
  std::size_t mark_size = 0;
  Step<Frame> step = scan_.next(unread, 1, find_line_feed, mark_size);
  if (keeps_terminator_ || step.outcome != Outcome::kFrame) return step;
  step.frame.remove_suffix(1);
  if (step.frame.ends_with('\r')) step.frame.remove_suffix(1);
  return step;
}

Status Line::check(std::string_view line) const {
  const std::size_t size = line.size() + terminator().size() - 1;
  if (size > max_bytes_) {
    return Status::error("a line of " + std::to_string(size) + " bytes, where " +
                         std::to_string(max_bytes_) + " are allowed");
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
