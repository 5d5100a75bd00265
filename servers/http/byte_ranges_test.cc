#include "servers/http/byte_ranges.h"

#include <string>

#include "gtest/gtest.h"

namespace weir::http {
namespace {

// "0+10 50+5", "none", or "whole".
std::string parse(std::string_view field, std::uint64_t size = 100) {
  const auto ranges = parse_ranges(field, size);
  if (!ranges) return "whole";
  std::string text;
  for (const ByteRange& range : *ranges) {
    if (!text.empty()) text += ' ';
    text += std::to_string(range.first) + "+" + std::to_string(range.size);
  }
  return text.empty() ? "none" : text;
}

TEST(ByteRangesTest, One) {
  EXPECT_EQ(parse("bytes=0-9"), "0+10");
  EXPECT_EQ(parse("bytes=0-0"), "0+1");
  EXPECT_EQ(parse("bytes=90-"), "90+10");
  EXPECT_EQ(parse("bytes=-10"), "90+10");
  EXPECT_EQ(parse("bytes=-1000"), "0+100");
  EXPECT_EQ(parse("bytes=99-1000"), "99+1");
  EXPECT_EQ(parse("BYTES=0-99"), "0+100");
  EXPECT_EQ(parse("bytes=0-18446744073709551615"), "0+100");
}

TEST(ByteRangesTest, NoneThatCanBeHad) {
  EXPECT_EQ(parse("bytes=100-"), "none");
  EXPECT_EQ(parse("bytes=100-200"), "none");
  EXPECT_EQ(parse("bytes=-0"), "none");
  EXPECT_EQ(parse("bytes=0-", 0), "none");
  EXPECT_EQ(parse("bytes=200-,300-400"), "none");
}

TEST(ByteRangesTest, Several) {
  EXPECT_EQ(parse("bytes=0-9, 50-54 ,-5"), "0+10 50+5 95+5");
  EXPECT_EQ(parse("bytes=50-54,0-9"), "50+5 0+10");
  EXPECT_EQ(parse("bytes=0-9,200-"), "0+10");
  EXPECT_EQ(parse("bytes=,0-9,"), "0+10");
}

TEST(ByteRangesTest, WholeWhereTheyAreNoneOrTooMany) {
  for (const char* field : {"", "bytes", "bytes=", "bytes=,", "bytes=a-b", "bytes=5-4", "bytes=-",
                            "bytes=--1", "bytes=1", "items=0-9", "bytes=0-9;1-2", "bytes= 0 - 9",
                            "bytes=+1-2", "bytes=18446744073709551616-", "bytes=0-98,50-99"}) {
    EXPECT_EQ(parse(field), "whole") << field;
  }
  std::string many = "bytes=0-0";
  for (int i = 1; i < 16; ++i) many += "," + std::to_string(i) + "-" + std::to_string(i);
  EXPECT_NE(parse(many), "whole");
  EXPECT_EQ(parse(many + ",16-16"), "whole");
}

}  // namespace
}  // namespace weir::http
