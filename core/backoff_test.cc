#include "core/backoff.h"

#include <set>

#include "gtest/gtest.h"

namespace weir {
namespace {

TEST(BackoffTest, DoublesUpToTheLastDelay) {
  Backoff backoff(500, 30'000, 1);
  for (const int step : {500, 1000, 2000, 4000, 8000, 16'000, 30'000, 30'000, 30'000}) {
    const int delay = backoff.next_ms();
    EXPECT_GE(delay, step / 2);
    EXPECT_LE(delay, step);
  }
}

TEST(BackoffTest, TwoClientsDoNotComeBackTogether) {
  std::set<int> delays;
  for (std::uint32_t seed = 1; seed <= 50; ++seed) {
    Backoff backoff(500, 30'000, seed);
    for (int i = 0; i < 6; ++i) backoff.next_ms();
    delays.insert(backoff.next_ms());
  }
  EXPECT_GT(delays.size(), 40U);
}

TEST(BackoffTest, TheExtremes) {
  Backoff none(0, 0, 1);
  EXPECT_EQ(none.next_ms(), 0);
  EXPECT_EQ(none.next_ms(), 0);
  Backoff one(1, 1, 1);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(one.next_ms(), 1);
  constexpr int kMost = 2'147'483'647;
  Backoff most(kMost, kMost, 1);
  for (int i = 0; i < 100; ++i) EXPECT_GE(most.next_ms(), kMost / 2);
}

}  // namespace
}  // namespace weir
