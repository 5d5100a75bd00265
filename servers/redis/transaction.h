// MULTI's state of one client: the commands it has queued, and the keys it watches.
//
// The queue owns the bytes of its arguments: the input they came in is gone when EXEC runs.
// Thread rule: the client's own reactor; watching and unwatching under the locks of the shards.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "servers/redis/keyspace/keyspace.h"
#include "servers/redis/keyspace/shard_locks.h"
#include "servers/redis/keyspace/watch.h"
#include "servers/redis/request.h"

namespace weir::redis {

class Transaction {
 public:
  // A request and what it refers to.
  struct Queued {
    std::unique_ptr<char[]> bytes;  // of the arguments
    std::vector<std::string_view> arguments;
    std::vector<std::uint64_t> hashes;
    Request request;
  };

  bool is_open() const { return open_; }
  void open() { open_ = true; }
  // A command that could not be queued: EXEC will refuse.
  void fail() { failed_ = true; }
  bool failed() const { return failed_; }

  void queue(const Request& request);
  // What the queue holds, in bytes.
  std::size_t queued_bytes() const { return queued_bytes_; }
  // Ends MULTI and gives its queue. Watched keys stay watched until unwatch().
  std::vector<Queued> take();

  // REQUIRES: the key's shard is locked. A key that has expired is watched as an absent one.
  void watch(Keyspace& keyspace, std::uint32_t database, Key key, std::int64_t now_ms);
  // Whether a watched key was changed, or has expired, since it was watched. REQUIRES: as
  // unwatch().
  bool watched_changed(Keyspace& keyspace, std::int64_t now_ms) const;
  std::size_t watching() const { return watched_.size(); }
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
  std::vector<Queued> queued_;
  std::size_t queued_bytes_ = 0;
  std::vector<Watched> watched_;
  Watcher watcher_;
};

}  // namespace weir::redis
