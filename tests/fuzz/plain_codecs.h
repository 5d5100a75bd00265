// The frame codecs once more: slow, over the whole stream at once, without a state to be wrong
// about. What a fuzz target compares the real ones with.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "codec/delimiter.h"
#include "codec/frame_trace.h"
#include "codec/length_field.h"
#include "codec/line.h"

namespace weir::codec {

FrameTrace plain_lines(const Line::Options& options, std::string_view bytes);
FrameTrace plain_delimited(const Delimiter::Options& options, std::string_view bytes);
FrameTrace plain_fixed(std::size_t size, std::string_view bytes);
FrameTrace plain_lengths(const LengthField::Options& options, std::string_view bytes);

}  // namespace weir::codec
