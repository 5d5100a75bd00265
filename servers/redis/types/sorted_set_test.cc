#include "servers/redis/types/sorted_set.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/fakes/sanitized.h"

namespace weir::redis {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr Direction kForward = Direction::kForward;
constexpr Direction kBackward = Direction::kBackward;
using Pair = std::pair<double, std::string>;

EncodingLimits limits_of(size_t entries, size_t value = 64) {
  EncodingLimits limits;
  limits.zset_max_listpack_entries = entries;
  limits.zset_max_listpack_value = value;
  return limits;
}

std::vector<Pair> visited(const SortedSet& set, RankRange range, Direction direction = kForward) {
  std::vector<Pair> pairs;
  set.visit(range, direction,
            [&](std::string_view member, double score) { pairs.emplace_back(score, member); });
  return pairs;
}

std::vector<Pair> all(const SortedSet& set) { return visited(set, {0, set.size()}); }

// What a set of plain standard containers does, to compare with.
struct Model {
  std::map<std::string, double> scores;
  std::set<Pair> order;

  SortedSet::Change set(const std::string& member, double score) {
    const auto [at, added] = scores.emplace(member, score);
    if (!added && at->second == score) return SortedSet::Change::kUnchanged;
    if (!added) order.erase({at->second, member});
    at->second = score;
    order.emplace(score, member);
    return added ? SortedSet::Change::kAdded : SortedSet::Change::kUpdated;
  }

  bool erase(const std::string& member) {
    const auto at = scores.find(member);
    if (at == scores.end()) return false;
    order.erase({at->second, member});
    scores.erase(at);
    return true;
  }

  std::vector<Pair> pairs() const { return {order.begin(), order.end()}; }
};

class Churn {
 public:
  Churn(uint64_t seed, size_t names, size_t scores, const EncodingLimits& limits)
      : random_(seed), names_(names), scores_(scores), limits_(limits) {}

  void run(int operations, int checks) {
    if (fakes::kSanitized) operations /= 8;
    for (int i = 0; i < operations; ++i) {
      step();
      if (i % (operations / checks) == 0) check();
      if (testing::Test::HasFatalFailure()) return;
    }
    check();
  }

  const SortedSet& set() const { return set_; }

 private:
  std::string name() {
    const uint64_t number = random_() % names_;
    switch (number % 4) {
      case 0:
        return std::to_string(number);  // a listpack keeps it as an integer
      case 1:
        return "element:" + std::to_string(number);
      case 2:
        return std::string(number % 60, '\xff') + std::to_string(number);
      default:
        return number == 3 ? std::string() : std::string(1, '\0') + std::to_string(number);
    }
  }

  double score() {
    const auto drawn = static_cast<double>(random_() % scores_);
    switch (random_() % 8) {
      case 0:
        return -drawn;
      case 1:
        return drawn / 3;
      case 2:
        return drawn == 0 ? -kInfinity : drawn * 1e300;
      default:
        return drawn;
    }
  }

  void step() {
    const std::string member = name();
    const uint64_t kind = random_() % 16;
    if (kind < 10) {
      const double given = score();
      ASSERT_EQ(set_.set(member, given, limits_), model_.set(member, given));
    } else if (kind < 14) {
      ASSERT_EQ(set_.erase(member), model_.erase(member));
    } else if (set_.size() > 0) {
      const bool front = kind == 14;
      const Pair expected = front ? *model_.order.begin() : *model_.order.rbegin();
      set_.pop(front ? kForward : kBackward, [&](std::string_view popped, double popped_score) {
        EXPECT_EQ(Pair(popped_score, popped), expected);
      });
      model_.erase(expected.second);
    }
    if (random_() % 2000 == 0) {
      const size_t first = random_() % (set_.size() + 1);
      const RankRange range{first, first + random_() % (set_.size() - first + 1)};
      for (const auto& pair : visited(set_, range)) ASSERT_TRUE(model_.erase(pair.second));
      set_.erase(range);
    }
    ASSERT_EQ(set_.size(), model_.scores.size());
    check_member(name());
  }

