#include "servers/redis/output_limits.h"

#include <gtest/gtest.h>

namespace weir::redis {
namespace {

using Excess = OutputWatch::Excess;

TEST(OutputLimitsTest, HasTheDefaultsOfRedis) {
  EXPECT_EQ(OutputLimits().text(),
            "normal 0 0 0 slave 268435456 67108864 60 pubsub 33554432 8388608 60");
}

TEST(OutputLimitsTest, SetsTheClassesThatAreNamed) {
  OutputLimits limits;
  EXPECT_TRUE(limits.set("Normal 1kb 2 3").is_ok());
  EXPECT_TRUE(limits.set("replica 4mb 5 6 normal 7 8 9").is_ok());
  EXPECT_TRUE(limits.set("").is_ok());
  EXPECT_EQ(limits.text(), "normal 7 8 9 slave 4194304 5 6 pubsub 33554432 8388608 60");
  EXPECT_EQ(limits.of(ClientClass::kNormal).hard.load(), 7U);
}

TEST(OutputLimitsTest, RefusesAllOrNothing) {
  OutputLimits limits;
  const std::string before = limits.text();
  for (const char* words : {"normal 1 2", "normal  1 2 3", "normal 1 2 3 "}) {
    EXPECT_EQ(limits.set(words).message(),
              "Wrong number of arguments in buffer limit configuration.");
  }
  for (const char* words : {"master 1 2 3", "normal 1 2 3 nobody 1 2 3"}) {
    EXPECT_EQ(limits.set(words).message(),
              "Invalid client class specified in buffer limit configuration.");
  }
  for (const char* words : {"normal 1x 2 3", "normal 1 -2 3", "normal 1 2 3s", "normal 1 2 -3"}) {
    EXPECT_EQ(limits.set(words).message(),
              "Error in hard, soft or soft_seconds setting in buffer limit configuration.");
  }
  EXPECT_EQ(limits.text(), before);
}

TEST(OutputWatchTest, TellsTheHardLimitAtOnce) {
  OutputLimit limit;
  limit.hard = 100;
  OutputWatch watch;
  EXPECT_EQ(watch.check(limit, 99, 1), Excess::kNone);
  EXPECT_EQ(watch.check(limit, 100, 1), Excess::kHard);
}

TEST(OutputWatchTest, TellsTheSoftLimitWhenItsTimeIsOver) {
  OutputLimit limit;
  limit.soft = 100;
  limit.soft_seconds = 2;
  OutputWatch watch;
  EXPECT_EQ(watch.check(limit, 100, 5000), Excess::kNone);
  EXPECT_EQ(watch.check(limit, 200, 7000), Excess::kNone);
  EXPECT_EQ(watch.check(limit, 100, 7010), Excess::kNone);
  EXPECT_EQ(watch.check(limit, 100, 7011), Excess::kSoft);
}

TEST(OutputWatchTest, BeginsAgainWhenTheClientHasRead) {
  OutputLimit limit;
  limit.soft = 100;
  OutputWatch watch;
  EXPECT_EQ(watch.check(limit, 100, 5000), Excess::kNone);
  EXPECT_EQ(watch.check(limit, 99, 5001), Excess::kNone);
  EXPECT_EQ(watch.check(limit, 100, 5002), Excess::kNone);
  EXPECT_EQ(watch.check(limit, 100, 5012), Excess::kNone);
  EXPECT_EQ(watch.check(limit, 100, 5013), Excess::kSoft);
}

}  // namespace
}  // namespace weir::redis
