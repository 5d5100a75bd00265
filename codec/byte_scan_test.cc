#include "codec/byte_scan.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <string_view>

namespace weir::codec {
namespace {

// Against find_first_of(), for every number of needles, size and place that a block may have.
TEST(ByteScanTest, FindsTheFirstOfItsBytes) {
  std::mt19937 random(1);
  for (std::size_t needles = 1; needles <= ByteScan::kMaxNeedles; ++needles) {
    ByteScan scan;
    std::string set;
    for (std::size_t i = 0; i < needles; ++i) {
      set += static_cast<char>(255 - 30 * static_cast<int>(i));
      scan.add(set.back());
    }
    for (std::size_t size = 0; size < 70; ++size) {
      for (int trial = 0; trial < 20; ++trial) {
        std::string bytes(size, 'a');
        for (std::size_t hits = random() % 3; hits > 0 && size > 0; --hits) {
          bytes[random() % size] = set[random() % needles];
        }
        const std::size_t from = random() % (size + 2);
        EXPECT_EQ(scan.find(bytes, from), std::string_view(bytes).find_first_of(set, from));
      }
    }
  }
}

TEST(ByteScanTest, HoldsAByteOnce) {
  ByteScan scan;
  for (int i = 0; i < 100; ++i) scan.add('x');
  EXPECT_EQ(scan.find("abcx", 0), 3U);
}

}  // namespace
}  // namespace weir::codec
