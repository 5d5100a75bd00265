// A listpack: a sequence of byte strings and integers in one contiguous block, in exactly the
// bytes that Redis 7 keeps in memory and dumps:
//
//     block_                                                         capacity
//     v                                                                  v
//     | gap (0 or >= 4) | total u32 | count u16 | entries ... | 0xFF | room |
//                       ^--------------- serialized() --------------^
//
// Small collections live in it whole, large lists and streams as chains of it. The gap is what
// this one adds: removing in front widens it, inserting in front uses it, so that both ends
// cost the same and only the shorter side of a change is moved. A block with a gap says so in
// its first word, whose top bit no total ever has; a block without one pays nothing for it.
// The capacity is a function of gap and total, so it is stored nowhere either.
//
// An object is one pointer; an empty one owns no block. Not synchronised.
// Invariant: entries are well-formed, written here or checked by parse().
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

#include "servers/redis/types/listpack_encoding.h"

namespace weir::redis {

class Listpack {
 public:
  using Element = ListpackElement;

  // Byte offset of an element's entry in serialized(). Any change at or before an element moves
  // it: only what a mutator returns is valid afterwards.
  using Position = uint32_t;
  static constexpr Position kEnd = 0;

  // Redis' own bound on a listpack. Far above what the encoding limits allow for collections; a
  // single element of a list can come near it. Mutators CHECK it.
  static constexpr size_t kMaxBytes = size_t{1} << 30;

  Listpack() = default;
  Listpack(Listpack&& other) noexcept : block_(std::exchange(other.block_, nullptr)) {}
  Listpack& operator=(Listpack&& other) noexcept {
    std::swap(block_, other.block_);
    return *this;
  }
  ~Listpack();

  // A validated copy of dumped bytes; nothing unless every entry, the total, the count and the
  // end mark are right. A count of 65535 means "at least that or unknown", as in Redis.
  static std::optional<Listpack> parse(std::string_view serialized);
  Listpack clone() const;

  // Number of elements. O(1) below 65535 elements, else a walk: the count field holds no more.
  size_t size() const;
  bool empty() const { return bytes() == kHeaderBytes + 1; }
  // Length of serialized(), at least 7.
  size_t bytes() const { return listpack::load<uint32_t>(start()); }
  // Heap bytes that the block takes up.
  size_t allocated_bytes() const;
  // Valid until the next change.
  std::string_view serialized() const { return {reinterpret_cast<const char*>(start()), bytes()}; }

  // Whether `elements` more elements of `text_bytes` together stay within kMaxBytes.
  bool fits(size_t text_bytes, size_t elements = 1) const {
    return text_bytes <= kMaxBytes &&
           bytes() + text_bytes + elements * listpack::kMaxEntryOverhead <= kMaxBytes;
  }
  // Bytes by which inserting `text` lengthens a listpack.
  static size_t bytes_for(std::string_view text) { return ListpackEntry(text).size(); }

  Position first() const { return empty() ? kEnd : kHeaderBytes; }
  Position last() const { return prev(end_position()); }
  // kEnd after the last element. REQUIRES: the position of an element, here and below.
  Position next(Position p) const {
    const Position after = p + static_cast<Position>(listpack::entry_size(start() + p));
    return after == end_position() ? kEnd : after;
  }
  // kEnd before the first element.
  Position prev(Position p) const {
    if (p == kHeaderBytes) return kEnd;
    return p - static_cast<Position>(listpack::entry_size_before(start() + p));
  }
  // The element of that index, counted from the tail when negative (-1 is the last); kEnd when
  // there is none. Walks from the nearer end.
  Position at(long index) const;
  Element get(Position p) const { return listpack::decode(start() + p); }
  // Bytes by which erasing the element shortens the listpack.
  size_t bytes_at(Position p) const { return listpack::entry_size(start() + p); }

  // Calls visit(const Element&) -> bool for up to `count` elements from `from` on (kEnd visits
  // none) until it returns false; says whether it never did.
  template <class Visit>
  bool visit(Position from, size_t count, Visit&& visit) const;

  // First match among `from` and every (skip + 1)-th element after it, else kEnd: skip 1 looks at
  // the fields of field-value pairs alone. `from` may be kEnd.
  Position find(std::string_view text, Position from, size_t skip = 0) const;

  // Each returns the new element's position; kEnd as `p` appends. Canonical decimal integers
  // are stored as integers. REQUIRES: `text` lies outside this listpack.
  Position insert_before(Position p, std::string_view text);
  Position insert_after(Position p, std::string_view text);
  Position push_front(std::string_view text) { return insert_before(first(), text); }
  Position push_back(std::string_view text) { return insert_before(kEnd, text); }
  Position push_back_integer(int64_t integer);
  Position replace(Position p, std::string_view text);
  Position replace_integer(Position p, int64_t integer);

  // Removes `count` elements or as many as there are from `p` on; returns the position of the
  // element after them, or kEnd.
  Position erase(Position p, size_t count = 1);
  void clear();

  // Takes all elements from `p` on out of this listpack, in order.
  Listpack split(Position p);
  // Appends copies of all elements of `other`. REQUIRES: `other` is not this listpack.
  void append(const Listpack& other);

 private:
  static constexpr Position kHeaderBytes = 6;
  static constexpr uint32_t kMinGap = 4;  // room for the word that marks it
  static constexpr uint32_t kGapMark = uint32_t{1} << 31;
  static constexpr uint16_t kCountUnknown = 65535;
  static constexpr uint8_t kEmpty[kHeaderBytes + 1] = {kHeaderBytes + 1, 0, 0, 0, 0, 0, 0xFF};

  size_t gap() const {
    const auto word = listpack::load<uint32_t>(block_);
    return word & kGapMark ? word & ~kGapMark : 0;
  }
  const uint8_t* start() const { return block_ == nullptr ? kEmpty : block_ + gap(); }
  uint8_t* mutable_start() { return block_ + gap(); }
  Position end_position() const { return static_cast<Position>(bytes()) - 1; }
  uint16_t count_field() const { return listpack::load<uint16_t>(start() + 4); }

  Position insert_entry(Position p, const ListpackEntry& entry);
  Position replace_entry(Position p, const ListpackEntry& entry);
  uint8_t* open(size_t at, size_t room, size_t added);
  void close(size_t at, size_t room, size_t removed);
  void move_to_new_block(size_t at, size_t room, bool room_in_front);
  void set_gap(size_t gap);
  static void set_header(uint8_t* start, size_t bytes, size_t count);

  uint8_t* block_ = nullptr;  // from malloc; null while empty
};

template <class Visit>
bool Listpack::visit(Position from, size_t count, Visit&& visit) const {
  if (from == kEnd) return true;
  const uint8_t* entry = start() + from;
  const uint8_t* const end = start() + end_position();
  for (; entry != end && count > 0; --count) {
    if (!visit(listpack::decode(entry))) return false;
    entry += listpack::entry_size(entry);
  }
  return true;
}

}  // namespace weir::redis
