#include "servers/redis/types/sorted_tree.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <functional>
#include <limits>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/fakes/sanitized.h"

namespace weir::redis {
namespace {

// A tree that owns its members, next to the std::set that it must agree with.
class Model {
 public:
  using Key = std::pair<double, std::string>;

  ~Model() { clear(); }

  bool insert(double score, const std::string& member) {
    if (!keys.emplace(score + 0.0, member).second) return false;
    tree.insert(SortedMember::create(score, member));
    return true;
  }

  bool erase(double score, const std::string& member) {
    if (keys.erase({score, member}) == 0) return false;
    const size_t rank = tree.rank(key_of(score, member));
    SortedMember* found = tree.at(rank).operator->();
    EXPECT_EQ(found->member(), member);
    tree.erase(*found);
    SortedMember::destroy(found);
    return true;
  }

  void erase_at(size_t rank) {
    const SortedMember* expected = tree.at(rank).operator->();
    SortedMember* erased = tree.erase_at(rank);
    EXPECT_EQ(erased, expected);
    EXPECT_EQ(keys.erase({erased->score(), std::string(erased->member())}), 1u);
    SortedMember::destroy(erased);
  }

  void clear() {
    while (tree.size() > 0) SortedMember::destroy(tree.erase_at(tree.size() / 2));
    keys.clear();
  }

  static std::string key_of(double score, std::string_view member) {
    SortedMember* made = SortedMember::create(score, member);
    std::string key(made->key());
    SortedMember::destroy(made);
    return key;
  }

  // The whole order forward and backward, and each member's rank both ways.
  void check() const {
    ASSERT_EQ(tree.size(), keys.size());
    if (keys.empty()) {
      EXPECT_EQ(tree.allocated_bytes(), 0u);
      EXPECT_EQ(tree.rank("any"), 0u);
      return;
    }
    size_t rank = 0;
    auto cursor = tree.at(0);
    for (const auto& [score, member] : keys) {
      ASSERT_TRUE(cursor);
      ASSERT_EQ(cursor->score(), score);
      ASSERT_EQ(cursor->member(), member);
      ASSERT_EQ(tree.rank(cursor->key()), rank);
      ASSERT_EQ(tree.at(rank).operator->(), cursor.operator->());
      cursor.next();
      ++rank;
    }
    ASSERT_FALSE(cursor);
    cursor = tree.at(tree.size() - 1);
    for (auto key = keys.rbegin(); key != keys.rend(); ++key, cursor.previous()) {
      ASSERT_TRUE(cursor);
      ASSERT_EQ(cursor->member(), key->second);
    }
    ASSERT_FALSE(cursor);
  }

