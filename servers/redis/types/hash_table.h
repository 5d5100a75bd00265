// HashTable: a table of pointers to items that carry their own key, grown by linear hashing: one
// bucket splits per insert that exceeds the target fill and one pair merges per erase well below
// it. There is never a second table and never a pause: an insert or erase moves the items of one
// chain at most. (The directory of segments doubles by copying: 8 bytes for every 512 items, 16 KB
// at a million.) Not thread-safe; does not own the items.
//
// Bucket numbers (N buckets, 2^L <= N < 2^(L+1)): a hash belongs to bucket `hash mod 2^(L+1)` when
// that is below N, else to `hash mod 2^L`. The N-th split empties half of bucket N - 2^L into the
// new bucket N. Source: W. Litwin, "Linear hashing", VLDB 1980.
//
// Hash bits: the low ones choose the bucket, the top eight are the fingerprint. Whoever spreads
// keys over several tables must take bits in between (kShardShift on), or buckets stay empty.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/check.h"
#include "servers/redis/memory/heap_block.h"
#include "servers/redis/types/hash_bucket.h"
#include "servers/redis/types/key_hash.h"
#include "servers/redis/types/random_below.h"

namespace weir::redis {

// Traits: `using Item`; `static std::string_view key(const Item&)`; optionally
// `static uint64_t hash(const Item&)`, which otherwise is key_hash(key(item)). The hash given to
// each method is the same function of the same key.
template <class Traits>
class HashTable {
 public:
  using Item = typename Traits::Item;

  static constexpr int kFingerprintShift = 56;
  static constexpr int kShardShift = 40;  // 16 bits that neither bucket nor fingerprint uses

  // Items a bucket above which an insert splits. Measured at 1 M items of 32 bytes, each lookup
  // waiting for the one before (medians of three runs):
  //   fill  bytes an item  ns a hit  ns a miss  ns a hit in prefetched batches of 16
  //   5.0       13.7         270        136        65
  //   6.0       12.1         276        145        68
  //   7.0       11.2         267        138        69
  //   8.0       10.6         275        148        77
  //   9.0       10.3         296        177        91
  static constexpr size_t kSplitFill = 8;
  // 4 KiB: what a table of more buckets than that wastes at most, and the unit of allocation.
  static constexpr size_t kSegmentBuckets = 64;

  HashTable() = default;
  HashTable(HashTable&& other) noexcept { swap(other); }
  HashTable& operator=(HashTable&& other) noexcept {
    HashTable taken(std::move(other));
    swap(taken);
    return *this;
  }
  ~HashTable() { free_buckets(); }

  size_t size() const { return size_; }

  // Where an item's pointer is kept; of one that is absent, where it would be put. Valid until the
  // next insert or erase.
  class Place {
   public:
    explicit operator bool() const { return slot_ != kNone; }
    Item* item() const { return bucket_->item(slot_); }
    // Puts another item of the same key there; the old one is the caller's.
    void replace(Item* item) { bucket_->replace(slot_, item); }

   private:
    friend HashTable;
    static constexpr size_t kNone = ~size_t{0};

    HashBucket<Item>* bucket_ = nullptr;  // absent: one of its chain, null in an empty table
    size_t slot_ = kNone;
  };

  // Null when absent.
  [[gnu::always_inline]] Item* find(std::string_view key, uint64_t hash) const {
    const Place at = find_place(key, hash);
    return at ? at.item() : nullptr;
  }

  // The first item that `matches(const Item&)` accepts, among those that may have this hash: for
  // who knows a hash but not the key. Null when there is none.
  template <class Matches>
  Item* find_if(uint64_t hash, Matches&& matches) const {
    if (bucket_count_ == 0) return nullptr;
    for (Bucket* bucket = bucket_of(hash); bucket != nullptr; bucket = bucket->next()) {
      for (uint32_t m = bucket->matches(fingerprint_of(hash)); m != 0; m &= m - 1) {
        Item* item = bucket->item(Bucket::first_match(m));
        if (matches(*item)) return item;
      }
    }
    return nullptr;
  }

  // False when absent.
  [[gnu::always_inline]] Place find_place(std::string_view key, uint64_t hash) {
    return std::as_const(*this).find_place(key, hash);
  }

