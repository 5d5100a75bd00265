// HashBucket: one cache line of a HashTable: seven item pointers and, in one word, a one-byte
// fingerprint of each, so that a lookup reads one line and follows (almost) only the right pointer.
//
//   meta   byte 0..6: fingerprint of slot i   byte 7: bits 0..2 items here, bit 7 chained
//   slots  [0][1][2][3][4][5][6]              chained: [6] points to the next bucket of the chain
//
// Invariants: items lie densely from slot 0; every bucket of a chain but its last holds six items
// and the link; a chained bucket's successor is never empty, and a last bucket that was chained to
// holds at least two (a single one would fit into the link's place). Buckets own their overflow
// buckets, never the items. A plain value without constructor logic: the table moves it by memcpy.
// Not thread-safe.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

#include "base/check.h"

namespace weir::redis {

template <class Item>
struct alignas(64) HashBucket {
  static constexpr size_t kSlots = 7;
  static constexpr size_t kLinkSlot = kSlots - 1;
  static constexpr uint64_t kChained = uint64_t{1} << 63;
  static constexpr int kCountShift = 56;

  union Slot {
    Item* item;
    HashBucket* next;
  };

  uint64_t meta = 0;
  Slot slots[kSlots];

  size_t count() const { return (meta >> kCountShift) & 7; }
  HashBucket* next() const { return (meta & kChained) != 0 ? slots[kLinkSlot].next : nullptr; }
  uint8_t fingerprint(size_t slot) const { return static_cast<uint8_t>(meta >> (8 * slot)); }

  // A word whose byte i is 0x80 exactly where slot i is in use and has this fingerprint: all seven
  // compared at once inside a register (zero-byte test without borrows, so never a false mark).
  uint64_t matches(uint8_t fingerprint) const {
    constexpr uint64_t kLow7 = 0x7f7f7f7f7f7f7f7f;
    constexpr uint64_t kEveryByte = 0x0101010101010101;
    const uint64_t difference = meta ^ (fingerprint * kEveryByte);
    const uint64_t zero_bytes = ~(((difference & kLow7) + kLow7) | difference | kLow7);
    return zero_bytes & ((uint64_t{1} << (8 * count())) - 1);
  }
  static size_t first_match(uint64_t matches) {
    return static_cast<size_t>(std::countr_zero(matches)) / 8;
  }

  // Writes slot `slot`, whose old fingerprint is overwritten; the count stays.
  void put(size_t slot, Item* item, uint8_t fingerprint) {
    const size_t shift = 8 * slot;
    meta = (meta & ~(uint64_t{0xff} << shift)) | (uint64_t{fingerprint} << shift);
    slots[slot].item = item;
  }
  // REQUIRES: a free slot.
  void push_back(Item* item, uint8_t fingerprint) {
    WEIR_DCHECK(count() < kSlots && next() == nullptr);
    put(count(), item, fingerprint);
    meta += uint64_t{1} << kCountShift;
  }
  // REQUIRES: count() > 0.
  void pop_back() { meta -= uint64_t{1} << kCountShift; }

  // Puts a link to `overflow` where the seventh item was, which the caller has moved there.
  // REQUIRES: full, not chained.
  void chain_to(HashBucket* overflow) {
    pop_back();
    meta |= kChained;
    slots[kLinkSlot].next = overflow;
  }
  // Ends the chain here; the link's slot is free again. REQUIRES: chained.
  void unchain() { meta &= ~kChained; }
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
    while (Bucket* next = last_->next()) last_ = next;
  }

  void push(Item* item, uint8_t fingerprint) {
    if (last_->count() == Bucket::kSlots) extend();
    last_->push_back(item, fingerprint);
  }

 private:
  void extend() {
    auto* overflow = new Bucket;
    overflow_count_++;
    overflow->push_back(last_->slots[Bucket::kLinkSlot].item,
                        last_->fingerprint(Bucket::kLinkSlot));
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
  bucket->put(slot, last->slots[last_slot].item, last->fingerprint(last_slot));
  last->pop_back();
  if (before_last != nullptr && last->count() == 1) {
    before_last->unchain();
    before_last->push_back(last->slots[0].item, last->fingerprint(0));
    delete last;
    overflow_count--;
  }
}

}  // namespace weir::redis
