#include "servers/redis/types/integer_text.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace weir::redis {
namespace {

TEST(IntegerText, FormatsTheWholeRange) {
  IntegerText text;
  EXPECT_EQ(text.format(0), "0");
  EXPECT_EQ(text.format(-1), "-1");
  EXPECT_EQ(text.format(INT64_MAX), "9223372036854775807");
  EXPECT_EQ(text.format(INT64_MIN), "-9223372036854775808");
}

TEST(IntegerText, ParsesCanonicalIntegers) {
  EXPECT_EQ(parse_integer("0"), 0);
  EXPECT_EQ(parse_integer("7"), 7);
  EXPECT_EQ(parse_integer("-7"), -7);
  EXPECT_EQ(parse_integer("1000000000000000000"), 1000000000000000000);
  EXPECT_EQ(parse_integer("9223372036854775807"), INT64_MAX);
  EXPECT_EQ(parse_integer("-9223372036854775808"), INT64_MIN);
}

TEST(IntegerText, RefusesEveryOtherSpelling) {
  const std::string_view texts[] = {"",
                                    "-",
                                    "+1",
                                    "-0",
                                    "00",
                                    "01",
                                    "-01",
                                    " 1",
                                    "1 ",
                                    "1.0",
                                    "1e3",
                                    "0x10",
                                    "--1",
                                    "1-",
                                    "-a",
                                    "/",
                                    "a",
                                    ":",
                                    "1:",
                                    "1/",
                                    "\n1",
                                    "1\n",
                                    ".",
                                    "-.",
                                    "9223372036854775808",
                                    "-9223372036854775809",
                                    "9999999999999999999",
                                    "-9999999999999999999",
                                    "10000000000000000000",
                                    "18446744073709551616",
                                    "100000000000000000000",
                                    "-100000000000000000000",
                                    std::string_view("1\0", 2),
                                    std::string_view("\0"
                                                     "1",
                                                     2),
                                    "\xFF",
                                    "1\xFF"};
  for (const auto text : texts) EXPECT_FALSE(parse_integer(text)) << text;
}

TEST(IntegerText, RoundTripsNumbersOfEveryLength) {
  std::mt19937_64 random(1);
  IntegerText text;
  for (int i = 0; i < 200000; ++i) {
    const auto value = static_cast<int64_t>(random()) >> (random() % 64);
    ASSERT_EQ(parse_integer(text.format(value)), value);
  }
}

TEST(IntegerText, AcceptsOnlyWhatFormatsBackToItself) {
  std::mt19937_64 random(2);
  constexpr std::string_view kBytes = "0123456789-+ .";
  IntegerText scratch;
  for (int i = 0; i < 200000; ++i) {
    std::string text(random() % 22, '0');
    for (char& c : text) c = kBytes[random() % kBytes.size()];
    if (const auto value = parse_integer(text)) {
      ASSERT_EQ(scratch.format(*value), text);
    }
  }
}

}  // namespace
}  // namespace weir::redis