  // REQUIRES: the item's key is absent; `hash` is its hash.
  void insert(Item* item, uint64_t hash) {
    Place place;
    if (bucket_count_ != 0) place.bucket_ = bucket_of(hash);
    insert(place, item, hash);
  }
  // The same where find_place() has just found it absent.
  void insert(const Place& place, Item* item, uint64_t hash) {
    Bucket* const bucket = place.bucket_ != nullptr ? place.bucket_ : append_bucket();
    HashChainTail<Item>(bucket, overflow_count_).push(item, fingerprint_of(hash));
    size_++;
    if (size_ > bucket_count_ * kSplitFill) split();
  }

  // Returns the item taken out, which is the caller's again, or null when absent.
  Item* erase(std::string_view key, uint64_t hash) {
    const Place at = find_place(key, hash);
    if (!at) return nullptr;
    Item* item = at.item();
    remove_from_chain(bucket_of(hash), at.bucket_, at.slot_, overflow_count_);
    size_--;
    if (size_ == 0) {
      free_buckets();
    } else if (size_ * 4 < (bucket_count_ - 1) * kSplitFill * 3) {
      merge();  // only well below the fill, so that a size that swings does neither
    }
    return item;
  }

  // Visits every item, which it may destroy, and leaves the table empty.
  template <class Visit>
  void clear(Visit&& visit) {
    for_each(visit);
    free_buckets();
    size_ = 0;
  }

  // Takes items out, `count` and the rest of a bucket's at most, and gives each to visit(Item*):
  // for who empties a large table in pieces. Until it is empty the table is good for nothing else.
  template <class Visit>
  void drain(size_t count, Visit&& visit) {
    const size_t kept = size_ - std::min(size_, count);
    while (size_ > kept) {
      if (bucket_count_ > kDrainAhead) prefetch_items(bucket_at(bucket_count_ - 1 - kDrainAhead));
      const Bucket head = *bucket_at(bucket_count_ - 1);
      drop_last_bucket();
      take_chain_apart(head, [&](Item* item, uint8_t) {
        size_--;
        visit(item);
      });
    }
    if (size_ == 0) free_buckets();
  }

  // visit(Item*) for each item, in no meaningful order; it must not change the table.
  template <class Visit>
  void for_each(Visit&& visit) const {
    for (size_t i = 0; i < bucket_count_; i++) visit_chain(bucket_at(i), visit);
  }

  // Visits the items of one bucket; returns the cursor for the next call, 0 when the round is
  // complete. Start with 0. An item present during a whole round is visited at least once, however
  // the table grows or shrinks between calls; some are visited twice. visit must not change the
  // table. Any cursor is accepted.
  //
  // The cursor counts with its bits reversed, high bit first. In that order the buckets that share
  // their low bits lie side by side, so the half of a split bucket stays next to it: what has been
  // visited is always one prefix of the order, and growth or merging never moves an item across.
  template <class Visit>
  uint64_t scan(uint64_t cursor, Visit&& visit) const {
    if (bucket_count_ == 0) return 0;
    const size_t index = index_of(cursor);
    visit_chain(bucket_at(index), visit);
    const uint64_t used_bits = index_mask(index);
    return reverse_bits(reverse_bits(cursor | ~used_bits) + 1);
  }

  // A random item, each equally likely (but for items in chains longer than the sampling bound:
  // see below). Constant expected time. REQUIRES: not empty.
  template <class Rng>
  Item* random(Rng& rng) const {
    const Spot spot = draw_spot(rng);
    return chain_item(bucket_at(spot.bucket), spot.place);
  }

  // Visits `count` items, or all where there are fewer, none twice: neighbours from a random place
  // on, which only their hashes have put together. Each is visited as often as any other, and the
  // cache misses of a sample are those of one random() and of its items. visit must not change the
  // table.
  template <class Rng, class Visit>
  void sample(Rng& rng, size_t count, Visit&& visit) const;

