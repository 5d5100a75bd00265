#include "servers/redis/keyspace/expiry_queue.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>
#include <utility>
#include <vector>

namespace weir::redis {
namespace {

TEST(ExpiryQueue, GivesTheEarliestFirst) {
  std::mt19937_64 random(1);
  ExpiryQueue queue;
  std::vector<std::int64_t> expected;
  for (std::uint64_t i = 0; i < 10'000; ++i) {
    const auto expiry = static_cast<std::int64_t>(random() % 1000);
    queue.push({expiry, i});
    expected.push_back(expiry);
  }
  std::sort(expected.begin(), expected.end());
  for (const std::int64_t expiry : expected) {
    ASSERT_FALSE(queue.empty());
    ASSERT_EQ(queue.front().expiry, expiry);
    queue.pop();
  }
  EXPECT_TRUE(queue.empty());
}

TEST(ExpiryQueue, KeepsTimesAndHashes) {
  constexpr std::int64_t kLast = (std::int64_t{1} << 47) - 1;
  constexpr std::uint64_t kHash = 0x1234'5678'9abc'def0;
  const std::vector<std::pair<std::int64_t, std::uint64_t>> items = {
      {0, 0},          {1, ~std::uint64_t{0}},     {65'535, 1},
      {65'536, kHash}, {1'900'000'000'123, kHash}, {kLast, ~kHash}};
  ExpiryQueue queue;
  for (auto item = items.rbegin(); item != items.rend(); ++item) {
    queue.push({item->first, item->second});
  }
  for (const auto& [expiry, hash] : items) {
    EXPECT_EQ(queue.front().expiry, expiry);
    EXPECT_EQ(queue.front().hash, hash & ExpiryQueue::kHashMask);
    queue.pop();
  }
}

TEST(ExpiryQueue, KeepsItsOrderWhenItemsAreRemoved) {
  std::mt19937_64 random(2);
  ExpiryQueue queue;
  std::multiset<std::int64_t> expected;
  for (std::uint64_t i = 0; i < 3000; ++i) {
    const auto expiry = static_cast<std::int64_t>(random() % 500);
    queue.push({expiry, i});
    expected.insert(expiry);
  }
  for (int i = 0; i < 2000; ++i) {
    const std::size_t place = random() % queue.size();
    expected.erase(expected.find(queue.at(place).expiry));
    queue.remove(place);
    ASSERT_EQ(queue.front().expiry, *expected.begin());
  }
  for (const std::int64_t expiry : expected) {
    ASSERT_EQ(queue.front().expiry, expiry);
    queue.remove(0);
  }
  EXPECT_TRUE(queue.empty());
  EXPECT_EQ(queue.allocated_bytes(), 0U);
}

TEST(ExpiryQueue, GivesItsMemoryBack) {
  ExpiryQueue queue;
  EXPECT_EQ(queue.allocated_bytes(), 0U);
  for (std::uint64_t i = 0; i < 1000; ++i) queue.push({static_cast<std::int64_t>(i), i});
  EXPECT_GE(queue.allocated_bytes(), 1000 * 12U);
  EXPECT_LE(queue.allocated_bytes(), 1300 * 12U);
  while (queue.size() > 100) queue.pop();
  EXPECT_LE(queue.allocated_bytes(), 400 * 12U);
  queue.clear();
  EXPECT_EQ(queue.allocated_bytes(), 0U);
  queue.push({1, 1});
  queue.pop();
  EXPECT_EQ(queue.allocated_bytes(), 0U);
}

}  // namespace
}  // namespace weir::redis
