#include "servers/redis/eviction_pool.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <string>
#include <vector>

namespace weir::redis {
namespace {

void offer(EvictionPool& pool, std::int64_t score, const std::string& name,
           std::size_t database = 0) {
  pool.offer(score, database, {name, std::hash<std::string>()(name)});
}

std::vector<std::string> take_all(EvictionPool& pool) {
  std::vector<std::string> names;
  while (!pool.empty()) names.push_back(pool.take_best().name);
  return names;
}

TEST(EvictionPool, GivesTheBestFirst) {
  EvictionPool pool;
  offer(pool, 2, "b");
  offer(pool, 3, "c");
  offer(pool, 1, "a");
  EXPECT_EQ(take_all(pool), (std::vector<std::string>{"c", "b", "a"}));
  offer(pool, -5, "d");
  EXPECT_EQ(take_all(pool), std::vector<std::string>{"d"});
}

TEST(EvictionPool, KeepsTheBestOfMany) {
  EvictionPool pool;
  std::vector<std::string> best;
  for (int i = 0; i < 1000; ++i) {
    const int score = i * 7919 % 1000;  // every one once
    offer(pool, score, std::to_string(score));
  }
  for (int score = 999; score >= 1000 - static_cast<int>(EvictionPool::kSize); --score) {
    best.push_back(std::to_string(score));
  }
  EXPECT_EQ(take_all(pool), best);
}

TEST(EvictionPool, HasAKeyOnce) {
  EvictionPool pool;
  offer(pool, 1, "a");
  offer(pool, 2, "b");
  offer(pool, 3, "a");
  offer(pool, 2, "a", 5);  // another key of the same name
  EXPECT_EQ(take_all(pool), (std::vector<std::string>{"a", "a", "b"}));
  for (std::size_t i = 0; i < 2 * EvictionPool::kSize; ++i) offer(pool, 1, "a");
  EXPECT_EQ(take_all(pool), std::vector<std::string>{"a"});
}

TEST(EvictionPool, ForgetsTheScoresOfAnotherPolicy) {
  EvictionPool pool;
  pool.set_policy(EvictionPolicy::kAllKeysLru);
  offer(pool, 1, "a");
  pool.set_policy(EvictionPolicy::kAllKeysLru);
  EXPECT_FALSE(pool.empty());
  pool.set_policy(EvictionPolicy::kAllKeysLfu);
  EXPECT_TRUE(pool.empty());
}

}  // namespace
}  // namespace weir::redis