  void check_member(const std::string& member) {
    const auto at = model_.scores.find(member);
    const auto score = set_.score(member);
    ASSERT_EQ(score, at != model_.scores.end() ? std::optional(at->second) : std::nullopt);
  }

  void check() {
    const std::vector<Pair> pairs = model_.pairs();
    ASSERT_EQ(all(set_), pairs);
    const std::vector<Pair> reversed(pairs.rbegin(), pairs.rend());
    ASSERT_EQ(visited(set_, {0, set_.size()}, kBackward), reversed);
    std::set<Pair> unordered;
    set_.for_each([&](std::string_view m, double s) { unordered.emplace(s, m); });
    ASSERT_EQ(unordered, model_.order);
    for (size_t rank = 0; rank < pairs.size(); ++rank) {
      ASSERT_EQ(set_.rank(pairs[rank].second, kForward), rank);
      ASSERT_EQ(set_.rank(pairs[rank].second, kBackward), pairs.size() - 1 - rank);
    }
    ASSERT_EQ(set_.rank("absent", kForward), std::nullopt);
    for (int i = 0; i < 50; ++i) check_score_range(pairs);
  }

  void check_score_range(const std::vector<Pair>& pairs) {
    const ScoreRange scores{{score(), random_() % 2 == 0}, {score(), random_() % 2 == 0}};
    std::vector<Pair> expected;
    for (const auto& pair : pairs) {
      const bool in =
          (scores.min.exclusive ? pair.first > scores.min.score : pair.first >= scores.min.score) &&
          (scores.max.exclusive ? pair.first < scores.max.score : pair.first <= scores.max.score);
      if (in) expected.push_back(pair);
    }
    const RankRange range = set_.range(scores);
    ASSERT_EQ(range.size(), expected.size());
    ASSERT_EQ(visited(set_, range), expected);
    const size_t offset = random_() % 5, count = random_() % 9;
    std::vector<Pair> limited;
    for (size_t i = offset; i < expected.size() && limited.size() < count; ++i) {
      limited.push_back(expected[expected.size() - 1 - i]);
    }
    ASSERT_EQ(visited(set_, range.limited(kBackward, offset, count), kBackward), limited);
  }

