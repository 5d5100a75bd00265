#include "servers/redis/keyspace/tracking_table.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace weir::redis {
namespace {

ConnectionId id(std::uint32_t number) { return ConnectionId::make(0, number, 1); }

void keep_all(TrackingTable::Readers&) {}

TEST(TrackingTable, GivesEachReaderOnceInOrder) {
  TrackingTable table;
  for (const std::uint32_t reader : {3U, 1U, 3U, 2U, 1U}) table.add("k", id(reader), keep_all);
  table.add("other", id(1), keep_all);
  EXPECT_EQ(table.size(), 2U);
  EXPECT_EQ(table.items(), 4U);
  EXPECT_EQ(table.take("k"), (TrackingTable::Readers{id(1), id(2), id(3)}));
  EXPECT_EQ(table.items(), 1U);
  EXPECT_TRUE(table.take("k").empty());
  EXPECT_TRUE(table.take("absent").empty());
}

TEST(TrackingTable, ClearForgetsAll) {
  TrackingTable table;
  table.add("k", id(1), keep_all);
  table.clear();
  EXPECT_TRUE(table.empty());
  EXPECT_EQ(table.items(), 0U);
  EXPECT_TRUE(table.take("k").empty());
}

// Clients come and go, two at a time, and the key never changes.
TEST(TrackingTable, ReadersThatHaveEndedMakeRoom) {
  TrackingTable table;
  for (std::uint32_t reader = 1; reader < 10'000; ++reader) {
    table.add("k", id(reader), [reader](TrackingTable::Readers& readers) {
      std::erase_if(readers, [reader](ConnectionId one) { return one < id(reader - 1); });
    });
    ASSERT_LE(table.items(), 16U) << reader;
  }
  const std::size_t items = table.items();
  const TrackingTable::Readers readers = table.take("k");
  EXPECT_EQ(readers.size(), items);
  EXPECT_EQ(readers.back(), id(9999));
  EXPECT_EQ(readers[readers.size() - 2], id(9998));
  EXPECT_EQ(table.items(), 0U);
}

TEST(TrackingTable, SamplesEveryKey) {
  TrackingTable table;
  std::set<std::string> keys;
  for (int i = 0; i < 20; ++i) {
    keys.insert("key" + std::to_string(i));
    table.add("key" + std::to_string(i), id(1), keep_all);
  }
  std::set<std::string> sampled;
  for (std::uint64_t random = 0; random < 1000; ++random) {
    const std::string key = table.sample(random);
    EXPECT_TRUE(keys.contains(key));
    sampled.insert(key);
  }
  EXPECT_GT(sampled.size(), 10U);
  table.clear();
  table.add("last", id(1), keep_all);
  EXPECT_EQ(table.sample(12345), "last");
}

}  // namespace
}  // namespace weir::redis