  // For a batch of lookups: first prefetch_bucket for all hashes of the batch, then prefetch_item
  // for all, then the lookups: their cache misses overlap instead of adding up. Inlined by force:
  // gcc takes a function that only prefetches for one without effect and drops calls to it.
  //
  // What the first returns the second takes; null for an empty table.
  using Bucket = HashBucket<Item>;
  [[gnu::always_inline]] const Bucket* prefetch_bucket(uint64_t hash) const {
    if (bucket_count_ == 0) return nullptr;
    const Bucket* bucket = bucket_of(hash);
    __builtin_prefetch(bucket);
    return bucket;
  }
  [[gnu::always_inline]] static void prefetch_item(const Bucket* bucket, uint64_t hash) {
    if (bucket == nullptr) return;
    const uint32_t matches = bucket->matches(fingerprint_of(hash));
    if (matches != 0) {
      __builtin_prefetch(bucket->item(Bucket::first_match(matches)));
    } else if (const Bucket* overflow = bucket->next()) {
      __builtin_prefetch(overflow);
    }
  }

  size_t allocated_bytes() const {
    return segments_.capacity() * sizeof(Bucket*) + (capacity() + overflow_count_) * sizeof(Bucket);
  }
  size_t bucket_count() const { return bucket_count_; }
  size_t overflow_count() const { return overflow_count_; }

 private:
  static constexpr size_t kDrainAhead = 4;  // buckets between a prefetch and its use

  static uint8_t fingerprint_of(uint64_t hash) {
    return static_cast<uint8_t>(hash >> kFingerprintShift);
  }
  // As ==, which is a call of its own before it looks at the sizes.
  static bool is_same(std::string_view a, std::string_view b) {
    return a.size() == b.size() &&
           std::char_traits<char>::compare(a.data(), b.data(), a.size()) == 0;
  }
  static uint64_t hash_of(const Item& item) {
    if constexpr (requires { Traits::hash(item); }) {
      return Traits::hash(item);
    } else {
      return key_hash(Traits::key(item));
    }
  }
  static uint64_t reverse_bits(uint64_t v) {
    v = ((v >> 1) & 0x5555555555555555) | ((v & 0x5555555555555555) << 1);
    v = ((v >> 2) & 0x3333333333333333) | ((v & 0x3333333333333333) << 2);
    v = ((v >> 4) & 0x0f0f0f0f0f0f0f0f) | ((v & 0x0f0f0f0f0f0f0f0f) << 4);
    return __builtin_bswap64(v);
  }

  // Where an item is: a bucket's number, and how many items of its chain stand before it.
  struct Spot {
    size_t bucket;
    size_t place;
  };
  template <class Rng>
  Spot draw_spot(Rng& rng) const;

  size_t index_of(uint64_t hash) const {
    const size_t index = hash & mask_;
    return index < bucket_count_ ? index : index & (mask_ >> 1);
  }
  // The hash bits that bucket `index` stands for: all of mask_ when it has been split in this
  // round or is the new half of such a split, else one less.
  uint64_t index_mask(size_t index) const {
    const uint64_t half = mask_ >> 1;
    return (index | (half + 1)) < bucket_count_ ? mask_ : half;
  }
  Bucket* bucket_at(size_t index) const {
    return &segments_[index / kSegmentBuckets][index % kSegmentBuckets];
  }
  Bucket* bucket_of(uint64_t hash) const { return bucket_at(index_of(hash)); }

  // Inlined by force: where each level between a command and this is called, a look-up costs half
  // as much again.
  [[gnu::always_inline]] Place find_place(std::string_view key, uint64_t hash) const {
    Place place;
    if (bucket_count_ == 0) return place;
    const uint8_t fingerprint = fingerprint_of(hash);
    place.bucket_ = bucket_of(hash);
    for (;;) {
      for (uint32_t m = place.bucket_->matches(fingerprint); m != 0; m &= m - 1) {
        const size_t slot = Bucket::first_match(m);
        if (!is_same(Traits::key(*place.bucket_->item(slot)), key)) continue;
        place.slot_ = slot;
        return place;
      }
      Bucket* const next = place.bucket_->next();
      if (next == nullptr) return place;
      place.bucket_ = next;
    }
  }

  template <class Visit>
  static void visit_chain(const Bucket* bucket, Visit&& visit) {
    for (; bucket != nullptr; bucket = bucket->next()) {
      for (size_t slot = 0; slot < bucket->count(); slot++) visit(bucket->item(slot));
    }
  }

