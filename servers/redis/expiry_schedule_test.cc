#include "servers/redis/expiry_schedule.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdint>
#include <random>
#include <thread>

namespace weir::redis {
namespace {

constexpr std::int64_t kNothingDue = ExpirySchedule::kNothingDue;

TEST(ExpirySchedule, SleepsUntilTheEarliestOfItsShards) {
  ExpirySchedule schedule(8);
  for (int i = 0; i < 2; ++i) schedule.add_share([] {});
  EXPECT_EQ(schedule.sleep(0), kNothingDue);
  schedule.set_due(2, 70);
  schedule.set_due(6, 50);
  schedule.set_due(7, 10);
  EXPECT_EQ(schedule.sleep(0), 50);
  EXPECT_EQ(schedule.sleep(1), 10);
  schedule.set_due(6, kNothingDue);
  EXPECT_EQ(schedule.sleep(0), 70);
  EXPECT_EQ(schedule.due_ms(2), 70);
}

TEST(ExpirySchedule, WakesForAnEarlierTimeAlone) {
  int woken[2] = {};
  ExpirySchedule schedule(4);
  for (int& count : woken) schedule.add_share([&count] { ++count; });
  schedule.sleep(0);
  schedule.set_due(0, 100);
  EXPECT_EQ(woken[0], 1);
  // It is on its way.
  schedule.set_due(2, 100);
  schedule.set_due(2, 200);
  EXPECT_EQ(woken[0], 1);
  schedule.set_due(2, 99);
  EXPECT_EQ(woken[0], 2);
  EXPECT_EQ(schedule.sleep(0), 99);
  schedule.set_due(0, kNothingDue);
  EXPECT_EQ(woken[0], 2);
  EXPECT_EQ(woken[1], 0);
}

// Whatever comes between its last look and its sleep: the share knows of it or is woken.
TEST(ExpirySchedule, MissesNothing) {
  std::atomic<int> wakes{0};
  ExpirySchedule schedule(4);
  schedule.add_share([&wakes] { wakes.fetch_add(1); });
  schedule.set_due(0, 1'000'000);
  std::atomic<std::int64_t> set{0};
  std::atomic<bool> ends{false};
  std::thread other([&] {
    std::mt19937 random(3);
    for (std::int64_t i = 1; !ends.load(); ++i) {
      schedule.set_due(random() % 4, 1'000'000 - i);
      set.store(i);
    }
  });
  for (int i = 0; i < 20'000; ++i) {
    const int before = wakes.load();
    const std::int64_t until_ms = schedule.sleep(0);
    const std::int64_t due_ms = 1'000'000 - set.load();
    ASSERT_TRUE(until_ms <= due_ms || wakes.load() > before) << until_ms << " " << due_ms;
  }
  ends.store(true);
  other.join();
}

}  // namespace
}  // namespace weir::redis
