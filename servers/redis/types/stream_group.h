// StreamGroup: a consumer group of a stream: how far it has read, and which entries were delivered
// to which consumer and not acknowledged yet. Those "pending" entries are ordered by id twice: all
// of the group with their deliveries, and for each consumer the ids of its own. Not thread-safe.
//
// A pending entry takes 40 bytes in the group's order and 16 in its consumer's, 58 with the blocks
// that hold them where ids come in order (Redis 7: 117 in two radix trees and an object).
//
// Invariants: each pending entry has one consumer, among whose ids it is; nothing else is there.
// The stream's entries are another matter: what is pending may have been removed from it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "servers/redis/types/stream_id.h"
#include "servers/redis/types/stream_id_map.h"

namespace weir::redis {

// now_ms - then_ms, wrapped around as in Redis: in a group that was restored times may be any.
constexpr int64_t idle_ms(int64_t now_ms, int64_t then_ms) {
  return static_cast<int64_t>(static_cast<uint64_t>(now_ms) - static_cast<uint64_t>(then_ms));
}

class StreamConsumer {
 public:
  // Both live as long as the consumer is in its group.
  std::string_view name() const { return name_; }
  // When it last came for entries, in milliseconds since 1970.
  int64_t seen_ms() const { return seen_ms_; }
  size_t pending_count() const { return pending_.size(); }

 private:
  friend class StreamGroup;
  struct Nothing {};

  std::string_view name_;
  int64_t seen_ms_ = 0;
  StreamIdMap<Nothing> pending_;
};

class StreamGroup {
 public:
  struct Delivery {
    StreamConsumer* consumer;
    int64_t time_ms;  // since 1970, of the last one
    uint64_t count;
  };
  using Consumers = std::map<std::string, StreamConsumer, std::less<>>;

  // `entries_read`: how many entries of the stream's whole life are behind it; nothing: unknown.
  StreamGroup(StreamId last_id, std::optional<int64_t> entries_read)
      : last_id_(last_id), entries_read_(entries_read) {}
  StreamGroup(StreamGroup&&) = default;
  StreamGroup& operator=(StreamGroup&&) = default;
  // With copies of its consumers, of whom it makes pointers of its own.
  StreamGroup clone() const;

  // The last entry that was delivered as new, or what was set in its place.
  StreamId last_id() const { return last_id_; }
  std::optional<int64_t> entries_read() const { return entries_read_; }
  void set_last_id(StreamId id) { last_id_ = id; }
  void set_entries_read(std::optional<int64_t> count) { entries_read_ = count; }

  // Ordered by name, byte by byte.
  const Consumers& consumers() const { return consumers_; }
  StreamConsumer* find_consumer(std::string_view name);
  // The consumer of that name, made if need be, seen at `now_ms`.
  StreamConsumer& see_consumer(std::string_view name, int64_t now_ms);
  // With what is pending for it. Returns how many entries that were.
  size_t remove_consumer(std::string_view name);

  size_t pending_count() const { return pending_.size(); }
  // nullptr when the entry is not pending; valid until another begins or ceases to be.
  const Delivery* find_pending(StreamId id) const;
  // The first pending id from `id` on.
  std::optional<StreamId> next_pending(StreamId id) const;
  std::optional<StreamId> last_pending() const;
  // visit(id, const Delivery&) for the group's or one consumer's pending entries from `first` on,
  // ascending, until it returns false. It may assign() what it visits to the same consumer again,
  // and change nothing else.
  template <class Visit>
  void for_each_pending(StreamId first, Visit&& visit) const;
  template <class Visit>
  void for_each_pending(const StreamConsumer& consumer, StreamId first, Visit&& visit) const;

  // The entry is pending from now on, for `delivery.consumer`, whoever had it before.
  void assign(StreamId id, const Delivery& delivery);
  // The entry is not pending any more. Whether it was.
  bool acknowledge(StreamId id);

  // For who frees the group in pieces: frees about `count` blocks of memory. From then on nothing
  // else may be asked of it but drain_size(): how many such blocks are left, itself among them.
  void drain(size_t count);
  size_t drain_size() const { return 1 + consumers_.size() + 2 * pending_.block_count(); }

  // Heap bytes owned, without this object. O(consumers).
  size_t memory_usage() const;

 private:
  StreamId last_id_;
  std::optional<int64_t> entries_read_;
  Consumers consumers_;
  StreamIdMap<Delivery> pending_;
};

template <class Visit>
void StreamGroup::for_each_pending(StreamId first, Visit&& visit) const {
  pending_.for_each(first, [&visit](const auto& item) { return visit(item.id, item.value); });
}

template <class Visit>
void StreamGroup::for_each_pending(const StreamConsumer& consumer, StreamId first,
                                   Visit&& visit) const {
  consumer.pending_.for_each(first, [this, &visit](const auto& item) {
    return visit(item.id, pending_.find(item.id)->value);
  });
}

}  // namespace weir::redis
