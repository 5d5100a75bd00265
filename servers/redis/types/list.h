// The list type: a chain of listpacks, each bounded by list-max-listpack-size (8 KiB), which is
// what Redis calls a quicklist. Both ends take and give elements in constant time; elements
// inside are found by the nodes' counts from the nearer end.
//
//     List: head_ (a node by value) <-> node <-> node <-> tail
//
// The first node is part of the List, so that a short list costs one block besides it. The head
// has no predecessor; its `previous` points to the tail, or to nothing when it is the tail itself.
//
// Not synchronised. Elements handed out point into the list and live until its next change; text
// handed in must not point into the same list.
// Invariants: no node but a sole head is empty; the nodes' counts add up to size().
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "servers/redis/types/encoding_limits.h"
#include "servers/redis/types/list_node.h"
#include "servers/redis/types/listpack.h"

namespace weir::redis {

class List {
 public:
  using Element = Listpack::Element;

  List() = default;
  List(List&& other) noexcept { take(other); }
  List& operator=(List&& other) noexcept;
  ~List() { clear(); }
  List clone() const;

  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  std::string_view encoding() const { return "quicklist"; }
  // Bytes of this object and all it owns. Walks the nodes.
  size_t memory_usage() const;

  void push_front(std::string_view text, const EncodingLimits& limits);
  void push_back(std::string_view text, const EncodingLimits& limits);
  // REQUIRES: not empty.
  Element front() const { return head_.entries.get(head_.entries.first()); }
  Element back() const { return tail()->entries.get(tail()->entries.last()); }
  // Removes up to `count` elements at that end; whole nodes at a time.
  void pop_front(size_t count = 1);
  void pop_back(size_t count = 1);
  // Keeps the `count` elements from `first` on, as many of them as exist.
  void trim(size_t first, size_t count);
  void clear();

  // The element of that index, counted from the tail when negative (-1 is the last).
  std::optional<Element> at(long index) const;
  // False if there is no such index.
  bool set(long index, std::string_view text, const EncodingLimits& limits);
  // Inserts beside the first element that equals `pivot`; false if none does.
  bool insert_before(std::string_view pivot, std::string_view text, const EncodingLimits& limits);
  bool insert_after(std::string_view pivot, std::string_view text, const EncodingLimits& limits);
  // Removes elements equal to `value`: the first `count`, the last -count if negative, or all if
  // 0. Returns how many were removed.
  size_t remove(long count, std::string_view value, const EncodingLimits& limits);

  // Calls visit(const Element&) -> bool for up to `count` elements from index `first` on, towards
  // the tail or towards the head, until it returns false; says whether it never did.
  template <class Visit>
  bool visit(size_t first, size_t count, Visit&& visit) const;
  template <class Visit>
  bool visit_backward(size_t first, size_t count, Visit&& visit) const;
  template <class Visit>
  bool for_each(Visit&& visit) const {
    return this->visit(0, size_, visit);
  }

  // The nodes as they are dumped and loaded: visit(const Listpack&), front to back.
  template <class Visit>
  void for_each_listpack(Visit&& visit) const;
  // Adds a node of its own at the tail, whatever its size.
  void append(Listpack entries);

 private:
  // An element's node and its index within that node.
  struct Place {
    ListNode* node;
    size_t offset;
  };

  ListNode* tail() { return head_.previous == nullptr ? &head_ : head_.previous; }
  const ListNode* tail() const { return head_.previous == nullptr ? &head_ : head_.previous; }
  ListNode* previous(const ListNode* node) const {
    return node == &head_ ? nullptr : node->previous;
  }
  // REQUIRES: index < size().
  Place seek(size_t index) const;
  Place find(std::string_view text);

  ListNode* add_after(ListNode* node);
  ListNode* add_before(ListNode* node);
  ListNode* drop(ListNode* node);
  void absorb_next(ListNode* node, const ListNodeLimit& limit);
  void insert(Place place, std::string_view text, const ListNodeLimit& limit);
  void split_and_insert(Place place, std::string_view text, const ListNodeLimit& limit);
  void put_front(ListNode* node, std::string_view text);
  void put_back(ListNode* node, std::string_view text);
  size_t remove_forward(size_t most, std::string_view value, const ListNodeLimit& limit);
  size_t remove_backward(size_t most, std::string_view value, const ListNodeLimit& limit);
  void take(List& other);

  ListNode head_;
  size_t size_ = 0;
};

template <class Visit>
bool List::visit(size_t first, size_t count, Visit&& visit) const {
  if (first >= size_) return true;
  Place place = seek(first);
  for (const ListNode* node = place.node; node != nullptr && count > 0; node = node->next) {
    const size_t here = std::min(count, node->count - place.offset);
    const auto from = node->entries.at(static_cast<long>(place.offset));
    if (!node->entries.visit(from, here, visit)) return false;
    count -= here;
    place.offset = 0;
  }
  return true;
}

template <class Visit>
bool List::visit_backward(size_t first, size_t count, Visit&& visit) const {
  if (first >= size_) return true;
  const Place place = seek(first);
  auto position = place.node->entries.at(static_cast<long>(place.offset));
  for (const ListNode* node = place.node; count > 0;) {
    for (; position != Listpack::kEnd && count > 0; --count) {
      if (!visit(node->entries.get(position))) return false;
      position = node->entries.prev(position);
    }
    node = previous(node);
    if (node == nullptr) break;
    position = node->entries.last();
  }
  return true;
}

template <class Visit>
void List::for_each_listpack(Visit&& visit) const {
  if (empty()) return;
  for (const ListNode* node = &head_; node != nullptr; node = node->next) visit(node->entries);
}

}  // namespace weir::redis
