// Frames that end with one of several delimiters, of one or more bytes each.
//
//   delimiters ";" and "--":  a b - - c ; ...
//                             |-|     |
//                             frames  of two bytes and one
//
// The delimiter that is complete first ends the frame; of those that end at the same byte, the
// longest. That is the shortest frame, and can be told without a look ahead: make() refuses a set
// in which one delimiter holds another before its own end, and so could never be complete first
// ("\r\n" beside "\r": which it is would depend on how the bytes arrive).
//
// A codec as codec/frame.h says.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "codec/byte_scan.h"
#include "codec/end_scan.h"
#include "codec/frame.h"

namespace weir::codec {

class Delimiter {
 public:
  using Frame = std::string_view;

  static constexpr std::size_t kMaxDelimiters = ByteScan::kMaxNeedles;
  static constexpr std::size_t kMaxDelimiterBytes = 255;

  struct Options {
    std::vector<std::string> delimiters;  // encode() ends frames with the first
    std::uint32_t max_bytes = 64 * 1024;  // of a frame, the delimiter not counted
    bool keep_delimiter = false;          // in the frame; encode() adds it all the same
    OnBadFrame on_bad_frame = OnBadFrame::kFail;
  };

  static Result<Delimiter> make(const Options& options);

  // A frame is too long as soon as no delimiter that is still to come could end one of max_bytes.
  Step<Frame> next(std::string_view unread);
  FrameError error() const { return scan_.error(); }

  // Passes `payload` and the first delimiter to write(std::string_view). Fails, and writes nothing,
  // where the other end would read something else.
  template <class Write>
  Status encode(std::string_view payload, const Write& write) const {
    Status status = check(payload);
    if (!status.is_ok()) return status;
    write(payload);
    write(set_->first);
    return status;
  }

 private:
  // All connections of a service look into the same one, and the last that ends drops it.
  struct Set {
    std::string first;
    std::vector<std::string> by_size;  // the longest first
    ByteScan last_bytes;

    EndScan::Mark find(std::string_view bytes, std::size_t from) const;
    std::size_t match(std::string_view bytes) const;
  };

  Delimiter(std::shared_ptr<const Set> set, const Options& options)
      : set_(std::move(set)),
        scan_(options.max_bytes, options.on_bad_frame),
        keeps_delimiter_(options.keep_delimiter) {}

  static Status check(const std::vector<std::string>& delimiters);
  Status check(std::string_view payload) const;

  std::shared_ptr<const Set> set_;
  EndScan scan_;
  bool keeps_delimiter_;
};

}  // namespace weir::codec
