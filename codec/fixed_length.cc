#include "codec/fixed_length.h"

#include <string>

namespace weir::codec {

Result<FixedLength> FixedLength::make(std::uint32_t bytes) {
  if (bytes >= 1 && bytes <= kMaxFrameBytes) return FixedLength(bytes);
  return Status::error("frames of " + std::to_string(bytes) + " bytes: take a length from 1 to " +
                       std::to_string(kMaxFrameBytes));
}

Status FixedLength::check(std::size_t size) const {
  if (size > 0 && size % bytes_ == 0) return Status::ok();
  return Status::error(std::to_string(size) + " bytes, where frames have " +
                       std::to_string(bytes_) + ": send whole frames");
}

}  // namespace weir::codec
