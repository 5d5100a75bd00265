#include "servers/redis/keyspace/shard_locks.h"

#include <algorithm>

#include "core/check.h"

namespace weir::redis {

void ShardLocks::add_database(std::size_t database) {
  if (!keyspace_.parallel()) return;
  for (std::size_t i = 0; i < Keyspace::kShards; ++i) {
    numbers_.push_back(static_cast<std::uint32_t>(Keyspace::shard_number(database, i)));
  }
}

void ShardLocks::add_everything() {
  for (std::size_t i = 0; i < keyspace_.databases(); ++i) add_database(i);
}

void ShardLocks::lock() {
  WEIR_DCHECK(!locked_);
  if (numbers_.size() > 1) {
    std::sort(numbers_.begin(), numbers_.end());
    numbers_.erase(std::unique(numbers_.begin(), numbers_.end()), numbers_.end());
  }
  for (const std::uint32_t number : numbers_) keyspace_.shard_numbered(number).mutex().lock();
  locked_ = true;
}

void ShardLocks::unlock() {
  if (locked_) {
    for (const std::uint32_t number : numbers_) keyspace_.shard_numbered(number).mutex().unlock();
  }
  locked_ = false;
  if (numbers_.capacity() > kKeptNumbers) numbers_ = std::vector<std::uint32_t>();
  numbers_.clear();
}

bool ShardLocks::holds(std::size_t number) const {
  return locked_ &&
         std::binary_search(numbers_.begin(), numbers_.end(), static_cast<std::uint32_t>(number));
}

}  // namespace weir::redis
