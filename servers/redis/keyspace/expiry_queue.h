// The expiries of one shard in the order of their times: a binary heap whose items name an entry by
// its time and the bits of its key's hash that the table looks at, 48 bits each, 12 bytes together.
//
// An item is never removed when its key is deleted or gets another expiry: it is stale then, and is
// dropped when its time comes, or by its shard, which looks for stale items when they outnumber the
// live ones.
// That keeps the entries free of a back pointer and makes most changes a push at the end.
// Thread rule: the shard's lock.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
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

  ExpiryQueue() = default;
  ExpiryQueue(ExpiryQueue&& other) noexcept
      : chunks_(std::move(other.chunks_)), size_(std::exchange(other.size_, 0)) {}
  ExpiryQueue& operator=(ExpiryQueue&& other) noexcept {
    chunks_ = std::move(other.chunks_);
    size_ = std::exchange(other.size_, 0);
    return *this;
  }

  void push(Item item);
  // The earliest. REQUIRES: not empty.
  Item front() const { return packed(0).unpack(); }
  void pop();
  // Items have places, below size(), in no order but that the first is the earliest: for who looks
  // for stale ones. A removal changes the places of others.
  Item at(std::size_t place) const { return packed(place).unpack(); }
  void remove(std::size_t place);

  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  void clear();
  std::size_t allocated_bytes() const {
    return chunks_.size() * sizeof(Chunk) + chunks_.capacity() * sizeof(chunks_[0]);
  }

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

  // The heap grows and shrinks by chunks, so that nothing is copied, and next to nothing unused.
  static constexpr std::size_t kChunkItems = 64;
  using Chunk = std::array<Packed, kChunkItems>;

  Packed& packed(std::size_t place) { return (*chunks_[place / kChunkItems])[place % kChunkItems]; }
  const Packed& packed(std::size_t place) const {
    return (*chunks_[place / kChunkItems])[place % kChunkItems];
  }
  void drop_last();
  void sift_up(std::size_t place);
  void sift_down(std::size_t place);

  std::vector<std::unique_ptr<Chunk>> chunks_;
  std::size_t size_ = 0;
};

}  // namespace weir::redis
