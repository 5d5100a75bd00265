#include "core/cycle_clock.h"

#include <gtest/gtest.h>

#include "core/clock.h"

namespace weir {
namespace {

TEST(CycleClockTest, AgreesWithTheMonotonicClock) {
  const CycleClock clock;
  const std::int64_t begin_us = monotonic_us();
  const CycleClock::Ticks begin = clock.now();
  std::int64_t end_us = begin_us;
  while (end_us - begin_us < 20'000) end_us = monotonic_us();
  const CycleClock::Ticks end = clock.now();
  // Between the readings of one clock and those of the other the thread may have been away: the
  // outer pair bounds what the inner one has seen.
  const std::int64_t outer_us = monotonic_us() - begin_us;
  const auto us = static_cast<double>(clock.ns(begin, end)) / 1000;
  EXPECT_GT(us, 0.9 * static_cast<double>(end_us - begin_us) - 1000);
  EXPECT_LT(us, 1.1 * static_cast<double>(outer_us) + 1000);
}

TEST(CycleClockTest, NeverGoesBack) {
  const CycleClock clock;
  CycleClock::Ticks last = clock.now();
  for (int i = 0; i < 100'000; ++i) {
    const CycleClock::Ticks now = clock.now();
    ASSERT_GE(now, last);
    last = now;
  }
}

TEST(CycleClockTest, TicksTakeWhatWasAskedFor) {
  const CycleClock clock;
  for (const std::uint64_t ns : {1'000ULL, 500'000ULL, 3'600'000'000'000ULL}) {
    const auto told = static_cast<double>(clock.ns(1, 1 + clock.ticks(ns)));
    EXPECT_NEAR(told, static_cast<double>(ns), 2 + 1e-6 * static_cast<double>(ns));
  }
}

TEST(CycleClockTest, NothingPassesBackwards) {
  const CycleClock clock;
  EXPECT_EQ(clock.ns(5, 5), 0U);
  EXPECT_EQ(clock.ns(5, 4), 0U);
  EXPECT_EQ(clock.ns(~0ULL, 0), 0U);
}

}  // namespace
}  // namespace weir
