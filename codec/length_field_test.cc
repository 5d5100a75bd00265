#include "codec/length_field.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "codec/frame_trace.h"

namespace weir::codec {
namespace {

using namespace std::string_literals;
using Format = LengthField::Format;
using Options = LengthField::Options;

static_assert(FrameDecoder<LengthField>);

LengthField make(const Options& options) { return LengthField::make(options).value(); }

void expect_trace(const Options& options, const std::string& bytes, const FrameTrace& expected) {
  const LengthField codec = make(options);
  EXPECT_EQ(trace_bytes(codec, bytes), expected);
  for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
    EXPECT_EQ(trace_cut(codec, bytes, cut), expected) << " cut at " << cut;
  }
}

TEST(LengthFieldTest, ReadsEveryWidthInBothOrders) {
  const auto big = Format::kBigEndian;
  const auto little = Format::kLittleEndian;
  expect_trace({.format = big, .width = 1, .strip = 1}, "\2ab\0\1c"s, {"=ab", "=", "=c"});
  expect_trace({.format = big, .width = 2, .strip = 2}, "\0\2ab\0\0\0\1c"s, {"=ab", "=", "=c"});
  expect_trace({.format = big, .width = 3, .strip = 3}, "\0\0\2ab\0\0\1c"s, {"=ab", "=c"});
  expect_trace({.format = big, .width = 4, .strip = 4}, "\0\0\0\2ab\0\0\0\1c"s, {"=ab", "=c"});
  expect_trace({.format = big, .width = 8, .strip = 8}, "\0\0\0\0\0\0\0\2ab"s, {"=ab"});
  expect_trace({.format = little, .width = 1, .strip = 1}, "\2ab\1c"s, {"=ab", "=c"});
  expect_trace({.format = little, .width = 2, .strip = 2}, "\2\0ab\1\0c"s, {"=ab", "=c"});
  expect_trace({.format = little, .width = 3, .strip = 3}, "\2\0\0ab\1\0\0c"s, {"=ab", "=c"});
  expect_trace({.format = little, .width = 4, .strip = 4}, "\2\0\0\0ab\1\0\0\0c"s, {"=ab", "=c"});
  expect_trace({.format = little, .width = 8, .strip = 8}, "\2\0\0\0\0\0\0\0ab"s, {"=ab"});
}

// Each byte of a field counts with its own weight.
TEST(LengthFieldTest, ReadsEveryByteOfTheField) {
  for (const Format format : {Format::kBigEndian, Format::kLittleEndian}) {
    for (const std::uint8_t width : std::vector<std::uint8_t>{2, 3, 4, 8}) {
      for (std::uint8_t byte = 0; byte < width; ++byte) {
        std::string field(width, '\0');
        field[byte] = 1;
        const int weight = format == Format::kBigEndian ? width - 1 - byte : byte;
        const std::uint64_t size = width + (std::uint64_t{1} << (8 * weight));
        const Options options{.format = format, .width = width, .max_bytes = 100};
        const FrameTrace expected{"failed: a frame of " + std::to_string(size) +
                                  " bytes, where 100 are allowed"};
        if (weight == 0) continue;
        EXPECT_EQ(trace_whole(make(options), field), expected);
      }
    }
  }
}

TEST(LengthFieldTest, ReadsAVarint) {
  const Options options{.format = Format::kVarint};
  const std::string long_frame = "\xac\x02" + std::string(300, 'x');
  expect_trace(options, "\0\2ab"s + long_frame, {"=\0"s, "=\2ab", "=" + long_frame});
  // Not the shortest way to say 1, but one.
  expect_trace(options, "\x81\x80\0a"s, {"=\x81\x80\0a"s});
}

TEST(LengthFieldTest, StripsTheHeaderWhateverItsSize) {
  const std::string large(300, 'x');
  expect_trace({.format = Format::kVarint, .strip_header = true}, "\0\2ab\xac\2"s + large + "\1c",
               {"=", "=ab", "=" + large, "=c"});
  expect_trace({.width = 2, .offset = 1, .strip_header = true, .strip = 1}, "X\0\3abcX\0\1a"s,
               {"=bc", "="});
}

TEST(LengthFieldTest, RefusesAVarintThatDoesNotEndOrFit) {
  const Options options{.format = Format::kVarint, .on_bad_frame = OnBadFrame::kSkip};
  const std::string nine(9, '\xff');
  expect_trace(options, nine + "\xff\1a",
               {"skipped: a length of variable size that does not end within 10 bytes", "=\1a"});
  expect_trace(
      options, nine + "\2\1a",
      {"skipped: a length field of 18446744073709551615, beyond what a stream can hold", "=\1a"});
  expect_trace(
      options, nine + "\1\1a",
      {"skipped: a length field of 18446744073709551615, beyond what a stream can hold", "=\1a"});
}

TEST(LengthFieldTest, FindsTheFieldAtItsOffset) {
  expect_trace({.width = 1, .offset = 2}, "ab\3cdeAB\0"s, {"=ab\3cde", "=AB\0"s});
}

TEST(LengthFieldTest, AdjustsWhatTheFieldCounts) {
  // The whole frame with its field.
  expect_trace({.width = 2, .adjustment = -2, .strip = 2}, "\0\4ab\0\2"s, {"=ab", "="});
  // A byte behind the field is not counted.
  expect_trace({.width = 1, .adjustment = 1}, "\2Xab\0Y"s, {"=\2Xab", "=\0Y"s});
}

TEST(LengthFieldTest, StripsAnyNumberOfBytes) {
  expect_trace({.width = 1, .strip = 3}, "\3abc\2ab", {"=c", "="});
}

TEST(LengthFieldTest, RefusesAFrameOverTheMaximum) {
  const Options options{.width = 1, .max_bytes = 5};
  const std::string why = ": a frame of 6 bytes, where 5 are allowed";
  expect_trace(options, "\4abcd\5abcde", {"=\4abcd", "failed" + why});
  // At once, before the frame is there.
  expect_trace(options, "\5", {"failed" + why});

  Options skipping = options;
  skipping.on_bad_frame = OnBadFrame::kSkip;
  expect_trace(skipping, "\5abcde\1a\5abcd", {"skipped" + why, "=\1a", "skipped" + why});
}

TEST(LengthFieldTest, LeavesNothingUnreadOfWhatItSkips) {
  LengthField codec = make({.width = 8, .max_bytes = 100, .on_bad_frame = OnBadFrame::kSkip});
  const std::string field = "\x7f\xff\xff\xff\xff\xff\xff\0"s;
  EXPECT_EQ(codec.next(field + std::string(1000, 'x')).consumed, 1008U);
  EXPECT_EQ(codec.next(std::string(5000, 'x')).consumed, 5000U);
  EXPECT_EQ(codec.next(std::string(5000, 'x')).outcome, Outcome::kNeedMore);
}

// The header alone is left out: nobody can say where the frame ends.
TEST(LengthFieldTest, RefusesALengthThatMakesNoSense) {
  Options options{.width = 8, .on_bad_frame = OnBadFrame::kSkip};
  const std::string frame = "\0\0\0\0\0\0\0\1a"s;
  expect_trace(options, "\x80\0\0\0\0\0\0\0"s + frame,
               {"skipped: a length field of 9223372036854775808, beyond what a stream can hold",
                "=" + frame});
  // The header makes it overflow.
  expect_trace(options, "\x7f" + std::string(7, '\xff') + frame,
               {"skipped: a length field of 9223372036854775807, beyond what a stream can hold",
                "=" + frame});
  options.adjustment = -9;
  expect_trace(options, "\0\0\0\0\0\0\0\1"s + "\0\0\0\0\0\0\0\x0a"s + "a",
               {"skipped: a length field of 1, which ends the frame before its header",
                "=\0\0\0\0\0\0\0\x0a"s + "a"});
  options.on_bad_frame = OnBadFrame::kFail;
  expect_trace(options, "\0\0\0\0\0\0\0\1"s + frame,
               {"failed: a length field of 1, which ends the frame before its header"});
}

// A positive adjustment must not carry a length of 2^64 - n round to a small one.
TEST(LengthFieldTest, NoLengthComesRound) {
  const Options options{.width = 8, .adjustment = 100};
  EXPECT_EQ(trace_whole(make(options), std::string(7, '\xff') + "\xf0" + std::string(200, 'x')),
            FrameTrace{"failed: a length field of 18446744073709551600, beyond what a stream can "
                       "hold"});
}

TEST(LengthFieldTest, RefusesAFrameOfWhichNothingIsLeft) {
  const std::string why = ": a frame of 2 bytes, of which 3 are to be stripped";
  expect_trace({.width = 1, .strip = 3, .on_bad_frame = OnBadFrame::kSkip}, "\1a\3abc",
               {"skipped" + why, "=c"});
  expect_trace({.width = 1, .strip = 3}, "\1a\3abc", {"failed" + why});
}

TEST(LengthFieldTest, RefusesAConfigurationThatCanNotWork) {
  const auto refusal = [](const Options& options) {
    return LengthField::make(options).status().message();
  };
  EXPECT_EQ(refusal({.width = 5}), "length field: a width of 5 bytes: take 1, 2, 3, 4 or 8");
  EXPECT_EQ(refusal({.width = 0}), "length field: a width of 0 bytes: take 1, 2, 3, 4 or 8");
  EXPECT_EQ(refusal({.offset = 7, .max_bytes = 10}),
            "length field: a header of 11 bytes, where a frame has at most 10");
  EXPECT_EQ(refusal({.offset = 0xffffffff}),
            "length field: a header of 4294967299 bytes, where a frame has at most 1048576");
  EXPECT_EQ(refusal({.strip = 11, .max_bytes = 10}),
            "length field: 11 bytes to strip, where a frame has at most 10");
  EXPECT_EQ(refusal({.adjustment = 97, .max_bytes = 100}),
            "length field: an adjustment of 97: every frame would be longer than 100");
  EXPECT_EQ(refusal({.width = 1, .adjustment = -256}),
            "length field: an adjustment of -256: every frame would end before its header");
  EXPECT_TRUE(LengthField::make({.width = 1, .adjustment = -255}).is_ok());
  EXPECT_EQ(refusal({.width = 1, .strip = 257}),
            "length field: 257 bytes to strip, where a frame has at most 256");
  EXPECT_TRUE(LengthField::make({.width = 1, .strip = 256}).is_ok());
  EXPECT_FALSE(LengthField::make({.width = 1, .strip_header = true, .strip = 256}).is_ok());
  EXPECT_EQ(refusal({.format = Format::kVarint, .offset = 2, .strip = 3}),
            "length field: 3 bytes to strip, which may end within a varint: say strip_header");
  EXPECT_TRUE(LengthField::make({.format = Format::kVarint, .width = 5}).is_ok());
  EXPECT_FALSE(LengthField::make({.max_bytes = 0}).is_ok());
}

std::string encode(const Options& options, std::string_view payload, std::string_view prefix = {}) {
  std::string bytes;
  const Status status = make(options).encode(
      payload, [&](std::string_view piece) { bytes += piece; }, prefix);
  EXPECT_EQ(status.is_ok(), !bytes.empty());
  return status.is_ok() ? bytes : status.message();
}

TEST(LengthFieldTest, Encodes) {
  EXPECT_EQ(encode({}, "ab"), "\0\0\0\2ab"s);
  EXPECT_EQ(encode({.format = Format::kLittleEndian, .width = 3}, "ab"), "\2\0\0ab"s);
  EXPECT_EQ(encode({.width = 8, .adjustment = -8}, "ab"),
            "\0\0\0\0\0\0\0\x0a"
            "ab"s);
  EXPECT_EQ(encode({.width = 1, .offset = 2}, "ab", "XY"), "XY\2ab");
  EXPECT_EQ(encode({.format = Format::kVarint}, std::string(300, 'x')).substr(0, 3), "\xac\x02x");
  EXPECT_EQ(encode({.format = Format::kVarint}, ""), "\0"s);
}

TEST(LengthFieldTest, EncodesNothingThatTheFieldCanNotSay) {
  EXPECT_EQ(
      encode({.width = 1}, std::string(256, 'x')),
      "length field: a payload of 256 bytes, whose length it would give as 256: it has no room "
      "for that");
  EXPECT_EQ(encode({.width = 1, .adjustment = 3}, "ab"),
            "length field: a payload of 2 bytes, whose length it would give as -1: it has no room "
            "for that");
  EXPECT_EQ(encode({.offset = 2}, "ab", "X"),
            "length field: a prefix of 1 bytes, where 2 stand before the field");
  EXPECT_EQ(encode({.width = 1, .max_bytes = 2}, "ab"),
            "length field: a frame of 3 bytes, where 0 to 2 are allowed");
}

}  // namespace
}  // namespace weir::codec
