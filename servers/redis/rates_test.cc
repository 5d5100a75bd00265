#include "servers/redis/rates.h"

#include <gtest/gtest.h>

namespace weir::redis {
namespace {

TEST(RateTest, IsTheMeanOfTheLatestSamples) {
  Rate rate;
  EXPECT_EQ(rate.per_second(), 0);
  std::uint64_t total = 1'000'000;  // counted before the first sample: of no time
  std::int64_t now_us = 1;
  rate.sample(total, now_us);
  EXPECT_EQ(rate.per_second(), 0);
  for (int i = 0; i < 16; ++i) rate.sample(total += 100, now_us += 100'000);
  EXPECT_DOUBLE_EQ(rate.per_second(), 1000);
  for (int i = 0; i < 8; ++i) rate.sample(total, now_us += 100'000);
  EXPECT_DOUBLE_EQ(rate.per_second(), 500);
}

TEST(RateTest, SurvivesAReset) {
  Rate rate;
  rate.sample(500, 1);
  rate.sample(0, 100'001);
  EXPECT_EQ(rate.per_second(), 0);
  rate.sample(160, 200'001);
  EXPECT_DOUBLE_EQ(rate.per_second(), 100);
}

}  // namespace
}  // namespace weir::redis
