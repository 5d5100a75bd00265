// Frames of one length. A codec as codec/frame.h says.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/status.h"
#include "codec/frame.h"

namespace weir::codec {

class FixedLength {
 public:
  using Frame = std::string_view;

  // `bytes`: of a frame, from 1 to kMaxFrameBytes.
  static Result<FixedLength> make(std::uint32_t bytes);

  Step<Frame> next(std::string_view unread) const {
    if (unread.size() < bytes_) return {};
    return {Outcome::kFrame, bytes_, unread.substr(0, bytes_)};
  }
  // There is none: every stream is right.
  FrameError error() const { return {}; }

  // Passes `frames` to write(std::string_view): one or several, or it fails.
  template <class Write>
  Status encode(std::string_view frames, const Write& write) const {
    Status status = check(frames.size());
    if (status.is_ok()) write(frames);
    return status;
  }

 private:
  explicit FixedLength(std::uint32_t bytes) : bytes_(bytes) {}
  Status check(std::size_t size) const;

  std::uint32_t bytes_;
};

}  // namespace weir::codec
