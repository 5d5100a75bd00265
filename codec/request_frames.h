// The requests of the RESP protocol as frames: RequestDecoder as a codec, for whoever handles one
// request after the other. A frame is its arguments, which live until release() or the next next().
//
// A decoder as codec/frame.h says, but for two things: it is moved, not copied, and takes memory
// for a request that arrives in parts, or has many arguments, until that is released.
#pragma once

#include <cstddef>
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
    release();
    std::size_t consumed = 0;
    switch (decoder_.decode(unread, consumed, arguments_)) {
      case RequestDecoder::Outcome::kRequest:
        return {Outcome::kFrame, consumed, arguments_};
      case RequestDecoder::Outcome::kNeedMore:
        release();
        return {Outcome::kNeedMore, consumed, {}};
      case RequestDecoder::Outcome::kError:
        break;
    }
    return {Outcome::kFailed, 0, {}};
  }
  Error error() const { return {decoder_.error()}; }

  // The frame has been handled.
  void release() {
    decoder_.release();
    arguments_.clear();
    if (arguments_.capacity() > kKeptArguments) RequestDecoder::Arguments().swap(arguments_);
  }

  // Holds from the next header on: limits change with AUTH.
  void set_limits(const RequestLimits& limits) { decoder_.set_limits(limits); }

  // Bytes held beside the codec itself.
  std::size_t memory_usage() const {
    return decoder_.memory_usage() + arguments_.capacity() * sizeof(std::string_view);
  }

 private:
  // Room for a common request is not given back after each.
  static constexpr std::size_t kKeptArguments = 16;

  RequestDecoder decoder_;
  RequestDecoder::Arguments arguments_;
};

static_assert(FrameDecoder<RequestFrames>);

}  // namespace weir::codec
