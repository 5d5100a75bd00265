#include "servers/redis/types/set.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

namespace weir::redis {
namespace {

std::multiset<std::string> members_of(const Set& set) {
  std::multiset<std::string> members;
  set.for_each([&](std::string_view member) { members.emplace(member); });
  return members;
}

TEST(Set, EmptySetOwnsNothing) {
  Set set;
  EXPECT_EQ(sizeof set, 2 * sizeof(void*));
  EXPECT_EQ(set.size(), 0u);
  EXPECT_EQ(set.encoding(), "intset");
  EXPECT_FALSE(set.contains("1"));
  EXPECT_FALSE(set.remove("a"));
  EXPECT_EQ(set.memory_usage(), 0u);
}

TEST(Set, StaysAnIntsetUpToTheLimit) {
  const EncodingLimits limits;
  Set set;
  for (size_t i = 0; i < limits.set_max_intset_entries; i++) {
    EXPECT_TRUE(set.add(std::to_string(i), limits));
  }
  EXPECT_FALSE(set.add("7", limits));
  EXPECT_EQ(set.encoding(), "intset");
  EXPECT_NE(set.intset(), nullptr);
  EXPECT_TRUE(set.add("-1", limits));
  EXPECT_EQ(set.encoding(), "hashtable");
  EXPECT_EQ(set.intset(), nullptr);
  EXPECT_EQ(set.size(), 513u);
  EXPECT_TRUE(set.contains("-1"));
  EXPECT_TRUE(set.contains("511"));
  for (int i = 10; i < 512; i++) EXPECT_TRUE(set.remove(std::to_string(i)));
  EXPECT_EQ(set.encoding(), "hashtable") << "never back";
}

TEST(Set, WhatIsNoCanonicalIntegerConverts) {
  for (const char* member : {"a", "", "007", "+1", "-0", " 1", "1 ", "9223372036854775808"}) {
    Set set;
    set.add("1", {});
    EXPECT_TRUE(set.add(member, {}));
    EXPECT_EQ(set.encoding(), "hashtable") << member;
    EXPECT_TRUE(set.contains("1"));
    EXPECT_TRUE(set.contains(member));
    EXPECT_FALSE(set.add("1", {}));
    EXPECT_EQ(set.size(), 2u);
  }
}

TEST(Set, TheLimitOfZeroAllowsNoIntset) {
  EncodingLimits limits;
  limits.set_max_intset_entries = 0;
  Set set;
  EXPECT_TRUE(set.add("1", limits));
  EXPECT_EQ(set.encoding(), "hashtable");
}

TEST(Set, TakesOverAnIntset) {
  Intset few, many;
  for (int i = 0; i < 600; i++) many.add(i);
  few.add(-3);
  EXPECT_EQ(Set(std::move(few), {}).encoding(), "intset");
  const Set set(std::move(many), {});
  EXPECT_EQ(set.encoding(), "hashtable");
  EXPECT_EQ(set.size(), 600u);
  EXPECT_TRUE(set.contains("599"));
}

TEST(Set, AgreesWithAModel) {
  std::mt19937_64 rng(1);
  for (const bool integers : {true, false}) {
    Set set;
    std::set<std::string> model;
    for (int i = 0; i < 300000; i++) {
      const bool growing = (i / 50000) % 2 == 0;
      std::string member = std::to_string(rng() % 20000);
      if (!integers && rng() % 2 == 0) member = "element:" + member;
      if (rng() % 10 < (growing ? 8 : 2)) {
        ASSERT_EQ(set.add(member, {}), model.insert(member).second);
      } else {
        ASSERT_EQ(set.remove(member), model.erase(member) == 1);
      }
      ASSERT_EQ(set.contains(member), model.contains(member));
      ASSERT_EQ(set.size(), model.size());
    }
    EXPECT_EQ(members_of(set), std::multiset<std::string>(model.begin(), model.end()));
    for (const std::string& member : model) ASSERT_TRUE(set.remove(member));
    EXPECT_LE(set.memory_usage(), 128u) << "nothing of the members is left";
  }
}

Set filled(const std::string& prefix, int count) {
  Set set;
  for (int i = 0; i < count; i++) set.add(prefix + std::to_string(i), {});
  return set;
}

TEST(Set, PopsEachMemberOnce) {
  std::mt19937_64 rng(2);
  for (const char* prefix : {"", "m"}) {
    Set set = filled(prefix, 500);
    std::set<std::string> popped;
    while (set.size() > 0) {
      const size_t before = set.size();
      set.pop_random(rng, [&](std::string_view member) {
        EXPECT_TRUE(set.contains(member));
        EXPECT_TRUE(popped.emplace(member).second);
      });
      ASSERT_EQ(set.size(), before - 1);
    }
    EXPECT_EQ(popped.size(), 500u);
  }
}

TEST(Set, RandomMemberReachesEveryMember) {
  std::mt19937_64 rng(3);
  for (const char* prefix : {"", "m"}) {
    const Set set = filled(prefix, 100);
    std::map<std::string, int> seen;
    IntegerText scratch;
    for (int i = 0; i < 100000; i++) seen[std::string(set.random_member(rng, scratch))]++;
    EXPECT_EQ(seen.size(), 100u);
    for (const auto& [member, count] : seen) EXPECT_NEAR(count, 1000, 250) << member;
  }
}

TEST(Set, ScanReturnsEveryMember) {
  for (const char* prefix : {"", "m"}) {
    for (const int count : {0, 1, 500, 4000}) {
      const Set set = filled(prefix, count);
      std::multiset<std::string> scanned;
      uint64_t cursor = 0;
      do {
        cursor = set.scan(cursor, [&](std::string_view member) { scanned.emplace(member); });
      } while (cursor != 0);
      EXPECT_EQ(scanned, members_of(set));
    }
  }
}

TEST(Set, TwentyByteMembersCostLessThanFiftyBytes) {
  Set set;
  for (int i = 0; i < 100000; i++) {
    std::string number = std::to_string(i);
    set.add("element:" + std::string(12 - number.size(), '0') + number, {});
  }
  EXPECT_LT(set.memory_usage(), 100000u * 50);
}

TEST(Set, Moves) {
  Set set = filled("m", 10);
  Set moved(std::move(set));
  EXPECT_EQ(moved.size(), 10u);
  Set assigned = filled("", 3);
  assigned = std::move(moved);
  EXPECT_EQ(assigned.size(), 10u);
  EXPECT_TRUE(assigned.contains("m9"));
}

}  // namespace
}  // namespace weir::redis
