#include "servers/redis/types/murmur_hash.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace weir::redis {
namespace {

TEST(MurmurHash, IsTheReferenceFunction) {
  EXPECT_EQ(murmur_hash_64a("", 0x0), 0x0000000000000000U);
  EXPECT_EQ(murmur_hash_64a("", 0xadc83b19), 0xd8dfea6585bc9732U);
  EXPECT_EQ(murmur_hash_64a("a", 0x0), 0x071717d2d36b6b11U);
  EXPECT_EQ(murmur_hash_64a("abc", 0xadc83b19), 0x77ec90aeb374e502U);
  EXPECT_EQ(murmur_hash_64a("1234567", 0x1), 0xa53c8f05908f0328U);
  EXPECT_EQ(murmur_hash_64a("12345678", 0x1), 0x890060166fadafa0U);
  EXPECT_EQ(murmur_hash_64a("The quick brown fox jumps over the lazy dog", 0x0),
            0x5589ca33042a861bU);
}

// Every length has its own way through the last eight bytes; no byte is left out, none is read
// behind the end.
TEST(MurmurHash, EveryByteCounts) {
  for (std::size_t size = 0; size < 40; ++size) {
    const std::string text(size, '\x80');
    std::set<std::uint64_t> hashes = {murmur_hash_64a(text, 1), murmur_hash_64a(text, 2)};
    for (std::size_t i = 0; i < size; ++i) {
      std::string changed = text;
      changed[i] = '\0';
      hashes.insert(murmur_hash_64a(changed, 1));
    }
    EXPECT_EQ(hashes.size(), size + 2);
    const std::string longer = text + "more";
    EXPECT_EQ(murmur_hash_64a(std::string_view(longer).substr(0, size), 1),
              murmur_hash_64a(text, 1));
  }
}

}  // namespace
}  // namespace weir::redis
