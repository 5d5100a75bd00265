#include "servers/redis/types/stream.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace weir::redis {
namespace {

// A node of the map: three links and a colour before what it holds.
constexpr size_t kMapNodeBytes = 4 * sizeof(void*) + sizeof(std::pair<StreamId, StreamNode>);
constexpr size_t kGroupBytes =
    4 * sizeof(void*) + sizeof(std::pair<const std::string, StreamGroup>);

}  // namespace

Stream Stream::clone() const {
  Stream copy;
  for (const auto& [first, node] : nodes_) copy.append(node.clone());
  copy.last_id_ = last_id_;
  copy.max_deleted_id_ = max_deleted_id_;
  copy.entries_added_ = entries_added_;
  for (const auto& [name, group] : groups_) copy.groups_.try_emplace(name, group.clone());
  return copy;
}

void Stream::append(StreamId id, StreamFields fields, const EncodingLimits& limits) {
  WEIR_DCHECK(id > last_id_);
  StreamNode& node = node_for(id, fields, limits);
  node_bytes_ -= node.allocated_bytes();
  node.append(id, fields);
  node_bytes_ += node.allocated_bytes();
  if (size_ == 0) first_id_ = id;
  ++size_;
  ++entries_added_;
  last_id_ = id;
}

bool Stream::append(StreamNode node) {
  const StreamId first = node.first_id();
  const bool is_first = nodes_.empty() && last_id_ == StreamId();
  if (!is_first && first <= last_id_) return false;
  last_id_ = node.live() == 0 ? first : node.id(node.last_live_entry());
  if (node.live() == 0) return true;
  size_ += node.live();
  node_bytes_ += node.allocated_bytes();
  nodes_.try_emplace(nodes_.end(), first, std::move(node));
  if (nodes_.size() == 1) find_first_id();
  return true;
}

// The last node while it has room, else a new one.
StreamNode& Stream::node_for(StreamId id, StreamFields fields, const EncodingLimits& limits) {
  if (!nodes_.empty()) {
    StreamNode& last = std::prev(nodes_.end())->second;
    const bool short_enough = limits.stream_node_max_bytes == 0 ||
                              last.bytes() + text_bytes(fields) < limits.stream_node_max_bytes;
    const bool few_enough =
        limits.stream_node_max_entries == 0 || last.entries() < limits.stream_node_max_entries;
    if (short_enough && few_enough && last.fits(fields)) return last;
  }
  StreamNode& added = nodes_.try_emplace(nodes_.end(), id, id, fields)->second;
  node_bytes_ += added.allocated_bytes();
  return added;
}

bool Stream::fits(StreamFields fields) {
  constexpr size_t kFrameElements = 9;  // the head's four and the entry's five
  return Listpack().fits(text_bytes(fields), fields.size() + kFrameElements);
}

std::optional<StreamId> Stream::next_id(uint64_t now_ms) const {
  return now_ms > last_id_.ms ? StreamId{now_ms, 0} : last_id_.next();
}

std::optional<StreamId> Stream::next_id_at(uint64_t ms) const {
  if (ms > last_id_.ms) return StreamId{ms, 0};
  if (ms < last_id_.ms || last_id_.seq == StreamId::kMaxPart) return std::nullopt;
  return StreamId{ms, last_id_.seq + 1};
}

bool Stream::contains(StreamId id) const {
  return range(id, id, Direction::kForward, 1, [](const StreamEntry&) {}) != 0;
}

void Stream::find_first_id() {
  first_id_ = {};
  range({}, StreamId::max(), Direction::kForward, 1,
        [this](const StreamEntry& entry) { first_id_ = entry.id(); });
}

bool Stream::erase(StreamId id) {
  if (nodes_.empty()) return false;
  const auto at = nodes_.find(node_of(id)->first);
  StreamNode& node = at->second;
  node_bytes_ -= node.allocated_bytes();
  const bool erased = node.erase(id);
  node_bytes_ += node.allocated_bytes();
  if (!erased) return false;
  --size_;
  if (id > max_deleted_id_) max_deleted_id_ = id;
  if (node.live() == 0) drop(at);
  if (id == first_id_) find_first_id();
  return true;
}

size_t Stream::trim_to_length(size_t length, TrimOptions options) {
  size_t removed = drop_nodes(
      options.limit, [&](const StreamNode& node) { return size_ - node.live() >= length; });
  if (!options.whole_nodes && size_ > length) {
    const size_t limit = std::min(options.limit - removed, size_ - length);
    removed += erase_front(limit, [](StreamId) { return true; });
  }
  if (removed != 0) find_first_id();
  return removed;
}

