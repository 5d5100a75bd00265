#include "base/random.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <random>

namespace weir {
namespace {

static_assert(std::uniform_random_bit_generator<Random>);

TEST(Random, SameSeedSameNumbers) {
  Random a(7);
  Random b(7);
  Random c(8);
  int same = 0;
  for (int i = 0; i < 1000; ++i) {
    const std::uint64_t number = a();
    ASSERT_EQ(number, b());
    same += number == c() ? 1 : 0;
  }
  EXPECT_EQ(same, 0);
}

TEST(Random, BitsAreEven) {
  constexpr int kNumbers = 100'000;
  Random random(0);
  std::array<int, 64> ones{};
  for (int i = 0; i < kNumbers; ++i) {
    const std::uint64_t number = random();
    for (std::size_t bit = 0; bit < ones.size(); ++bit) ones[bit] += number >> bit & 1 ? 1 : 0;
  }
  for (const int count : ones) EXPECT_NEAR(count, kNumbers / 2, 1000);  // six deviations
}

TEST(Random, BelowReachesAllAndNoMore) {
  Random random(1);
  for (const std::size_t count : {1, 2, 7, 1000}) {
    std::array<int, 1000> drawn{};
    for (std::size_t i = 0; i < 1000 * count; ++i) {
      const std::size_t number = random.below(count);
      ASSERT_LT(number, count);
      ++drawn[number];
    }
    const auto [least, most] = std::minmax_element(drawn.begin(), drawn.begin() + count);
    EXPECT_GT(*least, 800);
    EXPECT_LT(*most, 1200);
  }
}

TEST(Random, ThreadsOwnIsSeeded) { EXPECT_NE(Random::of_thread()(), Random::of_thread()()); }

}  // namespace
}  // namespace weir
