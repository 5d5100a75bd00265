// Frames of one line each, ended by '\n' or "\r\n".
//
//   unread:  P I N G \r \n E C H O ...
//            |-frame-|      |-- not looked at yet
//            |- consumed -|
//
// A codec as codec/frame.h says.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/status.h"
#include "codec/end_scan.h"
#include "codec/frame.h"

namespace weir::codec {

class Line {
 public:
  using Frame = std::string_view;

  struct Options {
    std::uint32_t max_bytes = 64 * 1024;  // the terminator not counted
    bool keep_terminator = false;         // in the frame; encode() adds it all the same
    OnBadFrame on_bad_frame = OnBadFrame::kFail;
    bool send_carriage_return = true;  // encode() ends lines with "\r\n", otherwise with '\n'
  };

  Line() : Line(Options{}) {}
  static Result<Line> make(const Options& options);

  // A line is too long as soon as max_bytes + 2 bytes without a '\n' are there.
  Step<Frame> next(std::string_view unread);
  FrameError error() const { return scan_.error(); }

  // Passes `line` and its terminator to write(std::string_view). Fails, and writes nothing, where
  // the other end would read something else.
  template <class Write>
  Status encode(std::string_view line, const Write& write) const {
    Status status = check(line);
    if (!status.is_ok()) return status;
    write(line);
    write(terminator());
    return status;
  }

 private:
  explicit Line(const Options& options)
      : scan_(options.max_bytes, options.on_bad_frame),
        keeps_terminator_(options.keep_terminator),
        sends_carriage_return_(options.send_carriage_return) {}

  std::string_view terminator() const { return sends_carriage_return_ ? "\r\n" : "\n"; }
  Status check(std::string_view line) const;

  EndScan scan_;
  bool keeps_terminator_;
  bool sends_carriage_return_;
};

}  // namespace weir::codec