  [[gnu::always_inline]] static void prefetch_items(const Bucket* bucket) {
    for (size_t i = 0; i < bucket->count(); i++) __builtin_prefetch(bucket->item(i));
  }

  static size_t chain_length(const Bucket* bucket) {
    size_t length = 0;
    for (; bucket != nullptr; bucket = bucket->next()) length += bucket->count();
    return length;
  }
  static Item* chain_item(const Bucket* bucket, size_t place) {
    while (place >= bucket->count()) {
      place -= bucket->count();
      bucket = bucket->next();
    }
    return bucket->item(place);
  }

  // Buckets there is memory for: the only segment of a small table has a power of two of them.
  size_t capacity() const {
    return std::min(std::bit_ceil(bucket_count_), kSegmentBuckets * segments_.size());
  }

  [[gnu::noinline]] void split();
  void merge();
  template <class Take>
  void take_chain_apart(const Bucket& head, Take&& take);
  [[gnu::noinline]] Bucket* append_bucket();
  void drop_last_bucket();
  void resize_first_segment(size_t buckets);
  void free_buckets();
  static Bucket* allocate_buckets(size_t count) {
    void* const block = allocate_aligned_block(count * sizeof(Bucket), alignof(Bucket));
    WEIR_CHECK(block != nullptr);
    return static_cast<Bucket*>(block);
  }
  static void free_segment(Bucket* segment) { free_block(segment); }
  void set_bucket_count(size_t count) {
    bucket_count_ = count;
    mask_ = count == 0 ? 0 : std::bit_ceil(count) - 1;
  }
  void swap(HashTable& other) {
    segments_.swap(other.segments_);
    std::swap(size_, other.size_);
    std::swap(bucket_count_, other.bucket_count_);
    std::swap(mask_, other.mask_);
    std::swap(overflow_count_, other.overflow_count_);
  }

