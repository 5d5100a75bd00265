#include "servers/redis/types/rank_sort.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <random>
#include <string>
#include <vector>

namespace weir::redis {
namespace {

struct Item {
  int key;
  std::string name;
};

int compare_keys(const Item& a, const Item& b) { return a.key < b.key ? -1 : a.key > b.key; }

std::vector<Item> random_items(std::mt19937_64& rng, std::size_t count, int keys) {
  std::vector<Item> items;
  for (std::size_t i = 0; i < count; ++i) {
    items.push_back({static_cast<int>(rng() % static_cast<std::uint64_t>(keys)),
                     "a name too long to stand inside " + std::to_string(i)});
  }
  return items;
}

std::vector<std::string> names_of(const std::vector<Item>& items) {
  std::vector<std::string> names;
  for (const Item& item : items) names.push_back(item.name);
  std::sort(names.begin(), names.end());
  return names;
}

TEST(RankSort, WantedRanksAreThoseOfAWholeSort) {
  std::mt19937_64 rng(1);
  for (int round = 0; round < 3'000; ++round) {
    const std::size_t count = rng() % 200;
    std::vector<Item> items = random_items(rng, count, round % 3 == 0 ? 5 : 1000);
    std::vector<Item> sorted = items;
    std::stable_sort(sorted.begin(), sorted.end(),
                     [](const Item& a, const Item& b) { return a.key < b.key; });
    const std::size_t first = rng() % (count + 1);
    const std::size_t end = first + rng() % (count - first + 1);
    const std::vector<std::string> names = names_of(items);
    sort_ranks(std::span(items), first, end, compare_keys);
    for (std::size_t i = first; i < end; ++i) ASSERT_EQ(items[i].key, sorted[i].key);
    ASSERT_EQ(names_of(items), names);
  }
}

TEST(RankSort, OrdersThatInviteQuadraticTime) {
  constexpr std::size_t kCount = 100'000;
  for (int kind = 0; kind < 4; ++kind) {
    std::vector<int> items(kCount);
    std::iota(items.begin(), items.end(), 0);
    if (kind == 1) std::reverse(items.begin(), items.end());
    if (kind == 2) std::fill(items.begin(), items.end(), 7);
    if (kind == 3) std::rotate(items.begin(), items.begin() + kCount / 2, items.end());
    std::vector<int> sorted = items;
    std::sort(sorted.begin(), sorted.end());
    std::size_t comparisons = 0;
    sort_ranks(std::span(items), 0, kCount, [&](int a, int b) { return ++comparisons, a - b; });
    EXPECT_EQ(items, sorted);
    EXPECT_LT(comparisons, kCount * 40);
  }
}

// M. D. McIlroy, "A Killer Adversary for Quicksort", 1999: keys are made up while they are
// compared, so that each pivot is as bad as can be.
TEST(RankSort, AnAdversaryCantMakeItQuadratic) {
  constexpr int kCount = 20'000;
  constexpr int kGas = kCount;
  std::vector<int> keys(kCount, kGas);
  std::vector<int> items(kCount);
  std::iota(items.begin(), items.end(), 0);
  int solid = 0;
  int candidate = 0;
  std::size_t comparisons = 0;
  sort_ranks(std::span(items), 0, kCount, [&](int a, int b) {
    ++comparisons;
    const auto at = [&](int i) -> int& { return keys[static_cast<std::size_t>(i)]; };
    if (at(a) == kGas && at(b) == kGas) at(a == candidate ? a : b) = solid++;
    if (at(a) == kGas) {
      candidate = a;
    } else if (at(b) == kGas) {
      candidate = b;
    }
    return at(a) - at(b);
  });
  EXPECT_LT(comparisons, std::size_t{kCount} * 300);
  EXPECT_TRUE(std::is_sorted(items.begin(), items.end(), [&](int a, int b) {
    return keys[static_cast<std::size_t>(a)] < keys[static_cast<std::size_t>(b)];
  }));
}

// A comparison that contradicts itself may lead to any order, and to nothing worse.
TEST(RankSort, SurvivesANonsensicalOrder) {
  std::mt19937_64 rng(2);
  for (int round = 0; round < 200; ++round) {
    std::vector<Item> items = random_items(rng, 100, 10);
    const std::vector<std::string> names = names_of(items);
    sort_ranks(std::span(items), 10, 90,
               [&](const Item&, const Item&) { return static_cast<int>(rng() % 3) - 1; });
    ASSERT_EQ(names_of(items), names);
  }
}

}  // namespace
}  // namespace weir::redis
