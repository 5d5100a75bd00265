// What a RequestDecoder makes of a byte stream that arrives in given pieces, for tests and fuzzing:
// two transcripts of the same bytes must be equal, however they were cut. Checks the decoder's
// contract on the way and aborts where it is broken.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "codec/resp_limits.h"

namespace weir::codec {

struct RequestTranscript {
  std::vector<std::vector<std::string>> requests;
  std::string error;     // empty: none
  bool partial = false;  // the bytes end in the middle of a request

  bool operator==(const RequestTranscript&) const = default;
};

// Decodes `bytes`, cut before each of `cuts` (ascending offsets). The requests of one piece are
// decoded as one batch, and its views read only then; each piece lies in memory of its own, so that
// a sanitizer sees a read past it.
RequestTranscript transcribe(std::string_view bytes, std::span<const std::size_t> cuts,
                             const RequestLimits& limits = {});

// All of `bytes` at once, and byte by byte.
RequestTranscript transcribe_whole(std::string_view bytes, const RequestLimits& limits = {});
RequestTranscript transcribe_bytes(std::string_view bytes, const RequestLimits& limits = {});

}  // namespace weir::codec
