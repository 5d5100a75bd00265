#include "servers/redis/types/hash_table.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <deque>
#include <random>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace weir::redis {
namespace {

struct Entry {
  std::string key;
  int version = 0;
};

struct EntryTraits {
  using Item = Entry;
  static std::string_view key(const Entry& entry) { return entry.key; }
};
using Table = HashTable<EntryTraits>;

uint64_t hash_of(const std::string& key) { return key_hash(key); }

// Owns entries named k0, k1, ... and keeps them in a table.
class Population {
 public:
  Entry* make(size_t i) {
    while (entries_.size() <= i) entries_.push_back({"k" + std::to_string(entries_.size())});
    return &entries_[i];
  }
  void insert(size_t i) {
    Entry* entry = make(i);
    table.insert(entry, hash_of(entry->key));
  }
  void erase(size_t i) {
    Entry* entry = make(i);
    ASSERT_EQ(table.erase(entry->key, hash_of(entry->key)), entry);
  }
  Entry* find(size_t i) {
    Entry* entry = make(i);
    return table.find(entry->key, hash_of(entry->key));
  }

  Table table;

 private:
  std::deque<Entry> entries_;
};

TEST(HashTable, EmptyTableAnswersAndOwnsNothing) {
  Table table;
  EXPECT_EQ(table.size(), 0u);
  EXPECT_EQ(table.allocated_bytes(), 0u);
  EXPECT_EQ(table.find("a", key_hash("a")), nullptr);
  EXPECT_FALSE(table.find_place("a", key_hash("a")));
  EXPECT_EQ(table.erase("a", key_hash("a")), nullptr);
  EXPECT_EQ(table.scan(0, [](Entry*) { FAIL(); }), 0u);
  EXPECT_EQ(table.scan(12345, [](Entry*) { FAIL(); }), 0u);
  table.prefetch_item(table.prefetch_bucket(1), 1);
  table.clear([](Entry*) { FAIL(); });
}

TEST(HashTable, AgreesWithAModelOverMillionsOfOperations) {
  constexpr size_t kKeys = 60000;
  constexpr int kOperations = 4'000'000;
  std::mt19937_64 rng(3);
  Population all;
  std::unordered_map<std::string, Entry*> model;
  std::deque<Entry> replacements;
  Table& table = all.table;
  for (int i = 0; i < kOperations; i++) {
    // The share of inserts swings, so that the size goes up and down through many splits.
    const bool growing = (i / 400000) % 2 == 0;
    const size_t key_index = rng() % kKeys;
    Entry* entry = all.make(key_index);
    const uint64_t hash = hash_of(entry->key);
    const auto known = model.find(entry->key);
    Entry* found = table.find(entry->key, hash);
    ASSERT_EQ(found, known == model.end() ? nullptr : known->second);
    const uint64_t dice = rng() % 100;
    if (found == nullptr && dice < (growing ? 80 : 10)) {
      table.insert(entry, hash);
      model.emplace(entry->key, entry);
    } else if (found != nullptr && dice < (growing ? 10 : 80)) {
      ASSERT_EQ(table.erase(entry->key, hash), found);
      model.erase(entry->key);
    } else if (found != nullptr && dice > 97) {
      auto place = table.find_place(entry->key, hash);
      ASSERT_EQ(place.item(), found);
      replacements.push_back({entry->key, i});
      place.replace(&replacements.back());
      model[entry->key] = &replacements.back();
    } else if (found == nullptr) {
      ASSERT_EQ(table.erase(entry->key, hash), nullptr);
    }
    ASSERT_EQ(table.size(), model.size());
    if (i % 100000 == 0) {
      size_t visited = 0;
      table.for_each([&](Entry* item) {
        visited++;
        ASSERT_EQ(model.at(item->key), item);
      });
      ASSERT_EQ(visited, model.size());
    }
  }
  for (const auto& [key, entry] : model) ASSERT_EQ(table.erase(key, hash_of(key)), entry);
  EXPECT_EQ(table.allocated_bytes(), 0u);
}

TEST(HashTable, GrowsByOneBucketAndShrinksToNothing) {
  constexpr size_t kItems = 300000;
  Population all;
  for (size_t i = 0; i < kItems; i++) {
    const size_t before = all.table.bucket_count();
    all.insert(i);
    ASSERT_LE(all.table.bucket_count(), before + 1);
    ASSERT_LE(all.table.size(), all.table.bucket_count() * Table::kSplitFill);
  }
  const double bytes_per_item = static_cast<double>(all.table.allocated_bytes()) / kItems;
  EXPECT_LT(bytes_per_item, 16.5);
  for (size_t i = 0; i < kItems; i++) ASSERT_NE(all.find(i), nullptr);
  for (size_t i = 0; i < kItems; i++) {
    const size_t before = all.table.bucket_count();
    all.erase(i);
    ASSERT_GE(all.table.bucket_count() + 1, std::min<size_t>(before, 2));
    if (i % 1000 == 0 && i + 1 < kItems) {
      // Never far below the fill: memory follows the size down.
      ASSERT_LE(all.table.bucket_count(), all.table.size() / 3 + 2);
      ASSERT_NE(all.find(i + 1), nullptr);
      ASSERT_EQ(all.find(i), nullptr);
    }
  }
  EXPECT_EQ(all.table.size(), 0u);
  EXPECT_EQ(all.table.allocated_bytes(), 0u);
}

TEST(HashTable, ASwingingSizeNeitherSplitsNorMerges) {
  Population all;
  for (size_t i = 0; i < 10001; i++) all.insert(i);
  const size_t buckets = all.table.bucket_count();
  for (int round = 0; round < 1000; round++) {
    all.erase(0);
    all.insert(0);
    ASSERT_EQ(all.table.bucket_count(), buckets);
  }
}

struct CountingTraits : EntryTraits {
  inline static size_t rehashed = 0;
  static uint64_t hash(const Entry& entry) {
    rehashed++;
    return key_hash(entry.key);
  }
};

TEST(HashTable, NoOperationMovesMoreThanOneChain) {
  constexpr size_t kItems = 1'000'000;
  // The longest chain that a million well-spread keys make; a table that rehashes itself would
  // move hundreds of thousands at once.
  constexpr size_t kLongestChain = 40;
  std::deque<Entry> entries;
  HashTable<CountingTraits> table;
  CountingTraits::rehashed = 0;
  for (size_t i = 0; i < kItems; i++) {
    entries.push_back({std::to_string(i)});
    const size_t before = CountingTraits::rehashed;
    table.insert(&entries.back(), hash_of(entries.back().key));
    ASSERT_LE(CountingTraits::rehashed - before, kLongestChain);
  }
  EXPECT_LT(CountingTraits::rehashed, 3 * kItems);
  const size_t after_growth = CountingTraits::rehashed;
  for (const Entry& entry : entries) table.erase(entry.key, hash_of(entry.key));
  EXPECT_EQ(CountingTraits::rehashed, after_growth);
}

// All hashes alike in the bits of kMask.
template <uint64_t kMask>
struct CollidingTraits : EntryTraits {
  static uint64_t hash(const Entry& entry) { return key_hash(entry.key) & ~kMask; }
};

template <class Traits>
class CollidingHashTable : public testing::Test {};
using Collisions = testing::Types<CollidingTraits<~uint64_t{0}>,         // everything collides
                                  CollidingTraits<0x00ffffffffffffff>,   // one chain
                                  CollidingTraits<0xff00000000000000>,   // one fingerprint
                                  CollidingTraits<0x00000000000000ff>>;  // every 256th bucket
TYPED_TEST_SUITE(CollidingHashTable, Collisions);

TYPED_TEST(CollidingHashTable, StaysCorrect) {
  constexpr size_t kItems = 2000;
  std::deque<Entry> entries;
  HashTable<TypeParam> table;
  std::mt19937_64 rng(4);
  for (size_t i = 0; i < kItems; i++) {
    entries.push_back({std::to_string(i)});
    table.insert(&entries.back(), TypeParam::hash(entries.back()));
  }
  for (Entry& entry : entries) {
    ASSERT_EQ(table.find(entry.key, TypeParam::hash(entry)), &entry);
  }
  EXPECT_EQ(table.find("absent", TypeParam::hash({"absent"})), nullptr);

  std::multiset<Entry*> scanned;
  uint64_t cursor = 0;
  do {
    cursor = table.scan(cursor, [&](Entry* entry) { scanned.insert(entry); });
  } while (cursor != 0);
  EXPECT_EQ(scanned.size(), kItems);

  std::set<Entry*> drawn;
  for (int i = 0; i < 200; i++) drawn.insert(table.random(rng));
  EXPECT_GT(drawn.size(), 100u);

  std::vector<Entry*> order;
  for (Entry& entry : entries) order.push_back(&entry);
  std::shuffle(order.begin(), order.end(), rng);
  for (Entry* entry : order) {
    ASSERT_EQ(table.erase(entry->key, TypeParam::hash(*entry)), entry);
    ASSERT_EQ(table.find(entry->key, TypeParam::hash(*entry)), nullptr);
  }
  EXPECT_EQ(table.allocated_bytes(), 0u);
}

TEST(HashTable, ScanOfAQuietTableVisitsEachOnce) {
  for (const size_t size : {1, 2, 7, 8, 9, 63, 64, 65, 319, 320, 321, 5000}) {
    Population all;
    for (size_t i = 0; i < size; i++) all.insert(i);
    std::multiset<Entry*> visited;
    uint64_t cursor = 0;
    size_t calls = 0;
    do {
      cursor = all.table.scan(cursor, [&](Entry* entry) { visited.insert(entry); });
      calls++;
    } while (cursor != 0);
    EXPECT_EQ(calls, all.table.bucket_count());
    EXPECT_EQ(visited.size(), size);
    EXPECT_EQ(std::set<Entry*>(visited.begin(), visited.end()).size(), size);
  }
}

// Items 0 to kStable - 1 stay during the round; the others come and go between calls, so that the
// table's size goes up and down by a random factor many times within one round.
void scan_while_changing(uint64_t seed) {
  constexpr size_t kStable = 200;
  std::mt19937_64 rng(seed);
  Population all;
  for (size_t i = 0; i < kStable; i++) all.insert(i);
  size_t end = kStable;  // items from kStable to end - 1 are present too
  for (const size_t start = kStable + rng() % 4000; end < start; end++) all.insert(end);
  std::unordered_set<Entry*> visited;
  uint64_t cursor = 0;
  int calls = 0;
  do {
    cursor = all.table.scan(cursor, [&](Entry* entry) { visited.insert(entry); });
    if (rng() % 8 == 0) {
      const size_t target = kStable + (rng() % 2 == 0 ? rng() % 100 : rng() % 6000);
      while (end < target) all.insert(end++);
      while (end > target) all.erase(--end);
    }
    ASSERT_LT(++calls, 100000);
  } while (cursor != 0);
  for (size_t i = 0; i < kStable; i++) {
    ASSERT_TRUE(visited.contains(all.make(i))) << "seed " << seed << " item " << i;
  }
}

TEST(HashTable, ScanMissesNothingThatStaysWhileTheTableChanges) {
  for (uint64_t seed = 0; seed < 150; seed++) scan_while_changing(seed);
}

TEST(HashTable, ScanAcceptsAnyCursor) {
  Population all;
  for (size_t i = 0; i < 777; i++) all.insert(i);
  std::mt19937_64 rng(5);
  for (int i = 0; i < 1000; i++) {
    uint64_t cursor = rng();
    size_t calls = 0;
    do {
      cursor = all.table.scan(cursor, [](Entry*) {});
    } while (cursor != 0 && ++calls < 2000);
    ASSERT_EQ(cursor, 0u);
  }
}

// Pearson's statistic of `draws` random items against equal shares, in standard deviations from
// its expectation.
double deviation(const std::unordered_map<Entry*, double>& seen, size_t size, size_t draws) {
  const double expected = static_cast<double>(draws) / static_cast<double>(size);
  double chi_square = static_cast<double>(size - seen.size()) * expected;
  for (const auto& [entry, count] : seen) {
    chi_square += (count - expected) * (count - expected) / expected;
  }
  const double freedom = static_cast<double>(size - 1);
  return (chi_square - freedom) / std::sqrt(2 * freedom);
}

double deviation_of_random(Population& all, size_t size, size_t draws, uint64_t seed) {
  std::mt19937_64 rng(seed);
  std::unordered_map<Entry*, double> seen;
  for (size_t i = 0; i < draws; i++) seen[all.table.random(rng)]++;
  return deviation(seen, size, draws);
}

TEST(HashTable, RandomIsUniform) {
  for (const size_t size : {2, 5, 6, 20, 64, 333, 1000, 3000}) {
    Population all;
    for (size_t i = 0; i < size; i++) all.insert(i);
    EXPECT_LT(deviation_of_random(all, size, size * 200, size), 6) << size;
  }
}

TEST(HashTable, RandomIsUniformInATableThatShrank) {
  Population all;
  for (size_t i = 0; i < 20000; i++) all.insert(i);
  for (size_t i = 500; i < 20000; i++) all.erase(i);
  EXPECT_LT(deviation_of_random(all, 500, 100000, 6), 6);
}

TEST(HashTable, SamplesVisitNoItemTwice) {
  std::mt19937_64 rng(1);
  for (const size_t size : {0, 1, 2, 9, 20, 333}) {
    Population all;
    for (size_t i = 0; i < size; i++) all.insert(i);
    for (const size_t count : {1, 5, 16, 332, 333, 1000}) {
      std::set<Entry*> seen;
      size_t visits = 0;
      all.table.sample(rng, count, [&](Entry* entry) {
        seen.insert(entry);
        ++visits;
      });
      EXPECT_EQ(visits, std::min(count, size)) << size;
      EXPECT_EQ(seen.size(), visits) << size << " " << count;
    }
  }
}

// Of the samples one item each is counted, the same place of each: neighbours go together, which is
// no draw of its own.
TEST(HashTable, SamplesAreUniform) {
  for (const size_t size : {2, 20, 333, 1000, 3000}) {
    for (const size_t place : {0, 1, 4}) {
      if (place >= size) continue;
      Population all;
      for (size_t i = 0; i < size; i++) all.insert(i);
      std::mt19937_64 rng(size + place);
      std::unordered_map<Entry*, double> seen;
      for (size_t i = 0; i < size * 200; i++) {
        size_t left = place;
        all.table.sample(rng, place + 1, [&](Entry* entry) {
          if (left-- == 0) seen[entry]++;
        });
      }
      EXPECT_LT(deviation(seen, size, size * 200), 6) << size << " " << place;
    }
  }
}

TEST(HashTable, ClearGivesBackEveryItem) {
  Table table;
  constexpr size_t kItems = 5000;
  for (size_t i = 0; i < kItems; i++) {
    auto* entry = new Entry{std::to_string(i)};
    table.insert(entry, hash_of(entry->key));
  }
  size_t destroyed = 0;
  table.clear([&](Entry* entry) {
    delete entry;
    destroyed++;
  });
  EXPECT_EQ(destroyed, kItems);
  EXPECT_EQ(table.size(), 0u);
  EXPECT_EQ(table.allocated_bytes(), 0u);
}

TEST(HashTable, DrainsInPieces) {
  Population population;
  constexpr size_t kItems = 20'000;
  for (size_t i = 0; i < kItems; i++) population.insert(i);
  std::set<const Entry*> seen;
  for (size_t calls = 0; population.table.size() > 0; calls++) {
    const size_t before = seen.size();
    population.table.drain(100,
                           [&](const Entry* entry) { ASSERT_TRUE(seen.insert(entry).second); });
    ASSERT_EQ(population.table.size(), kItems - seen.size());
    ASSERT_LT(seen.size() - before, 150u);
    ASSERT_LE(calls, kItems / 100);
  }
  EXPECT_EQ(seen.size(), kItems);
  EXPECT_EQ(population.table.allocated_bytes(), 0u);
  population.insert(1);
  EXPECT_NE(population.find(1), nullptr);
}

TEST(HashTable, MovesWithItsItems) {
  Population all;
  for (size_t i = 0; i < 1000; i++) all.insert(i);
  Table moved(std::move(all.table));
  EXPECT_EQ(moved.size(), 1000u);
  EXPECT_EQ(moved.find("k7", key_hash("k7")), all.make(7));
  all.table = std::move(moved);
  EXPECT_EQ(all.table.size(), 1000u);
  EXPECT_NE(all.find(999), nullptr);
}

TEST(HashTable, PrefetchingChangesNothing) {
  Population all;
  for (size_t i = 0; i < 3000; i++) all.insert(i);
  for (size_t i = 0; i < 6000; i++) {
    const uint64_t hash = hash_of(all.make(i)->key);
    all.table.prefetch_item(all.table.prefetch_bucket(hash), hash);
    ASSERT_EQ(all.find(i) != nullptr, i < 3000);
  }
}

}  // namespace
}  // namespace weir::redis
