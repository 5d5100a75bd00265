#include "servers/redis/keyspace/garbage.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <utility>

#include "servers/redis/keyspace/shard.h"
#include "servers/redis/types/hash.h"
#include "servers/redis/types/key_hash.h"
#include "servers/redis/types/list.h"
#include "servers/redis/types/set.h"
#include "servers/redis/types/sorted_set.h"
#include "servers/redis/types/stream.h"

namespace weir::redis {
namespace {

constexpr int kElements = 20'000;

// A large value of each type; that all of it is freed is for the leak checker to see.
Entry* make_value(Type type) {
  const EncodingLimits limits;
  void* object = nullptr;
  const auto fill = [&object]<class T>(T* value, auto&& add) {
    for (int i = 0; i < kElements; ++i) add(*value, "element:" + std::to_string(i));
    object = value;
  };
  switch (type) {
    case Type::kString:
      return Entry::make_text("key", std::string(10 << 20, 'x'), Entry::kNever);
    case Type::kList:
      fill(new List, [&](List& list, const std::string& text) { list.push_back(text, limits); });
      break;
    case Type::kHash:
      fill(new Hash, [&](Hash& hash, const std::string& text) { hash.set(text, text, limits); });
      break;
    case Type::kSet:
      fill(new Set, [&](Set& set, const std::string& text) { set.add(text, limits); });
      break;
    case Type::kSortedSet:
      fill(new SortedSet, [&](SortedSet& set, const std::string& text) {
        set.set(text, static_cast<double>(key_hash(text) % 1000), limits);
      });
      break;
    case Type::kStream:
      fill(new Stream, [&](Stream& stream, const std::string& text) {
        const std::string_view fields[] = {"field", text};
        stream.append(*stream.next_id(1), fields, limits);
      });
      break;
  }
  return Entry::make_object("key", type, object, Entry::kNever);
}

class GarbageTest : public testing::TestWithParam<Type> {};

TEST_P(GarbageTest, FreesAValueInPieces) {
  Garbage garbage;
  Entry* const entry = make_value(GetParam());
  const std::size_t cost = entry->free_cost();
  EXPECT_GT(cost, 64U);
  garbage.add(entry);
  EXPECT_EQ(garbage.pending(), 1U);
  std::size_t pieces = 0;
  for (; !garbage.empty(); ++pieces) {
    EXPECT_EQ(garbage.freed(), 0U);
    garbage.free_piece();
  }
  // Each piece does what it is asked for, and not much more. A sorted set is freed in two goes.
  EXPECT_LE(pieces, 2 * cost / 64 + 2);
  EXPECT_GE(pieces, cost / 64 / 4);
  EXPECT_EQ(garbage.pending(), 0U);
  EXPECT_EQ(garbage.freed(), 1U);
}

TEST_P(GarbageTest, MayEndAtAnyPiece) {
  for (const int pieces : {0, 1, 3}) {
    Garbage garbage;
    garbage.add(make_value(GetParam()));
    for (int i = 0; i < pieces; ++i) garbage.free_piece();
  }
}

INSTANTIATE_TEST_SUITE_P(Types, GarbageTest,
                         testing::Values(Type::kString, Type::kList, Type::kHash, Type::kSet,
                                         Type::kSortedSet, Type::kStream));

TEST(Garbage, FreesWhatIsPendingInPieces) {
  auto* const stream = new Stream;
  for (int i = 0; i < 3; ++i) {
    StreamGroup group({}, 0);
    for (std::uint64_t id = 1; id <= kElements; ++id) {
      StreamConsumer& consumer = group.see_consumer("consumer:" + std::to_string(id % 100), 0);
      group.assign({id, 0}, {&consumer, 0, 1});
    }
    stream->add_group("group:" + std::to_string(i), std::move(group));
  }
  constexpr std::size_t kBlocks = 3 * 2 * kElements / 64;
  Garbage garbage;
  garbage.add(Entry::make_object("key", Type::kStream, stream, Entry::kNever));
  std::size_t pieces = 0;
  for (; !garbage.empty(); ++pieces) garbage.free_piece();
  EXPECT_GE(pieces, kBlocks / 64);
  EXPECT_LE(pieces, 2 * kBlocks / 64);
}

TEST(Garbage, FreesTheKeysOfAShard) {
  Shard shard;
  constexpr std::size_t kKeys = 5'000;
  for (std::size_t i = 0; i < kKeys; ++i) {
    const std::string name = std::to_string(i);
    shard.set_text({name, key_hash(name)}, "value", i % 2 == 0 ? 1000 : Entry::kNever, 0);
  }
  shard.insert(make_value(Type::kHash), key_hash("key"));
  Garbage garbage;
  garbage.add(shard.take_keys());
  EXPECT_EQ(shard.size(), 0U);
  EXPECT_EQ(shard.expire(2000, 10), 0U);
  EXPECT_EQ(garbage.pending(), kKeys + 1);
  std::uint64_t freed = 0;
  while (!garbage.empty()) {
    garbage.free_piece();
    EXPECT_LE(garbage.freed() - freed, 150U);
    freed = garbage.freed();
  }
  EXPECT_EQ(freed, kKeys + 1);
  garbage.add(shard.take_keys());
  EXPECT_TRUE(garbage.empty());
}

}  // namespace
}  // namespace weir::redis
