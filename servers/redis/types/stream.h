// Stream: Redis' stream type: an append-only log of entries, each with an id above all before it
// and some field-value pairs. Entries lie in StreamNodes of bounded size, found through an ordered
// map by the id of their first entry. It owns its consumer groups, which no change to the entries
// changes. Not thread-safe.
//
// Invariants: every node has a live entry; the ids of live entries ascend within and across nodes,
// as those of erased ones do but where the last id was set back below them; none is above
// last_id(); first_id_ is the first entry's, 0-0 when there is none.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <iterator>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "servers/redis/types/direction.h"
#include "servers/redis/types/encoding_limits.h"
#include "servers/redis/types/stream_group.h"
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
  using Groups = std::map<std::string, StreamGroup, std::less<>>;

  // Node by node as they are, with all counters and groups.
  Stream clone() const;

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
  bool contains(StreamId id) const;
  // The id of the first entry; 0-0 when empty.
  StreamId first_id() const { return first_id_; }

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

  // Ordered by name, byte by byte.
  const Groups& groups() const { return groups_; }
  // nullptr when there is none of that name.
  StreamGroup* find_group(std::string_view name);
  // Whether the name was free.
  bool add_group(std::string_view name, StreamGroup group);
  // Whether there was one.
  bool remove_group(std::string_view name);

  // A group's counter (entries read) and what is left for it (its lag), as Redis has them: exact
  // where no entry was erased beyond the group's last id, else nothing where that can't be told.
  std::optional<int64_t> lag(const StreamGroup& group) const;
  // How many entries of the stream's whole life have ids up to `id`, where that can be told: at the
  // stream's end, or up to its first entry while nothing behind that was erased.
  std::optional<int64_t> entries_up_to(StreamId id) const;
  // The group reads this entry as its last. REQUIRES: it is the first one above its last id.
  void advance(StreamGroup& group, StreamId id) const;

  // For who frees the stream in pieces: frees about `count` blocks of memory. From then on nothing
  // else may be asked of it but drain_size(): how many such blocks are left, where there are
  // thousands no more than that.
  void drain(size_t count);
  size_t drain_size() const;

  size_t node_count() const { return nodes_.size(); }
  // The nodes as they are dumped and loaded: visit(const StreamNode&), in order.
  template <class Visit>
  void for_each_node(Visit&& visit) const {
    for (const auto& [first, node] : nodes_) visit(node);
  }
  // Adds a node behind all others, of whatever size, or none when it has no live entry; last_id()
  // goes up to its last one, else to its first id. Its entries do not count as appended. False,
  // with nothing changed, when its first id is not above last_id().
  bool append(StreamNode node);
  std::string_view encoding() const { return "stream"; }
  // Heap bytes owned, without this object. O(groups and consumers).
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
  void find_first_id();
  bool has_erased_from(StreamId id) const;

  Nodes nodes_;
  size_t size_ = 0;
  size_t node_bytes_ = 0;  // the listpacks of all nodes
  StreamId first_id_;
  StreamId last_id_;
  StreamId max_deleted_id_;
  uint64_t entries_added_ = 0;
  Groups groups_;
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
      if (node.is_deleted(p)) continue;
      const StreamId id = node.id(p);
      if (forward ? id > last : id < first) return visited;
      if (id < first || id > last) continue;
      visit(node.entry(p));
      if (++visited == count) return visited;
    }
    if (at == (forward ? std::prev(nodes_.end()) : nodes_.begin())) return visited;
    forward ? ++at : --at;
  }
}

}  // namespace weir::redis
