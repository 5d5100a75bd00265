#include "servers/redis/keyspace/shard_locks.h"

#include <gtest/gtest.h>

#include <random>
#include <thread>
#include <vector>

namespace weir::redis {
namespace {

constexpr std::size_t kShards = Keyspace::kShards;

// A hash whose key belongs to the shard of this index.
std::uint64_t hash_for(std::size_t index) {
  return std::uint64_t{index} << HashTable<EntryTraits>::kShardShift;
}

// Whether another thread finds the shard's lock taken.
bool is_locked(Keyspace& keyspace, std::size_t number) {
  bool locked = false;
  std::thread([&] {
    std::mutex& mutex = keyspace.shard_numbered(number).mutex();
    locked = !mutex.try_lock();
    if (!locked) mutex.unlock();
  }).join();
  return locked;
}

TEST(ShardLocks, LocksWhatWasNamed) {
  Keyspace keyspace(2, true);
  ShardLocks locks(keyspace);
  locks.add(0, hash_for(5));
  locks.add(1, hash_for(3));
  locks.add(0, hash_for(5));
  locks.add(0, hash_for(1));
  EXPECT_FALSE(is_locked(keyspace, 5));
  EXPECT_FALSE(locks.holds(5));
  locks.lock();
  for (const std::size_t number : {std::size_t{1}, std::size_t{5}, kShards + 3}) {
    EXPECT_TRUE(is_locked(keyspace, number)) << number;
    EXPECT_TRUE(locks.holds(number)) << number;
  }
  for (const std::size_t number : {std::size_t{0}, std::size_t{3}, kShards + 5}) {
    EXPECT_FALSE(is_locked(keyspace, number)) << number;
    EXPECT_FALSE(locks.holds(number)) << number;
  }
  locks.unlock();
  EXPECT_FALSE(is_locked(keyspace, 5));
  EXPECT_FALSE(locks.holds(5));
  // Named anew for each execution.
  locks.add(0, hash_for(7));
  locks.lock();
  EXPECT_FALSE(locks.holds(5));
  EXPECT_TRUE(locks.holds(7));
}

TEST(ShardLocks, TheEndUnlocks) {
  Keyspace keyspace(1, true);
  {
    ShardLocks locks(keyspace);
    locks.add_everything();
    locks.lock();
    EXPECT_TRUE(is_locked(keyspace, kShards - 1));
  }
  for (std::size_t i = 0; i < kShards; ++i) {
    EXPECT_TRUE(keyspace.shard_numbered(i).mutex().try_lock());
    keyspace.shard_numbered(i).mutex().unlock();
  }
}

TEST(ShardLocks, EverythingHoldsWhateverElseIsNamed) {
  Keyspace keyspace(2, true);
  ShardLocks locks(keyspace);
  locks.add(1, hash_for(3));
  for (int i = 0; i < 1000; ++i) {
    locks.add_everything();
    locks.add(0, hash_for(5));
    locks.add_database(1);
  }
  locks.lock();
  for (const std::size_t number : {std::size_t{0}, std::size_t{5}, 2 * kShards - 1}) {
    EXPECT_TRUE(locks.holds(number));
    EXPECT_TRUE(is_locked(keyspace, number));
  }
  locks.unlock();
  EXPECT_FALSE(is_locked(keyspace, 5));
  locks.add(0, hash_for(5));
  locks.lock();
  EXPECT_FALSE(locks.holds(6));
}

TEST(ShardLocks, OneShardOfEachDatabase) {
  Keyspace keyspace(3, true);
  ShardLocks locks(keyspace);
  locks.add_everywhere(hash_for(4));
  locks.lock();
  for (std::size_t database = 0; database < 3; ++database) {
    EXPECT_TRUE(is_locked(keyspace, Keyspace::shard_number(database, 4)));
    EXPECT_FALSE(is_locked(keyspace, Keyspace::shard_number(database, 5)));
  }
}

TEST(ShardLocks, WholeDatabases) {
  Keyspace keyspace(3, true);
  ShardLocks locks(keyspace);
  locks.add_database(1);
  locks.lock();
  EXPECT_FALSE(locks.holds(kShards - 1));
  EXPECT_TRUE(locks.holds(kShards));
  EXPECT_TRUE(locks.holds(2 * kShards - 1));
  EXPECT_FALSE(locks.holds(2 * kShards));
  locks.unlock();
  locks.add_everything();
  locks.lock();
  EXPECT_TRUE(locks.holds(0));
  EXPECT_TRUE(locks.holds(3 * kShards - 1));
}

TEST(ShardLocks, OneThreadTakesNone) {
  Keyspace keyspace(1, false);
  ShardLocks locks(keyspace);
  locks.add(0, hash_for(5));
  locks.add_everything();
  locks.lock();
  EXPECT_FALSE(is_locked(keyspace, 5));
  const ShardLock lock(keyspace, 5);
  EXPECT_FALSE(is_locked(keyspace, 5));
}

TEST(ShardLock, KnowsWhatIsHeldAlready) {
  Keyspace keyspace(1, true);
  ShardLocks locks(keyspace);
  locks.add(0, hash_for(5));
  locks.lock();
  {
    const ShardLock held(keyspace, 5, &locks);
    const ShardLock other(keyspace, 6, &locks);
    EXPECT_TRUE(is_locked(keyspace, 6));
  }
  EXPECT_TRUE(is_locked(keyspace, 5));
  EXPECT_FALSE(is_locked(keyspace, 6));
}

// Threads that want the same shards in all orders: each set is held by one at a time, and nobody
// waits in a circle.
TEST(ShardLocks, OrdersOfNamingDoNotMatter) {
  Keyspace keyspace(2, true);
  constexpr int kThreads = 4;
  constexpr int kRounds = 20'000;
  std::vector<int> counts(2 * kShards, 0);
  std::vector<std::thread> threads;
  for (int number = 0; number < kThreads; ++number) {
    threads.emplace_back([&keyspace, &counts, number] {
      std::mt19937_64 random(static_cast<std::uint64_t>(number));
      ShardLocks locks(keyspace);
      for (int round = 0; round < kRounds; ++round) {
        std::vector<std::size_t> wanted;
        for (int i = 0; i < 4; ++i) {
          const std::size_t database = random() % 2;
          const std::size_t index = random() % 4;
          locks.add(database, hash_for(index));
          wanted.push_back(Keyspace::shard_number(database, index));
        }
        if (round % 1000 == 0) locks.add_everything();
        locks.lock();
        for (const std::size_t shard : wanted) ++counts[shard];
        locks.unlock();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  int total = 0;
  for (const int count : counts) total += count;
  EXPECT_EQ(total, kThreads * kRounds * 4);
}

TEST(Keyspace, ShardsAreNumberedThroughAllDatabases) {
  Keyspace keyspace(3, false);
  EXPECT_EQ(keyspace.databases(), 3U);
  for (std::size_t database = 0; database < 3; ++database) {
    for (std::size_t index = 0; index < kShards; ++index) {
      EXPECT_EQ(&keyspace.shard_numbered(Keyspace::shard_number(database, index)),
                &keyspace.shard_at(database, index));
      EXPECT_EQ(&keyspace.shard(database, hash_for(index)), &keyspace.shard_at(database, index));
    }
  }
}

}  // namespace
}  // namespace weir::redis
