// The expiries of one shard in the order of their times: a binary heap whose items name an entry by
// its time and the bits of its key's hash that the table looks at, 48 bits each, 12 bytes together.
//
// An item is never removed when its key is deleted or gets another expiry: it is stale then, and is
// dropped when its time comes, or by its shard, which looks for stale items when they outnumber the
// live ones.
// That keeps the entries free of a back pointer and makes most changes a push at the end.
// Thread rule: the shard's lock.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "servers/redis/types/hash_table.h"

namespace weir::redis {

class ExpiryQueue {
 public:
  // The bits of a hash that an item keeps: those of the bucket and of the fingerprint. The bits in
  // between choose the shard, which all items of a queue share.
  static constexpr std::uint64_t kHashMask = 0xff00'00ff'ffff'ffff;

  struct Item {
    std::int64_t expiry;  // milliseconds since the epoch, below 2^48
    std::uint64_t hash;   // a key's, under kHashMask
  };

  void push(Item item);
  // The earliest. REQUIRES: not empty.
  Item front() const { return heap_.front().unpack(); }
  void pop();
  // Items have places, below size(), in no order but that the first is the earliest: for who looks
  // for stale ones. A removal changes the places of others.
  Item at(std::size_t place) const { return heap_[place].unpack(); }
  void remove(std::size_t place);

  std::size_t size() const { return heap_.size(); }
  bool empty() const { return heap_.empty(); }
  void clear();
  std::size_t allocated_bytes() const { return heap_.capacity() * sizeof(Packed); }

 private:
  struct Packed {
    std::uint32_t expiry_high;
    std::uint16_t expiry_low;
    std::uint16_t hash_high;
    std::uint32_t hash_low;

    static Packed pack(Item item);
    Item unpack() const;
    std::uint64_t expiry() const { return std::uint64_t{expiry_high} << 16 | expiry_low; }
  };
  static_assert(sizeof(Packed) == 12);

  static bool later(const Packed& a, const Packed& b) { return a.expiry() > b.expiry(); }

  void sift_down(std::size_t place);
  void shrink();

  std::vector<Packed> heap_;
};

}  // namespace weir::redis
