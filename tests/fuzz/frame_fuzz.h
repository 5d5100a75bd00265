// What every frame codec must keep to, whatever the bytes; a target gives it a codec, what a plain
// decoder makes of the bytes, and the bytes.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "codec/frame_trace.h"
#include "tests/fuzz/choices.h"

namespace weir::codec {

// The same frames and errors as `expected`, whole, byte by byte and in pieces of `piece` bytes; in
// between less than `bound` bytes stay unread.
template <class Codec>
void demand_trace(const Codec& codec, std::string_view bytes, std::size_t piece, std::size_t bound,
                  const FrameTrace& expected) {
  for (const std::size_t size : {bytes.size(), std::size_t{1}, piece}) {
    const FrameTrace found = trace(
        codec, bytes, [size] { return size; }, bound);
    demand(found == expected, "another trace");
  }
}

// What encode() writes comes back as `expected`, and nothing else. It refuses where `possible` is
// false, and only there, and then writes nothing.
template <class Codec, class... Prefix>
void demand_round_trip(const Codec& codec, bool possible, std::string_view payload,
                       std::string_view expected, const Prefix&... prefix) {
  std::string bytes;
  const auto write = [&bytes](std::string_view piece) { bytes += piece; };
  const Status status = codec.encode(payload, write, prefix...);
  demand(status.is_ok() == possible, "encode() refuses too little or too much");
  if (!possible) return demand(bytes.empty(), "wrote in spite of an error");
  demand(trace_whole(codec, bytes) == FrameTrace{"=" + std::string(expected)},
         "decode(encode(x)) is not x");
}

}  // namespace weir::codec
