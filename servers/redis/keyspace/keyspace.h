// All databases: each an array of shards.
//
// Thread rule: a shard is touched under its lock. Where one thread executes every command
// (`parallel` is false), no lock is ever taken. Whoever needs several shards takes them through a
// ShardLocks, in ascending order, so that two commands never wait for each other in a circle:
// that order is what makes MSET and EXEC atomic under every threading model.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "servers/redis/keyspace/access_clock.h"
#include "servers/redis/keyspace/population.h"
#include "servers/redis/keyspace/shard.h"
#include "servers/redis/types/hash_table.h"

namespace weir::redis {

class Keyspace {
 public:
  // Enough to keep 16 reactors from meeting at one lock, few enough to lock them all for FLUSHALL.
  static constexpr std::size_t kShards = 64;
  using Database = std::array<Shard, kShards>;

  // `parallel`: commands are executed by several threads at a time.
  Keyspace(std::size_t databases, bool parallel);
  ~Keyspace();
  // The process is about to end, and its memory goes with it: nothing is freed key by key any more,
  // which takes seconds for millions of them.
  void leave_to_system() { left_to_system_ = true; }

  // Before anybody uses the keyspace, which both outlive: who hears of its keys, and what says when
  // they were used.
  void set_listener(KeyListener& listener);
  void set_clock(const AccessClock& clock);

  std::size_t databases() const { return databases_.size(); }
  bool parallel() const { return parallel_; }

  const Population& population(std::size_t database) const { return populations_[database]; }

  static std::size_t shard_index(std::uint64_t hash) {
    return (hash >> HashTable<EntryTraits>::kShardShift) % kShards;
  }
  Shard& shard(std::size_t database, std::uint64_t hash) {
    return (*databases_[database])[shard_index(hash)];
  }
  Shard& shard_at(std::size_t database, std::size_t index) {
    return (*databases_[database])[index];
  }
  // Shards have numbers, by which they are locked in order.
  static std::size_t shard_number(std::size_t database, std::size_t index) {
    return database * kShards + index;
  }
  static std::size_t database_of(std::size_t shard_number) { return shard_number / kShards; }
  Shard& shard_numbered(std::size_t number) {
    return (*databases_[number / kShards])[number % kShards];
  }

 private:
  const bool parallel_;
  std::vector<Population> populations_;  // by database
  // Allocated one by one: a Shard can't move.
  std::vector<std::unique_ptr<Database>> databases_;
  bool left_to_system_ = false;
};

}  // namespace weir::redis
