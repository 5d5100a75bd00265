// LengthField against arithmetic of 128 bits, with every kind of field.
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include "tests/fuzz/frame_fuzz.h"
#include "tests/fuzz/plain_codecs.h"

using namespace weir::codec;

namespace {

// A small number mostly, sometimes the largest of either sign.
std::int32_t choose_adjustment(Choices& choices) {
  const std::uint8_t byte = choices.next();
  if (byte == 0x7f) return std::numeric_limits<std::int32_t>::max();
  if (byte == 0x80) return std::numeric_limits<std::int32_t>::min();
  return static_cast<std::int8_t>(byte);
}

LengthField::Options choose(Choices& choices) {
  LengthField::Options options;
  options.format = static_cast<LengthField::Format>(choices.below(3));
  options.width = static_cast<std::uint8_t>(choices.below(10));
  options.offset = static_cast<std::uint32_t>(choices.below(8));
  options.adjustment = choose_adjustment(choices);
  options.strip = static_cast<std::uint32_t>(choices.below(24));
  options.max_bytes = 1U + choices.next();
  options.on_bad_frame = choices.below(2) == 0 ? OnBadFrame::kFail : OnBadFrame::kSkip;
  return options;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Choices choices(data, size);
  const LengthField::Options options = choose(choices);
  const std::size_t piece = 1U + choices.next();
  const weir::Result<LengthField> codec = LengthField::make(options);
  if (!codec.is_ok()) return 0;
  const std::string_view bytes = choices.rest();
  demand_trace(codec.value(), bytes, piece, plain_lengths(options, bytes));

  const std::string_view prefix = bytes.substr(0, options.offset);
  const std::string_view payload = bytes.substr(prefix.size());
  // As whoever reads the header himself would see it.
  LengthField::Options whole = options;
  whole.strip = 0;
  const LengthField unstripped = LengthField::make(whole).value();
  std::string expected;
  const auto write = [&expected](std::string_view part) { expected += part; };
  if (unstripped.encode(payload, write, prefix).is_ok()) {
    demand(expected.starts_with(prefix) && expected.ends_with(payload), "a part is missing");
    demand_round_trip(unstripped, payload, expected, prefix);
    if (expected.size() >= options.strip) {
      demand_round_trip(codec.value(), payload, expected.substr(options.strip), prefix);
    }
  }
  return 0;
}
