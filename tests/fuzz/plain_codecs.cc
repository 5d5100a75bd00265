#include "tests/fuzz/plain_codecs.h"

#include <algorithm>
#include <cstdint>
#include <limits>

namespace weir::codec {
namespace {

__extension__ typedef __int128 Wide;  // no sum of 64-bit numbers leaves it

std::string refusal(OnBadFrame on_bad_frame, const FrameError& error) {
  const bool fails = on_bad_frame == OnBadFrame::kFail;
  return (fails ? "failed: " : "skipped: ") + error.message();
}

// The first delimiter by its end, of several the longest: [begin, end).
struct Place {
  std::size_t begin = std::string_view::npos;
  std::size_t end = std::string_view::npos;
};
Place first_delimiter(const std::vector<std::string>& delimiters, std::string_view bytes) {
  for (std::size_t end = 1; end <= bytes.size(); ++end) {
    Place found;
    for (const std::string& delimiter : delimiters) {
      if (!bytes.substr(0, end).ends_with(delimiter)) continue;
      found = {std::min(found.begin, end - delimiter.size()), end};
    }
    if (found.end == end) return found;
  }
  return {};
}

}  // namespace

FrameTrace plain_delimited(const Delimiter::Options& options, std::string_view bytes) {
  FrameTrace trace;
  std::size_t longest = 0;
  for (const std::string& one : options.delimiters) longest = std::max(longest, one.size());
  for (;;) {
    const Place place = first_delimiter(options.delimiters, bytes);
    const bool found = place.end != std::string_view::npos;
    const bool too_long =
        found ? place.begin > options.max_bytes : bytes.size() >= options.max_bytes + longest;
    if (too_long) {
      const FrameError error{FrameError::Fault::kTooLong, 0, options.max_bytes};
      trace.push_back(refusal(options.on_bad_frame, error));
      if (options.on_bad_frame == OnBadFrame::kFail) return trace;
    }
    if (!found) return trace;
    if (!too_long) {
      const std::size_t size = options.keep_delimiter ? place.end : place.begin;
      trace.push_back("=" + std::string(bytes.substr(0, size)));
    }
    bytes.remove_prefix(place.end);
  }
}

FrameTrace plain_lines(const Line::Options& options, std::string_view bytes) {
  return plain_delimited({.delimiters = {"\r\n", "\n"},
                          .max_bytes = options.max_bytes,
                          .keep_delimiter = options.keep_terminator,
                          .on_bad_frame = options.on_bad_frame},
                         bytes);
}

FrameTrace plain_fixed(std::size_t size, std::string_view bytes) {
  FrameTrace trace;
  for (; bytes.size() >= size; bytes.remove_prefix(size)) {
    trace.push_back("=" + std::string(bytes.substr(0, size)));
  }
  return trace;
}

namespace {

// The field's value and size; size 0 where it is not all there, value < 0 where it never ends.
struct Field {
  Wide value = 0;
  std::size_t size = 0;
};

Field read_varint(std::string_view bytes) {
  Wide value = 0;
  for (std::size_t i = 0; i < std::min<std::size_t>(bytes.size(), 10); ++i) {
    const auto byte = static_cast<unsigned char>(bytes[i]);
    value |= Wide{byte & 0x7f} << (7 * i);
    if (byte < 0x80) return {value, i + 1};
    if (i == 9) return {-1, 10};
  }
  return {};
}

Field read_field(const LengthField::Options& options, std::string_view bytes) {
  if (options.format == LengthField::Format::kVarint) return read_varint(bytes);
  if (bytes.size() < options.width) return {};
  std::string field(bytes.substr(0, options.width));
  if (options.format == LengthField::Format::kLittleEndian)
    std::reverse(field.begin(), field.end());
  Wide value = 0;
  for (const char byte : field) value = value * 256 + static_cast<unsigned char>(byte);
  return {value, field.size()};
}

}  // namespace

FrameTrace plain_lengths(const LengthField::Options& options, std::string_view bytes) {
  using Fault = FrameError::Fault;
  FrameTrace trace;
  while (bytes.size() >= options.offset) {
    const Field field = read_field(options, bytes.substr(options.offset));
    if (field.size == 0) return trace;
    const Wide header = Wide{options.offset} + static_cast<Wide>(field.size);
    const Wide size = header + field.value + options.adjustment;
    const Wide strip = options.strip + (options.strip_header ? header : 0);
    const auto said = static_cast<std::uint64_t>(
        std::min<Wide>(field.value, std::numeric_limits<std::uint64_t>::max()));
    FrameError error;
    Wide skip = header;
    if (field.value < 0) {
      error = {Fault::kLengthMalformed, 0, 10};
    } else if (field.value >= Wide{1} << 63 || size >= Wide{1} << 63) {
      error = {Fault::kLengthTooLarge, said, 0};
    } else if (size < header) {
      error = {Fault::kLengthNegative, said, 0};
    } else if (size > options.max_bytes) {
      error = {Fault::kTooLong, static_cast<std::uint64_t>(size), options.max_bytes};
      skip = size;
    } else if (size < strip) {
      error = {Fault::kNothingLeft, static_cast<std::uint64_t>(size),
               static_cast<std::uint64_t>(strip)};
      skip = size;
    }
    if (error.fault != Fault::kNone) {
      trace.push_back(refusal(options.on_bad_frame, error));
      if (options.on_bad_frame == OnBadFrame::kFail) return trace;
      bytes.remove_prefix(static_cast<std::size_t>(std::min<Wide>(skip, bytes.size())));
      continue;
    }
    if (size > static_cast<Wide>(bytes.size())) return trace;
    const auto whole = static_cast<std::size_t>(size);
    trace.push_back("=" +
                    std::string(bytes.substr(0, whole).substr(static_cast<std::size_t>(strip))));
    bytes.remove_prefix(whole);
  }
  return trace;
}

}  // namespace weir::codec
