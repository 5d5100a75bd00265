#include "servers/redis/types/list.h"

#include <algorithm>
#include <utility>

namespace weir::redis {

List& List::operator=(List&& other) noexcept {
  if (this != &other) {
    clear();
    take(other);
  }
  return *this;
}

// REQUIRES: this list is empty. The second node is linked to the head by address.
void List::take(List& other) {
  head_ = std::move(other.head_);
  size_ = std::exchange(other.size_, 0);
  other.head_ = ListNode();
  if (head_.next != nullptr) head_.next->previous = &head_;
}

List List::clone() const {
  List copy;
  for_each_listpack([&](const Listpack& entries) { copy.append(entries.clone()); });
  return copy;
}

size_t List::memory_usage() const {
  size_t bytes = sizeof(List) + head_.entries.allocated_bytes();
  for (const ListNode* node = head_.next; node != nullptr; node = node->next) {
    bytes += sizeof(ListNode) + node->entries.allocated_bytes();
  }
  return bytes;
}

void List::push_front(std::string_view text, const EncodingLimits& limits) {
  if (!ListNodeLimit(limits).allows_insert(head_, text)) add_before(&head_);
  put_front(&head_, text);
}

void List::push_back(std::string_view text, const EncodingLimits& limits) {
  ListNode* node = tail();
  if (!ListNodeLimit(limits).allows_insert(*node, text)) node = add_after(node);
  put_back(node, text);
}

void List::pop_front(size_t count) {
  count = std::min(count, size_);
  while (count > 0 && count >= head_.count) {
    count -= head_.count;
    size_ -= head_.count;
    drop(&head_);
  }
  if (count == 0) return;
  head_.entries.erase(head_.entries.first(), count);
  head_.count -= static_cast<uint32_t>(count);
  size_ -= count;
}

void List::pop_back(size_t count) {
  count = std::min(count, size_);
  while (count > 0 && count >= tail()->count) {
    count -= tail()->count;
    size_ -= tail()->count;
    drop(tail());
  }
  if (count == 0) return;
  ListNode* const node = tail();
  node->entries.erase(node->entries.at(-static_cast<long>(count)), count);
  node->count -= static_cast<uint32_t>(count);
  size_ -= count;
}

void List::trim(size_t first, size_t count) {
  first = std::min(first, size_);
  count = std::min(count, size_ - first);
  pop_back(size_ - first - count);
  pop_front(first);
}

void List::clear() {
  for (ListNode* node = head_.next; node != nullptr;) delete std::exchange(node, node->next);
  head_ = ListNode();
  size_ = 0;
}

std::optional<List::Element> List::at(long index) const {
  if (index < 0) index += static_cast<long>(size_);
  if (index < 0 || static_cast<size_t>(index) >= size_) return std::nullopt;
  const Place place = seek(static_cast<size_t>(index));
  const Listpack& entries = place.node->entries;
  return entries.get(entries.at(static_cast<long>(place.offset)));
}

bool List::set(long index, std::string_view text, const EncodingLimits& limits) {
  if (index < 0) index += static_cast<long>(size_);
  if (index < 0 || static_cast<size_t>(index) >= size_) return false;
  const ListNodeLimit limit(limits);
  const Place place = seek(static_cast<size_t>(index));
  Listpack& entries = place.node->entries;
  const auto position = entries.at(static_cast<long>(place.offset));
  const size_t bytes = entries.bytes() - entries.bytes_at(position) + Listpack::bytes_for(text);
  if (limit.allows(bytes, place.node->count)) {
    entries.replace(position, text);
    return true;
  }
  entries.erase(position);  // not the node's only element: that may have any size
  --place.node->count;
  --size_;
  insert(place, text, limit);
  return true;
}

bool List::insert_before(std::string_view pivot, std::string_view text,
                         const EncodingLimits& limits) {
  const Place place = find(pivot);
  if (place.node == nullptr) return false;
  insert(place, text, ListNodeLimit(limits));
  return true;
}

bool List::insert_after(std::string_view pivot, std::string_view text,
                        const EncodingLimits& limits) {
  const Place place = find(pivot);
  if (place.node == nullptr) return false;
  insert({place.node, place.offset + 1}, text, ListNodeLimit(limits));
  return true;
}

size_t List::remove(long count, std::string_view value, const EncodingLimits& limits) {
  const ListNodeLimit limit(limits);
  if (count < 0) return remove_backward(size_t{0} - static_cast<size_t>(count), value, limit);
  return remove_forward(count == 0 ? size_ : static_cast<size_t>(count), value, limit);
}

size_t List::remove_forward(size_t most, std::string_view value, const ListNodeLimit& limit) {
  const size_t old_size = size_;
  for (ListNode* node = &head_; node != nullptr && most > 0;) {
    const uint32_t old_count = node->count;
    auto position = node->entries.find(value, node->entries.first());
    while (position != Listpack::kEnd && most > 0) {
      position = node->entries.find(value, node->entries.erase(position));
      --node->count;
      --size_;
      --most;
    }
    if (node->count == 0) {
      node = drop(node);
      continue;
    }
    ListNode* const next = node->next;
    ListNode* const before = previous(node);
    if (node->count < old_count && before != nullptr) absorb_next(before, limit);
    node = next;
  }
  return old_size - size_;
}

size_t List::remove_backward(size_t most, std::string_view value, const ListNodeLimit& limit) {
  const size_t old_size = size_;
  for (ListNode* node = tail(); node != nullptr && most > 0;) {
    const uint32_t old_count = node->count;
    for (auto position = node->entries.last(); position != Listpack::kEnd && most > 0;) {
      const auto before = node->entries.prev(position);  // stays valid: it lies in front
      if (node->entries.get(position).equals(value)) {
        node->entries.erase(position);
        --node->count;
        --size_;
        --most;
      }
      position = before;
    }
    ListNode* const before = previous(node);
    if (node->count == 0) {
      drop(node);
    } else if (node->count < old_count) {
      absorb_next(node, limit);
    }
    node = before;
  }
  return old_size - size_;
}

void List::append(Listpack entries) {
  if (entries.empty()) return;
  ListNode* const node = empty() ? &head_ : add_after(tail());
  node->count = static_cast<uint32_t>(entries.size());
  node->entries = std::move(entries);
  size_ += node->count;
}

List::Place List::seek(size_t index) const {
  // Constness ends at the head alone, which is a value; readers only read what is found here.
  auto* node = const_cast<ListNode*>(&head_);
  if (index < size_ / 2 || head_.next == nullptr) {
    for (; index >= node->count; node = node->next) index -= node->count;
    return {node, index};
  }
  node = head_.previous;
  size_t before = size_ - node->count;
  for (; index < before; before -= node->count) node = node->previous;
  return {node, index - before};
}

List::Place List::find(std::string_view text) {
  for (ListNode* node = &head_; node != nullptr; node = node->next) {
    size_t offset = 0;
    const bool absent =
        node->entries.visit(node->entries.first(), node->count, [&](const Element& element) {
          if (element.equals(text)) return false;
          ++offset;
          return true;
        });
    if (!absent) return {node, offset};
  }
  return {nullptr, 0};
}

ListNode* List::add_after(ListNode* node) {
  auto* const added = new ListNode{node, node->next, Listpack(), 0};
  (node->next == nullptr ? head_ : *node->next).previous = added;
  node->next = added;
  return added;
}

// The head cannot move; what it held does, and the head itself is the new empty node.
ListNode* List::add_before(ListNode* node) {
  if (node != &head_) return add_after(node->previous);
  ListNode* const second = add_after(&head_);
  second->entries = std::move(head_.entries);
  second->count = std::exchange(head_.count, 0);
  return &head_;
}

// Removes a node and returns the one now in its place, or nullptr at the end: the head takes over
// the second node's content.
ListNode* List::drop(ListNode* node) {
  if (node == &head_) {
    ListNode* const second = head_.next;
    if (second == nullptr) {
      clear();
      return nullptr;
    }
    head_.entries = std::move(second->entries);
    head_.count = second->count;
    drop(second);
    return &head_;
  }
  ListNode* const before = node->previous;
  ListNode* const after = node->next;
  before->next = after;
  if (after != nullptr) {
    after->previous = before;
  } else {
    head_.previous = before == &head_ ? nullptr : before;
  }
  delete node;
  return after;
}

// Merges the next node into this one if both together are within the limit.
void List::absorb_next(ListNode* node, const ListNodeLimit& limit) {
  ListNode* const next = node->next;
  if (next == nullptr || !limit.allows_merge(*node, *next)) return;
  node->entries.append(next->entries);
  node->count += next->count;
  drop(next);
}

// Inserts before the element at that place; past a node's last element it means behind it.
void List::insert(Place place, std::string_view text, const ListNodeLimit& limit) {
  ListNode* const node = place.node;
  if (limit.allows_insert(*node, text)) {
    node->entries.insert_before(node->entries.at(static_cast<long>(place.offset)), text);
    ++node->count;
    ++size_;
  } else if (place.offset == 0) {
    ListNode* const before = previous(node);
    const bool room = before != nullptr && limit.allows_insert(*before, text);
    put_back(room ? before : add_before(node), text);
  } else if (place.offset == node->count) {
    const bool room = node->next != nullptr && limit.allows_insert(*node->next, text);
    put_front(room ? node->next : add_after(node), text);
  } else {
    split_and_insert(place, text, limit);
  }
}

// Splitting leaves parts of any size; each joins its neighbour if it can, so that inserting in
// the middle again and again does not end in a chain of crumbs.
void List::split_and_insert(Place place, std::string_view text, const ListNodeLimit& limit) {
  ListNode* const node = place.node;
  ListNode* const rest = add_after(node);
  rest->entries = node->entries.split(node->entries.at(static_cast<long>(place.offset)));
  rest->count = node->count - static_cast<uint32_t>(place.offset);
  node->count = static_cast<uint32_t>(place.offset);
  if (limit.allows_insert(*node, text)) {
    put_back(node, text);
  } else if (limit.allows_insert(*rest, text)) {
    put_front(rest, text);
  } else {
    put_back(add_after(node), text);
  }
  absorb_next(rest, limit);
  if (node != &head_) absorb_next(node->previous, limit);
}

void List::put_front(ListNode* node, std::string_view text) {
  node->entries.push_front(text);
  ++node->count;
  ++size_;
}

void List::put_back(ListNode* node, std::string_view text) {
  node->entries.push_back(text);
  ++node->count;
  ++size_;
}

}  // namespace weir::redis
