#include "servers/redis/transaction.h"

#include <algorithm>
#include <utility>

namespace weir::redis {

void Transaction::queue(const Request& request, std::uint32_t flags) {
  flags_ |= flags;
  queued_bytes_ += queued_.emplace_back(request).bytes();
}

std::vector<StoredRequest> Transaction::take() {
  open_ = failed_ = false;
  queued_bytes_ = 0;
  flags_ = 0;
  return std::exchange(queued_, {});
}

void Transaction::watch(Keyspace& keyspace, std::uint32_t database, Key key, std::int64_t now_ms) {
  const bool known = std::any_of(watched_.begin(), watched_.end(), [&](const Watched& watched) {
    return watched.database == database && watched.key == key.name;
  });
  if (known) return;
  Shard& shard = keyspace.shard(database, key.hash);
  shard.find(key, now_ms);
  watched_.push_back({database, std::string(key.name), key.hash});
  watched_bytes_ += sizeof(Watched) + key.name.size();
  shard.watchers().add(key.name, watcher_);
}

bool Transaction::watched_changed(Keyspace& keyspace, std::int64_t now_ms) const {
  if (watcher_.changed()) return true;
  return std::any_of(watched_.begin(), watched_.end(), [&](const Watched& watched) {
    const Shard& shard = keyspace.shard(watched.database, watched.hash);
    const Entry* entry = shard.table().find(watched.key, watched.hash);
    return entry != nullptr && entry->expired(now_ms);
  });
}

void Transaction::add_watched(ShardLocks& locks) const {
  for (const Watched& watched : watched_) locks.add(watched.database, watched.hash);
}

void Transaction::unwatch(Keyspace& keyspace) {
  for (const Watched& watched : watched_) {
    keyspace.shard(watched.database, watched.hash).watchers().remove(watched.key, watcher_);
  }
  watched_.clear();
  watched_bytes_ = 0;
  watcher_.reset();
}

}  // namespace weir::redis
