// The memory fetches of a batch: all its keys' buckets are asked for before the first is needed,
// then the entries in them, so that the cache misses overlap instead of adding up. In line by
// force: gcc takes a function that only prefetches for one without effect, and drops the call.
//
// Thread rule: the executing thread, which holds no shard's lock.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <span>

#include "servers/redis/keyspace/entry.h"
#include "servers/redis/keyspace/keyspace.h"
#include "servers/redis/request.h"
#include "servers/redis/types/hash_table.h"

namespace weir::redis {

class Fetches {
 public:
  [[gnu::always_inline]] void gather(std::span<const Request> requests) {
    std::size_t size = 0;
    for (const Request& request : requests) {
      if (request.command == nullptr) continue;
      for_each_hash(request, [this, &size](std::uint64_t hash) {
        if (size < kMost) hashes_[size++] = hash;
      });
    }
    size_ = size;
  }

  [[gnu::always_inline]] void start(Keyspace& keyspace, std::size_t database) {
    if (size_ < 2) return;  // one alone is needed at once
    std::array<const Table::Bucket*, kMost> buckets;
    for (std::size_t i = 0; i < size_; ++i) {
      buckets[i] = keyspace.shard(database, hashes_[i]).table().prefetch_bucket(hashes_[i]);
    }
    for (std::size_t i = 0; i < size_; ++i) Table::prefetch_item(buckets[i], hashes_[i]);
  }

  // The same where other threads change the tables: looks at each under its lock, or leaves it.
  [[gnu::always_inline]] void start_locked(Keyspace& keyspace, std::size_t database) {
    if (size_ < 2) return;
    for (std::size_t i = 0; i < size_; ++i) {
      Shard& shard = keyspace.shard(database, hashes_[i]);
      const std::unique_lock lock(shard.mutex(), std::try_to_lock);
      if (lock) shard.table().prefetch_bucket(hashes_[i]);
    }
    for (std::size_t i = 0; i < size_; ++i) {
      Shard& shard = keyspace.shard(database, hashes_[i]);
      const std::unique_lock lock(shard.mutex(), std::try_to_lock);
      if (lock) Table::prefetch_item(shard.table().prefetch_bucket(hashes_[i]), hashes_[i]);
    }
  }

 private:
  using Table = HashTable<EntryTraits>;
  static constexpr std::size_t kMost = 256;  // of very many, as many as stay in the cache

  std::array<std::uint64_t, kMost> hashes_;
  std::size_t size_ = 0;
};

}  // namespace weir::redis
