#include "servers/redis/types/float_text.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>

namespace weir::redis {
namespace {

std::string format(long double value) {
  FloatText scratch;
  return std::string(format_float(value, scratch));
}

TEST(FloatText, ParsesDecimalHexadecimalAndInfinity) {
  EXPECT_EQ(parse_float("3"), 3.0L);
  EXPECT_EQ(parse_float("+3.5"), 3.5L);
  EXPECT_EQ(parse_float("-.5"), -0.5L);
  EXPECT_EQ(parse_float("5."), 5.0L);
  EXPECT_EQ(parse_float("5.0e3"), 5000.0L);
  EXPECT_EQ(parse_float("0x1p-3"), 0.125L);
  EXPECT_EQ(parse_float("inf"), std::numeric_limits<long double>::infinity());
  EXPECT_EQ(parse_float("-Infinity"), -std::numeric_limits<long double>::infinity());
}

TEST(FloatText, RefusesWhatIsNoNumber) {
  for (const char* text : {"", " ", " 1", "1 ", "a", "1a", "--1", "1e", "nan", "-nan", "0x"}) {
    EXPECT_FALSE(parse_float(text)) << '"' << text << '"';
  }
  EXPECT_FALSE(parse_float(std::string_view("1\0", 2)));
  EXPECT_FALSE(parse_float(std::string_view("1\0002", 3)));
}

TEST(FloatText, RefusesNumbersOutOfRange) {
  EXPECT_FALSE(parse_float("1e5000"));
  EXPECT_FALSE(parse_float("-1e5000"));
  EXPECT_FALSE(parse_float("1e-5000"));
  EXPECT_TRUE(parse_float("1e4900"));
  EXPECT_TRUE(parse_float("1e-4950"));  // a subnormal is still a number
}

TEST(FloatText, BoundsTheTextItReads) {
  EXPECT_EQ(parse_float(std::string(kMaxFloatText - 2, '0') + "7"), 7.0L);
  EXPECT_FALSE(parse_float(std::string(kMaxFloatText - 1, '0') + "7"));
}

TEST(FloatText, FormatsWithoutTrailingZeros) {
  EXPECT_EQ(format(0), "0");
  EXPECT_EQ(format(5), "5");
  EXPECT_EQ(format(1000), "1000");
  EXPECT_EQ(format(-1.5L), "-1.5");
  EXPECT_EQ(format(3.0L + 0.14L), "3.14");
  EXPECT_EQ(format(0.1L + 0.2L), "0.3");
  EXPECT_EQ(format(1e17L), "100000000000000000");
}

TEST(FloatText, FormatsWhatRoundsToZeroWithoutSign) {
  EXPECT_EQ(format(-0.0L), "0");
  EXPECT_EQ(format(1e-30L), "0");
  EXPECT_EQ(format(-1e-30L), "0");
  EXPECT_EQ(format(1e-17L), "0.00000000000000001");
}

TEST(FloatText, FormatsTheWidestNumber) {
  const std::string text = format(-std::numeric_limits<long double>::max());
  EXPECT_EQ(text.size(), 4934u);
  EXPECT_EQ(parse_float(text), -std::numeric_limits<long double>::max());
}

}  // namespace
}  // namespace weir::redis