  std::mt19937_64 random_;
  size_t names_;
  size_t scores_;
  EncodingLimits limits_;
  SortedSet set_;
  Model model_;
};

TEST(SortedSet, ChurnsAsListpack) {
  Churn churn(1, 60, 10, limits_of(1000));
  churn.run(100'000, 400);
  EXPECT_EQ(churn.set().encoding(), "listpack");
}

TEST(SortedSet, ChurnsThroughConversion) {
  Churn churn(2, 400, 40, EncodingLimits());
  churn.run(100'000, 200);
  EXPECT_EQ(churn.set().encoding(), "skiplist");
}

TEST(SortedSet, ChurnsEqualScores) { Churn(3, 20'000, 1, limits_of(0)).run(300'000, 20); }
TEST(SortedSet, ChurnsManyScores) { Churn(4, 50'000, 10'000, limits_of(0)).run(300'000, 20); }
TEST(SortedSet, ChurnsFewMembers) { Churn(5, 8, 3, limits_of(0)).run(50'000, 500); }

TEST(SortedSet, ConvertsByCountAndByLength) {
  SortedSet set;
  EXPECT_EQ(set.memory_usage(), 0u);
  for (int i = 0; i < 128; ++i) set.set(std::to_string(i), 128 - i, EncodingLimits());
  EXPECT_EQ(set.encoding(), "listpack");
  set.set("5", 1.5, EncodingLimits());  // a present member does not count again
  EXPECT_EQ(set.encoding(), "listpack");
  const std::vector<Pair> before = all(set);
  set.set("one more", 1e6, EncodingLimits());
  EXPECT_EQ(set.encoding(), "skiplist");
  EXPECT_EQ(set.listpack(), nullptr);
  std::vector<Pair> after = all(set);
  after.pop_back();
  EXPECT_EQ(after, before);

  SortedSet wide;
  wide.set(std::string(64, 'x'), 1, EncodingLimits());
  EXPECT_EQ(wide.encoding(), "listpack");
  wide.set(std::string(65, 'x'), 0, EncodingLimits());
  EXPECT_EQ(wide.encoding(), "skiplist");
  EXPECT_EQ(all(wide), (std::vector<Pair>{{0, std::string(65, 'x')}, {1, std::string(64, 'x')}}));
}

std::string hex(std::string_view bytes) {
  std::string text;
  for (const char byte : bytes) {
    for (const int shift : {4, 0}) text += "0123456789abcdef"[(byte >> shift) & 15];
  }
  return text;
}

// What redis-server 7.0.15 dumps for the same members.
TEST(SortedSet, HasRedisListpack) {
  SortedSet set;
  const Pair pairs[] = {{1.5, "a"},    {2, "7"},           {-3, "neg"},
                        {1e20, "big"}, {kInfinity, "top"}, {100'000, "element:1"}};
  for (const auto& [score, member] : pairs) set.set(member, score, EncodingLimits());
  EXPECT_EQ(
      hex(set.listpack()->serialized()),
      "410000000c00836e656704dffd0281610283312e35040701020189656c656d656e743a310af2a086010483626967"
      "048531652b32300683746f700483696e6604ff");
}

TEST(SortedSet, KeepsScoresExactlyInBothEncodings) {
  const double scores[] = {0.1, -kInfinity, kInfinity, 5e-324, 1e17, -9007199254740993.0, 1.5e300};
  for (const size_t entries : {size_t{128}, size_t{0}}) {
    SortedSet set;
    for (const double score : scores) {
      set.set("m", score, limits_of(entries));
      EXPECT_EQ(set.score("m"), score);
      EXPECT_EQ(set.set("m", score, limits_of(entries)), SortedSet::Change::kUnchanged);
    }
    set.set("m", -0.0, limits_of(entries));
    EXPECT_EQ(std::signbit(*set.score("m")), entries == 0);
    EXPECT_EQ(set.set("m", 0.0, limits_of(entries)), SortedSet::Change::kUnchanged);
  }
}

TEST(SortedSet, ScoreRangesWithInfiniteEnds) {
  for (const size_t entries : {size_t{128}, size_t{0}}) {
    SortedSet set;
    set.set("low", -kInfinity, limits_of(entries));
    set.set("zero", 0, limits_of(entries));
    set.set("high", kInfinity, limits_of(entries));
    EXPECT_EQ(set.range(ScoreRange{{-kInfinity, false}, {kInfinity, false}}).size(), 3u);
    EXPECT_EQ(set.range(ScoreRange{{-kInfinity, true}, {kInfinity, true}}).size(), 1u);
    EXPECT_EQ(set.range(ScoreRange{{-0.0, false}, {0.0, false}}).size(), 1u);
    EXPECT_EQ(set.range(ScoreRange{{0, true}, {0, true}}).size(), 0u);
    EXPECT_EQ(set.range(ScoreRange{{1, false}, {-1, false}}).size(), 0u);
    EXPECT_EQ(set.range(ScoreRange{{kInfinity, true}, {kInfinity, false}}).size(), 0u);
  }
}

bool in_lex_range(const LexRange& range, std::string_view member) {
  using Kind = LexBound::Kind;
  const bool from = range.min.kind == Kind::kLowest ||
                    (range.min.kind == Kind::kInclusive && member >= range.min.member) ||
                    (range.min.kind == Kind::kExclusive && member > range.min.member);
  const bool to = range.max.kind == Kind::kHighest ||
                  (range.max.kind == Kind::kInclusive && member <= range.max.member) ||
                  (range.max.kind == Kind::kExclusive && member < range.max.member);
  return from && to;
}

TEST(SortedSet, LexRanges) {
  std::mt19937_64 random(6);
  const auto text = [&] {
    std::string made(random() % 5, '\0');
    for (char& byte : made)
      byte =
          "\0\xff"
          "ab"[random() % 4];
    return made;
  };
  for (const size_t entries : {size_t{1000}, size_t{0}}) {
    SortedSet set;
    for (int i = 0; i < 150; ++i) set.set(text(), 4, limits_of(entries));
    for (int i = 0; i < 5'000; ++i) {
      const std::string min = std::string(1, "-[(+"[random() % 4]) + text();
      const std::string max = std::string(1, "-[(+"[random() % 4]) + text();
      const auto bound = [](const std::string& s) {
        return LexBound::parse(s[0] == '-' || s[0] == '+' ? std::string_view(s).substr(0, 1) : s);
      };
      const LexRange range{*bound(min), *bound(max)};
      std::vector<Pair> expected;
      for (const Pair& pair : all(set)) {
        if (in_lex_range(range, pair.second)) expected.push_back(pair);
      }
      ASSERT_EQ(visited(set, set.range(range)), expected);
    }
  }
  SortedSet empty;
  EXPECT_EQ(empty.range(LexRange{*LexBound::parse("-"), *LexBound::parse("+")}).size(), 0u);
}

TEST(SortedSet, ScansEveryMember) {
  for (const size_t entries : {size_t{2000}, size_t{0}}) {
    SortedSet set;
    for (int i = 0; i < 1000; ++i) set.set(std::to_string(i), i, limits_of(entries));
    std::set<std::string> seen;
    uint64_t cursor = 0;
    do {
      cursor = set.scan(cursor, [&](std::string_view member, double score) {
        EXPECT_EQ(member, std::to_string(static_cast<int>(score)));
        seen.emplace(member);
      });
    } while (cursor != 0);
    EXPECT_EQ(seen.size(), 1000u);
  }
}

TEST(SortedSet, ClonesAndLeavesTheListpack) {
  for (const int members : {0, 1, 50, 500}) {
    SortedSet original;
    for (int i = 0; i < members; ++i) {
      original.set("member" + std::to_string(i), i % 7 + 0.5, EncodingLimits());
    }
    SortedSet copy = original.clone();
    EXPECT_EQ(copy.encoding(), original.encoding());
    SortedSet indexed = original.clone();
    indexed.leave_listpack();
    indexed.leave_listpack();
    EXPECT_EQ(indexed.encoding(), "skiplist");
    for (SortedSet* same : {&copy, &indexed}) {
      ASSERT_EQ(same->size(), original.size());
      IntegerText scratch;
      IntegerText other;
      for (std::size_t rank = 0; rank < original.size(); ++rank) {
        ASSERT_EQ(same->at(rank, scratch).member, original.at(rank, other).member);
        ASSERT_EQ(same->at(rank, scratch).score, original.at(rank, other).score);
      }
      same->set("another", 1, EncodingLimits());
      EXPECT_EQ(original.score("another"), std::nullopt);
    }
  }
}

TEST(SortedSet, DrawsEveryMember) {
  std::mt19937_64 random(7);
  for (const size_t entries : {size_t{128}, size_t{0}}) {
    SortedSet set;
    for (int i = 0; i < 10; ++i) set.set(std::to_string(i), i, limits_of(entries));
    std::map<std::string, int> drawn;
    IntegerText scratch;
    for (int i = 0; i < 20'000; ++i) ++drawn[std::string(set.random(random, scratch).member)];
    ASSERT_EQ(drawn.size(), 10u);
    for (const auto& [member, times] : drawn) EXPECT_NEAR(times, 2000, 300) << member;
  }
}

TEST(SortedSet, StaysUnder75BytesAMember) {
  constexpr int kMembers = 100'000;
  std::vector<int> numbers(kMembers);
  for (int i = 0; i < kMembers; ++i) numbers[static_cast<size_t>(i)] = i;
  std::shuffle(numbers.begin(), numbers.end(), std::mt19937_64(8));
  SortedSet set;
  for (const int number : numbers) {
    set.set("element:" + std::to_string(100'000'000'000 + number), 0, EncodingLimits());
  }
  EXPECT_LT(set.memory_usage(), 75u * kMembers);
  EXPECT_GT(set.memory_usage(), 40u * kMembers);
  while (set.size() > 0) set.pop(kForward, [](std::string_view, double) {});
  EXPECT_LT(set.memory_usage(), 1000u);
}

}  // namespace
}  // namespace weir::redis
