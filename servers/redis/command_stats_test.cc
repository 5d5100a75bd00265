#include "servers/redis/command_stats.h"

#include <gtest/gtest.h>

#include <thread>

namespace weir::redis {
namespace {

constexpr Command kSubcommands[] = {{"get", 2, 0, {}, nullptr, "", ""},
                                    {"set", 3, 0, {}, nullptr, "", ""}};
constexpr Command kRows[] = {{"get", 2, 0, {}, nullptr, "", ""},
                             {"config", -2, 0, {}, nullptr, "", "", kSubcommands}};
const CommandGroup kGroups[] = {{"group", kRows}};

void call(CommandMeter& meter, const Command& command, std::uint64_t ns) {
  CommandCounters& counters = meter.counters(command);
  counters.calls.add();
  counters.total_ns.add(ns);
  counters.record_latency(ns);
}

class CommandStatsTest : public testing::Test {
 protected:
  const CommandTable table_{kGroups};
  CommandStats stats_{table_, 2};
};

TEST_F(CommandStatsTest, AddsTheReactorsUp) {
  call(stats_.meter(0), kRows[0], 100);
  call(stats_.meter(1), kRows[0], 200);
  call(stats_.meter(1), kSubcommands[0], 7);
  stats_.meter(0).counters(kRows[0]).rejected.add();
  stats_.meter(1).counters(kRows[0]).failed.add();
  const CommandTotals totals = stats_.totals(kRows[0]);
  EXPECT_EQ(totals.calls, 2U);
  EXPECT_EQ(totals.ns, 300U);
  EXPECT_EQ(totals.rejected, 1U);
  EXPECT_EQ(totals.failed, 1U);
  EXPECT_EQ(stats_.latencies(kRows[0]).count(), 2U);
  EXPECT_EQ(stats_.totals(kSubcommands[0]).calls, 1U) << "not those of GET";
  EXPECT_EQ(stats_.totals(kSubcommands[1]).calls, 0U);
  EXPECT_EQ(stats_.latencies(kSubcommands[1]).count(), 0U);
  EXPECT_EQ(stats_.calls(), 3U);
}

TEST_F(CommandStatsTest, ResetForgetsWhatReactorsHaveNotClearedYet) {
  call(stats_.meter(0), kRows[0], 100);
  call(stats_.meter(1), kRows[0], 100);
  stats_.reset();
  EXPECT_EQ(stats_.calls(), 0U);
  EXPECT_EQ(stats_.latencies(kRows[0]).count(), 0U);
  call(stats_.meter(1), kRows[1], 5);
  EXPECT_EQ(stats_.totals(kRows[0]).calls, 0U);
  EXPECT_EQ(stats_.totals(kRows[1]).calls, 1U);
  EXPECT_EQ(stats_.calls(), 1U);
}

TEST_F(CommandStatsTest, ErrorsSinceTheLastLook) {
  CommandMeter& meter = stats_.meter(0);
  EXPECT_FALSE(meter.has_errors(0));
  EXPECT_TRUE(meter.has_errors(2));
  EXPECT_FALSE(meter.has_errors(2));
}

TEST_F(CommandStatsTest, LapsFollowEachOther) {
  CommandMeter& meter = stats_.meter(0);
  meter.start();
  const CycleClock::Ticks begin = meter.last();
  std::uint64_t sum = 0;
  for (int i = 0; i < 1000; ++i) sum += meter.lap(meter.last());
  const std::uint64_t all = stats_.clock().ns(begin, meter.last());
  EXPECT_LE(sum, all);
  EXPECT_GE(sum + 1000, all) << "each lap is rounded down by less than a nanosecond";
}

TEST_F(CommandStatsTest, ReadersAndResetsDisturbNobody) {
  std::thread reactor([this] {
    for (std::uint64_t i = 0; i < 100'000; ++i) call(stats_.meter(0), kRows[0], i);
  });
  for (int i = 0; i < 100; ++i) {
    EXPECT_LE(stats_.calls(), 100'000U);
    EXPECT_LE(stats_.latencies(kRows[0]).count(), 100'000U);
    stats_.reset();
  }
  reactor.join();
  EXPECT_LE(stats_.calls(), 100'000U);
}

}  // namespace
}  // namespace weir::redis
