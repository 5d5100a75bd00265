// StreamIdMap: an ordered map from stream ids to small values, for lists that grow at the high end
// and shrink anywhere, as lists of pending entries do. Items lie in sorted blocks, found through an
// ordered map by an id that is not above their first: filled in order, an item costs little more
// than its own bytes. Not thread-safe.
//
// Invariants: no block is empty or has more than kBlockItems; ids ascend within and across blocks;
// a block's key is above all ids of the block before. An erase merges a block with a neighbour when
// both together fill no more than half of one, so that holes take a bounded share.
#pragma once

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <map>
#include <utility>
#include <vector>

#include "servers/redis/types/stream_id.h"

namespace weir::redis {

template <class Value>
class StreamIdMap {
 public:
  struct Item {
    StreamId id;
    [[no_unique_address]] Value value;
  };

  size_t size() const { return size_; }

  // The item of that id, the first from `id` on and the last of all; nullptr when there is none.
  // Valid until the next insert or erase.
  const Item* find(StreamId id) const;
  const Item* first_from(StreamId id) const;
  const Item* last() const;
  // visit(const Item&) for the items from `first` on, ascending, until it returns false. It may
  // insert() what is there again, to change its value, and change nothing else.
  template <class Visit>
  void for_each(StreamId first, Visit&& visit) const;

  // Whether `id` is new; an old one gets the value too.
  bool insert(StreamId id, const Value& value);
  // Whether it was there.
  bool erase(StreamId id);

  // For who frees the map in pieces: frees up to `count` blocks, the lowest first, and returns how
  // many.
  size_t drain(size_t count);
  size_t block_count() const { return blocks_.size(); }

  // Heap bytes owned, without this object. O(1).
  size_t memory_usage() const { return blocks_.size() * kMapNodeBytes + slots_ * sizeof(Item); }

 private:
  static constexpr size_t kBlockItems = 64;
  using Block = std::vector<Item>;
  using Blocks = std::map<StreamId, Block>;
  // Three links and a colour before what a node holds.
  static constexpr size_t kMapNodeBytes = 4 * sizeof(void*) + sizeof(std::pair<StreamId, Block>);

  // Where `id` is, or would be, in a block, const or not.
  template <class AnyBlock>
  static auto position_in(AnyBlock& block, StreamId id) {
    return std::lower_bound(block.begin(), block.end(), id,
                            [](const Item& item, StreamId wanted) { return item.id < wanted; });
  }
  // The block that may hold `id`, else the first one.
  typename Blocks::const_iterator block_of(StreamId id) const;
  typename Blocks::iterator block_of(StreamId id);
  // The same where `id` is to be inserted and absent: one with room.
  typename Blocks::iterator block_for(StreamId id);
  typename Blocks::iterator add_block(StreamId key, Block block);
  typename Blocks::iterator drop_block(typename Blocks::iterator at);
  // The block's upper half becomes the next block; returns that.
  typename Blocks::iterator split(typename Blocks::iterator at);
  bool merge_next(typename Blocks::iterator at);

