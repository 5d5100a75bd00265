// Frames of one line each, ended by '\n' or "\r\n": the simplest member of the frame decoders.
//
//   unread:  P I N G \r \n E C H O ...
//            |-frame-|      |-- not looked at yet
//            |- consumed -|
//
// A frame decoder maps the unread input to a frame view, "need more" or an error, and keeps only a
// scan position: it never copies, allocates or looks at a byte twice, so a line that arrives byte
// by byte costs as much as a whole one. Not thread-safe; one per connection.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace weir::codec {

class Line {
 public:
  enum class Outcome { kFrame, kNeedMore, kTooLong };

  struct Step {
    Outcome outcome;
    std::string_view frame;    // kFrame: the line without its terminator, a view into `unread`
    std::size_t consumed = 0;  // kFrame: bytes of the line with its terminator; otherwise 0
  };

  static constexpr std::uint32_t kDefaultMaxBytes = 64 * 1024;

  // `max_bytes`: the most bytes before a '\n', a '\r' counted.
  explicit Line(std::uint32_t max_bytes = kDefaultMaxBytes) : max_bytes_(max_bytes) {}

  // Looks for the first line of `unread`. After kNeedMore, `unread` must begin with the same bytes
  // again, followed by more; after kFrame, with what follows the consumed bytes. kTooLong is
  // final and comes as soon as max_bytes + 1 bytes without a '\n' are there, however they arrived.
  Step next(std::string_view unread);

 private:
  std::uint32_t max_bytes_;
  std::uint32_t scanned_ = 0;  // bytes at the front of the input known to hold no '\n'
};

}  // namespace weir::codec
