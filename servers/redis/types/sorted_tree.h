// SortedTree: the members of a sorted set in order: a counted B+ tree of pointers to SortedMember.
// Every operation is O(log n), those on ranks too: an inner node knows the sizes of its subtrees.
//
//     SortedInner     [ child | separator, child | separator, child ]
//                         |              |                  |
//     SortedLeaf <->  [ items ]  <->  [ items ]   <->   [ items ] <->   all leaves, both ways
//
// A separator is the shortest key that parts its two sides. The separators next to a node, in its
// ancestors, are its fences: what lies between them shares their common prefix, which is what the
// node's heads leave out (see sorted_tree_node.h). Sources: R. Bayer and K. Unterauer, "Prefix
// B-trees", 1977; fences and heads as in G. Graefe, "Modern B-Tree Techniques", 2011.
//
// The tree does not own the members; their keys must not change while it holds them.
// Single-threaded: whoever holds the sorted set holds its tree.
#pragma once

#include <cstddef>
#include <string_view>
#include <utility>

#include "servers/redis/types/sorted_member.h"
#include "servers/redis/types/sorted_tree_node.h"

namespace weir::redis {

class SortedTree {
 public:
  // A place in the order, walking both ways. Any insert or erase makes it invalid.
  class Cursor {
   public:
    // Off either end it is false, and stays so.
    explicit operator bool() const { return leaf_ != nullptr; }
    // REQUIRES: true, here and below.
    SortedMember* operator->() const { return leaf_->items[index_]; }
    void next() {
      if (++index_ < leaf_->count) return;
      leaf_ = leaf_->next;
      index_ = 0;
    }
    void previous() {
      if (index_-- > 0) return;
      leaf_ = leaf_->previous;
      index_ = leaf_ == nullptr ? 0 : leaf_->count - size_t{1};
    }

   private:
    friend class SortedTree;
    Cursor(const SortedLeaf* leaf, size_t index) : leaf_(leaf), index_(index) {}
    const SortedLeaf* leaf_;
    size_t index_;
  };

  SortedTree() = default;
  SortedTree(SortedTree&& other) noexcept { swap(other); }
  SortedTree& operator=(SortedTree&& other) noexcept {
    SortedTree taken(std::move(other));
    swap(taken);
    return *this;
  }
  ~SortedTree();

  size_t size() const { return size_; }
  // Heap bytes of the nodes and separators; the members are not counted.
  size_t allocated_bytes() const { return allocated_bytes_; }

  // REQUIRES: the member's key is absent.
  void insert(SortedMember* member);
  // REQUIRES: the member is present. It is the caller's again.
  void erase(const SortedMember& member);
  // Takes out and returns the member of that rank. REQUIRES: rank < size().
  SortedMember* erase_at(size_t rank);
  // Frees the nodes of the last `count` members, and the rest of a leaf's, and forgets the members:
  // for who frees a large tree in pieces. Until it is empty nothing else may be asked but size().
  void drain(size_t count);

  // Number of members whose key is below `key`, which may be any bytes: a member's key gives its
  // rank, the beginning of one gives the rank of the first member that begins with it.
  size_t rank(std::string_view key) const;
  // REQUIRES: rank < size().
  Cursor at(size_t rank) const;

 private:
  // The separators around a node: low <= key < high. Null at the ends of the tree.
  struct Fences {
    const SortedMember* low = nullptr;
    const SortedMember* high = nullptr;
    Fences of_child(const SortedInner& parent, size_t index) const;
  };

  std::string_view common_prefix() const;
  void narrow_common_prefix(std::string_view key);
  template <class Node>
  void fit_heads(Node& node, const Fences& fences, bool stale) const;
  void grow_root(std::string_view incoming);
  void shrink_root();
  void make_room(SortedInner& parent, size_t index, const Fences& fences,
                 std::string_view incoming);
  bool share_with_sibling(SortedInner& parent, size_t index, const Fences& fences);
  template <class Node>
  void split_child(SortedInner& parent, size_t index, const Fences& fences,
                   std::string_view incoming);
  template <class Node>
  void join_children(SortedInner& parent, size_t index, const Fences& fences);
  template <class Node>
  void share_children(SortedInner& parent, size_t index, const Fences& fences);
  SortedMember* boundary(const SortedLeaf& left, const SortedLeaf& right);
  SortedMember* boundary(const SortedInner& left, const SortedInner& right);
  void lower_boundary(SortedMember* separator, SortedLeaf& right);
  void lower_boundary(SortedMember* separator, SortedInner& right);
  void link_after(SortedLeaf& left, SortedLeaf& right);
  void link_after(SortedInner& left, SortedInner& right);
  void unlink_after(SortedLeaf& left, SortedLeaf& right);
  void unlink_after(SortedInner& left, SortedInner& right);
  template <class Node>
  Node* new_node();
  template <class Node>
  void free_node(Node* node);
  static void free_subtree(SortedNode* node);
  void drop_last_leaf();
  void swap(SortedTree& other);

  SortedNode* root_ = nullptr;
  size_t size_ = 0;
  size_t shared_ = 0;  // all keys have this many first bytes in common: nodes that lack a fence
  size_t allocated_bytes_ = 0;
};

}  // namespace weir::redis