  SortedTree tree;
  std::set<Key> keys;
};

std::string element(uint64_t number) {
  std::string digits = std::to_string(number);
  return "element:" + std::string(12 - std::min<size_t>(12, digits.size()), '0') + digits;
}

// Members of few different bytes and all lengths: prefixes of each other, zeros and 0xFF among
// them, so that heads tie and run short.
std::string tangled(std::mt19937_64& random) {
  static constexpr char kBytes[] = {'\0', '\xff', 'a', 'b'};
  std::string member(random() % 3 == 0 ? random() % 24 : random() % 7, 'a');
  for (char& byte : member) {
    if (random() % 2 == 0) byte = kBytes[random() % 4];
  }
  return member;
}

using Draw = std::function<Model::Key(std::mt19937_64&)>;

// Random inserts and erases of a set whose size swings between nothing and `limit`.
void churn(const Draw& draw, size_t limit, int operations, uint64_t seed) {
  if (fakes::kSanitized) operations /= 8;
  std::mt19937_64 random(seed);
  Model model;
  bool growing = true;
  for (int i = 0; i < operations; ++i) {
    if (model.keys.size() >= limit) growing = false;
    if (model.keys.empty()) growing = true;
    if ((random() % 8 != 0) == growing || model.keys.empty()) {
      const auto [score, member] = draw(random);
      model.insert(score, member);
    } else if (random() % 3 == 0) {
      const auto [score, member] = draw(random);
      const auto at = model.keys.lower_bound({score, member});
      if (at != model.keys.end()) model.erase(at->first, std::string(at->second));
    } else {
      const size_t last = model.keys.size() - 1;
      const size_t ranks[] = {0, last, random() % (last + 1), random() % (last + 1)};
      model.erase_at(ranks[random() % 4]);
    }
    if (i % (operations / 16) == 0) model.check();
    if (testing::Test::HasFatalFailure()) return;
  }
  model.check();
  model.clear();
  model.check();
}

TEST(SortedTree, IsEmptyAtFirst) { Model().check(); }

TEST(SortedTree, ChurnsEqualScores) {
  churn([](auto& random) { return Model::Key(0, element(random() % 100'000)); }, 50'000, 600'000,
        1);
}

TEST(SortedTree, ChurnsFewScores) {
  churn(
      [](auto& random) { return Model::Key(double(random() % 5) - 2, element(random() % 9'000)); },
      20'000, 400'000, 2);
}

TEST(SortedTree, ChurnsRandomScores) {
  const auto draw = [](auto& random) {
    double score = std::bit_cast<double>(random());
    if (std::isnan(score)) score = std::numeric_limits<double>::infinity();
    return Model::Key(score, element(random() % 9));
  };
  churn(draw, 30'000, 400'000, 3);
}

TEST(SortedTree, ChurnsTangledMembers) {
  churn([](auto& random) { return Model::Key(0, tangled(random)); }, 5'000, 400'000, 4);
  churn([](auto& random) { return Model::Key(double(random() % 3), tangled(random)); }, 40'000,
        400'000, 5);
}

TEST(SortedTree, ChurnsSmallSets) {
  churn([](auto& random) { return Model::Key(0, tangled(random)); }, 3, 50'000, 6);
  churn([](auto& random) { return Model::Key(0, tangled(random)); }, 250, 200'000, 7);
}

TEST(SortedTree, ChurnsLongMembersThatDifferLate) {
  const std::string prefix(300, 'p');
  const auto draw = [&](auto& random) {
    return Model::Key(1, (random() % 500 == 0 ? "" : prefix) + tangled(random));
  };
  churn(draw, 6'000, 200'000, 8);
}

enum class Order { kAscending, kDescending, kRandom };

std::vector<uint32_t> numbers(size_t count, Order order) {
  std::vector<uint32_t> made(count);
  for (size_t i = 0; i < count; ++i) made[i] = static_cast<uint32_t>(i);
  if (order == Order::kDescending) std::reverse(made.begin(), made.end());
  if (order == Order::kRandom) std::shuffle(made.begin(), made.end(), std::mt19937_64(9));
  return made;
}

// Deep enough for three levels of inner nodes, built and taken down in each order.
TEST(SortedTree, TakesEveryOrder) {
  constexpr size_t kMembers = fakes::kSanitized ? 40'000 : 150'000;
  for (const Order in : {Order::kAscending, Order::kDescending, Order::kRandom}) {
    for (const Order out : {Order::kAscending, Order::kDescending, Order::kRandom}) {
      std::vector<SortedMember*> members(kMembers);
      SortedTree tree;
      for (const uint32_t i : numbers(kMembers, in)) {
        members[i] = SortedMember::create(i < kMembers / 2 ? 7 : 8, element(i));
        tree.insert(members[i]);
      }
      const size_t per_member = in == Order::kRandom ? 20 : 14;
      EXPECT_LT(tree.allocated_bytes(), kMembers * per_member);
      for (size_t i = 0; i < kMembers; ++i) {
        ASSERT_EQ(tree.rank(members[i]->key()), i);
      }
      size_t left = kMembers;
      for (const uint32_t i : numbers(kMembers, out)) {
        tree.erase(*members[i]);
        SortedMember::destroy(members[i]);
        ASSERT_EQ(tree.size(), --left);
        if (left == kMembers / 8) {  // the rest must have moved together
          EXPECT_LT(tree.allocated_bytes(), left * 40);
        }
      }
      EXPECT_EQ(tree.allocated_bytes(), 0u);
    }
  }
}

TEST(SortedTree, RanksAnyBytes) {
  std::mt19937_64 random(10);
  Model model;
  std::vector<std::string> sorted;
  for (int i = 0; i < 30'000; ++i) {
    const double score = double(random() % 3);
    const std::string member = tangled(random);
    if (model.insert(score, member)) sorted.push_back(Model::key_of(score, member));
  }
  std::sort(sorted.begin(), sorted.end());
  for (int i = 0; i < 100'000; ++i) {
    std::string probe = Model::key_of(double(random() % 5) - 1, tangled(random));
    if (i % 3 == 0) probe.resize(random() % (probe.size() + 1));
    if (i % 7 == 0) probe += '\0';
    const auto at = std::lower_bound(sorted.begin(), sorted.end(), probe);
    ASSERT_EQ(model.tree.rank(probe), static_cast<size_t>(at - sorted.begin()));
  }
  EXPECT_EQ(model.tree.rank(""), 0u);
  EXPECT_EQ(model.tree.rank(std::string(20, '\xff')), sorted.size());
}

// The members stay; that all nodes and separators go is for the leak checker to see.
TEST(SortedTree, DrainsInPieces) {
  for (const size_t count : {1, 100, 5'000, 50'000}) {
    std::vector<SortedMember*> members;
    SortedTree tree;
    for (size_t i = 0; i < count; ++i) {
      members.push_back(SortedMember::create(static_cast<double>(i * 7919 % count), "member"));
      tree.insert(members.back());
    }
    while (tree.size() > 0) {
      const size_t before = tree.size();
      tree.drain(300);
      EXPECT_LE(tree.size(), before - std::min<size_t>(before, 300));
      EXPECT_GE(tree.size() + 300 + SortedLeaf::kSlots, before);
    }
    for (SortedMember* member : members) SortedMember::destroy(member);
  }
}

// One that is left half drained goes as a whole.
TEST(SortedTree, MayEndHalfDrained) {
  std::vector<SortedMember*> members;
  {
    SortedTree tree;
    for (int i = 0; i < 10'000; ++i) {
      members.push_back(SortedMember::create(i, "member"));
      tree.insert(members.back());
    }
    tree.drain(5'000);
  }
  for (SortedMember* member : members) SortedMember::destroy(member);
}

TEST(SortedTree, MovesAsAWhole) {
  Model model;
  for (uint64_t i = 0; i < 1000; ++i) model.insert(0, element(i));
  SortedTree taken(std::move(model.tree));
  EXPECT_EQ(taken.size(), 1000u);
  EXPECT_EQ(taken.at(999)->member(), element(999));
  model.tree = std::move(taken);
  model.check();
}

}  // namespace
}  // namespace weir::redis
