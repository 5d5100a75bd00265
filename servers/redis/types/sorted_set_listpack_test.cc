// A sorted set's listpack: taken over from outside, and as Redis would have it.
#include <gtest/gtest.h>

#include <initializer_list>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "servers/redis/types/sorted_set.h"

namespace weir::redis {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
using Pair = std::pair<double, std::string>;

std::vector<Pair> pairs_of(const SortedSet& set) {
  std::vector<Pair> pairs;
  set.for_each([&](std::string_view member, double score) { pairs.emplace_back(score, member); });
  return pairs;
}

Listpack pack_of(std::initializer_list<std::string_view> elements) {
  Listpack pack;
  for (const std::string_view element : elements) pack.push_back(element);
  return pack;
}

bool takes(std::initializer_list<std::string_view> elements) {
  return SortedSet::from_listpack(pack_of(elements), {}).has_value();
}

TEST(SortedSet, TakesOverAListpack) {
  auto set = SortedSet::from_listpack(pack_of({"a", "-inf", "b", "1", "c", "1", "a b", "2.5"}), {});
  ASSERT_TRUE(set.has_value());
  const std::vector<Pair> expected = {{-kInfinity, "a"}, {1, "b"}, {1, "c"}, {2.5, "a b"}};
  EXPECT_EQ(pairs_of(*set), expected);
  EXPECT_EQ(set->encoding(), "listpack");
  EncodingLimits one;
  one.zset_max_listpack_entries = 1;
  set = SortedSet::from_listpack(pack_of({"a", "1", "b", "2"}), one);
  ASSERT_TRUE(set.has_value());
  EXPECT_EQ(set->encoding(), "skiplist");
  EXPECT_EQ(set->size(), 2u);
}

TEST(SortedSet, RefusesListpacksThatAreNone) {
  EXPECT_TRUE(takes({}));
  EXPECT_FALSE(takes({"a"}));
  EXPECT_FALSE(takes({"a", "2", "b", "1"}));  // not in order
  EXPECT_FALSE(takes({"b", "1", "a", "1"}));
  EXPECT_FALSE(takes({"a", "1", "a", "2"}));  // one member twice
  EXPECT_FALSE(takes({"a", "1", "b", "2", "a", "3"}));
  for (const char* score : {"nan", "x", "", "1e999", " 1"}) EXPECT_FALSE(takes({"a", score}));
}

// As Redis keeps and dumps it.
TEST(SortedSet, KeepsWholeScoresAsIntegers) {
  SortedSet set;
  const auto stored = [&](double score) {
    set.set("a", score, {});
    const Listpack& pack = *set.listpack();
    return pack.get(pack.last());
  };
  for (const double score : {0.0, -0.0, 3.0, -1e17, 1e18, 4611686018427387904.0}) {
    EXPECT_TRUE(stored(score).is_integer) << score;
    EXPECT_EQ(set.score("a"), score);
  }
  for (const double score : {0.5, 4611686018427389952.0, -1e300, kInfinity}) {
    EXPECT_FALSE(stored(score).is_integer) << score;
    EXPECT_EQ(set.score("a"), score);
  }
}

}  // namespace
}  // namespace weir::redis
