// The requests of the RESP protocol as frames: RequestDecoder as a codec, for whoever handles one
// request after the other. A frame is its arguments, which live until the next call.
//
// A codec as codec/frame.h says, but for the memory that a partial request takes.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "codec/frame.h"
#include "codec/resp_limits.h"
#include "codec/resp_request.h"

namespace weir::codec {

class RequestFrames {
 public:
  using Frame = std::span<const std::string_view>;

  // The text of the error reply, without its '-' and line end.
  struct Error {
    std::string_view text;
    std::string message() const { return std::string(text); }
  };

  explicit RequestFrames(const RequestLimits& limits = {}) : decoder_(limits) {}

  Step<Frame> next(std::string_view unread) {
    arguments_.clear();
    decoder_.release();
    std::size_t consumed = 0;
    switch (decoder_.decode(unread, consumed, arguments_)) {
      case RequestDecoder::Outcome::kRequest:
        return {Outcome::kFrame, consumed, arguments_};
      case RequestDecoder::Outcome::kNeedMore:
        return {Outcome::kNeedMore, consumed, {}};
      case RequestDecoder::Outcome::kError:
        break;
    }
    return {Outcome::kFailed, 0, {}};
  }
  Error error() const { return {decoder_.error()}; }

 private:
  RequestDecoder decoder_;
  RequestDecoder::Arguments arguments_;
};

static_assert(FrameDecoder<RequestFrames>);

}  // namespace weir::codec