size_t Stream::trim_below(StreamId id, TrimOptions options) {
  size_t removed = drop_nodes(
      options.limit, [&](const StreamNode& node) { return node.id(node.last_entry()) < id; });
  if (!options.whole_nodes) {
    removed += erase_front(options.limit - removed, [&](StreamId entry) { return entry < id; });
  }
  if (removed != 0) find_first_id();
  return removed;
}

// Drops nodes from the front while is_over(node), of `limit` entries together. Returns how many.
template <class IsOver>
size_t Stream::drop_nodes(size_t limit, const IsOver& is_over) {
  size_t dropped = 0;
  for (auto at = nodes_.begin(); at != nodes_.end() && is_over(at->second);) {
    const size_t live = at->second.live();
    if (dropped + live > limit) break;
    dropped += live;
    size_ -= live;
    at = drop(at);
  }
  return dropped;
}

// StreamNode::erase_front() of the first node.
template <class Condemned>
size_t Stream::erase_front(size_t limit, const Condemned& condemned) {
  if (nodes_.empty()) return 0;
  StreamNode& node = nodes_.begin()->second;
  node_bytes_ -= node.allocated_bytes();
  const size_t erased = node.erase_front(limit, condemned);
  node_bytes_ += node.allocated_bytes();
  size_ -= erased;
  if (node.live() == 0) drop(nodes_.begin());
  return erased;
}

StreamGroup* Stream::find_group(std::string_view name) {
  const auto found = groups_.find(name);
  return found == groups_.end() ? nullptr : &found->second;
}

bool Stream::add_group(std::string_view name, StreamGroup group) {
  return groups_.try_emplace(std::string(name), std::move(group)).second;
}

bool Stream::remove_group(std::string_view name) {
  const auto found = groups_.find(name);
  if (found == groups_.end()) return false;
  groups_.erase(found);
  return true;
}

// Whether an erased entry may lie from `id` on. Only the highest that was erased is known.
bool Stream::has_erased_from(StreamId id) const {
  return size_ != 0 && max_deleted_id_ != StreamId() && first_id_ <= max_deleted_id_ &&
         id <= max_deleted_id_;
}

std::optional<int64_t> Stream::entries_up_to(StreamId id) const {
  if (entries_added_ == 0) return 0;
  if (id == last_id_ || (size_ == 0 && id < last_id_)) return static_cast<int64_t>(entries_added_);
  if (id > last_id_ || id > first_id_) return std::nullopt;
  if (max_deleted_id_ != StreamId() && max_deleted_id_ >= first_id_) return std::nullopt;
  return static_cast<int64_t>(entries_added_ - size_ + (id == first_id_ ? 1 : 0));
}

// Counters that were set at will wrap around, as they do in Redis.
std::optional<int64_t> Stream::lag(const StreamGroup& group) const {
  if (entries_added_ == 0) return 0;
  const bool counted = group.entries_read() && !has_erased_from(group.last_id());
  const auto read = counted ? group.entries_read() : entries_up_to(group.last_id());
  if (!read) return std::nullopt;
  return static_cast<int64_t>(entries_added_ - static_cast<uint64_t>(*read));
}

void Stream::advance(StreamGroup& group, StreamId id) const {
  if (group.entries_read() && !has_erased_from(id)) {
    const auto read = static_cast<uint64_t>(*group.entries_read());
    group.set_entries_read(static_cast<int64_t>(read + 1));
  } else {
    group.set_entries_read(entries_up_to(id));
  }
  group.set_last_id(id);
}

void Stream::drain(size_t count) {
  for (; count > 0 && !nodes_.empty(); --count) drop(nodes_.begin());
  while (count > 0 && !groups_.empty()) {
    StreamGroup& group = groups_.begin()->second;
    if (group.drain_size() > count) return group.drain(count);
    count -= group.drain_size();
    groups_.erase(groups_.begin());
  }
}

size_t Stream::drain_size() const {
  constexpr size_t kLarge = 2048;
  size_t blocks = nodes_.size();
  for (auto at = groups_.begin(); at != groups_.end() && blocks < kLarge; ++at) {
    blocks += at->second.drain_size();
  }
  return blocks;
}

size_t Stream::memory_usage() const {
  size_t bytes = node_bytes_ + nodes_.size() * kMapNodeBytes;
  for (const auto& [name, group] : groups_) bytes += kGroupBytes + group.memory_usage();
  return bytes;
}

Stream::Nodes::const_iterator Stream::node_of(StreamId id) const {
  const auto above = nodes_.upper_bound(id);
  return above == nodes_.begin() ? above : std::prev(above);
}

Stream::Nodes::iterator Stream::drop(Nodes::iterator node) {
  node_bytes_ -= node->second.allocated_bytes();
  return nodes_.erase(node);
}

}  // namespace weir::redis
