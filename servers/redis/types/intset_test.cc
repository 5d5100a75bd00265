#include "servers/redis/types/intset.h"

#include <gtest/gtest.h>

#include <cstring>
#include <limits>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

namespace weir::redis {
namespace {

constexpr int64_t kMin = std::numeric_limits<int64_t>::min();
constexpr int64_t kMax = std::numeric_limits<int64_t>::max();

Intset intset_of(const std::vector<int64_t>& values) {
  Intset intset;
  for (const int64_t value : values) intset.add(value);
  return intset;
}

std::vector<int64_t> values_of(const Intset& intset) {
  std::vector<int64_t> values;
  for (size_t i = 0; i < intset.size(); i++) values.push_back(intset.at(i));
  return values;
}

std::string dumped(uint32_t width, uint32_t count, const std::vector<int16_t>& values) {
  std::string bytes(8 + 2 * values.size(), '\0');
  std::memcpy(bytes.data(), &width, 4);
  std::memcpy(bytes.data() + 4, &count, 4);
  if (!values.empty()) std::memcpy(bytes.data() + 8, values.data(), 2 * values.size());
  return bytes;
}

TEST(Intset, EmptyOneOwnsNothing) {
  Intset intset;
  EXPECT_EQ(intset.size(), 0u);
  EXPECT_FALSE(intset.contains(0));
  EXPECT_FALSE(intset.remove(0));
  EXPECT_EQ(intset.allocated_bytes(), 0u);
  EXPECT_EQ(intset.serialized(), dumped(2, 0, {}));
}

TEST(Intset, WritesTheDumpedFormat) {
  EXPECT_EQ(intset_of({3, -1, 2}).serialized(), dumped(2, 3, {-1, 2, 3}));
}

TEST(Intset, WidensAtTheEdgesOfEachWidth) {
  struct Case {
    int64_t value;
    size_t width;
  };
  for (const auto& [value, width] :
       {Case{32767, 2}, Case{-32768, 2}, Case{32768, 4}, Case{-32769, 4}, Case{2147483647, 4},
        Case{-2147483648, 4}, Case{2147483648, 8}, Case{-2147483649, 8}, Case{kMin, 8},
        Case{kMax, 8}}) {
    Intset intset = intset_of({-5, 0, 5});
    EXPECT_TRUE(intset.add(value));
    EXPECT_FALSE(intset.add(value));
    EXPECT_EQ(intset.serialized().size(), 8 + 4 * width);
    std::set<int64_t> expected = {-5, 0, 5, value};
    EXPECT_EQ(values_of(intset), std::vector<int64_t>(expected.begin(), expected.end()));
    EXPECT_TRUE(intset.remove(value));
    EXPECT_EQ(values_of(intset), (std::vector<int64_t>{-5, 0, 5}));
    EXPECT_EQ(intset.serialized().size(), 8 + 3 * width) << "the width never shrinks";
  }
}

TEST(Intset, LooksForValuesWiderThanItsOwn) {
  Intset intset = intset_of({1, 2});
  for (const int64_t value : {kMin, kMax, int64_t{65537}, int64_t{-65535}}) {
    EXPECT_FALSE(intset.contains(value));
    EXPECT_FALSE(intset.remove(value));
  }
}

TEST(Intset, AgreesWithAModel) {
  std::mt19937_64 rng(1);
  for (const int64_t range : {int64_t{300}, int64_t{100000}, int64_t{1} << 40, kMax}) {
    Intset intset;
    std::set<int64_t> model;
    std::vector<int64_t> known;
    for (int i = 0; i < 30000; i++) {
      int64_t value = static_cast<int64_t>(rng()) % range;
      if (!known.empty() && rng() % 2 == 0) value = known[rng() % known.size()];
      if (rng() % 3 != 0 && model.size() < 700) {
        ASSERT_EQ(intset.add(value), model.insert(value).second);
        known.push_back(value);
      } else {
        ASSERT_EQ(intset.remove(value), model.erase(value) == 1);
      }
      ASSERT_EQ(intset.contains(value), model.contains(value));
      if (i % 500 == 0) {
        ASSERT_EQ(values_of(intset), std::vector<int64_t>(model.begin(), model.end()));
      }
    }
  }
}

TEST(Intset, ParsesWhatItDumped) {
  for (const auto& values :
       {std::vector<int64_t>{7}, {-1, 0, 1}, {1, 70000}, {kMin, -40000, 3, kMax}}) {
    const Intset intset = intset_of(values);
    std::optional<Intset> parsed = Intset::parse(intset.serialized());
    ASSERT_TRUE(parsed.has_value());
    EXPECT_EQ(values_of(*parsed), values);
    EXPECT_TRUE(parsed->add(5));
  }
}

TEST(Intset, RefusesDamagedDumps) {
  EXPECT_FALSE(Intset::parse(""));
  EXPECT_FALSE(Intset::parse("1234567"));
  EXPECT_FALSE(Intset::parse(dumped(2, 0, {}))) << "empty";
  EXPECT_FALSE(Intset::parse(dumped(3, 1, {1}))) << "no such width";
  EXPECT_FALSE(Intset::parse(dumped(2, 2, {1}))) << "too short";
  EXPECT_FALSE(Intset::parse(dumped(2, 1, {1, 2}))) << "too long";
  EXPECT_FALSE(Intset::parse(dumped(2, 0x80000001, {1}))) << "count beyond the bytes";
  EXPECT_FALSE(Intset::parse(dumped(2, 2, {2, 1}))) << "out of order";
  EXPECT_FALSE(Intset::parse(dumped(2, 2, {1, 1}))) << "twice the same";
  EXPECT_TRUE(Intset::parse(dumped(2, 2, {1, 2})));
}

TEST(Intset, MovesItsBlock) {
  Intset intset = intset_of({1, 2, 3});
  Intset moved(std::move(intset));
  EXPECT_EQ(moved.size(), 3u);
  Intset assigned;
  assigned = std::move(moved);
  EXPECT_EQ(values_of(assigned), (std::vector<int64_t>{1, 2, 3}));
}

}  // namespace
}  // namespace weir::redis
