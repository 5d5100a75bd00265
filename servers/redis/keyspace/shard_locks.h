// The shards that one command, or one transaction, works on: named first, then locked together in
// ascending order, released together. Takes no lock where the keyspace is not parallel.
//
// Thread rule: belongs to the executing thread, for the time of one execution. Holding a
// ShardLocks, a thread must not wait for anything else that a lock's holder may wait for.
#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <vector>

#include "base/check.h"
#include "servers/redis/keyspace/keyspace.h"

namespace weir::redis {

class ShardLocks {
 public:
  explicit ShardLocks(Keyspace& keyspace) : keyspace_(keyspace) {}
  ~ShardLocks() { unlock(); }
  ShardLocks(const ShardLocks&) = delete;
  ShardLocks& operator=(const ShardLocks&) = delete;

  // Before lock(): the shard of the key will be needed.
  void add(std::size_t database, std::uint64_t hash) {
    add_number(Keyspace::shard_number(database, Keyspace::shard_index(hash)));
  }
  void add_number(std::size_t number) {
    if (keyspace_.parallel() && !everything_) {
      numbers_.push_back(static_cast<std::uint32_t>(number));
    }
  }
  // The shard that it has in each database.
  void add_everywhere(std::uint64_t hash);
  void add_database(std::size_t database);
  // However often: costs no memory.
  void add_everything();

  // Blocks until all are held.
  void lock();
  // add() and lock(), of who needs one shard and has named none.
  void lock_one(std::size_t database, std::uint64_t hash) {
    WEIR_DCHECK(!locked_ && !everything_ && numbers_.empty());
    if (!keyspace_.parallel()) return;
    add(database, hash);
    keyspace_.shard_numbered(numbers_.front()).mutex().lock();
    locked_ = true;
  }
  void unlock() {
    const bool has_one =
        locked_ && !everything_ && numbers_.size() == 1 && numbers_.capacity() <= kKeptNumbers;
    if (!has_one) return unlock_all();
    keyspace_.shard_numbered(numbers_.front()).mutex().unlock();
    locked_ = false;
    numbers_.clear();
  }
  bool holds(std::size_t number) const;

 private:
  // Numbers that an idle session may keep room for.
  static constexpr std::size_t kKeptNumbers = 64;

  void unlock_all();
  // Calls visit(mutex) for what was named, in ascending order.
  template <class Visit>
  void for_each_mutex(Visit&& visit);

  Keyspace& keyspace_;
  bool locked_ = false;
  bool everything_ = false;             // whatever numbers_ says
  std::vector<std::uint32_t> numbers_;  // sorted and unique once locked
};

// Holds named shards' locks for a scope, however it is left.
class ShardLocksGuard {
 public:
  explicit ShardLocksGuard(ShardLocks& locks) : locks_(locks) { locks_.lock(); }
  // Of locks that are held already.
  ShardLocksGuard(ShardLocks& locks, std::adopt_lock_t) : locks_(locks) {}
  ~ShardLocksGuard() { locks_.unlock(); }
  ShardLocksGuard(const ShardLocksGuard&) = delete;
  ShardLocksGuard& operator=(const ShardLocksGuard&) = delete;

 private:
  ShardLocks& locks_;
};

// One shard's lock, for those who walk over shards one after the other: no walk sees all of the
// keyspace at one moment, and none stops it. `held` names locks the thread has already.
class ShardLock {
 public:
  ShardLock(Keyspace& keyspace, std::size_t number, const ShardLocks* held = nullptr) {
    if (!keyspace.parallel() || (held != nullptr && held->holds(number))) return;
    lock_ = std::unique_lock(keyspace.shard_numbered(number).mutex());
  }

 private:
  std::unique_lock<std::mutex> lock_;
};

}  // namespace weir::redis
