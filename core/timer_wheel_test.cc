#include "core/timer_wheel.h"

#include <algorithm>
#include <functional>
#include <limits>
#include <memory>
#include <random>
#include <set>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "tests/fakes/sanitized.h"

namespace weir {
namespace {

constexpr size_t kAll = std::numeric_limits<size_t>::max();
constexpr int64_t kHour = 60 * 60 * 1000;
constexpr int64_t kYear = 365 * 24 * kHour;
constexpr int64_t kForever = std::numeric_limits<int64_t>::max();
constexpr int64_t kStart = 1'700'000'000'123;  // no round number at any level

TEST(TimerWheelTest, EmptyWheelSleepsForEver) {
  TimerWheel wheel;
  EXPECT_EQ(wheel.next_delay(0), -1);
  EXPECT_EQ(wheel.next_delay(kForever), -1);
  EXPECT_EQ(wheel.advance(kForever, kAll), 0U);
}

// One timer per delay: never before its deadline, always at it, by the sleeps next_delay allows.
TEST(TimerWheelTest, FiresExactlyAtTheDeadlineWhenSleepingByNextDelay) {
  for (const int64_t delay : {0L, 1L, 2L, 63L, 64L, 65L, 127L, 4095L, 4096L, 4097L, 262'143L,
                              262'144L, kHour, 24 * kHour, kYear, 300 * kYear}) {
    TimerWheel wheel;
    int64_t now = kStart;
    int fired = 0;
    int wakeups = 0;
    wheel.schedule(now, delay, [&fired] { ++fired; });
    while (fired == 0) {
      const int sleep = wheel.next_delay(now);
      ASSERT_GE(sleep, 0);
      ASSERT_LE(sleep, kStart + delay - now) << "late";
      now += sleep;
      wheel.advance(now, kAll);
      ASSERT_TRUE(fired == 0 || now >= kStart + delay) << "early";
      // At most one wake-up a level, and one for each INT_MAX of the sleep.
      ASSERT_LE(++wakeups, 11 + delay / std::numeric_limits<int>::max());
    }
    EXPECT_EQ(now, kStart + delay);
    EXPECT_EQ(wheel.size(), 0U);
  }
}

TEST(TimerWheelTest, FarthestDeadlineNeverOverflows) {
  TimerWheel wheel;
  int fired = 0;
  wheel.schedule(kStart, kForever, [&fired] { ++fired; });
  wheel.schedule(kStart, -5, [&fired] { fired += 10; });
  EXPECT_EQ(wheel.advance(kStart, kAll), 1U);
  EXPECT_EQ(fired, 10);
  EXPECT_EQ(wheel.next_delay(kStart), std::numeric_limits<int>::max());
  EXPECT_EQ(wheel.advance(kForever - 1, kAll), 0U);
  EXPECT_EQ(wheel.advance(kForever, kAll), 1U);
  EXPECT_EQ(fired, 11);
}

TEST(TimerWheelTest, CancelledTimersNeverFireAndFreeTheirCallback) {
  TimerWheel wheel;
  auto owned = std::make_shared<int>(0);
  const TimerId id = wheel.schedule(0, 100, [owned] { ++*owned; });
  EXPECT_EQ(owned.use_count(), 2);
  EXPECT_TRUE(wheel.cancel(id));
  EXPECT_EQ(owned.use_count(), 1);
  EXPECT_EQ(wheel.next_delay(0), -1);
  EXPECT_EQ(wheel.advance(1000, kAll), 0U);
  EXPECT_EQ(*owned, 0);
}

TEST(TimerWheelTest, StaleIdsAreHarmless) {
  TimerWheel wheel;
  EXPECT_FALSE(wheel.cancel(TimerId()));
  EXPECT_FALSE(wheel.cancel(TimerId{12345, 1}));
  const TimerId fired = wheel.schedule(0, 1, [] {});
  wheel.advance(1, kAll);
  EXPECT_FALSE(wheel.cancel(fired));
  const TimerId cancelled = wheel.schedule(1, 1, [] {});
  EXPECT_EQ(cancelled.index, fired.index) << "the slot is used again";
  EXPECT_FALSE(wheel.cancel(fired));
  EXPECT_FALSE(wheel.cancel(TimerId{cancelled.index, 0}));
  EXPECT_TRUE(wheel.cancel(cancelled));
  EXPECT_FALSE(wheel.cancel(cancelled));
}

TEST(TimerWheelTest, RunsAtMostWhatItMayAndKeepsTheRestDue) {
  TimerWheel wheel;
  std::vector<int> order;
  for (int i = 0; i < 10; ++i) wheel.schedule(0, 5 + i / 5, [&order, i] { order.push_back(i); });
  EXPECT_EQ(wheel.advance(100, 0), 0U);
  EXPECT_EQ(wheel.advance(100, 3), 3U);
  EXPECT_EQ(wheel.next_delay(100), 0);
  EXPECT_EQ(wheel.advance(100, 3), 3U);
  EXPECT_EQ(wheel.size(), 4U);
  EXPECT_EQ(wheel.advance(100, 10), 4U);
  EXPECT_EQ(order, (std::vector<int>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}));
  EXPECT_EQ(wheel.next_delay(100), -1);
}

// Ten thousand timers of one slot of level 1: no call pays for all of them.
TEST(TimerWheelTest, ACrowdedSlotIsSpreadOverSeveralCalls) {
  TimerWheel wheel;
  std::vector<int64_t> deadlines;
  std::vector<TimerId> ids;
  for (int64_t i = 0; i < 10'000; ++i) {
    const int64_t deadline = 127 - i % 64;
    ids.push_back(wheel.schedule(0, deadline, [&, deadline] { deadlines.push_back(deadline); }));
  }
  EXPECT_EQ(wheel.advance(200, kAll), 0U);
  for (size_t i = 0; i < ids.size(); i += 2) EXPECT_TRUE(wheel.cancel(ids[i])) << "midway";
  const TimerId late = wheel.schedule(200, 0, [] {});
  int calls = 1;
  while (deadlines.size() < 5000) {
    ASSERT_EQ(wheel.next_delay(200), 0);
    wheel.advance(200, kAll);
    ASSERT_LE(++calls, 10);
  }
  EXPECT_GT(calls, 3);
  EXPECT_TRUE(std::is_sorted(deadlines.begin(), deadlines.end()));
  EXPECT_FALSE(wheel.cancel(late)) << "it fired behind the others";
  EXPECT_EQ(wheel.next_delay(200), -1);
}

TEST(TimerWheelTest, DueTimersThatWaitCanBeCancelled) {
  TimerWheel wheel;
  int fired = 0;
  wheel.schedule(0, 5, [&fired] { ++fired; });
  const TimerId waiting = wheel.schedule(0, 5, [&fired] { fired += 100; });
  EXPECT_EQ(wheel.advance(5, 1), 1U);
  EXPECT_TRUE(wheel.cancel(waiting));
  EXPECT_EQ(wheel.next_delay(5), -1);
  EXPECT_EQ(wheel.advance(6, kAll), 0U);
  EXPECT_EQ(fired, 1);
}

TEST(TimerWheelTest, CallbacksMayCancelThemselvesAndOthers) {
  TimerWheel wheel;
  std::vector<TimerId> ids(4);
  int fired = 0;
  ids[0] = wheel.schedule(0, 10, [&] {
    ++fired;
    EXPECT_FALSE(wheel.cancel(ids[0])) << "itself, already running";
    EXPECT_TRUE(wheel.cancel(ids[1])) << "due in the same slot";
    EXPECT_TRUE(wheel.cancel(ids[2])) << "due later in this call";
    EXPECT_TRUE(wheel.cancel(ids[3])) << "far away";
  });
  for (size_t i = 1; i < 4; ++i) {
    const int64_t delay = i == 1 ? 10 : i == 2 ? 20 : kHour;
    ids[i] = wheel.schedule(0, delay, [&fired] { fired += 100; });
  }
  EXPECT_EQ(wheel.advance(30, kAll), 1U);
  EXPECT_EQ(fired, 1);
  EXPECT_EQ(wheel.size(), 0U);
}

TEST(TimerWheelTest, CallbackSurvivesTheGrowthOfThePool) {
  TimerWheel wheel;
  std::vector<int> payload(1000, 7);
  int sum = 0;
  wheel.schedule(0, 1, [&wheel, &sum, payload] {
    for (int i = 0; i < 10'000; ++i) wheel.schedule(1, kHour, [] {});
    for (const int value : payload) sum += value;
  });
  EXPECT_EQ(wheel.advance(1, kAll), 1U);
  EXPECT_EQ(sum, 7000);
  EXPECT_EQ(wheel.size(), 10'000U);
}

TEST(TimerWheelTest, DestructionOfACallbackMayCallTheWheel) {
  TimerWheel wheel;
  const TimerId other = wheel.schedule(0, 50, [] {});
  const auto cancel_other = [&wheel, other](const int* p) {
    EXPECT_TRUE(wheel.cancel(other));
    delete p;
  };
  std::shared_ptr<int> owned(new int(0), cancel_other);
  const TimerId id = wheel.schedule(0, 50, [owned] {});
  owned.reset();
  EXPECT_TRUE(wheel.cancel(id));
  EXPECT_EQ(wheel.size(), 0U);
}

// A timer that always reschedules itself without delay runs once a call, not for ever.
TEST(TimerWheelTest, ZeroDelayWaitsForTheNextCall) {
  TimerWheel wheel;
  int fired = 0;
  std::function<void()> again = [&] {
    ++fired;
    wheel.schedule(100, 0, again);
  };
  wheel.schedule(100, 0, again);
  EXPECT_EQ(wheel.advance(100, kAll), 1U);
  EXPECT_EQ(wheel.next_delay(100), 0);
  EXPECT_EQ(wheel.advance(100, kAll), 1U);
  EXPECT_EQ(wheel.advance(101, 1000), 2U) << "the one due at 100, then the one it scheduled";
  EXPECT_EQ(fired, 4);
}

TEST(TimerWheelTest, AClockThatStepsBackFiresNothingEarly) {
  TimerWheel wheel;
  int fired = 0;
  wheel.schedule(1000, 10, [&fired] { ++fired; });
  wheel.advance(1005, kAll);
  EXPECT_EQ(wheel.advance(900, kAll), 0U);
  wheel.schedule(900, 5, [&fired] { ++fired; });
  EXPECT_EQ(wheel.advance(904, kAll), 0U);
  EXPECT_EQ(wheel.advance(1010, kAll), 2U);
  EXPECT_EQ(fired, 2);
}

// The same timers in a plain ordered set.
class Model {
 public:
  void schedule(int64_t deadline, int number) { pending_.insert({deadline, number}); }
  bool cancel(int64_t deadline, int number) { return pending_.erase({deadline, number}) == 1; }
  size_t size() const { return pending_.size(); }
  // kForever without timers.
  int64_t next_deadline() const { return pending_.empty() ? kForever : pending_.begin()->first; }

 private:
  std::set<std::pair<int64_t, int>> pending_;
};

// Drives the wheel and the model side by side and compares who fired, in which order.
class ModelTest : public testing::Test {
 protected:
  struct Scheduled {
    TimerId id;
    int64_t deadline;
  };

  int64_t random(int64_t below) {
    return std::uniform_int_distribution<int64_t>(0, below - 1)(random_);
  }

  // From milliseconds to years, each magnitude as often as the others.
  int64_t random_delay() {
    static constexpr int64_t kMagnitudes[] = {1, 10, 64, 1000, 4096, 60'000, kHour, 30 * kYear};
    return random(kMagnitudes[random(std::size(kMagnitudes))]);
  }

  void schedule() {
    const int number = static_cast<int>(all_.size());
    const int64_t delay = random_delay();
    const TimerId id = wheel_.schedule(now_, delay, [this, number] { fired_.push_back(number); });
    all_.push_back({id, now_ + delay});
    model_.schedule(now_ + delay, number);
  }

  // Cancels any timer of the past, pending or not: both must agree which it was.
  void cancel_any() {
    const auto number = static_cast<size_t>(random(static_cast<int64_t>(all_.size())));
    const auto& [id, deadline] = all_[number];
    ASSERT_EQ(wheel_.cancel(id), model_.cancel(deadline, static_cast<int>(number)));
  }

  // Advances by `step`; each timer that fires must be the model's earliest, and due.
  void advance(int64_t step, size_t max) {
    const int sleep = wheel_.next_delay(now_);
    ASSERT_EQ(sleep == -1, model_.size() == 0);
    ASSERT_LE(sleep, std::max<int64_t>(0, model_.next_deadline() - now_));
    now_ += step;
    fired_.clear();
    const size_t count = wheel_.advance(now_, max);
    ASSERT_EQ(count, fired_.size());
    ASSERT_LE(fired_.size(), max);
    for (const int number : fired_) {
      const int64_t deadline = all_[static_cast<size_t>(number)].deadline;
      ASSERT_LE(deadline, now_);
      ASSERT_EQ(deadline, model_.next_deadline());
      ASSERT_TRUE(model_.cancel(deadline, number));
    }
    ASSERT_EQ(wheel_.size(), model_.size());
    // What is due and was allowed has fired, unless one call could not relink all.
    ASSERT_TRUE(fired_.size() == max || model_.size() > 80 || model_.next_deadline() > now_);
  }

  std::mt19937_64 random_{20250131};
  TimerWheel wheel_;
  Model model_;
  std::vector<Scheduled> all_;
  std::vector<int> fired_;
  int64_t now_ = kStart;
};

TEST_F(ModelTest, AMillionTimersWithRandomCancels) {
  constexpr size_t kTimers = fakes::kSanitized ? 300'000 : 1'000'000;
  while (all_.size() < kTimers) {
    for (int i = 0; i < 50; ++i) schedule();
    for (int i = 0; i < 20; ++i) ASSERT_NO_FATAL_FAILURE(cancel_any());
    ASSERT_NO_FATAL_FAILURE(advance(random(10), static_cast<size_t>(random(100))));
  }
  EXPECT_GT(model_.size(), kTimers / 10);
  // Hours pass at once (a suspended machine), then centuries.
  for (int i = 0; i < 20; ++i) ASSERT_NO_FATAL_FAILURE(advance(random(3 * kHour), 5000));
  while (model_.size() > 0) ASSERT_NO_FATAL_FAILURE(advance(random(kYear), 10'000));
}

TEST_F(ModelTest, SmallWheelsUnderManyJumps) {
  for (int round = 0; round < 50'000; ++round) {
    for (int64_t i = random(4); i >= 0; --i) schedule();
    ASSERT_NO_FATAL_FAILURE(cancel_any());
    ASSERT_NO_FATAL_FAILURE(advance(random_delay(), static_cast<size_t>(1 + random(8))));
  }
}

}  // namespace
}  // namespace weir
