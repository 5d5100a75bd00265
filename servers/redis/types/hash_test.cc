#include "servers/redis/types/hash.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace weir::redis {
namespace {

std::multimap<std::string, std::string> pairs_of(const Hash& hash) {
  std::multimap<std::string, std::string> pairs;
  hash.for_each(
      [&](std::string_view field, std::string_view value) { pairs.emplace(field, value); });
  return pairs;
}

std::string value_of(const Hash& hash, std::string_view field) {
  IntegerText scratch;
  return std::string(hash.get(field, scratch).value_or("(absent)"));
}

Hash filled(int count, const EncodingLimits& limits = {}) {
  Hash hash;
  for (int i = 0; i < count; i++) {
    hash.set("f" + std::to_string(i), std::to_string(i * 3), limits);
  }
  return hash;
}

TEST(Hash, EmptyHashOwnsNothing) {
  Hash hash;
  IntegerText scratch;
  EXPECT_EQ(sizeof hash, 2 * sizeof(void*));
  EXPECT_EQ(hash.size(), 0u);
  EXPECT_EQ(hash.encoding(), "listpack");
  EXPECT_EQ(hash.get("f", scratch), std::nullopt);
  EXPECT_FALSE(hash.contains("f"));
  EXPECT_FALSE(hash.erase("f"));
  EXPECT_EQ(hash.value_length("f"), 0u);
  EXPECT_EQ(hash.memory_usage(), 0u);
}

TEST(Hash, TakesOverAListpack) {
  const EncodingLimits limits;
  const Hash small = filled(3);
  auto hash = Hash::from_listpack(small.listpack()->clone(), limits);
  ASSERT_TRUE(hash.has_value());
  EXPECT_EQ(pairs_of(*hash), pairs_of(small));
  EXPECT_EQ(hash->encoding(), "listpack");

  EncodingLimits two;
  two.hash_max_listpack_entries = 2;
  hash = Hash::from_listpack(small.listpack()->clone(), two);
  ASSERT_TRUE(hash.has_value());
  EXPECT_EQ(hash->encoding(), "hashtable");
  EXPECT_EQ(pairs_of(*hash), pairs_of(small));

  Listpack odd = small.listpack()->clone();
  odd.push_back("f3");
  EXPECT_FALSE(Hash::from_listpack(odd.clone(), limits).has_value());
  odd.push_back("value");
  EXPECT_TRUE(Hash::from_listpack(odd.clone(), limits).has_value());
  odd.push_back("f0");
  odd.push_back("again");
  EXPECT_FALSE(Hash::from_listpack(odd.clone(), limits).has_value());
}

TEST(Hash, AValueIsNeverTakenForAField) {
  Hash hash;
  hash.set("a", "b", {});
  hash.set("c", "a", {});
  EXPECT_FALSE(hash.contains("b"));
  EXPECT_EQ(value_of(hash, "a"), "b");
  EXPECT_TRUE(hash.set("b", "c", {}));
  EXPECT_EQ(value_of(hash, "b"), "c");
  EXPECT_EQ(hash.size(), 3u);
}

TEST(Hash, ReplacesValuesInBothEncodings) {
  for (const int count : {3, 1000}) {
    Hash hash = filled(count);
    const size_t before = hash.memory_usage();
    for (const char* value : {"abc", "xyz", "", "a much longer value than before", "12", "-7"}) {
      EXPECT_FALSE(hash.set("f2", value, {}));
      EXPECT_EQ(value_of(hash, "f2"), value);
      EXPECT_EQ(hash.value_length("f2"), std::string_view(value).size());
    }
    EXPECT_EQ(hash.size(), static_cast<size_t>(count));
    hash.set("f2", "6", {});
    if (count == 1000) {
      EXPECT_EQ(hash.memory_usage(), before);
    }
  }
}

TEST(Hash, ConvertsBeyondTheNumberOfEntries) {
  const EncodingLimits limits;
  Hash hash = filled(512);
  EXPECT_EQ(hash.encoding(), "listpack");
  EXPECT_NE(hash.listpack(), nullptr);
  EXPECT_FALSE(hash.set("f0", "new", limits));
  EXPECT_EQ(hash.encoding(), "listpack");
  EXPECT_TRUE(hash.set("one more", "x", limits));
  EXPECT_EQ(hash.encoding(), "hashtable");
  EXPECT_EQ(hash.listpack(), nullptr);
  EXPECT_EQ(hash.size(), 513u);
  EXPECT_EQ(value_of(hash, "f0"), "new");
  EXPECT_EQ(value_of(hash, "f511"), "1533");
  for (int i = 5; i < 512; i++) EXPECT_TRUE(hash.erase("f" + std::to_string(i)));
  EXPECT_EQ(hash.encoding(), "hashtable") << "never back";
}

TEST(Hash, ConvertsForALongFieldOrValue) {
  const std::string fits(64, 'x'), too_long(65, 'x');
  Hash hash;
  hash.set(fits, fits, {});
  EXPECT_EQ(hash.encoding(), "listpack");
  Hash long_field, long_value;
  long_field.set("a", "b", {});
  EXPECT_TRUE(long_field.set(too_long, "b", {}));
  EXPECT_EQ(long_field.encoding(), "hashtable");
  EXPECT_EQ(value_of(long_field, "a"), "b");
  long_value.set("a", "b", {});
  EXPECT_FALSE(long_value.set("a", too_long, {}));
  EXPECT_EQ(long_value.encoding(), "hashtable");
  EXPECT_EQ(value_of(long_value, "a"), too_long);
  EXPECT_EQ(long_value.size(), 1u);
}

TEST(Hash, ALimitOfZeroEntriesAllowsNoListpack) {
  EncodingLimits limits;
  limits.hash_max_listpack_entries = 0;
  Hash hash;
  EXPECT_TRUE(hash.set("f", "v", limits));
  EXPECT_EQ(hash.encoding(), "hashtable");
  EXPECT_EQ(value_of(hash, "f"), "v");
}

TEST(Hash, KeepsTextThatLooksLikeANumber) {
  for (const char* text : {"007", "-0", "+1", "1.0", "9223372036854775808", "", "12"}) {
    Hash hash;
    hash.set(text, text, {});
    EXPECT_EQ(value_of(hash, text), text);
  }
}

TEST(Hash, AgreesWithAModel) {
  std::mt19937_64 rng(1);
  for (const uint64_t fields : {100, 20000}) {
    Hash hash;
    std::map<std::string, std::string> model;
    for (int i = 0; i < 200000; i++) {
      const bool growing = (i / 40000) % 2 == 0;
      std::string field = std::to_string(rng() % fields);
      if (rng() % 2 == 0) field = "field:" + field;
      if (rng() % 10 < (growing ? 8 : 2)) {
        const std::string value(rng() % 40, static_cast<char>('a' + rng() % 26));
        ASSERT_EQ(hash.set(field, value, {}), model.insert_or_assign(field, value).second);
      } else {
        ASSERT_EQ(hash.erase(field), model.erase(field) == 1);
      }
      const auto known = model.find(field);
      ASSERT_EQ(hash.contains(field), known != model.end());
      if (known != model.end()) {
        ASSERT_EQ(value_of(hash, field), known->second);
      }
      ASSERT_EQ(hash.size(), model.size());
    }
    EXPECT_EQ(hash.encoding(), fields == 100 ? "listpack" : "hashtable");
    EXPECT_EQ(pairs_of(hash),
              (std::multimap<std::string, std::string>(model.begin(), model.end())));
    for (const auto& [field, value] : model) ASSERT_TRUE(hash.erase(field));
    EXPECT_LE(hash.memory_usage(), 128u) << "nothing of the fields is left";
  }
}

TEST(Hash, RandomAndScanReachEveryField) {
  std::mt19937_64 rng(2);
  for (const int count : {1, 100, 513, 3000}) {
    const Hash hash = filled(count);
    std::map<std::string, std::string> drawn;
    for (int i = 0; i < 30 * count; i++) {
      hash.random(rng, [&](std::string_view field, std::string_view value) {
        drawn.emplace(field, value);
      });
    }
    const auto all = pairs_of(hash);
    EXPECT_EQ((std::multimap<std::string, std::string>(drawn.begin(), drawn.end())), all);
    std::multimap<std::string, std::string> scanned;
    uint64_t cursor = 0;
    do {
      cursor = hash.scan(cursor, [&](std::string_view field, std::string_view value) {
        scanned.emplace(field, value);
      });
    } while (cursor != 0);
    EXPECT_EQ(scanned, all);
  }
}

TEST(Hash, TwentyByteFieldsWithThreeByteValuesCostLessThanFiftyBytes) {
  Hash hash;
  for (int i = 0; i < 100000; i++) {
    std::string number = std::to_string(i);
    hash.set("element:" + std::string(12 - number.size(), '0') + number, "xxx", {});
  }
  EXPECT_LT(hash.memory_usage(), 100000u * 50);
}

TEST(Hash, Moves) {
  Hash small = filled(3), large = filled(1000);
  Hash moved(std::move(large));
  EXPECT_EQ(moved.size(), 1000u);
  small = std::move(moved);
  EXPECT_EQ(value_of(small, "f999"), "2997");
}

}  // namespace
}  // namespace weir::redis
