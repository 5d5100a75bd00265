#include "servers/redis/types/listpack_pairs.h"

#include <string>

#include "gtest/gtest.h"

namespace weir::redis {
namespace {

Listpack pack_of(std::initializer_list<std::string_view> elements) {
  Listpack pack;
  for (const std::string_view element : elements) pack.push_back(element);
  return pack;
}

TEST(ListpackPairsTest, AcceptsDistinctFirsts) {
  EXPECT_TRUE(has_distinct_pairs(Listpack()));
  EXPECT_TRUE(has_distinct_pairs(pack_of({"a", "1"})));
  EXPECT_TRUE(has_distinct_pairs(pack_of({"a", "b", "b", "a", "12", "a", "1", "12", "", ""})));
}

TEST(ListpackPairsTest, RefusesAnOddNumber) {
  EXPECT_FALSE(has_distinct_pairs(pack_of({"a"})));
  EXPECT_FALSE(has_distinct_pairs(pack_of({"a", "1", "b"})));
}

TEST(ListpackPairsTest, RefusesEqualFirsts) {
  EXPECT_FALSE(has_distinct_pairs(pack_of({"a", "1", "a", "2"})));
  EXPECT_FALSE(has_distinct_pairs(pack_of({"7", "1", "b", "2", "7", "3"})));
}

TEST(ListpackPairsTest, ComparesIntegersAsText) {
  // "5" as an integer, and as a text of one byte; each with the value 1.
  const std::string bytes("\x10\0\0\0\x04\0\x05\x01\x01\x01\x81\x35\x02\x01\x01\xff", 16);
  const auto parsed = Listpack::parse(bytes);
  ASSERT_TRUE(parsed.has_value());
  EXPECT_FALSE(has_distinct_pairs(*parsed));
}

TEST(ListpackPairsTest, StaysQuickOnManyEqualFirsts) {
  Listpack pack;
  for (int i = 0; i < 200000; ++i) pack.push_back("x");
  EXPECT_FALSE(has_distinct_pairs(pack));
}

}  // namespace
}  // namespace weir::redis
