#include "servers/redis/types/sorted_member.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <string_view>

namespace weir::redis {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

TEST(SortedMember, KeysSortAsScoresThenMembers) {
  std::mt19937_64 random(8);
  const auto any = [&] {
    const double special[] = {0.0, -0.0, kInfinity, -kInfinity, 5e-324, -5e-324, 1, -1};
    if (random() % 4 == 0) return special[random() % 8];
    double score = std::bit_cast<double>(random());
    return std::isnan(score) ? 2.5 : score;
  };
  for (int i = 0; i < 200'000; ++i) {
    const double a = any(), b = any();
    EXPECT_EQ(a < b, ordered_bits(a) < ordered_bits(b)) << a << " " << b;
    EXPECT_EQ(a == b, ordered_bits(a) == ordered_bits(b)) << a << " " << b;
    EXPECT_EQ(score_of(ordered_bits(a)), a);
  }
  SortedMember* low = SortedMember::create(-1.5, "b");
  SortedMember* high = SortedMember::create(-1.5, std::string_view("b\0", 2));
  EXPECT_LT(low->key(), high->key());
  EXPECT_EQ(low->member(), "b");
  EXPECT_EQ(low->score(), -1.5);
  low->set_score(-1);
  EXPECT_GT(low->key(), high->key());
  SortedMember::destroy(low);
  SortedMember::destroy(high);
}

TEST(SortedMember, KeepsTheSignOfZero) {
  SortedMember* member = SortedMember::create(-0.0, "a");
  SortedMember* positive = SortedMember::create(0.0, "a");
  EXPECT_TRUE(std::signbit(member->score()));
  EXPECT_EQ(member->key(), positive->key());
  EXPECT_EQ(member->allocated_bytes(), positive->allocated_bytes());
  member->set_score(0.0);
  EXPECT_FALSE(std::signbit(member->score()));
  SortedMember::destroy(member);
  SortedMember::destroy(positive);
}

TEST(SortedMember, TakesARoundBlock) {
  SortedMember* member = SortedMember::create(1, "element:000000000001");
  EXPECT_EQ(member->allocated_bytes(), 32u);
  SortedMember::destroy(member);
}

}  // namespace
}  // namespace weir::redis
