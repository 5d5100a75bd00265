// FixedLength against a plain cut.
#include "codec/fixed_length.h"
#include "tests/fuzz/frame_fuzz.h"
#include "tests/fuzz/plain_codecs.h"

using namespace weir::codec;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Choices choices(data, size);
  const std::uint32_t length = choices.next();
  const std::size_t piece = 1U + choices.next();
  const weir::Result<FixedLength> codec = FixedLength::make(length);
  if (!codec.is_ok()) return 0;
  const std::string_view bytes = choices.rest();
  demand_trace(codec.value(), bytes, piece, length, plain_fixed(length, bytes));
  const bool whole = bytes.size() == length;
  demand_round_trip(codec.value(), whole, whole ? bytes : bytes.substr(0, piece % length), bytes);
  return 0;
}
