// MULTI's state of one client: the commands it has queued, and the keys it watches.
//
// Thread rule: the client's own reactor; watching and unwatching under the locks of the shards.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "servers/redis/keyspace/keyspace.h"
#include "servers/redis/keyspace/shard_locks.h"
#include "servers/redis/keyspace/watcher.h"
#include "servers/redis/request.h"
#include "servers/redis/stored_request.h"

namespace weir::redis {

class Transaction {
 public:
  bool is_open() const { return open_; }
  void open() { open_ = true; }
  // A command that could not be queued: EXEC will refuse.
  void fail() { failed_ = true; }
  bool failed() const { return failed_; }

  // `flags` are the request's.
  void queue(const Request& request, std::uint32_t flags);
  // All flags of what is queued.
  std::uint32_t flags() const { return flags_; }
  // What the queue holds, in bytes.
  std::size_t queued_bytes() const { return queued_bytes_; }
  // Ends MULTI and gives its queue. Watched keys stay watched until unwatch().
  std::vector<StoredRequest> take();

  // REQUIRES: the key's shard is locked. A key that has expired is watched as an absent one.
  void watch(Keyspace& keyspace, std::uint32_t database, Key key, std::int64_t now_ms);
  // Whether a watched key was changed, or has expired, since it was watched. REQUIRES: as
  // unwatch().
  bool watched_changed(Keyspace& keyspace, std::int64_t now_ms) const;
  // Whether a watched key was changed. Any thread.
  bool watched_touched() const { return watcher_.changed(); }
  std::size_t watching() const { return watched_.size(); }
  // Of the keys it watches, about.
  std::size_t watched_bytes() const { return watched_bytes_; }
  // Names the shards of the watched keys.
  void add_watched(ShardLocks& locks) const;
  // REQUIRES: those shards are locked.
  void unwatch(Keyspace& keyspace);

 private:
  struct Watched {
    std::uint32_t database;
    std::string key;
    std::uint64_t hash;
  };

  bool open_ = false;
  bool failed_ = false;
  std::vector<StoredRequest> queued_;
  std::size_t queued_bytes_ = 0;
  std::uint32_t flags_ = 0;
  std::vector<Watched> watched_;
  std::size_t watched_bytes_ = 0;
  Watcher watcher_;
};

}  // namespace weir::redis
