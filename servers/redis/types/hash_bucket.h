// HashBucket: one cache line of a HashTable: nine item pointers of six bytes and a one-byte
// fingerprint of each, so that a lookup reads one line and follows (almost) only the right pointer.
//
//   byte 0..8    the fingerprint of slot i
//   byte 9       bits 0..3 items here, bit 7 chained
//   byte 10..63  slot i's pointer; chained: slot 8 points to the next bucket of the chain
//
// Invariants: items lie densely from slot 0; every bucket of a chain but its last holds eight items
// and the link; a chained bucket's successor is never empty, and a last bucket that was chained to
// holds at least two (a single one would fit into the link's place). Buckets own their overflow
// buckets, never the items. A plain value without constructor logic: the table moves it by memcpy.
// Not thread-safe.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "base/check.h"
#include "servers/redis/types/packed_pointer.h"

namespace weir::redis {

template <class Item>
class alignas(64) HashBucket {
 public:
  static constexpr size_t kSlots = 9;
  static constexpr size_t kLinkSlot = kSlots - 1;

  size_t count() const { return state_ & kCountMask; }
  HashBucket* next() const { return (state_ & kChained) != 0 ? link() : nullptr; }
  Item* item(size_t slot) const { return slots_[slot]; }
  uint8_t fingerprint(size_t slot) const { return fingerprints_[slot]; }

  // Bit i is set exactly where slot i is in use and has this fingerprint. All are compared at once;
  // without SSE2 the first eight inside a register (zero-byte test without borrows, so never a
  // false mark), and the product gathers their marks in its top byte.
  uint32_t matches(uint8_t fingerprint) const {
    const uint32_t in_use = (uint32_t{1} << count()) - 1;
#ifdef __SSE2__
    using Bytes [[gnu::vector_size(16)]] = char;
    Bytes bytes;
    std::memcpy(&bytes, this, sizeof bytes);  // they stand first
    const Bytes equal = bytes == Bytes{} + static_cast<char>(fingerprint);
    return static_cast<uint32_t>(__builtin_ia32_pmovmskb128(equal)) & in_use;
#else
    constexpr uint64_t kLow7 = 0x7f7f7f7f7f7f7f7f;
    constexpr uint64_t kEveryByte = 0x0101010101010101;
    constexpr uint64_t kGather = 0x0102040810204080;
    uint64_t word;
    std::memcpy(&word, fingerprints_, sizeof word);
    const uint64_t difference = word ^ (fingerprint * kEveryByte);
    const uint64_t zero_bytes = ~(((difference & kLow7) + kLow7) | difference | kLow7);
    const auto equal = static_cast<uint32_t>((zero_bytes >> 7) * kGather >> 56);
    const uint32_t last_equal = fingerprints_[kSlots - 1] == fingerprint ? 1 : 0;
    return (equal | last_equal << (kSlots - 1)) & in_use;
#endif
  }
  static size_t first_match(uint32_t matches) {
    return static_cast<size_t>(std::countr_zero(matches));
  }

  // Puts another item of the same fingerprint into slot `slot`.
  void replace(size_t slot, Item* item) { slots_[slot] = item; }
  // Writes slot `slot`; the count stays.
  void put(size_t slot, Item* item, uint8_t fingerprint) {
    fingerprints_[slot] = fingerprint;
    slots_[slot] = item;
  }
  // REQUIRES: a free slot.
  void push_back(Item* item, uint8_t fingerprint) {
    WEIR_DCHECK(count() < kSlots && next() == nullptr);
    put(count(), item, fingerprint);
    state_++;
  }
  // REQUIRES: count() > 0.
  void pop_back() { state_--; }

  // Puts a link to `overflow` where the ninth item was, which the caller has moved there.
  // REQUIRES: full, not chained.
  void chain_to(HashBucket* overflow) {
    pop_back();
    state_ |= kChained;
    slots_[kLinkSlot] = reinterpret_cast<Item*>(overflow);
  }
  // Ends the chain here; the link's slot is free again. REQUIRES: chained.
  void unchain() { state_ &= kCountMask; }

 private:
  static constexpr uint8_t kCountMask = 0x0f;
  static constexpr uint8_t kChained = 0x80;

  HashBucket* link() const { return reinterpret_cast<HashBucket*>(slots_[kLinkSlot].get()); }

  uint8_t fingerprints_[kSlots];
  uint8_t state_ = 0;
  PackedPointer<Item> slots_[kSlots];
};

// The last bucket of a chain as a place to append: filling a chain through it costs O(1) an item,
// however long the chain is. Counts the overflow buckets it makes in `overflow_count`.
template <class Item>
class HashChainTail {
 public:
  using Bucket = HashBucket<Item>;

  // Starts at any bucket of the chain.
  HashChainTail(Bucket* bucket, size_t& overflow_count)
      : last_(bucket), overflow_count_(overflow_count) {
    while (Bucket* const next = last_->next()) last_ = next;
  }

  void push(Item* item, uint8_t fingerprint) {
    if (last_->count() == Bucket::kSlots) extend();
    last_->push_back(item, fingerprint);
  }

 private:
  [[gnu::noinline]] void extend() {
    auto* overflow = new Bucket;
    overflow_count_++;
    overflow->push_back(last_->item(Bucket::kLinkSlot), last_->fingerprint(Bucket::kLinkSlot));
    last_->chain_to(overflow);
    last_ = overflow;
  }

  Bucket* last_;
  size_t& overflow_count_;
};

// Takes the item at `slot` of `bucket` out of the chain that starts at `head`: the chain's last
// item fills the hole, and a last bucket left with one item is folded into the link before it.
template <class Item>
void remove_from_chain(HashBucket<Item>* head, HashBucket<Item>* bucket, size_t slot,
                       size_t& overflow_count) {
  HashBucket<Item>* before_last = nullptr;
  HashBucket<Item>* last = head;
  while (HashBucket<Item>* next = last->next()) {
    before_last = last;
    last = next;
  }
  const size_t last_slot = last->count() - 1;
  bucket->put(slot, last->item(last_slot), last->fingerprint(last_slot));
  last->pop_back();
  if (before_last != nullptr && last->count() == 1) {
    before_last->unchain();
    before_last->push_back(last->item(0), last->fingerprint(0));
    delete last;
    overflow_count--;
  }
}

}  // namespace weir::redis
