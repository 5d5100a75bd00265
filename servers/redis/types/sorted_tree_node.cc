#include "servers/redis/types/sorted_tree_node.h"

#include <algorithm>
#include <cstring>
#include <numeric>

namespace weir::redis {
namespace {

// Zeros stand for the bytes that a short key lacks; so equal heads decide nothing.
KeyHead head_of(std::string_view key, size_t shared) {
  KeyHead head = 0;
  if (key.size() >= shared + sizeof head) {
    std::memcpy(&head, key.data() + shared, sizeof head);
  } else {
    std::memcpy(&head, key.data() + shared, key.size() - shared);
  }
  return __builtin_bswap32(head);
}

// Number of heads below `head`. All of them are looked at, four at a time: that has no branch to
// mispredict and no load that waits for another, and beats a binary search at these sizes.
size_t count_below(const KeyHead* heads, size_t count, KeyHead head) {
  using Lanes = KeyHead __attribute__((vector_size(16)));
  constexpr size_t kLanes = sizeof(Lanes) / sizeof(KeyHead);
  Lanes counts{};
  size_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    Lanes lanes;
    std::memcpy(&lanes, heads + i, sizeof lanes);
    counts -= reinterpret_cast<Lanes>(lanes < head);  // a true lane is -1
  }
  size_t below = size_t{counts[0]} + counts[1] + counts[2] + counts[3];
  for (; i < count; ++i) below += heads[i] < head ? 1 : 0;
  return below;
}

// Number of keys before the one of that head; `goes_before(i)` decides among equal heads.
template <class GoesBefore>
size_t count_before(const KeyHead* heads, size_t count, KeyHead head,
                    const GoesBefore& goes_before) {
  size_t low = count_below(heads, count, head);
  size_t high = low;
  if (low < count && heads[low] == head) {
    high = head == UINT32_MAX ? count : low + count_below(heads + low, count - low, head + 1);
  }
  while (low < high) {
    const size_t middle = low + (high - low) / 2;
    if (goes_before(middle)) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

// Overlapping ranges are fine.
template <class T>
void move_slots(T* to, const T* from, size_t count) {
  std::memmove(to, from, count * sizeof(T));
}

}  // namespace

size_t SortedLeaf::find(std::string_view key) const {
  const std::string_view rest = key.substr(shared);
  return count_before(heads, count, head_of(key, shared),
                      [&](size_t i) { return items[i]->key().substr(shared) < rest; });
}

void SortedLeaf::set_shared(size_t length) {
  shared = static_cast<uint32_t>(length);
  for (size_t i = 0; i < count; ++i) heads[i] = head_of(items[i]->key(), length);
}

void SortedLeaf::copy_slots(size_t to, const SortedLeaf& from, size_t at, size_t slots) {
  move_slots(heads + to, from.heads + at, slots);
  move_slots(items + to, from.items + at, slots);
}

void SortedLeaf::insert(size_t index, SortedMember* item) {
  copy_slots(index + 1, *this, index, count - index);
  ++count;
  items[index] = item;
  heads[index] = head_of(item->key(), shared);
}

SortedMember* SortedLeaf::take(size_t index) {
  SortedMember* taken = items[index];
  --count;
  copy_slots(index, *this, index + 1, count - index);
  return taken;
}

size_t SortedInner::find(std::string_view key) const {
  const std::string_view rest = key.substr(shared);
  return count_before(heads + 1, count - size_t{1}, head_of(key, shared),
                      [&](size_t i) { return separators[i + 1]->key().substr(shared) <= rest; });
}

size_t SortedInner::find_rank(size_t& rank) const {
  size_t index = 0;
  for (; rank >= sizes[index]; ++index) rank -= sizes[index];
  return index;
}

size_t SortedInner::total() const { return std::accumulate(sizes, sizes + count, size_t{0}); }

void SortedInner::set_shared(size_t length) {
  shared = static_cast<uint32_t>(length);
  for (size_t i = 1; i < count; ++i) heads[i] = head_of(separators[i]->key(), length);
}

void SortedInner::copy_slots(size_t to, const SortedInner& from, size_t at, size_t slots) {
  move_slots(heads + to, from.heads + at, slots);
  move_slots(separators + to, from.separators + at, slots);
  move_slots(children + to, from.children + at, slots);
  move_slots(sizes + to, from.sizes + at, slots);
}

void SortedInner::insert(size_t index, SortedMember* separator, SortedNode* child, size_t size) {
  copy_slots(index + 1, *this, index, count - index);
  ++count;
  replace_separator(index, separator);
  children[index] = child;
  sizes[index] = size;
}

void SortedInner::replace_separator(size_t index, SortedMember* separator) {
  separators[index] = separator;
  heads[index] = head_of(separator->key(), shared);
}

void SortedInner::close_slot(size_t index) {
  --count;
  copy_slots(index, *this, index + 1, count - index);
}

}  // namespace weir::redis