  std::vector<Bucket*> segments_;
  size_t size_ = 0;
  size_t bucket_count_ = 0;
  uint64_t mask_ = 0;  // the least power of two not below bucket_count_, minus one
  size_t overflow_count_ = 0;
};

template <class Traits>
template <class Rng>
typename HashTable<Traits>::Spot HashTable<Traits>::draw_spot(Rng& rng) const {
  WEIR_DCHECK(size_ > 0);
  // A bucket is drawn, then a place in it out of more places than chains have items; an empty
  // place draws again, so each item has the same chance. `places` is the mean length of the
  // unsplit (longer) chains plus a margin that one chain in a hundred exceeds: the items of such a
  // chain come up a little less often. About one draw in three hits, so four at a time are drawn
  // and their cache misses overlap.
  constexpr size_t kMargin = 8;
  constexpr size_t kDraws = 4;
  constexpr int kMaxRounds = 64;
  const size_t places = size_ / std::bit_floor(bucket_count_) + kMargin;
  Spot draws[kDraws];
  for (int round = 0; round < kMaxRounds; round++) {
    for (Spot& draw : draws) {
      const uint64_t word = rng();
      draw.bucket = scale_below(static_cast<uint32_t>(word >> 32), bucket_count_);
      draw.place = scale_below(static_cast<uint32_t>(word), places);
      __builtin_prefetch(bucket_at(draw.bucket));
    }
    for (const Spot& draw : draws) {
      const size_t length = chain_length(bucket_at(draw.bucket));
      if (length > places) return {draw.bucket, random_below(rng, length)};
      if (draw.place < length) return draw;
    }
  }
  // Only a table of colliding hashes comes here: the next bucket in use will do.
  size_t index = random_below(rng, bucket_count_);
  while (bucket_at(index)->count() == 0) index = (index + 1) % bucket_count_;
  return {index, random_below(rng, chain_length(bucket_at(index)))};
}

template <class Traits>
template <class Rng, class Visit>
void HashTable<Traits>::sample(Rng& rng, size_t count, Visit&& visit) const {
  size_t left = std::min(count, size_);
  if (left == 0) return;
  auto [index, place] = draw_spot(rng);
  const size_t skipped = place;  // of the first chain: visited last, where it comes to that
  for (size_t round = 0; left > 0; ++round) {
    const Bucket* const bucket = bucket_at(index);
    prefetch_items(bucket);
    const size_t length = round < bucket_count_ ? chain_length(bucket) : skipped;
    for (; place < length && left > 0; ++place, --left) visit(chain_item(bucket, place));
    place = 0;
    index = index + 1 == bucket_count_ ? 0 : index + 1;
  }
}

template <class Traits>
void HashTable<Traits>::split() {
  const size_t distance = std::bit_floor(bucket_count_);
  const size_t source = bucket_count_ - distance;
  Bucket* created = append_bucket();
  Bucket* emptied = bucket_at(source);
  // The items' keys are needed for their hashes: start all the cache misses before the first wait.
  for (const Bucket* bucket = emptied; bucket != nullptr; bucket = bucket->next()) {
    prefetch_items(bucket);
  }
  const Bucket old_head = *emptied;
  *emptied = Bucket();
  HashChainTail<Item> stay(emptied, overflow_count_);
  HashChainTail<Item> move(created, overflow_count_);
  take_chain_apart(old_head, [&](Item* item, uint8_t fingerprint) {
    ((hash_of(*item) & distance) != 0 ? move : stay).push(item, fingerprint);
  });
}

template <class Traits>
void HashTable<Traits>::merge() {
  const size_t last = bucket_count_ - 1;
  const Bucket old_head = *bucket_at(last);
  drop_last_bucket();
  HashChainTail<Item> target(bucket_at(last - std::bit_floor(last)), overflow_count_);
  take_chain_apart(old_head,
                   [&](Item* item, uint8_t fingerprint) { target.push(item, fingerprint); });
}

// Gives take(item, fingerprint) every item of a chain whose head is no longer in use, and frees
// the chain's overflow buckets.
template <class Traits>
template <class Take>
void HashTable<Traits>::take_chain_apart(const Bucket& head, Take&& take) {
  const Bucket* bucket = &head;
  while (bucket != nullptr) {
    for (size_t slot = 0; slot < bucket->count(); slot++) {
      take(bucket->item(slot), bucket->fingerprint(slot));
    }
    const Bucket* next = bucket->next();
    if (bucket != &head) {
      delete bucket;
      overflow_count_--;
    }
    bucket = next;
  }
}

template <class Traits>
typename HashTable<Traits>::Bucket* HashTable<Traits>::append_bucket() {
  if (bucket_count_ == capacity()) {
    if (bucket_count_ < kSegmentBuckets) {
      resize_first_segment(std::max<size_t>(1, bucket_count_ * 2));
    } else {
      segments_.push_back(allocate_buckets(kSegmentBuckets));
    }
  }
  set_bucket_count(bucket_count_ + 1);
  return new (bucket_at(bucket_count_ - 1)) Bucket();
}

template <class Traits>
void HashTable<Traits>::drop_last_bucket() {
  set_bucket_count(bucket_count_ - 1);
  if (bucket_count_ < kSegmentBuckets) {
    if (std::has_single_bit(bucket_count_)) resize_first_segment(bucket_count_);
  } else if (bucket_count_ % kSegmentBuckets == 0) {
    free_segment(segments_.back());
    segments_.pop_back();
    if (segments_.size() * 4 <= segments_.capacity()) segments_.shrink_to_fit();
  }
}

template <class Traits>
void HashTable<Traits>::resize_first_segment(size_t buckets) {
  Bucket* resized = allocate_buckets(buckets);
  if (segments_.empty()) {
    segments_.push_back(resized);
    return;
  }
  std::copy_n(segments_[0], bucket_count_, resized);
  free_segment(std::exchange(segments_[0], resized));
}

template <class Traits>
void HashTable<Traits>::free_buckets() {
  for (size_t i = 0; i < bucket_count_ && overflow_count_ != 0; i++) {
    take_chain_apart(*bucket_at(i), [](Item*, uint8_t) {});
  }
  for (Bucket* segment : segments_) free_segment(segment);
  segments_ = std::vector<Bucket*>();
  set_bucket_count(0);
}

}  // namespace weir::redis
