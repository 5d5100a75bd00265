#include "servers/redis/types/stream_id_map.h"

#include <gtest/gtest.h>

#include <iterator>
#include <map>
#include <optional>
#include <random>
#include <utility>
#include <vector>

namespace weir::redis {
namespace {

using Map = StreamIdMap<uint64_t>;
using Pairs = std::vector<std::pair<StreamId, uint64_t>>;

Pairs pairs_of(const Map& map, StreamId first, size_t count) {
  Pairs pairs;
  if (count == 0) return pairs;
  map.for_each(first, [&](const Map::Item& item) {
    pairs.emplace_back(item.id, item.value);
    return pairs.size() < count;
  });
  return pairs;
}

TEST(StreamIdMap, IsEmptyAtFirst) {
  Map map;
  EXPECT_EQ(map.size(), 0u);
  EXPECT_EQ(map.find({}), nullptr);
  EXPECT_EQ(map.first_from({}), nullptr);
  EXPECT_EQ(map.last(), nullptr);
  EXPECT_FALSE(map.erase({1, 1}));
  EXPECT_EQ(pairs_of(map, {}, 1), Pairs());
  EXPECT_EQ(map.memory_usage(), 0u);
}

TEST(StreamIdMap, KeepsTheOutermostIds) {
  Map map;
  EXPECT_TRUE(map.insert(StreamId::max(), 1));
  EXPECT_TRUE(map.insert({}, 2));
  EXPECT_FALSE(map.insert({}, 3));
  EXPECT_EQ(map.find({})->value, 3u);
  EXPECT_EQ(map.first_from({0, 1})->id, StreamId::max());
  EXPECT_EQ(map.last()->id, StreamId::max());
  EXPECT_TRUE(map.erase(StreamId::max()));
  EXPECT_EQ(map.first_from({0, 1}), nullptr);
  EXPECT_TRUE(map.erase({}));
  EXPECT_EQ(map.memory_usage(), 0u);
}

TEST(StreamIdMap, CostsLittleMoreThanItsItems) {
  constexpr uint64_t kItems = 100'000;
  Map map;
  for (uint64_t i = 0; i < kItems; ++i) map.insert({i, 0}, i);
  EXPECT_LT(map.memory_usage(), kItems * (sizeof(Map::Item) + 2));
  for (uint64_t i = 0; i < kItems; ++i) {
    if (i % 64 != 0) map.erase({i, 0});
  }
  EXPECT_EQ(map.size(), (kItems + 63) / 64);
  EXPECT_LT(map.memory_usage(), map.size() * sizeof(Map::Item) * 5);
}

// Every operation at random, next to a std::map. `appends` of ten inserts go to the end.
void churn(uint64_t seed, uint64_t ids, uint64_t appends) {
  std::mt19937_64 random(seed);
  Map map;
  std::map<StreamId, uint64_t> model;
  const auto any_id = [&] { return StreamId{random() % ids, random() % 2}; };
  const auto end_id = [&] {
    return model.empty() ? StreamId{} : StreamId{model.rbegin()->first.ms, 2}.next().value();
  };
  for (int i = 0; i < 300'000; ++i) {
    // Grows and shrinks in turns.
    const bool grows = (i / 20'000) % 2 == 0;
    if (random() % 10 < (grows ? 7u : 3u)) {
      const StreamId id = random() % 10 < appends ? end_id() : any_id();
      const uint64_t value = random();
      ASSERT_EQ(map.insert(id, value), model.insert_or_assign(id, value).second);
    } else {
      StreamId id = any_id();
      if (const auto at = model.lower_bound(id); at != model.end()) id = at->first;
      ASSERT_EQ(map.erase(id), model.erase(id) > 0);
    }
    ASSERT_EQ(map.size(), model.size());
    const StreamId id = any_id();
    const auto at = model.lower_bound(id);
    const Map::Item* found = map.first_from(id);
    ASSERT_EQ(found == nullptr, at == model.end());
    ASSERT_TRUE(found == nullptr || found->id == at->first);
    if (i % 500 != 0) continue;
    const size_t count = random() % 300;
    Pairs expected(at, model.end());
    if (expected.size() > count) expected.resize(count);
    ASSERT_EQ(pairs_of(map, id, count), expected);
    ASSERT_EQ(map.last() == nullptr, model.empty());
    ASSERT_TRUE(model.empty() || map.last()->id == model.rbegin()->first);
  }
  ASSERT_EQ(pairs_of(map, {}, SIZE_MAX), Pairs(model.begin(), model.end()));
  for (const auto& [id, value] : model) ASSERT_TRUE(map.erase(id));
  EXPECT_EQ(map.memory_usage(), 0u);
}

TEST(StreamIdMap, ChurnsAmongFewIds) { churn(1, 40, 0); }
TEST(StreamIdMap, ChurnsAmongManyIds) { churn(2, 20'000, 0); }
TEST(StreamIdMap, ChurnsAtTheEnd) { churn(3, 20'000, 9); }

}  // namespace
}  // namespace weir::redis
