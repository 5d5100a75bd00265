#include "servers/redis/rdb/zipmap.h"

#include <random>
#include <string>

#include "gtest/gtest.h"

namespace weir::redis::rdb {
namespace {

std::string text_of(const Listpack& pack) {
  std::string text;
  IntegerText scratch;
  for (auto p = pack.first(); p != Listpack::kEnd; p = pack.next(p)) {
    text += std::string(pack.get(p).view(scratch)) + ",";
  }
  return text;
}

// "foo" = "bar" with two free bytes, "hello" = "world".
const std::string kTwo(
    "\x02\x03"
    "foo\x03\x02"
    "bar--\x05hello\x05\x00world\xff",
    26);

TEST(ZipmapTest, GivesItsPairs) {
  const auto pack = listpack_of_zipmap(kTwo);
  ASSERT_TRUE(pack.has_value());
  EXPECT_EQ(text_of(*pack), "foo,bar,hello,world,");
}

TEST(ZipmapTest, ReadsLongLengths) {
  const std::string value(254, 'v');
  const auto pack =
      listpack_of_zipmap(std::string("\x01\x01k\xfe\xfe\0\0\0\0", 9) + value + "\xff");
  ASSERT_TRUE(pack.has_value());
  EXPECT_EQ(text_of(*pack), "k," + value + ",");
}

TEST(ZipmapTest, MayNotKnowItsCount) {
  std::string bytes = kTwo;
  bytes[0] = '\xfe';
  EXPECT_TRUE(listpack_of_zipmap(bytes).has_value());
}

TEST(ZipmapTest, RefusesWhatIsMalformed) {
  EXPECT_FALSE(listpack_of_zipmap("").has_value());
  EXPECT_FALSE(listpack_of_zipmap("\xff").has_value());
  EXPECT_FALSE(listpack_of_zipmap(std::string("\0\xff", 2)).has_value());  // empty
  for (std::size_t size = 0; size < kTwo.size(); ++size) {
    EXPECT_FALSE(listpack_of_zipmap(kTwo.substr(0, size)).has_value()) << size;
    EXPECT_FALSE(listpack_of_zipmap(kTwo.substr(0, size) + "\xff").has_value() &&
                 size + 1 != kTwo.size())
        << size;
  }
  // A short length in the long form, and a length that is the end mark.
  EXPECT_FALSE(listpack_of_zipmap(std::string("\x01\xfe\x01\0\0\0k\x01\0v\xff", 11)).has_value());
  EXPECT_FALSE(listpack_of_zipmap(std::string("\x01\x01k\xff\x01\0\0\0\0v\xff", 11)).has_value());
  EXPECT_FALSE(
      listpack_of_zipmap(std::string("\x01\x01k\xfe\xff\xff\xff\xff\0v\xff", 11)).has_value());
}

TEST(ZipmapTest, SurvivesFlippedBytes) {
  std::mt19937 rng(1);
  for (int i = 0; i < 100000; ++i) {
    std::string changed = kTwo;
    for (int flips = 0; flips < 3; ++flips) changed[rng() % kTwo.size()] = static_cast<char>(rng());
    const auto pack = listpack_of_zipmap(changed);
    if (!pack) continue;
    ASSERT_EQ(pack->size() % 2, 0u);
  }
}

}  // namespace
}  // namespace weir::redis::rdb
