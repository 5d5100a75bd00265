#include "servers/redis/types/sorted_range.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>

namespace weir::redis {
namespace {

constexpr Direction kForward = Direction::kForward;
constexpr Direction kBackward = Direction::kBackward;

TEST(LexBound, Parses) {
  using Kind = LexBound::Kind;
  const auto check = [](const char* text, Kind kind, const char* member) {
    const auto bound = LexBound::parse(text);
    ASSERT_TRUE(bound) << text;
    EXPECT_EQ(bound->kind, kind) << text;
    EXPECT_EQ(bound->member, member) << text;
  };
  check("-", Kind::kLowest, "");
  check("+", Kind::kHighest, "");
  check("[", Kind::kInclusive, "");
  check("[a b", Kind::kInclusive, "a b");
  check("(-", Kind::kExclusive, "-");
  for (const char* wrong : {"", "a", "-x", "+x", "]a"}) EXPECT_FALSE(LexBound::parse(wrong));
}

TEST(RankRange, Limits) {
  const RankRange range{10, 20};
  const auto check = [&](Direction d, size_t offset, size_t count, size_t first, size_t size) {
    const RankRange kept = range.limited(d, offset, count);
    EXPECT_EQ(kept.size(), size);
    EXPECT_EQ(size > 0 ? kept.first : first, first);
  };
  check(kForward, 0, SIZE_MAX, 10, 10);
  check(kForward, 3, 4, 13, 4);
  check(kForward, 8, 4, 18, 2);
  check(kForward, 10, 4, 0, 0);
  check(kForward, SIZE_MAX, 4, 0, 0);
  check(kBackward, 0, 3, 17, 3);
  check(kBackward, 3, 4, 13, 4);
  check(kBackward, 8, SIZE_MAX, 10, 2);
  check(kBackward, 3, 0, 0, 0);
  EXPECT_EQ((RankRange{5, 2}).limited(kForward, 0, 9).size(), 0u);
}

}  // namespace
}  // namespace weir::redis
