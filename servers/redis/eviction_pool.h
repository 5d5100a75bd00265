// The best candidates for eviction that sampling has come upon: sixteen keys with how well each
// would go, so that one draw of a few keys profits from the draws before it (Redis' idea). A
// candidate is a name, not an entry: when its turn comes it may be gone, or have been used.
// Thread rule: the reactor it belongs to.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

#include "servers/redis/keyspace/eviction_settings.h"
#include "servers/redis/keyspace/shard.h"

namespace weir::redis {

class EvictionPool {
 public:
  static constexpr std::size_t kSize = 16;

  struct Candidate {
    std::int64_t score = 0;  // the higher the better
    std::size_t database = 0;
    std::uint64_t hash = 0;
    std::string name;

    Key key() const { return {name, hash}; }
  };

  // Whether an offer of this score would be kept, unless the key is here already.
  bool wants(std::int64_t score) const { return size_ < kSize || score > candidates_[0].score; }
  // Keeps it, in the place of the worst where the pool is full; a key that is here already only
  // gets its new score.
  void offer(std::int64_t score, std::size_t database, Key key);
  bool empty() const { return size_ == 0; }
  // Takes the best out; it stays valid until the next offer(). REQUIRES: not empty.
  const Candidate& take_best() { return candidates_[--size_]; }
  // Scores of different policies can't be compared: forgets all when it is another.
  void set_policy(EvictionPolicy policy);

  // Where a random choice is to begin: databases take turns.
  std::size_t next_database() const { return next_database_; }
  void set_next_database(std::size_t database) { next_database_ = database; }

  // Whether the reactor is to go on evicting in a turn of its own.
  bool has_turn() const { return has_turn_; }
  void set_has_turn(bool has_turn) { has_turn_ = has_turn; }

 private:
  // Ascending; names keep their room for those that follow.
  std::array<Candidate, kSize> candidates_;
  std::size_t size_ = 0;
  EvictionPolicy policy_ = EvictionPolicy::kNoEviction;
  std::size_t next_database_ = 0;
  bool has_turn_ = false;
};

}  // namespace weir::redis
