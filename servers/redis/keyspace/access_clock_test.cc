#include "servers/redis/keyspace/access_clock.h"

#include <gtest/gtest.h>

#include <cstdint>

namespace weir::redis {
namespace {

constexpr std::int64_t kStart = 1'700'000'000'000;
constexpr std::int64_t kMinute = 60'000;

TEST(AccessClock, TellsTheSecondsSinceTheLastUse) {
  const EvictionSettings settings;
  AccessClock clock(settings);
  clock.advance(kStart);
  const std::uint32_t stamp = clock.first();
  EXPECT_EQ(clock.idle_seconds(stamp), 0U);
  clock.advance(kStart + 999);
  EXPECT_EQ(clock.idle_seconds(stamp), 0U);
  clock.advance(kStart + 5'000);
  EXPECT_EQ(clock.idle_seconds(stamp), 5U);
  EXPECT_EQ(clock.idle_seconds(clock.after(stamp)), 0U);
  EXPECT_EQ(clock.idle_seconds(clock.idle_for(1000)), 1000U);
}

TEST(AccessClock, SurvivesItsTurnAndAClockSetBack) {
  const EvictionSettings settings;
  AccessClock clock(settings);
  constexpr std::int64_t kTurn = std::int64_t{0x1000000} * 1000;
  clock.advance(kTurn - 3'000);
  const std::uint32_t stamp = clock.first();
  clock.advance(kTurn + 4'000);
  EXPECT_EQ(clock.idle_seconds(stamp), 7U);
  EXPECT_EQ(clock.idle_seconds(clock.idle_for(10)), 10U);
  // Used in the future: just now.
  clock.advance(kTurn - 4'000);
  EXPECT_EQ(clock.idle_seconds(stamp), 0U);
  // More than can be told counts as the most.
  EXPECT_GT(clock.idle_seconds(clock.idle_for(INT64_MAX)), 180U * 86'400);
}

class FrequencyTest : public testing::Test {
 protected:
  FrequencyTest() : clock_(settings_) {
    settings_.policy = EvictionPolicy::kAllKeysLfu;
    clock_.advance(kStart);
  }
  std::uint32_t after(int uses) const {
    std::uint32_t stamp = clock_.first();
    for (int i = 0; i < uses; ++i) stamp = clock_.after(stamp);
    return clock_.frequency(stamp);
  }

  EvictionSettings settings_;
  AccessClock clock_;
};

TEST_F(FrequencyTest, GrowsWithTheLogarithmOfUses) {
  EXPECT_EQ(after(0), 5U);
  EXPECT_EQ(after(1), 6U);  // never missed
  const std::uint32_t hundred = after(100);
  const std::uint32_t many = after(100'000);
  EXPECT_GT(hundred, 6U);
  EXPECT_LT(hundred, 25U);
  EXPECT_GT(many, 100U);
  EXPECT_LT(many, 200U);
  settings_.lfu_log_factor = 0;  // counts each
  EXPECT_EQ(after(100), 105U);
  EXPECT_EQ(after(1000), AccessClock::kMaxFrequency);
}

TEST_F(FrequencyTest, FallsByTheMinute) {
  const std::uint32_t stamp = clock_.used(100);
  clock_.advance(kStart + 30 * kMinute);
  EXPECT_EQ(clock_.frequency(stamp), 70U);
  settings_.lfu_decay_minutes = 10;
  EXPECT_EQ(clock_.frequency(stamp), 97U);
  settings_.lfu_decay_minutes = 0;
  EXPECT_EQ(clock_.frequency(stamp), 100U);
  settings_.lfu_decay_minutes = 1;
  clock_.advance(kStart + 500 * kMinute);
  EXPECT_EQ(clock_.frequency(stamp), 0U);
  // The next use counts from there.
  EXPECT_EQ(clock_.frequency(clock_.after(stamp)), 1U);
  // A clock set back makes nothing old.
  clock_.advance(kStart - kMinute);
  EXPECT_EQ(clock_.frequency(stamp), 100U);
}

}  // namespace
}  // namespace weir::redis