  Blocks blocks_;
  size_t size_ = 0;
  size_t slots_ = 0;  // the capacities of all blocks
};

template <class Value>
const typename StreamIdMap<Value>::Item* StreamIdMap<Value>::find(StreamId id) const {
  const Item* item = first_from(id);
  return item != nullptr && item->id == id ? item : nullptr;
}

template <class Value>
const typename StreamIdMap<Value>::Item* StreamIdMap<Value>::first_from(StreamId id) const {
  auto at = block_of(id);
  if (at == blocks_.end()) return nullptr;
  const auto position = position_in(at->second, id);
  if (position != at->second.end()) return &*position;
  return ++at == blocks_.end() ? nullptr : &at->second.front();
}

template <class Value>
const typename StreamIdMap<Value>::Item* StreamIdMap<Value>::last() const {
  return blocks_.empty() ? nullptr : &std::prev(blocks_.end())->second.back();
}

template <class Value>
template <class Visit>
void StreamIdMap<Value>::for_each(StreamId first, Visit&& visit) const {
  auto at = block_of(first);
  if (at == blocks_.end()) return;
  for (auto position = position_in(at->second, first);;) {
    for (; position != at->second.end(); ++position) {
      if (!visit(*position)) return;
    }
    if (++at == blocks_.end()) return;
    position = at->second.begin();
  }
}

template <class Value>
bool StreamIdMap<Value>::insert(StreamId id, const Value& value) {
  if (const auto at = block_of(id); at != blocks_.end()) {
    const auto position = position_in(at->second, id);
    if (position != at->second.end() && position->id == id) return position->value = value, false;
  }
  Block& block = block_for(id)->second;
  slots_ -= block.capacity();
  block.insert(position_in(block, id), Item{id, value});
  slots_ += block.capacity();
  ++size_;
  return true;
}

template <class Value>
bool StreamIdMap<Value>::erase(StreamId id) {
  auto at = block_of(id);
  if (at == blocks_.end()) return false;
  Block& block = at->second;
  const auto position = position_in(block, id);
  if (position == block.end() || position->id != id) return false;
  block.erase(position);
  --size_;
  if (block.empty()) {
    drop_block(at);
  } else if (!merge_next(at) && at != blocks_.begin()) {
    merge_next(std::prev(at));
  }
  return true;
}

template <class Value>
size_t StreamIdMap<Value>::drain(size_t count) {
  size_t drained = 0;
  for (; drained < count && !blocks_.empty(); ++drained) {
    size_ -= blocks_.begin()->second.size();
    drop_block(blocks_.begin());
  }
  return drained;
}

template <class Value>
typename StreamIdMap<Value>::Blocks::const_iterator StreamIdMap<Value>::block_of(
    StreamId id) const {
  const auto above = blocks_.upper_bound(id);
  return above == blocks_.begin() ? above : std::prev(above);
}

template <class Value>
typename StreamIdMap<Value>::Blocks::iterator StreamIdMap<Value>::block_of(StreamId id) {
  const auto above = blocks_.upper_bound(id);
  return above == blocks_.begin() ? above : std::prev(above);
}

template <class Value>
typename StreamIdMap<Value>::Blocks::iterator StreamIdMap<Value>::block_for(StreamId id) {
  auto at = block_of(id);
  if (at == blocks_.end()) return add_block(id, {});
  if (id < at->first) {  // below all: the first block's key goes down with its ids
    auto node = blocks_.extract(at);
    node.key() = id;
    at = blocks_.insert(std::move(node)).position;
  }
  if (at->second.size() < kBlockItems) return at;
  // Behind a full block a new one begins, so that what comes in order leaves no half-empty ones.
  if (id > at->second.back().id) return add_block(id, {});
  const auto upper = split(at);
  return id < upper->first ? at : upper;
}

template <class Value>
typename StreamIdMap<Value>::Blocks::iterator StreamIdMap<Value>::add_block(StreamId key,
                                                                            Block block) {
  slots_ += block.capacity();
  return blocks_.emplace(key, std::move(block)).first;
}

template <class Value>
typename StreamIdMap<Value>::Blocks::iterator StreamIdMap<Value>::drop_block(
    typename Blocks::iterator at) {
  slots_ -= at->second.capacity();
  return blocks_.erase(at);
}

template <class Value>
typename StreamIdMap<Value>::Blocks::iterator StreamIdMap<Value>::split(
    typename Blocks::iterator at) {
  Block& block = at->second;
  const auto middle = block.begin() + static_cast<std::ptrdiff_t>(block.size() / 2);
  const auto upper = add_block(middle->id, Block(middle, block.end()));
  block.erase(middle, block.end());
  return upper;
}

// Takes in the items of the next block where both are small. Whether it did.
template <class Value>
bool StreamIdMap<Value>::merge_next(typename Blocks::iterator at) {
  const auto next = std::next(at);
  Block& block = at->second;
  if (next == blocks_.end() || block.size() + next->second.size() > kBlockItems / 2) return false;
  slots_ -= block.capacity();
  block.insert(block.end(), next->second.begin(), next->second.end());
  slots_ += block.capacity();
  drop_block(next);
  return true;
}

}  // namespace weir::redis
