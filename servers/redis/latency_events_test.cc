#include "servers/redis/latency_events.h"

#include <gtest/gtest.h>

namespace weir::redis {
namespace {

TEST(LatencyEventsTest, KeepsTheWorstOfEachSecond) {
  LatencyEvents events;
  events.add("command", 5, 100);
  events.add("command", 9, 100);
  events.add("command", 7, 100);
  events.add("command", 3, 101);
  const auto series = events.find("command");
  ASSERT_TRUE(series);
  ASSERT_EQ(series->samples.size(), 2U);
  EXPECT_EQ(series->samples[0].time, 100);
  EXPECT_EQ(series->samples[0].ms, 9);
  EXPECT_EQ(series->samples[1].ms, 3);
  EXPECT_EQ(series->max_ms, 9);
}

TEST(LatencyEventsTest, ForgetsOldSamplesButNotTheMaximum) {
  LatencyEvents events;
  events.add("command", 1000, 1);
  for (std::int64_t time = 2; time < 400; ++time) events.add("command", 1, time);
  const auto series = events.find("command");
  ASSERT_TRUE(series);
  EXPECT_EQ(series->samples.size(), LatencyEvents::kMaxSamples);
  EXPECT_EQ(series->samples.back().time, 399);
  EXPECT_EQ(series->max_ms, 1000);
}

TEST(LatencyEventsTest, NamesAreExactButForClear) {
  LatencyEvents events;
  events.add("fast-command", 1, 1);
  events.add("command", 1, 1);
  EXPECT_FALSE(events.find("COMMAND"));
  ASSERT_EQ(events.all().size(), 2U);
  EXPECT_EQ(events.all()[0].first, "command");
  EXPECT_EQ(events.clear("nosuch"), 0U);
  EXPECT_EQ(events.clear("COMMAND"), 1U);
  EXPECT_FALSE(events.find("command"));
  EXPECT_EQ(events.clear_all(), 1U);
  EXPECT_EQ(events.clear_all(), 0U);
  EXPECT_TRUE(events.all().empty());
}

}  // namespace
}  // namespace weir::redis
