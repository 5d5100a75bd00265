#include "servers/redis/types/key_hash.h"

#include <gtest/gtest.h>

#include <array>
#include <bit>
#include <string>

namespace weir::redis {
namespace {

TEST(KeyHash, IsAFunctionOfTheBytesAlone) {
  const std::string text = "key:000000000001";
  const std::string copy = "x" + text;
  EXPECT_EQ(key_hash(text), key_hash(std::string_view(copy).substr(1)));
  EXPECT_EQ(key_hash(""), key_hash(std::string_view()));
  EXPECT_NE(key_hash(text), key_hash("key:000000000002"));
  EXPECT_NE(key_hash(std::string_view("a\0", 2)), key_hash("a"));
}

TEST(KeyHash, SpreadsCountedKeysOverBucketsAndFingerprints) {
  constexpr int kKeys = 256 * 1000;
  std::array<int, 256> low{}, high{};
  for (int i = 0; i < kKeys; i++) {
    const uint64_t hash = key_hash("key:" + std::to_string(i));
    low[hash & 0xff]++;
    high[hash >> 56]++;
  }
  // 1000 each is expected, with a standard deviation of 32.
  for (int i = 0; i < 256; i++) {
    EXPECT_NEAR(low[static_cast<size_t>(i)], 1000, 250);
    EXPECT_NEAR(high[static_cast<size_t>(i)], 1000, 250);
  }
}

TEST(KeyHash, OneBitOfInputChangesHalfOfTheOutput) {
  for (const size_t size : {1, 8, 16, 20, 100, 300, 2000}) {
    std::string text(size, 'a');
    const uint64_t before = key_hash(text);
    int changed = 0;
    for (int bit = 0; bit < 8; bit++) {
      std::string other = text;
      other[size / 2] = static_cast<char>(other[size / 2] ^ (1 << bit));
      changed += std::popcount(before ^ key_hash(other));
    }
    EXPECT_NEAR(changed, 8 * 32, 120) << size;
  }
}

}  // namespace
}  // namespace weir::redis
