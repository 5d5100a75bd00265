#include "core/io_threads.h"

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "gtest/gtest.h"

namespace weir {
namespace {

TEST(IoThreadsTest, DoesEveryItemOnce) {
  IoThreads threads(4);
  EXPECT_EQ(threads.threads(), 4U);
  for (std::size_t items = 0; items < 300; ++items) {
    std::vector<int> done(items);
    threads.run(items, [&](std::size_t thread, std::size_t item) {
      EXPECT_LT(thread, 4U);
      ++done[item];
    });
    EXPECT_EQ(done, std::vector<int>(items, 1));
  }
}

TEST(IoThreadsTest, FewItemsAreDoneByTheCaller) {
  IoThreads threads(2);
  const auto caller = std::this_thread::get_id();
  EXPECT_FALSE(threads.run(3, [&](std::size_t thread, std::size_t) {
    EXPECT_EQ(thread, 0U);
    EXPECT_EQ(std::this_thread::get_id(), caller);
  }));
  EXPECT_TRUE(threads.run(4, [](std::size_t, std::size_t) {}));
}

TEST(IoThreadsTest, OneThreadIsTheCaller) {
  IoThreads threads(1);
  std::size_t sum = 0;
  EXPECT_FALSE(threads.run(100, [&](std::size_t, std::size_t item) { sum += item; }));
  EXPECT_EQ(sum, 4950U);
}

// Two items that wait for each other can only end if a helper takes one.
TEST(IoThreadsTest, TheHelpersHelpAlsoAfterTheyHaveParked) {
  IoThreads threads(2);
  for (int round = 0; round < 20; ++round) {
    std::atomic<int> begun{0};
    std::atomic<std::size_t> helped{0};
    EXPECT_TRUE(threads.run(4, [&](std::size_t thread, std::size_t item) {
      helped += thread;
      if (item >= 2) return;
      ++begun;
      while (begun < 2) std::this_thread::yield();
    }));
    EXPECT_GE(helped, 1U);
  }
}

// The work of one run, which dies with it, is never called by a helper that comes late.
TEST(IoThreadsTest, RunsDoNotMix) {
  IoThreads threads(3);
  for (std::size_t round = 0; round < 20'000; ++round) {
    auto marks = std::make_unique<std::atomic<std::size_t>[]>(6);
    threads.run(6, [&marks, round](std::size_t, std::size_t item) { marks[item] = round; });
    for (std::size_t item = 0; item < 6; ++item) ASSERT_EQ(marks[item], round);
  }
}

}  // namespace
}  // namespace weir
