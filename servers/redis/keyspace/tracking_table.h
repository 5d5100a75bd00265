// Which clients have read which keys of a shard since those last changed, and so may have cached
// them. For those that CLIENT TRACKING has turned it on.
//
// Clients are named by their connections: one that has ended stays until its keys change, or until
// its place is needed. Thread rule: the shard's lock.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/connection_id.h"

namespace weir::redis {

class TrackingTable {
 public:
  using Readers = std::vector<ConnectionId>;  // sorted, each once

  bool empty() const { return keys_.empty(); }
  // Keys, and readers of all keys together.
  std::size_t size() const { return keys_.size(); }
  std::size_t items() const { return items_; }

  // Without effect when it is so already. Where more room would be needed, drop_ended(readers)
  // removes those that have ended: so a key that never changes has at most twice as many readers as
  // ever lived at a time.
  template <class DropEnded>
  void add(std::string_view key, ConnectionId reader, DropEnded&& drop_ended) {
    Readers& readers = readers_of(key);
    if (contains(readers, reader)) return;
    if (readers.size() == readers.capacity() && readers.size() >= kWorthDropping) {
      items_ -= readers.size();
      drop_ended(readers);
      items_ += readers.size();
    }
    insert(readers, reader);
    ++items_;
  }

  // Takes the key out, and gives those who have read it.
  Readers take(std::string_view key);
  // A random key. REQUIRES: !empty().
  const std::string& sample(std::uint64_t random) const;
  void clear();

 private:
  // Below so many, looking who has ended costs more than the room.
  static constexpr std::size_t kWorthDropping = 16;
  // Buckets a key from which on there are too many.
  static constexpr std::size_t kSparse = 16;

  // Finds by a view: looking a key up makes no string.
  struct Hash : std::hash<std::string_view> {
    using is_transparent = void;
  };

  Readers& readers_of(std::string_view key);
  static bool contains(const Readers& readers, ConnectionId reader);
  static void insert(Readers& readers, ConnectionId reader);

  std::unordered_map<std::string, Readers, Hash, std::equal_to<>> keys_;
  std::size_t items_ = 0;
};

}  // namespace weir::redis
