// Stream: Redis' stream type: an append-only log of entries, each with an id above all before it
// and some field-value pairs. Entries lie in StreamNodes of bounded size, found through an ordered
// map by the id of their first entry. Not thread-safe. Consumer groups are not part of it.
//
// Invariants: every node has a live entry; ids ascend within and across nodes; no id that was ever
// appended is above last_id().
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <map>
#include <optional>
#include <string_view>

#include "servers/redis/types/direction.h"
#include "servers/redis/types/encoding_limits.h"
#include "servers/redis/types/stream_id.h"
#include "servers/redis/types/stream_node.h"

namespace weir::redis {

class Stream {
 public:
  // How far trimming goes: exactly, entry by entry, or in whole nodes alone, which costs next to
  // nothing ("~"); and no more than `limit` entries.
  struct TrimOptions {
    bool whole_nodes = false;
    size_t limit = SIZE_MAX;
  };

  // REQUIRES: id > last_id(); fits(fields). In a node that stays within both limits (0: none).
  void append(StreamId id, StreamFields fields, const EncodingLimits& limits);
  // Whether one entry of these fields is small enough for any stream.
  static bool fits(StreamFields fields);

  // Ids for new entries ("*" and "ms-*"), above last_id(); nothing when there is none left, and
  // for next_id_at() when `ms` is over.
  std::optional<StreamId> next_id(uint64_t now_ms) const;
  std::optional<StreamId> next_id_at(uint64_t ms) const;

  size_t size() const { return size_; }
  // visit(const StreamEntry&) for up to `count` entries with first <= id <= last, from the low or
  // from the high end; returns their number. visit must not change the stream.
  template <class Visit>
  size_t range(StreamId first, StreamId last, Direction direction, size_t count,
               Visit&& visit) const;
  // The id of the first entry; nothing when empty.
  std::optional<StreamId> first_id() const;

  // Whether the entry was there.
  bool erase(StreamId id);
  // Removes entries from the front until `length` are left, or all below `id`. Returns how many.
  size_t trim_to_length(size_t length, TrimOptions options);
  size_t trim_below(StreamId id, TrimOptions options);

  // The highest id ever appended or set; 0-0 at first. set_last_id() REQUIRES: not below any entry.
  StreamId last_id() const { return last_id_; }
  void set_last_id(StreamId id) { last_id_ = id; }
  // The highest id ever erased by erase(), not by trimming.
  StreamId max_deleted_id() const { return max_deleted_id_; }
  void set_max_deleted_id(StreamId id) { max_deleted_id_ = id; }
  // Appended in the stream's whole life.
  uint64_t entries_added() const { return entries_added_; }
  void set_entries_added(uint64_t count) { entries_added_ = count; }

  size_t node_count() const { return nodes_.size(); }
  std::string_view encoding() const { return "stream"; }
  // Heap bytes owned, without this object. O(1).
  size_t memory_usage() const;

 private:
  using Nodes = std::map<StreamId, StreamNode>;

  // The node that may hold `id`, else the first one.
  Nodes::const_iterator node_of(StreamId id) const;
  StreamNode& node_for(StreamId id, StreamFields fields, const EncodingLimits& limits);
  Nodes::iterator drop(Nodes::iterator node);
  template <class IsOver>
  size_t drop_nodes(size_t limit, const IsOver& is_over);
  template <class Condemned>
  size_t erase_front(size_t limit, const Condemned& condemned);

  Nodes nodes_;
  size_t size_ = 0;
  size_t node_bytes_ = 0;  // the listpacks of all nodes
  StreamId last_id_;
  StreamId max_deleted_id_;
  uint64_t entries_added_ = 0;
};

template <class Visit>
size_t Stream::range(StreamId first, StreamId last, Direction direction, size_t count,
                     Visit&& visit) const {
  if (nodes_.empty() || first > last || count == 0) return 0;
  const bool forward = direction == Direction::kForward;
  size_t visited = 0;
  auto at = node_of(forward ? first : last);
  while (true) {
    const StreamNode& node = at->second;
    auto p = forward ? node.first_entry() : node.last_entry();
    for (; p != Listpack::kEnd; p = forward ? node.next_entry(p) : node.previous_entry(p)) {
      const StreamId id = node.id(p);
      if (forward ? id > last : id < first) return visited;
      if (node.is_deleted(p) || id < first || id > last) continue;
      visit(node.entry(p));
      if (++visited == count) return visited;
    }
    if (at == (forward ? std::prev(nodes_.end()) : nodes_.begin())) return visited;
    forward ? ++at : --at;
  }
}

}  // namespace weir::redis
