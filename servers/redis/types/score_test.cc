#include "servers/redis/types/score.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <limits>
#include <random>
#include <string>

namespace weir::redis {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

std::string formatted(double score) {
  ScoreText text;
  return std::string(text.format(score));
}

TEST(ParseScore, AcceptsWhatRedisAccepts) {
  const std::pair<const char*, double> cases[] = {
      {"1", 1},
      {"1.0", 1},
      {"-1.5", -1.5},
      {"+1", 1},
      {"00012", 12},
      {".5", 0.5},
      {"5.", 5},
      {"1e5", 1e5},
      {"1E+5", 1e5},
      {"0x10", 16},
      {"0X1P3", 8},
      {"0x.8", 0.5},
      {"-0x1p-3", -.125},
      {"inf", kInfinity},
      {"+INF", kInfinity},
      {"-Infinity", -kInfinity},
      {"4e-324", 5e-324},
      {"0", 0},
      {"0.000e99999", 0},
      {"0e-400", 0},
      {"1.7976931348623157e308", 1.7976931348623157e308}};
  for (const auto& [text, value] : cases) EXPECT_EQ(parse_score(text), value) << text;
  EXPECT_TRUE(std::signbit(*parse_score("-0")));
  EXPECT_EQ(parse_score(std::string(400, '0') + "7"), 7);
}

TEST(ParseScore, RefusesWhatRedisRefuses) {
  for (const char* text :
       {"",    "+",  "-",     ".",  "nan",   "NaN",    "-nan",   "nan(1)",
        " 1",  "1 ", "\t1",   "1e", "1d",    "--1",    "+-1",    "1_0",
        "1,5", "in", "infin", "0x", "1e400", "-1e400", "1e-400", "1e99999999999"}) {
    EXPECT_EQ(parse_score(text), std::nullopt) << text;
  }
  EXPECT_EQ(parse_score(std::string_view("1\0", 2)), std::nullopt);
  EXPECT_EQ(parse_score(std::string_view("1\0002", 3)), std::nullopt);
}

TEST(ParseScoreBound, IsMoreTolerantThanAScore) {
  const auto check = [](const char* text, double score, bool exclusive) {
    const auto bound = parse_score_bound(text);
    ASSERT_TRUE(bound) << text;
    EXPECT_EQ(bound->score, score) << text;
    EXPECT_EQ(bound->exclusive, exclusive) << text;
  };
  check("1.5", 1.5, false);
  check("(1.5", 1.5, true);
  check("-inf", -kInfinity, false);
  check("(+inf", kInfinity, true);
  check(" 1", 1, false);
  check("1e400", kInfinity, false);
  check("", 0, false);
  check("(", 0, true);
  for (const char* text : {"nan", "(nan", "x", "((1", "1x", "1 "}) {
    EXPECT_FALSE(parse_score_bound(text)) << text;
  }
}

TEST(FormatScore, IsPrintfs17g) {
  EXPECT_EQ(formatted(1), "1");
  EXPECT_EQ(formatted(0.1), "0.10000000000000001");
  EXPECT_EQ(formatted(-0.0), "-0");
  EXPECT_EQ(ScoreText().format_for_listpack(-0.0), "0");
  EXPECT_EQ(ScoreText().format_for_listpack(1e17), "100000000000000000");
  EXPECT_EQ(ScoreText().format_for_listpack(1e19), "1e+19");
  EXPECT_EQ(formatted(99999999999999984.0), "99999999999999984");
  EXPECT_EQ(formatted(1e17), "1e+17");
  EXPECT_EQ(formatted(1e-5), "1.0000000000000001e-05");
  EXPECT_EQ(formatted(kInfinity), "inf");
  EXPECT_EQ(formatted(-kInfinity), "-inf");
  std::mt19937_64 random(7);
  for (int i = 0; i < 300'000; ++i) {
    const auto bits = random();
    const double scores[] = {std::bit_cast<double>(bits), static_cast<double>(bits >> (i % 64)),
                             static_cast<double>(bits % 100'000) / 100};
    for (const double score : scores) {
      if (std::isnan(score)) continue;
      char expected[64];
      std::snprintf(expected, sizeof expected, "%.17g", score);
      ASSERT_EQ(formatted(score), expected);
      ASSERT_EQ(parse_score(expected), score) << expected;
    }
  }
}

}  // namespace
}  // namespace weir::redis
