#include "servers/redis/types/listpack.h"

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <cstring>

#include "base/check.h"
#include "servers/redis/memory/heap_block.h"

namespace weir::redis {
namespace {

using listpack::entry_size;
using listpack::store;

// The allocation that holds `bytes`: steps of 16 up to 128, then four to a doubling. These are
// mimalloc's size classes (jemalloc's too), so what is asked for is what would be given anyway,
// and growth costs at most a quarter in room.
size_t capacity_for(size_t bytes) {
  const size_t step = bytes <= 128 ? 16 : size_t{1} << (std::bit_width(bytes - 1) - 3);
  return (bytes + step - 1) & ~(step - 1);
}

uint8_t* allocate(size_t bytes) {
  auto* block = static_cast<uint8_t*>(allocate_block(bytes));
  WEIR_CHECK(block != nullptr);
  return block;
}

// At the ends there is nothing to move, and not even a call to pay for.
void move_entries(uint8_t* to, const uint8_t* from, size_t bytes) {
  if (bytes > 0) std::memmove(to, from, bytes);
}

uint8_t* reallocate(uint8_t* old, size_t bytes) {
  auto* block = static_cast<uint8_t*>(resize_block(old, bytes));
  WEIR_CHECK(block != nullptr);
  return block;
}

}  // namespace

Listpack::~Listpack() { free_block(block_); }

std::optional<Listpack> Listpack::parse(std::string_view serialized) {
  const auto* bytes = reinterpret_cast<const uint8_t*>(serialized.data());
  const size_t total = serialized.size();
  if (total <= kHeaderBytes || total > kMaxBytes) return std::nullopt;
  if (listpack::load<uint32_t>(bytes) != total || bytes[total - 1] != 0xFF) return std::nullopt;

  const size_t end = total - 1;
  size_t count = 0;
  for (size_t p = kHeaderBytes; p < end; ++count) {
    const size_t size = listpack::checked_entry_size(bytes + p, end - p);
    if (size == 0) return std::nullopt;
    p += size;
  }
  const auto claimed = listpack::load<uint16_t>(bytes + 4);
  if (claimed != kCountUnknown && claimed != count) return std::nullopt;

  Listpack pack;
  if (count == 0) return pack;
  pack.block_ = allocate(capacity_for(total));
  std::memcpy(pack.block_, bytes, total);
  store(pack.block_ + 4, static_cast<uint16_t>(std::min<size_t>(count, kCountUnknown)));
  return pack;
}

Listpack Listpack::clone() const {
  Listpack copy;
  if (empty()) return copy;
  copy.block_ = allocate(capacity_for(bytes()));
  std::memcpy(copy.block_, start(), bytes());
  return copy;
}

size_t Listpack::size() const {
  if (count_field() != kCountUnknown) return count_field();
  size_t count = 0;
  for (Position p = first(); p != kEnd; p = next(p)) ++count;
  return count;
}

size_t Listpack::allocated_bytes() const {
  return block_ == nullptr ? 0 : capacity_for(gap() + bytes());
}

Listpack::Position Listpack::at(long index) const {
  const auto count = static_cast<long>(size());
  if (index < 0) index += count;
  if (index < 0 || index >= count) return kEnd;
  Position p;
  if (index <= count / 2) {
    for (p = first(); index > 0; --index) p = next(p);
  } else {
    for (p = last(); index < count - 1; ++index) p = prev(p);
  }
  return p;
}

Listpack::Position Listpack::find(std::string_view text, Position from, size_t skip) const {
  if (from == kEnd) return kEnd;
  const auto integer = parse_integer(text);
  const uint8_t* entry = start() + from;
  const uint8_t* const end = start() + end_position();
  while (entry != end) {
    const Element element = listpack::decode(entry);
    const bool equal = element.is_integer ? integer == element.integer : element.text == text;
    if (equal) return static_cast<Position>(entry - start());
    for (size_t steps = skip + 1; steps > 0 && entry != end; --steps) entry += entry_size(entry);
  }
  return kEnd;
}

Listpack::Position Listpack::insert_before(Position p, std::string_view text) {
  WEIR_CHECK(text.size() < kMaxBytes);
  return insert_entry(p == kEnd ? end_position() : p, ListpackEntry(text));
}

Listpack::Position Listpack::insert_after(Position p, std::string_view text) {
  return insert_before(next(p), text);
}

Listpack::Position Listpack::push_back_integer(int64_t integer) {
  return insert_entry(end_position(), ListpackEntry(integer));
}

Listpack::Position Listpack::insert_entry(Position p, const ListpackEntry& entry) {
  entry.write(open(p, entry.size(), 1));
  return p;
}

Listpack::Position Listpack::replace(Position p, std::string_view text) {
  WEIR_CHECK(text.size() < kMaxBytes);
  return replace_entry(p, ListpackEntry(text));
}

Listpack::Position Listpack::replace_integer(Position p, int64_t integer) {
  return replace_entry(p, ListpackEntry(integer));
}

Listpack::Position Listpack::replace_entry(Position p, const ListpackEntry& entry) {
  const size_t old_size = entry_size(start() + p);
  const size_t new_size = entry.size();
  if (new_size > old_size) {
    open(p + old_size, new_size - old_size, 0);
  } else if (new_size < old_size) {
    close(p + new_size, old_size - new_size, 0);
  }
  entry.write(mutable_start() + p);
  return p;
}

Listpack::Position Listpack::erase(Position p, size_t count) {
  const uint8_t* const from = start() + p;
  const uint8_t* const end = start() + end_position();
  const uint8_t* to = from;
  size_t removed = 0;
  for (; removed < count && to != end; ++removed) to += entry_size(to);
  if (removed == 0) return p;
  close(p, static_cast<size_t>(to - from), removed);
  return p == end_position() ? kEnd : p;
}

void Listpack::clear() {
  free_block(block_);
  block_ = nullptr;
}

Listpack Listpack::split(Position p) {
  Listpack tail;
  if (p == kEnd) return tail;
  size_t count = 0;
  for (Position q = p; q != kEnd; q = next(q)) ++count;
  const size_t moved = end_position() - p;
  std::memcpy(tail.open(kHeaderBytes, moved, count), start() + p, moved);
  close(p, moved, count);
  return tail;
}

void Listpack::append(const Listpack& other) {
  if (other.empty()) return;
  const size_t added = other.end_position() - kHeaderBytes;
  const size_t count = other.size();
  std::memcpy(open(end_position(), added, count), other.start() + kHeaderBytes, added);
}

// Makes `room` bytes of undefined content at offset `at` for `added` elements, moving what is
// shorter of the bytes before and after it if there is room on that side. The header counts them
// already; it is written anew rather than moved, which would wait for its latest stores.
uint8_t* Listpack::open(size_t at, size_t room, size_t added) {
  const size_t total = bytes();
  WEIR_CHECK(room <= kMaxBytes - total);
  const auto count = std::min<size_t>(count_field() + added, kCountUnknown);
  const bool in_front = at < total - at;
  const size_t gap = block_ == nullptr ? 0 : this->gap();
  uint8_t* start = block_ + gap;
  if (in_front && (gap == room || gap >= room + kMinGap)) {
    start -= room;
    move_entries(start + kHeaderBytes, start + room + kHeaderBytes, at - kHeaderBytes);
    set_gap(gap - room);
  } else if (block_ != nullptr && capacity_for(gap + total) - gap - total >= room) {
    std::memmove(start + at + room, start + at, total - at);
  } else {
    move_to_new_block(at, room, in_front);
    start = mutable_start();
  }
  set_header(start, total + room, count);
  return start + at;
}

// Takes `room` bytes at offset `at`, with `removed` elements, out, again moving the shorter side
// if it can.
void Listpack::close(size_t at, size_t room, size_t removed) {
  const size_t total = bytes() - room;
  if (total == sizeof kEmpty) return clear();
  const size_t count = count_field() == kCountUnknown ? kCountUnknown : count_field() - removed;
  const size_t after = total - at;
  const size_t old_gap = gap();
  const size_t old_capacity = capacity_for(old_gap + total + room);
  uint8_t* const start = block_ + old_gap;
  // A gap too small to be marked is widened by moving the rest up, once: a queue of one-digit
  // numbers would otherwise move all of it down with every element taken.
  const size_t new_gap = std::max<size_t>(old_gap + room, kMinGap);
  const size_t widened = new_gap - old_gap - room;
  if (at < after && new_gap + total <= old_capacity) {
    if (widened > 0) std::memmove(start + at + room + widened, start + at + room, after);
    move_entries(block_ + new_gap + kHeaderBytes, start + kHeaderBytes, at - kHeaderBytes);
    set_gap(new_gap);
    set_header(block_ + new_gap, total, count);
    if (new_gap > total / 2 + 16) move_to_new_block(0, 0, false);
    return;
  }
  std::memmove(start + at, start + at + room, after);
  set_header(start, total, count);
  if (old_gap > total / 2 + 16) {
    move_to_new_block(0, 0, false);
  } else if (const size_t capacity = allocated_bytes(); capacity < old_capacity) {
    block_ = reallocate(block_, capacity);
  }
}

// A block for `room` more bytes at offset `at`; what the capacity leaves over lies on the side
// that asked for it, since the next change is likeliest there.
void Listpack::move_to_new_block(size_t at, size_t room, bool room_in_front) {
  const size_t total = bytes();
  const size_t capacity = capacity_for(total + room);
  if (block_ != nullptr && gap() == 0 && !room_in_front) {
    block_ = reallocate(block_, capacity);
    std::memmove(block_ + at + room, block_ + at, total - at);
    return;
  }
  size_t gap = room_in_front ? capacity - total - room : 0;
  if (gap < kMinGap) gap = 0;
  uint8_t* const block = allocate(capacity);
  std::memcpy(block + gap, start(), at);
  std::memcpy(block + gap + at + room, start() + at, total - at);
  free_block(block_);
  block_ = block;
  set_gap(gap);
}

// Marks the gap in the block's first word. Without one, that word is the header's total.
void Listpack::set_gap(size_t gap) {
  if (gap > 0) store(block_, kGapMark | static_cast<uint32_t>(gap));
}

void Listpack::set_header(uint8_t* start, size_t bytes, size_t count) {
  store(start, static_cast<uint32_t>(bytes));
  store(start + 4, static_cast<uint16_t>(count));
}

}  // namespace weir::redis
