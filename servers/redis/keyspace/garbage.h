// What was removed and is too large to be freed in one go: big values, the keys of flushed shards.
// It is freed in pieces, in the order in which it came.
//
// Thread rule: the owner's thread; the counts any thread. Blocks are best freed by the thread that
// allocated them: handed to another one a block of 32 bytes costs that thread five times as much,
// and the old one, which gets it back from there, twice to four times (measured with mimalloc).
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>

#include "core/counter.h"
#include "servers/redis/keyspace/entry.h"
#include "servers/redis/keyspace/shard_keys.h"

namespace weir::redis {

class Garbage {
 public:
  Garbage() = default;
  // Frees all that is left.
  ~Garbage();
  Garbage(const Garbage&) = delete;
  Garbage& operator=(const Garbage&) = delete;

  // One object; takes it over.
  void add(Entry* entry);
  // As many objects as there are keys.
  void add(ShardKeys keys);
  bool empty() const { return entries_.empty() && shards_.empty(); }
  // Some ten microseconds' worth. REQUIRES: not empty.
  void free_piece();

  // Objects that are still to be freed, and those that have been since the start.
  std::uint64_t pending() const { return added_.value() - freed(); }
  std::uint64_t freed() const { return freed_.value(); }

 private:
  // In the units of Entry::free_cost().
  static constexpr std::size_t kPiece = 64;

  void destroy(Entry* entry);
  void free_value(Entry* entry);
  void free_keys(ShardKeys& keys);

  std::deque<Entry*> entries_;
  std::deque<ShardKeys> shards_;
  Counter added_;
  Counter freed_;
};

}  // namespace weir::redis
