#include "servers/redis/types/sorted_tree.h"

#include <algorithm>

#include "base/check.h"

namespace weir::redis {
namespace {

size_t common_length(std::string_view a, std::string_view b) {
  const size_t limit = std::min(a.size(), b.size());
  size_t length = 0;
  while (length < limit && a[length] == b[length]) ++length;
  return length;
}

// Slots that stay in a full node's left half. At the ends of the tree, where keys that arrive in
// order come in, nearly all go to one side: full leaves stay behind instead of half empty ones.
size_t split_point(const SortedLeaf& leaf, std::string_view incoming) {
  if (leaf.next == nullptr && leaf.items[leaf.count - 1]->key() < incoming) return leaf.count - 1;
  if (leaf.previous == nullptr && incoming < leaf.items[0]->key()) return 1;
  return leaf.count / 2;
}

size_t split_point(const SortedInner& inner, std::string_view) { return inner.count / 2; }

}  // namespace

SortedTree::Fences SortedTree::Fences::of_child(const SortedInner& parent, size_t index) const {
  return {index > 0 ? parent.separators[index] : low,
          index + 1 < parent.count ? parent.separators[index + 1] : high};
}

SortedTree::~SortedTree() {
  if (root_ != nullptr) free_subtree(root_);
}

void SortedTree::insert(SortedMember* member) {
  const std::string_view key = member->key();
  if (root_ == nullptr) {
    shared_ = key.size();
    root_ = new_node<SortedLeaf>();
    root_->shared = static_cast<uint32_t>(shared_);
  } else {
    narrow_common_prefix(key);
    if (root_->full()) grow_root(key);
  }
  SortedNode* node = root_;
  Fences fences;
  while (!node->is_leaf) {
    auto& inner = static_cast<SortedInner&>(*node);
    size_t index = inner.find(key);
    if (inner.children[index]->full()) {
      make_room(inner, index, fences, key);
      index = inner.find(key);
    }
    ++inner.sizes[index];
    fences = fences.of_child(inner, index);
    node = inner.children[index];
  }
  auto& leaf = static_cast<SortedLeaf&>(*node);
  leaf.insert(leaf.find(key), member);
  ++size_;
}

void SortedTree::erase(const SortedMember& member) {
  [[maybe_unused]] const SortedMember* erased = erase_at(rank(member.key()));
  WEIR_DCHECK(erased == &member);
}

SortedMember* SortedTree::erase_at(size_t rank) {
  WEIR_DCHECK(rank < size_);
  SortedNode* node = root_;
  Fences fences;
  while (!node->is_leaf) {
    auto& inner = static_cast<SortedInner&>(*node);
    size_t rank_below = rank;
    size_t index = inner.find_rank(rank_below);
    if (inner.children[index]->sparse()) {  // filled up on the way down: no leaf ever runs empty
      const size_t left = index > 0 ? index - 1 : 0;
      if (inner.children[index]->is_leaf) {
        join_children<SortedLeaf>(inner, left, fences);
      } else {
        join_children<SortedInner>(inner, left, fences);
      }
      if (inner.count == 1) {
        shrink_root();
        node = root_;
        continue;
      }
      rank_below = rank;
      index = inner.find_rank(rank_below);
    }
    rank = rank_below;
    --inner.sizes[index];
    fences = fences.of_child(inner, index);
    node = inner.children[index];
  }
  SortedMember* erased = static_cast<SortedLeaf*>(node)->take(rank);
  if (--size_ == 0) free_node(static_cast<SortedLeaf*>(std::exchange(root_, nullptr)));
  return erased;
}

size_t SortedTree::rank(std::string_view key) const {
  if (root_ == nullptr) return 0;
  const std::string_view prefix = common_prefix();
  if (!key.starts_with(prefix)) return key < prefix ? 0 : size_;
  size_t rank = 0;
  const SortedNode* node = root_;
  while (!node->is_leaf) {
    const auto& inner = static_cast<const SortedInner&>(*node);
    const size_t index = inner.find(key);
    for (size_t i = 0; i < index; ++i) rank += inner.sizes[i];
    node = inner.children[index];
  }
  return rank + static_cast<const SortedLeaf*>(node)->find(key);
}

SortedTree::Cursor SortedTree::at(size_t rank) const {
  WEIR_DCHECK(rank < size_);
  const SortedNode* node = root_;
  while (!node->is_leaf) {
    const auto& inner = static_cast<const SortedInner&>(*node);
    node = inner.children[inner.find_rank(rank)];
  }
  return {static_cast<const SortedLeaf*>(node), rank};
}

// The bytes that all keys begin with, and the separators of the root with them.
std::string_view SortedTree::common_prefix() const {
  const SortedMember* holder = root_->is_leaf
                                   ? static_cast<const SortedLeaf*>(root_)->items[0].get()
                                   : static_cast<const SortedInner*>(root_)->separators[1];
  return holder->key().substr(0, shared_);
}

// Concerns the nodes along both edges of the tree alone: the others lie between two separators.
void SortedTree::narrow_common_prefix(std::string_view key) {
  const std::string_view prefix = common_prefix();
  if (key.starts_with(prefix)) return;
  const size_t length = common_length(prefix, key);
  shared_ = length;
  for (const bool leftmost : {true, false}) {
    SortedNode* node = root_;
    while (!node->is_leaf) {
      auto& inner = static_cast<SortedInner&>(*node);
      inner.set_shared(length);
      node = inner.children[leftmost ? 0 : inner.count - 1];
    }
    static_cast<SortedLeaf*>(node)->set_shared(length);
  }
}

// `stale` says that the node's heads are not all by its `shared`.
template <class Node>
void SortedTree::fit_heads(Node& node, const Fences& fences, bool stale) const {
  size_t shared = shared_;
  if (fences.low != nullptr && fences.high != nullptr) {
    shared = common_length(fences.low->key(), fences.high->key());
  }
  if (stale || shared != node.shared) node.set_shared(shared);
}

void SortedTree::grow_root(std::string_view incoming) {
  auto* grown = new_node<SortedInner>();
  grown->shared = static_cast<uint32_t>(shared_);
  grown->count = 1;
  grown->children[0] = root_;
  grown->sizes[0] = size_;
  const bool over_leaves = std::exchange(root_, grown)->is_leaf;
  if (over_leaves) {
    split_child<SortedLeaf>(*grown, 0, Fences(), incoming);
  } else {
    split_child<SortedInner>(*grown, 0, Fences(), incoming);
  }
}

void SortedTree::shrink_root() {
  auto* old = static_cast<SortedInner*>(root_);
  root_ = old->children[0];
  free_node(old);
}

// On the way down: so there is room above for one child more. `fences` are the parent's, here and
// below. REQUIRES: the parent is not full, the child is.
void SortedTree::make_room(SortedInner& parent, size_t index, const Fences& fences,
                           std::string_view incoming) {
  if (!parent.children[index]->is_leaf) {
    split_child<SortedInner>(parent, index, fences, incoming);
  } else if (!share_with_sibling(parent, index, fences)) {
    split_child<SortedLeaf>(parent, index, fences, incoming);
  }
}

// A leaf that can give some of its members to one beside it is not split yet: what comes in random
// order fills leaves to some 82 % then, instead of 69.
bool SortedTree::share_with_sibling(SortedInner& parent, size_t index, const Fences& fences) {
  constexpr size_t kRoomy = SortedLeaf::kSlots * 15 / 16;
  if (index > 0 && parent.children[index - 1]->count <= kRoomy) {
    share_children<SortedLeaf>(parent, index - 1, fences);
    return true;
  }
  if (index + 1 < parent.count && parent.children[index + 1]->count <= kRoomy) {
    share_children<SortedLeaf>(parent, index, fences);
    return true;
  }
  return false;
}

template <class Node>
void SortedTree::split_child(SortedInner& parent, size_t index, const Fences& fences,
                             std::string_view incoming) {
  auto& left = static_cast<Node&>(*parent.children[index]);
  auto& right = *new_node<Node>();
  right.shared = left.shared;
  distribute(left, right, split_point(left, incoming));
  link_after(left, right);
  const size_t moved = right.total();
  parent.insert(index + 1, boundary(left, right), &right, moved);
  parent.sizes[index] -= moved;
  fit_heads(left, fences.of_child(parent, index), false);
  fit_heads(right, fences.of_child(parent, index + 1), false);
}

// Makes one of the children at `index` and index + 1, or shares their slots evenly when together
// they have too many for one that is to take more.
template <class Node>
void SortedTree::join_children(SortedInner& parent, size_t index, const Fences& fences) {
  constexpr size_t kMaxJoined = Node::kSlots * 3 / 4;
  auto& left = static_cast<Node&>(*parent.children[index]);
  auto& right = static_cast<Node&>(*parent.children[index + 1]);
  const size_t slots = size_t{left.count} + right.count;
  if (slots > kMaxJoined) return share_children<Node>(parent, index, fences);
  const bool stale = left.shared != right.shared || !left.is_leaf;
  lower_boundary(parent.separators[index + 1], right);
  distribute(left, right, slots);
  unlink_after(left, right);
  free_node(&right);
  parent.sizes[index] += parent.sizes[index + 1];
  parent.close_slot(index + 1);
  fit_heads(left, fences.of_child(parent, index), stale);
}

// Shares the slots of the children at `index` and index + 1 evenly.
template <class Node>
void SortedTree::share_children(SortedInner& parent, size_t index, const Fences& fences) {
  auto& left = static_cast<Node&>(*parent.children[index]);
  auto& right = static_cast<Node&>(*parent.children[index + 1]);
  const bool stale = left.shared != right.shared || !left.is_leaf;
  const size_t items = parent.sizes[index] + parent.sizes[index + 1];
  lower_boundary(parent.separators[index + 1], right);
  distribute(left, right, (size_t{left.count} + right.count) / 2);
  parent.replace_separator(index + 1, boundary(left, right));
  parent.sizes[index + 1] = right.total();
  parent.sizes[index] = items - parent.sizes[index + 1];
  fit_heads(left, fences.of_child(parent, index), stale);
  fit_heads(right, fences.of_child(parent, index + 1), stale);
}

// A new separator: the beginning of right's first key, one byte longer than what both sides share.
SortedMember* SortedTree::boundary(const SortedLeaf& left, const SortedLeaf& right) {
  const std::string_view above = right.items[0]->key();
  const size_t same = common_length(left.items[left.count - 1]->key(), above);
  SortedMember* separator = SortedMember::create_key(above.substr(0, same + 1));
  allocated_bytes_ += separator->allocated_bytes();
  return separator;
}

// Between inner nodes it is the separator that a slot 0 has no use for.
SortedMember* SortedTree::boundary(const SortedInner&, const SortedInner& right) {
  return right.separators[0];
}

// Takes back what boundary() gave, before slots move over it.
void SortedTree::lower_boundary(SortedMember* separator, SortedLeaf&) {
  allocated_bytes_ -= separator->allocated_bytes();
  SortedMember::destroy(separator);
}

void SortedTree::lower_boundary(SortedMember* separator, SortedInner& right) {
  right.separators[0] = separator;
}

void SortedTree::link_after(SortedLeaf& left, SortedLeaf& right) {
  right.previous = &left;
  right.next = left.next;
  if (left.next != nullptr) left.next->previous = &right;
  left.next = &right;
}

void SortedTree::unlink_after(SortedLeaf& left, SortedLeaf& right) {
  left.next = right.next;
  if (right.next != nullptr) right.next->previous = &left;
}

void SortedTree::link_after(SortedInner&, SortedInner&) {}
void SortedTree::unlink_after(SortedInner&, SortedInner&) {}

template <class Node>
Node* SortedTree::new_node() {
  allocated_bytes_ += sizeof(Node);
  return new Node;
}

template <class Node>
void SortedTree::free_node(Node* node) {
  allocated_bytes_ -= sizeof(Node);
  delete node;
}

void SortedTree::free_subtree(SortedNode* node) {
  if (node->is_leaf) {
    delete static_cast<SortedLeaf*>(node);
    return;
  }
  auto* inner = static_cast<SortedInner*>(node);
  for (size_t i = 0; i < inner->count; ++i) {
    if (i > 0) SortedMember::destroy(inner->separators[i]);
    free_subtree(inner->children[i]);
  }
  delete inner;
}

void SortedTree::drain(size_t count) {
  const size_t kept = size_ - std::min(size_, count);
  while (size_ > kept) drop_last_leaf();
}

// Also the inner nodes that have no other child. Leaves beside it are not looked at.
void SortedTree::drop_last_leaf() {
  SortedInner* parent = nullptr;  // the lowest one that has other children
  SortedNode* dropped = root_;    // what it loses
  SortedNode* node = root_;
  while (!node->is_leaf) {
    auto* const inner = static_cast<SortedInner*>(node);
    node = inner->children[inner->count - 1];
    if (inner->count == 1) continue;
    parent = inner;
    dropped = node;
  }
  size_ -= node->count;
  if (parent == nullptr) {
    root_ = nullptr;
  } else {
    --parent->count;
    SortedMember::destroy(parent->separators[parent->count]);
  }
  free_subtree(dropped);
}

void SortedTree::swap(SortedTree& other) {
  std::swap(root_, other.root_);
  std::swap(size_, other.size_);
  std::swap(shared_, other.shared_);
  std::swap(allocated_bytes_, other.allocated_bytes_);
}

}  // namespace weir::redis
