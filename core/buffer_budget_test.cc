#include "core/buffer_budget.h"

#include <atomic>
#include <memory>
#include <random>
#include <thread>
#include <vector>

#include "gtest/gtest.h"

namespace weir {
namespace {

constexpr std::size_t kMiB = 1024 * 1024;

// A reactor's account, and how often it was woken.
class Party {
 public:
  explicit Party(BufferBudget& budget, std::uint32_t connections = 1)
      : connections_(connections), account_(budget) {
    account_.join(connections_, [this] { ++woken_; });
  }

  BufferBudget::Account& account() { return account_; }
  std::atomic<std::uint32_t>& connections() { return connections_; }
  int take_wakes() { return woken_.exchange(0); }

 private:
  std::atomic<std::uint32_t> connections_;
  std::atomic<int> woken_{0};
  BufferBudget::Account account_;
};

TEST(BufferBudgetTest, WithoutALimitNothingIsEverTooMuch) {
  BufferBudget budget;
  EXPECT_EQ(budget.limit(), 0U);
  Party party(budget);
  party.account().set_exactly(std::size_t{1} << 50);
  EXPECT_EQ(budget.in_use(), std::uint64_t{1} << 50);
  EXPECT_FALSE(party.account().is_tight());
  EXPECT_FALSE(party.account().is_over());
  EXPECT_EQ(party.take_wakes(), 0);
}

TEST(BufferBudgetTest, IsToldInSteps) {
  BufferBudget budget;
  Party party(budget);
  party.account().set(BufferBudget::kMaxStep - 1);
  EXPECT_EQ(budget.in_use(), 0U);
  party.account().set(BufferBudget::kMaxStep);
  EXPECT_EQ(budget.in_use(), BufferBudget::kMaxStep);
  party.account().set(1);
  EXPECT_EQ(budget.in_use(), BufferBudget::kMaxStep);
  party.account().set(0);
  EXPECT_EQ(budget.in_use(), 0U);
  party.account().set_exactly(7);
  EXPECT_EQ(budget.in_use(), 7U);
}

// A small budget is told in smaller steps: it would be over before it knew.
TEST(BufferBudgetTest, AStepIsASmallPartOfTheLimit) {
  BufferBudget budget;
  budget.set_limit(1600);
  Party party(budget);
  party.account().set(99);
  EXPECT_EQ(budget.in_use(), 0U);
  party.account().set(100);
  EXPECT_EQ(budget.in_use(), 100U);
}

TEST(BufferBudgetTest, IsTightFromThreeQuartersUntilHalf) {
  BufferBudget budget;
  budget.set_limit(64 * kMiB);
  Party party(budget);
  const auto tight_at = [&party](std::size_t bytes) {
    party.account().set(bytes);
    return party.account().is_tight();
  };
  EXPECT_FALSE(tight_at(47 * kMiB));
  EXPECT_TRUE(tight_at(48 * kMiB));
  EXPECT_TRUE(tight_at(32 * kMiB));
  EXPECT_FALSE(tight_at(32 * kMiB - 1));
  EXPECT_FALSE(tight_at(47 * kMiB));
}

TEST(BufferBudgetTest, IsOverBeyondTheLimit) {
  BufferBudget budget;
  budget.set_limit(64 * kMiB);
  Party one(budget);
  Party other(budget);
  one.account().set_exactly(40 * kMiB);
  other.account().set_exactly(24 * kMiB);
  EXPECT_FALSE(one.account().is_over());
  other.account().set_exactly(24 * kMiB + 1);
  EXPECT_TRUE(one.account().is_over());
  budget.set_limit(65 * kMiB);
  EXPECT_FALSE(one.account().is_over());
}

TEST(BufferBudgetTest, AFairShareIsAConnectionsPartOfTheLimit) {
  BufferBudget budget;
  budget.set_limit(1000);
  Party one(budget, 0);
  one.account().set_exactly(1001);
  EXPECT_EQ(one.account().floor(1001), 1001U);
  one.connections() = 3;
  EXPECT_EQ(one.account().floor(1001), 334U);
  Party idle(budget, 7);
  idle.account().floor(0);
  EXPECT_EQ(one.account().floor(1001), 101U);
}

// The largest of all goes, so everybody has to look first.
TEST(BufferBudgetTest, TheReactorWithTheLargestCloses) {
  BufferBudget budget;
  budget.set_limit(100'000);
  Party one(budget, 10);
  Party other(budget, 10);
  Party empty(budget, 0);  // perhaps one that does not run: nobody waits for it
  one.account().set_exactly(60'000);
  other.account().set_exactly(45'000);
  for (Party* party : {&one, &other, &empty}) party->take_wakes();
  EXPECT_GT(one.account().floor(20'000), 20'000U);
  EXPECT_EQ(other.take_wakes(), 1);
  EXPECT_EQ(other.account().floor(30'000), 20'000U);
  EXPECT_EQ(one.take_wakes(), 0);
  EXPECT_EQ(one.account().floor(20'000), 30'000U);
  EXPECT_EQ(other.take_wakes(), 1);
  EXPECT_EQ(empty.take_wakes(), 0);
  // Nobody is woken for what he may keep.
  EXPECT_EQ(other.account().floor(5'000), 20'000U);
  EXPECT_EQ(one.account().floor(4'000), 5'001U);
  EXPECT_EQ(other.take_wakes(), 0);
}

TEST(BufferBudgetTest, FarOverTheLimitNobodyIsWaitedFor) {
  BufferBudget budget;
  budget.set_limit(100'000);
  Party one(budget, 5);
  Party slow(budget, 5);
  one.account().set_exactly(112'500);
  EXPECT_GT(one.account().floor(20'000), 20'000U);
  one.account().set_exactly(112'501);
  EXPECT_EQ(one.account().floor(20'000), 10'001U);
}

// Who sleeps has to learn that it must close, hold back, or may go on.
TEST(BufferBudgetTest, WakesTheOthersWhenThePressureChanges) {
  BufferBudget budget;
  budget.set_limit(64 * kMiB);
  Party sleeper(budget);
  Party party(budget);
  sleeper.take_wakes();
  const auto wakes_at = [&](std::size_t bytes) {
    party.account().set(bytes);
    return sleeper.take_wakes();
  };
  EXPECT_EQ(wakes_at(47 * kMiB), 0);
  EXPECT_EQ(wakes_at(48 * kMiB), 1);  // tight
  EXPECT_EQ(wakes_at(60 * kMiB), 0);
  EXPECT_EQ(wakes_at(65 * kMiB), 1);  // over
  EXPECT_EQ(wakes_at(66 * kMiB), 1);  // by more
  EXPECT_EQ(wakes_at(65 * kMiB), 0);
  EXPECT_EQ(wakes_at(33 * kMiB), 0);
  EXPECT_EQ(wakes_at(31 * kMiB), 1);  // eased
}

TEST(BufferBudgetTest, IsExactUnderPressure) {
  BufferBudget budget;
  budget.set_limit(64 * kMiB);
  Party party(budget);
  party.account().set(50 * kMiB);
  party.account().set(50 * kMiB + 1);
  EXPECT_EQ(budget.in_use(), 50 * kMiB + 1);
}

TEST(BufferBudgetTest, AnAccountThatGoesTakesItsBytesAlong) {
  BufferBudget budget;
  Party one(budget);
  one.account().set_exactly(10);
  {
    Party other(budget);
    other.account().set_exactly(kMiB);
    other.account().set(kMiB + 5);  // untold
    EXPECT_EQ(budget.in_use(), kMiB + 10);
  }
  EXPECT_EQ(budget.in_use(), 10U);
}

TEST(BufferBudgetTest, ComesBackToNothingFromAllThreads) {
  BufferBudget budget;
  budget.set_limit(8 * kMiB);
  std::vector<std::thread> threads;
  for (unsigned seed = 0; seed < 4; ++seed) {
    threads.emplace_back([&budget, seed] {
      std::mt19937 random(seed);
      Party party(budget);
      for (int i = 0; i < 20'000; ++i) party.account().set(random() % (4 * kMiB));
      party.account().set_exactly(0);
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(budget.in_use(), 0U);
}

}  // namespace
}  // namespace weir
