// Delimiter against a plain search, with delimiters that overlap.
#include <algorithm>
#include <string>

#include "tests/fuzz/frame_fuzz.h"
#include "tests/fuzz/plain_codecs.h"

using namespace weir::codec;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Choices choices(data, size);
  Delimiter::Options options;
  options.max_bytes = 1U + choices.next();
  const std::uint8_t flags = choices.next();
  options.keep_delimiter = (flags & 1) != 0;
  options.on_bad_frame = (flags & 2) != 0 ? OnBadFrame::kSkip : OnBadFrame::kFail;
  const std::size_t piece = 1U + choices.next();
  for (std::size_t count = choices.below(10); count > 0; --count) {
    options.delimiters.emplace_back(choices.take(choices.below(6)));
  }
  const weir::Result<Delimiter> codec = Delimiter::make(options);
  if (!codec.is_ok()) return 0;
  std::size_t longest = 0;
  for (const std::string& one : options.delimiters) longest = std::max(longest, one.size());
  const std::string_view bytes = choices.rest();
  demand_trace(codec.value(), bytes, piece, options.max_bytes + longest,
               plain_delimited(options, bytes));

  const std::string encoded = std::string(bytes) + options.delimiters.front();
  const std::string frame = options.keep_delimiter ? encoded : std::string(bytes);
  // As a reader who strips it would see it: the delimiter that ends it must be the one that was
  // sent.
  Delimiter::Options stripping = options;
  stripping.keep_delimiter = false;
  const bool possible = plain_delimited(stripping, encoded) == FrameTrace{"=" + std::string(bytes)};
  demand_round_trip(codec.value(), possible, bytes, frame);
  return 0;
}
