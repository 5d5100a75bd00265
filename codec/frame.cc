#include "codec/frame.h"

namespace weir::codec {

Status check_max_bytes(std::string_view codec, std::uint64_t max_bytes) {
  if (max_bytes >= 1 && max_bytes <= kMaxFrameBytes) return Status::ok();
  return Status::error(std::string(codec) + ": a maximum of " + std::to_string(max_bytes) +
                       " bytes: take one from 1 to " + std::to_string(kMaxFrameBytes));
}

std::string FrameError::message() const {
  const std::string bytes = std::to_string(length);
  const std::string most = std::to_string(limit);
  switch (fault) {
    case Fault::kNone:
      return "no error";
    case Fault::kTooLong:
      return length == 0 ? "a frame of more than " + most + " bytes"
                         : "a frame of " + bytes + " bytes, where " + most + " are allowed";
    case Fault::kLengthTooLarge:
      return "a length field of " + bytes + ", beyond what a stream can hold";
    case Fault::kLengthNegative:
      return "a length field of " + bytes + ", which ends the frame before its header";
    case Fault::kLengthMalformed:
      return "a length of variable size that does not end within " + most + " bytes";
    case Fault::kNothingLeft:
      return "a frame of " + bytes + " bytes, of which " + most + " are to be stripped";
  }
  return {};
}

}  // namespace weir::codec
