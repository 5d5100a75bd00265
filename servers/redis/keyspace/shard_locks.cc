#include "servers/redis/keyspace/shard_locks.h"

#include <algorithm>

namespace weir::redis {

void ShardLocks::add_everywhere(std::uint64_t hash) {
  for (std::size_t i = 0; i < keyspace_.databases(); ++i) add(i, hash);
}

void ShardLocks::add_database(std::size_t database) {
  if (!keyspace_.parallel() || everything_) return;
  for (std::size_t i = 0; i < Keyspace::kShards; ++i) {
    numbers_.push_back(static_cast<std::uint32_t>(Keyspace::shard_number(database, i)));
  }
}

void ShardLocks::add_everything() {
  everything_ = keyspace_.parallel();
  numbers_.clear();
}

template <class Visit>
void ShardLocks::for_each_mutex(Visit&& visit) {
  if (everything_) {
    const std::size_t shards = keyspace_.databases() * Keyspace::kShards;
    for (std::size_t number = 0; number < shards; ++number) {
      visit(keyspace_.shard_numbered(number).mutex());
    }
  }
  for (const std::uint32_t number : numbers_) visit(keyspace_.shard_numbered(number).mutex());
}

void ShardLocks::lock() {
  WEIR_DCHECK(!locked_);
  if (numbers_.size() > 1) {
    std::sort(numbers_.begin(), numbers_.end());
    numbers_.erase(std::unique(numbers_.begin(), numbers_.end()), numbers_.end());
  }
  for_each_mutex([](std::mutex& mutex) { mutex.lock(); });
  locked_ = true;
}

void ShardLocks::unlock_all() {
  if (locked_) for_each_mutex([](std::mutex& mutex) { mutex.unlock(); });
  locked_ = everything_ = false;
  if (numbers_.capacity() > kKeptNumbers) numbers_ = std::vector<std::uint32_t>();
  numbers_.clear();
}

bool ShardLocks::holds(std::size_t number) const {
  if (!locked_) return false;
  return everything_ ||
         std::binary_search(numbers_.begin(), numbers_.end(), static_cast<std::uint32_t>(number));
}

}  // namespace weir::redis
