// LengthField against arithmetic of 128 bits, with every kind of field.
#include <algorithm>
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
  options.strip_header = choices.below(2) == 0;
  options.max_bytes = 1U + choices.next();
  options.on_bad_frame = choices.below(2) == 0 ? OnBadFrame::kFail : OnBadFrame::kSkip;
  return options;
}

// Bytes of a field that holds `value`; 0 where none does.
std::size_t field_size(const LengthField::Options& options, std::int64_t value) {
  if (value < 0) return 0;
  if (options.format == LengthField::Format::kVarint) {
    std::size_t size = 1;
    for (; value >= 128; value /= 128) ++size;
    return size;
  }
  if (options.width == 8) return 8;
  return value < std::int64_t{1} << (8 * options.width) ? options.width : 0;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Choices choices(data, size);
  const LengthField::Options options = choose(choices);
  const std::size_t piece = 1U + choices.next();
  const weir::Result<LengthField> codec = LengthField::make(options);
  if (!codec.is_ok()) return 0;
  const std::string_view bytes = choices.rest();
  const std::size_t bound = std::max<std::size_t>(options.max_bytes, options.offset + 10);
  demand_trace(codec.value(), bytes, piece, bound, plain_lengths(options, bytes));

  const std::string_view prefix = bytes.substr(0, options.offset);
  const std::string_view payload = bytes.substr(prefix.size());
  const std::size_t field =
      field_size(options, static_cast<std::int64_t>(payload.size()) - options.adjustment);
  const std::size_t header = prefix.size() + field;
  const std::size_t frame = header + payload.size();
  const std::size_t strip = options.strip + (options.strip_header ? header : 0);
  const bool possible =
      field > 0 && prefix.size() == options.offset && frame <= options.max_bytes && frame >= strip;
  // Of the header what is not stripped: the field's bytes are looked at by decoding alone.
  if (possible && strip >= header) {
    demand_round_trip(codec.value(), true, payload, payload.substr(strip - header), prefix);
  } else if (!possible) {
    demand_round_trip(codec.value(), false, payload, {}, prefix);
  }
  return 0;
}
