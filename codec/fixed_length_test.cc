#include "codec/fixed_length.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "codec/frame_trace.h"

namespace weir::codec {
namespace {

static_assert(FrameDecoder<FixedLength>);

TEST(FixedLengthTest, CutsFramesOfOneLength) {
  const std::string bytes = "abcdefgh";
  const FrameTrace expected{"=abc", "=def"};
  const FixedLength codec = FixedLength::make(3).value();
  EXPECT_EQ(trace_bytes(codec, bytes), expected);
  for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
    EXPECT_EQ(trace_cut(codec, bytes, cut), expected);
  }
}

TEST(FixedLengthTest, RefusesALengthThatNoFrameHas) {
  EXPECT_EQ(FixedLength::make(0).status().message(),
            "frames of 0 bytes: take a length from 1 to 1073741824");
  EXPECT_FALSE(FixedLength::make(kMaxFrameBytes + 1).is_ok());
}

TEST(FixedLengthTest, EncodesWholeFramesOnly) {
  const FixedLength codec = FixedLength::make(3).value();
  std::string bytes;
  const auto write = [&](std::string_view piece) { bytes += piece; };
  EXPECT_TRUE(codec.encode("abcdef", write).is_ok());
  EXPECT_EQ(bytes, "abcdef");
  EXPECT_EQ(codec.encode("abcd", write).message(),
            "4 bytes, where frames have 3: send whole frames");
  EXPECT_FALSE(codec.encode("", write).is_ok());
  EXPECT_EQ(bytes, "abcdef");
}

}  // namespace
}  // namespace weir::codec
