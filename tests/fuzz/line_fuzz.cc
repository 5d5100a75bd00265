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
  demand_trace(line, bytes, piece, plain_lines(options, bytes));
  if (!options.keep_terminator) demand_round_trip(line, bytes, bytes);
  return 0;
}
