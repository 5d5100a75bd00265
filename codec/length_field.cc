#include "codec/length_field.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <string>

namespace weir::codec {
namespace {

using Fault = FrameError::Fault;

constexpr std::uint64_t kTooLarge = std::uint64_t{1} << 63;

// A copy of constant size is one load.
template <class Number>
std::uint64_t load(const char* bytes, bool big_endian) {
  Number number;
  std::memcpy(&number, bytes, sizeof number);
  const bool native_order = big_endian == (std::endian::native == std::endian::big);
  if constexpr (sizeof number == 2) return native_order ? number : __builtin_bswap16(number);
  if constexpr (sizeof number == 4) return native_order ? number : __builtin_bswap32(number);
  if constexpr (sizeof number == 8) return native_order ? number : __builtin_bswap64(number);
  return number;
}

std::uint64_t read_number(const char* bytes, std::size_t width, bool big_endian) {
  switch (width) {
    case 1:
      return load<std::uint8_t>(bytes, big_endian);
    case 2:
      return load<std::uint16_t>(bytes, big_endian);
    case 4:
      return load<std::uint32_t>(bytes, big_endian);
    case 8:
      return load<std::uint64_t>(bytes, big_endian);
    default: {
      const std::uint64_t low = load<std::uint16_t>(bytes + (big_endian ? 1 : 0), big_endian);
      const std::uint64_t high = load<std::uint8_t>(bytes + (big_endian ? 0 : 2), big_endian);
      return high << 16 | low;
    }
  }
}

// Of a frame with such a header, in bytes.
std::uint64_t stripped(const LengthField::Options& options, std::uint64_t header) {
  return options.strip + (options.strip_header ? header : 0);
}

Status refused(const std::string& message) { return Status::error("length field: " + message); }

}  // namespace

Result<LengthField> LengthField::make(const Options& options) {
  const Status status = check(options);
  if (!status.is_ok()) return status;
  LengthField codec(options);
  if (options.format == Format::kVarint) codec.options_.width = 1;  // at least
  return codec;
}

Status LengthField::check(const Options& options) {
  const Status status = check_max_bytes("length field", options.max_bytes);
  if (!status.is_ok()) return status;
  const bool varint = options.format == Format::kVarint;
  constexpr std::array<std::uint8_t, 5> kWidths = {1, 2, 3, 4, 8};
  if (!varint && std::find(kWidths.begin(), kWidths.end(), options.width) == kWidths.end()) {
    return refused("a width of " + std::to_string(options.width) + " bytes: take 1, 2, 3, 4 or 8");
  }
  const std::uint64_t header = std::uint64_t{options.offset} + (varint ? 1 : options.width);
  const std::string most = std::to_string(options.max_bytes);
  if (header > options.max_bytes) {
    return refused("a header of " + std::to_string(header) + " bytes, where a frame has at most " +
                   most);
  }
  if (varint && !options.strip_header && options.strip > options.offset) {
    return refused(std::to_string(options.strip) +
                   " bytes to strip, which may end within a varint: "
                   "say strip_header");
  }
  const auto shortest = static_cast<std::int64_t>(header) + options.adjustment;
  if (shortest > static_cast<std::int64_t>(options.max_bytes)) {
    return refused("an adjustment of " + std::to_string(options.adjustment) +
                   ": every frame would be longer than " + most);
  }
  const std::int64_t largest = varint || options.width == 8
                                   ? std::int64_t{1} << 62
                                   : (std::int64_t{1} << (8 * options.width)) - 1;
  if (largest + options.adjustment < 0) {
    return refused("an adjustment of " + std::to_string(options.adjustment) +
                   ": every frame would end before its header");
  }
  const std::int64_t longest = std::min<std::int64_t>(shortest + largest, options.max_bytes);
  if (stripped(options, header) > static_cast<std::uint64_t>(longest)) {
    return refused(std::to_string(options.strip) + " bytes to strip, where a frame has at most " +
                   std::to_string(longest));
  }
  return Status::ok();
}

Step<LengthField::Frame> LengthField::next(std::string_view unread) {
  if (skip_ == 0) return next_frame(unread);
  const auto skipped = static_cast<std::size_t>(std::min<std::uint64_t>(skip_, unread.size()));
  skip_ -= skipped;
  if (skip_ > 0) return {Outcome::kNeedMore, skipped, {}};
  Step<Frame> step = next_frame(unread.substr(skipped));
  step.consumed += skipped;
  return step;
}

Step<LengthField::Frame> LengthField::next_frame(std::string_view unread) {
  if (error_.fault != Fault::kNone && options_.on_bad_frame == OnBadFrame::kFail) {
    return {Outcome::kFailed, 0, {}};
  }
  const std::size_t offset = options_.offset;
  if (unread.size() < offset + options_.width) return {};
  const Value length = read(unread.substr(offset));
  if (length.size == 0) return {};
  const std::uint64_t header = offset + length.size;
  // Modulo 2^64: what is negative or overflows is no size that passes the tests below.
  const std::uint64_t size =
      length.value + header + static_cast<std::uint64_t>(std::int64_t{options_.adjustment});
  const bool sound = length.value < kTooLarge && !length.malformed && size >= header;
  const std::uint64_t strip = stripped(options_, header);
  if (!sound || size > options_.max_bytes || size < strip) {
    return refuse(length, header, size, unread.size());
  }
  if (unread.size() < size) return {};
  return {Outcome::kFrame, size, unread.substr(strip, size - strip)};
}

LengthField::Value LengthField::read(std::string_view bytes) const {
  if (options_.format == Format::kVarint) return read_varint(bytes);
  const bool big_endian = options_.format == Format::kBigEndian;
  return {read_number(bytes.data(), options_.width, big_endian), options_.width};
}

LengthField::Value LengthField::read_varint(std::string_view bytes) {
  Value value;
  const std::size_t most = std::min(bytes.size(), kMaxVarintBytes);
  for (std::size_t i = 0; i < most; ++i) {
    const auto byte = static_cast<unsigned char>(bytes[i]);
    value.value |= std::uint64_t{byte & 0x7fU} << (7 * i);
    if (i + 1 == kMaxVarintBytes && byte > 1) {
      value.malformed = byte > 0x7f;
      value.value = ~std::uint64_t{0};  // it does not fit
      value.size = kMaxVarintBytes;
      return value;
    }
    if (byte > 0x7f) continue;
    value.size = i + 1;
    return value;
  }
  return value;
}

Step<LengthField::Frame> LengthField::refuse(const Value& length, std::uint64_t header,
                                             std::uint64_t size, std::size_t available) {
  // That of the frame where it can be told, otherwise of the header.
  std::uint64_t bad = header;
  const auto sum = static_cast<std::int64_t>(size);
  if (length.malformed) {
    error_ = {Fault::kLengthMalformed, 0, kMaxVarintBytes};
  } else if (length.value >= kTooLarge || (sum < 0 && length.value > kTooLarge / 2)) {
    error_ = {Fault::kLengthTooLarge, length.value, 0};
  } else if (sum < static_cast<std::int64_t>(header)) {
    error_ = {Fault::kLengthNegative, length.value, 0};
  } else {
    bad = size;
    error_ = size > options_.max_bytes
                 ? FrameError{Fault::kTooLong, size, options_.max_bytes}
                 : FrameError{Fault::kNothingLeft, size, stripped(options_, header)};
  }
  if (options_.on_bad_frame == OnBadFrame::kFail) return {Outcome::kFailed, 0, {}};
  const auto consumed = static_cast<std::size_t>(std::min<std::uint64_t>(bad, available));
  skip_ = bad - consumed;
  return {Outcome::kSkipped, consumed, {}};
}

Status LengthField::make_field(std::size_t payload, std::size_t prefix, Field& field) const {
  if (prefix != options_.offset) {
    return refused("a prefix of " + std::to_string(prefix) + " bytes, where " +
                   std::to_string(options_.offset) + " stand before the field");
  }
  const std::int64_t value = static_cast<std::int64_t>(payload) - options_.adjustment;
  const bool fixed = options_.format != Format::kVarint;
  if (value < 0 || (fixed && options_.width < 8 && value >> (8 * options_.width) != 0)) {
    return refused("a payload of " + std::to_string(payload) +
                   " bytes, whose length it would give as " + std::to_string(value) +
                   ": it has no room for that");
  }
  write_field(static_cast<std::uint64_t>(value), field);
  const std::size_t size = prefix + field.size + payload;
  const std::uint64_t least = stripped(options_, prefix + field.size);
  if (size > options_.max_bytes || size < least) {
    return refused("a frame of " + std::to_string(size) + " bytes, where " + std::to_string(least) +
                   " to " + std::to_string(options_.max_bytes) + " are allowed");
  }
  return Status::ok();
}

void LengthField::write_field(std::uint64_t value, Field& field) const {
  if (options_.format == Format::kVarint) {
    for (; value > 0x7f; value >>= 7) {
      field.bytes[field.size++] = static_cast<char>(value | 0x80);
    }
    field.bytes[field.size++] = static_cast<char>(value);
    return;
  }
  field.size = options_.width;
  for (std::size_t i = 0; i < field.size; ++i) {
    const std::size_t place = options_.format == Format::kBigEndian ? field.size - 1 - i : i;
    field.bytes[place] = static_cast<char>(value >> (8 * i));
  }
}

}  // namespace weir::codec
