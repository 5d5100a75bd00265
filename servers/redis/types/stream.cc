#include "servers/redis/types/stream.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace weir::redis {
namespace {

// A node of the map: three links and a colour before what it holds.
constexpr size_t kMapNodeBytes = 4 * sizeof(void*) + sizeof(std::pair<StreamId, StreamNode>);

}  // namespace

void Stream::append(StreamId id, StreamFields fields, const EncodingLimits& limits) {
  WEIR_DCHECK(id > last_id_);
  StreamNode& node = node_for(id, fields, limits);
  node_bytes_ -= node.allocated_bytes();
  node.append(id, fields);
  node_bytes_ += node.allocated_bytes();
  ++size_;
  ++entries_added_;
  last_id_ = id;
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

std::optional<StreamId> Stream::first_id() const {
  std::optional<StreamId> found;
  range(StreamId(), StreamId::max(), Direction::kForward, 1,
        [&](const StreamEntry& entry) { found = entry.id(); });
  return found;
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
  return true;
}

size_t Stream::trim_to_length(size_t length, TrimOptions options) {
  const size_t dropped = drop_nodes(
      options.limit, [&](const StreamNode& node) { return size_ - node.live() >= length; });
  if (options.whole_nodes || size_ <= length) return dropped;
  const size_t limit = std::min(options.limit - dropped, size_ - length);
  return dropped + erase_front(limit, [](StreamId) { return true; });
}

size_t Stream::trim_below(StreamId id, TrimOptions options) {
  const size_t dropped = drop_nodes(
      options.limit, [&](const StreamNode& node) { return node.id(node.last_entry()) < id; });
  if (options.whole_nodes) return dropped;
  return dropped + erase_front(options.limit - dropped, [&](StreamId entry) { return entry < id; });
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

size_t Stream::memory_usage() const { return node_bytes_ + nodes_.size() * kMapNodeBytes; }

Stream::Nodes::const_iterator Stream::node_of(StreamId id) const {
  const auto above = nodes_.upper_bound(id);
  return above == nodes_.begin() ? above : std::prev(above);
}

Stream::Nodes::iterator Stream::drop(Nodes::iterator node) {
  node_bytes_ -= node->second.allocated_bytes();
  return nodes_.erase(node);
}

}  // namespace weir::redis
