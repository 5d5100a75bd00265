// Line against a plain search.
#include "tests/fuzz/frame_fuzz.h"
#include "tests/fuzz/plain_codecs.h"

using namespace weir::codec;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Choices choices(data, size);
  Line::Options options;
  options.max_bytes = 1U + choices.next();
  const std::uint8_t flags = choices.next();
  options.keep_terminator = (flags & 1) != 0;
  options.on_bad_frame = (flags & 2) != 0 ? OnBadFrame::kSkip : OnBadFrame::kFail;
  options.send_carriage_return = (flags & 4) != 0;
  const std::size_t piece = 1U + choices.next();
  const Line line = Line::make(options).value();
  const std::string_view bytes = choices.rest();
  demand_trace(line, bytes, piece, options.max_bytes + 2, plain_lines(options, bytes));

  const std::string encoded = std::string(bytes) + (options.send_carriage_return ? "\r\n" : "\n");
  const std::string frame = options.keep_terminator ? encoded : std::string(bytes);
  // As a reader who strips it would see it: the terminator must be the one that was sent.
  Line::Options stripping = options;
  stripping.keep_terminator = false;
  const bool possible = plain_lines(stripping, encoded) == FrameTrace{"=" + std::string(bytes)};
  demand_round_trip(line, possible, bytes, frame);
  return 0;
}
