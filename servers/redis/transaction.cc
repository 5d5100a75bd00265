#include "servers/redis/transaction.h"

#include <algorithm>
#include <utility>

namespace weir::redis {

void Transaction::queue(const Request& request) {
  std::size_t size = 0;
  for (const std::string_view argument : request.arguments) size += argument.size();
  Queued queued{std::make_unique_for_overwrite<char[]>(size),
                {},
                {request.hashes.begin(), request.hashes.end()},
                request};
  char* end = queued.bytes.get();
  for (const std::string_view argument : request.arguments) {
    queued.arguments.emplace_back(end, argument.size());
    end = std::copy(argument.begin(), argument.end(), end);
  }
  // A vector that moves takes its elements along where they are.
  queued.request.arguments = queued.arguments;
  queued.request.hashes = queued.hashes;
  queued_bytes_ += size + sizeof(Queued) +
                   request.arguments.size() * (sizeof(std::string_view) + sizeof(std::uint64_t));
  queued_.push_back(std::move(queued));
}

std::vector<Transaction::Queued> Transaction::take() {
  open_ = failed_ = false;
  queued_bytes_ = 0;
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
  shard.watches().add(key.name, watcher_);
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
    keyspace.shard(watched.database, watched.hash).watches().remove(watched.key, watcher_);
  }
  watched_.clear();
  watcher_.reset();
}

}  // namespace weir::redis
