// The keys of a shard, taken out of it whole: what FLUSHALL leaves to be freed. Owns the entries.
// Thread rule: the owner's.
#pragma once

#include <utility>

#include "servers/redis/keyspace/entry.h"
#include "servers/redis/keyspace/expiry_queue.h"
#include "servers/redis/types/hash_table.h"

namespace weir::redis {

struct ShardKeys {
  HashTable<EntryTraits> table;
  ExpiryQueue expiries;

  ShardKeys(HashTable<EntryTraits> table_in, ExpiryQueue expiries_in)
      : table(std::move(table_in)), expiries(std::move(expiries_in)) {}
  ~ShardKeys() {
    table.clear([](Entry* entry) { Entry::destroy(entry); });
  }
  ShardKeys(ShardKeys&& other) noexcept = default;
  ShardKeys& operator=(ShardKeys&& other) = delete;
};

}  // namespace weir::redis
