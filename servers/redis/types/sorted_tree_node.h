// The two kinds of node of a SortedTree: arrays of slots with a head each, and the search in them.
//
// A head is four bytes of a slot's key, taken after the bytes that all keys of the node share, as
// a number that compares as those bytes do. Nearly every comparison of a search ends in the dense
// array of heads, where it costs no cache miss; only slots of equal heads are looked at.
//
// Plain structs whose invariants SortedTree keeps: slots ascend by key; heads fit `shared`.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "servers/redis/types/packed_pointer.h"
#include "servers/redis/types/sorted_member.h"

namespace weir::redis {

using KeyHead = uint32_t;

struct SortedNode {
  uint16_t count = 0;  // slots in use
  bool is_leaf;
  uint32_t shared = 0;  // this many first bytes are the same in all keys that belong here

  explicit SortedNode(bool leaf) : is_leaf(leaf) {}
  bool full() const;
  // Few enough slots in use that an erase joins the node with a neighbour.
  bool sparse() const;
};

struct SortedLeaf : SortedNode {
  // 1280 bytes, a size class of the usual allocators. Between 30 and 146 slots speed hardly depends
  // on it, as measured with sorted_tree_bench.cc; small leaves cost more memory.
  static constexpr size_t kSlots = 125;

  KeyHead heads[kSlots];
  PackedPointer<SortedMember> items[kSlots];
  SortedLeaf* previous = nullptr;
  SortedLeaf* next = nullptr;

  SortedLeaf() : SortedNode(true) {}
  // Number of items below `key`.
  size_t find(std::string_view key) const;
  size_t total() const { return count; }
  // Sets `shared` and all heads by it.
  void set_shared(size_t length);
  void copy_slots(size_t to, const SortedLeaf& from, size_t at, size_t slots);
  void insert(size_t index, SortedMember* item);
  SortedMember* take(size_t index);
};

// Keys below the separator of slot i + 1 belong to child i or one before it. Slot 0 has none.
struct SortedInner : SortedNode {
  static constexpr size_t kSlots = 36;  // 1016 bytes

  KeyHead heads[kSlots];  // of the separators
  SortedMember* separators[kSlots];
  SortedNode* children[kSlots];
  size_t sizes[kSlots];  // items below each child

  SortedInner() : SortedNode(false) {}
  // The slot whose child `key` belongs to.
  size_t find(std::string_view key) const;
  // The slot whose child holds the item of that rank, which becomes a rank within the child.
  size_t find_rank(size_t& rank) const;
  size_t total() const;  // items below all children
  void set_shared(size_t length);
  void copy_slots(size_t to, const SortedInner& from, size_t at, size_t slots);
  void insert(size_t index, SortedMember* separator, SortedNode* child, size_t size);
  void replace_separator(size_t index, SortedMember* separator);
  void close_slot(size_t index);
};

inline bool SortedNode::full() const {
  return count == (is_leaf ? SortedLeaf::kSlots : SortedInner::kSlots);
}

inline bool SortedNode::sparse() const {
  constexpr size_t kSparse = 4;  // one of so many slots in use
  return count <= (is_leaf ? SortedLeaf::kSlots : SortedInner::kSlots) / kSparse;
}

// Moves slots over the boundary of two neighbours so that `left` has `keep` of them.
template <class Node>
void distribute(Node& left, Node& right, size_t keep) {
  const size_t had = left.count;
  if (had > keep) {
    const size_t moved = had - keep;
    right.copy_slots(moved, right, 0, right.count);
    right.copy_slots(0, left, keep, moved);
  } else {
    const size_t moved = keep - had;
    left.copy_slots(had, right, 0, moved);
    right.copy_slots(0, right, moved, right.count - moved);
  }
  right.count = static_cast<uint16_t>(right.count + had - keep);
  left.count = static_cast<uint16_t>(keep);
}

}  // namespace weir::redis
