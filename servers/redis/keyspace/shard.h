// A part of one database's keys: their table, their expiry order, their watchers, and the lock that
// guards all three. A key's hash says which shard it belongs to.
//
// Everything that may take long (growth, expiry, flushing, later eviction and snapshots) works on
// one shard at a time, so a shard bounds every pause.
//
// Thread rule: the caller holds mutex() wherever handlers run in parallel. Invariant: an entry that
// find() returns has not expired.
#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string_view>

#include "core/counter.h"
#include "servers/redis/keyspace/entry.h"
#include "servers/redis/keyspace/expiry_queue.h"
#include "servers/redis/keyspace/watch.h"
#include "servers/redis/types/hash_table.h"

namespace weir::redis {

// A key's name with its hash, computed once per request.
struct Key {
  std::string_view name;
  std::uint64_t hash;
};

// On cache lines of its own, for its neighbours are other threads'.
class alignas(64) Shard {
 public:
  Shard() = default;
  ~Shard() { clear(); }
  Shard(const Shard&) = delete;
  Shard& operator=(const Shard&) = delete;

  std::mutex& mutex() { return mutex_; }

  // nullptr when the key is absent. One that has expired is removed first.
  Entry* find(Key key, std::int64_t now_ms);
  // Sets the key to a string, whatever it was.
  void set_text(Key key, std::string_view text, std::int64_t expiry);
  // Adds an entry whose key is absent; takes it over.
  void insert(Entry* entry, std::uint64_t hash);
  // Changes the expiry of a present key; Entry::kNever removes it.
  void set_expiry(Key key, std::int64_t expiry);
  // Lengthens the string of a present key; see Entry::with_size().
  char* resize_text(Key key, std::size_t size);
  bool erase(Key key);
  // Takes the entry out and gives it to the caller; nullptr when absent.
  Entry* take(Key key);

  // Tells the key's watchers. Every change of a value ends in it.
  void touch(std::string_view key) {
    if (!watches_.empty()) watches_.touch(key);
  }
  Watches& watches() { return watches_; }

  // Removes keys whose time has come. Looks at `limit` queue items at most and returns how many it
  // has: less than the limit when nothing more is due.
  std::size_t expire(std::int64_t now_ms, std::size_t limit);
  // Keys removed because their time had come, since the start. Any thread, without the lock.
  std::uint64_t expired_keys() const { return expired_keys_.value(); }
  std::size_t keys_with_expiry() const { return keys_with_expiry_; }

  void clear();
  std::size_t size() const { return table_.size(); }
  const HashTable<EntryTraits>& table() const { return table_; }
  std::size_t allocated_bytes() const;

 private:
  // Stale queue items that a shard of few keys may have before it sweeps.
  static constexpr std::size_t kStaleAllowance = 64;

  void expiry_changed(const Entry* entry, std::uint64_t hash, std::int64_t old_expiry);
  void limit_stale();
  void sweep_queue();

  HashTable<EntryTraits> table_;
  ExpiryQueue expiries_;
  std::size_t keys_with_expiry_ = 0;
  Counter expired_keys_;
  Watches watches_;
  std::mutex mutex_;
};

}  // namespace weir::redis
