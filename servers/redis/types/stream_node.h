// StreamNode: a run of stream entries in one Listpack, in the layout that Redis 7 keeps and dumps:
//
//   live | deleted | field count | field ... | 0          the head, with the first entry's fields
//   flags | ms | seq | value ... | length                 an entry of those same fields
//   flags | ms | seq | field count | field value ... | length
//
// ms and seq are differences from the first entry's id. `length` counts the elements of the entry
// before it: the way back for a walk from the end. An entry is deleted by a flag; its room comes
// back with the node. Not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include "servers/redis/types/integer_text.h"
#include "servers/redis/types/listpack.h"
#include "servers/redis/types/stream_id.h"

namespace weir::redis {

// Field, value, field, value and so on: an even number, at least one pair.
using StreamFields = std::span<const std::string_view>;
// Bytes of all fields and values.
size_t text_bytes(StreamFields fields);

// One entry where it lies. Valid until the next change to the stream.
class StreamEntry {
 public:
  StreamId id() const { return id_; }
  size_t field_count() const { return field_count_; }
  // visit(field, value), both std::string_view and valid during the call, in the order given.
  template <class Visit>
  void for_each(Visit&& visit) const;

 private:
  friend class StreamNode;
  const Listpack* pack_ = nullptr;
  StreamId id_;
  size_t field_count_ = 0;
  Listpack::Position fields_ = Listpack::kEnd;  // kEnd: fields stand before their values
  Listpack::Position values_ = Listpack::kEnd;
};

class StreamNode {
 public:
  // Of an entry's flags; Listpack::kEnd beyond the last and before the first entry.
  using Position = Listpack::Position;

  // An empty node for entries from `first` on, whose head has the fields of `fields`.
  StreamNode(StreamId first, StreamFields fields);

  // Takes over a parsed listpack whose entries' ids are told from `first`. Nothing unless it has
  // the layout above throughout, its counts are right, and each id is above those of all live
  // entries before it, none below `first`. It may have no live entry.
  static std::optional<StreamNode> from_listpack(StreamId first, Listpack pack);

  // REQUIRES: id is above all live ones here; fits(fields).
  void append(StreamId id, StreamFields fields);
  bool fits(StreamFields fields) const;

  size_t live() const { return integer(live_position()); }
  // Deleted ones too.
  size_t entries() const { return live() + integer(pack_.next(live_position())); }
  size_t bytes() const { return pack_.bytes(); }
  size_t allocated_bytes() const { return pack_.allocated_bytes(); }

  StreamNode clone() const { return {first_, pack_.clone()}; }

  const Listpack& listpack() const { return pack_; }
  // What the ids of its entries are told from; none is below it.
  StreamId first_id() const { return first_; }

  Position first_entry() const;
  Position last_entry() const { return entry_before(Listpack::kEnd); }
  // kEnd when there is none.
  Position last_live_entry() const;
  Position next_entry(Position p) const;
  Position previous_entry(Position p) const { return entry_before(p); }
  bool is_deleted(Position p) const { return (integer(p) & kDeleted) != 0; }
  StreamId id(Position p) const;
  StreamEntry entry(Position p) const;

  // Deletes the entries at the front for which condemned(id) holds, up to the first that it does
  // not, and at most `limit`. Returns how many. For entry positions it changes nothing but flags.
  template <class Condemned>
  size_t erase_front(size_t limit, const Condemned& condemned);
  // Whether the entry was there.
  bool erase(StreamId id);

 private:
  StreamNode(StreamId first, Listpack pack) : first_(first), pack_(std::move(pack)) {}

  static constexpr int64_t kDeleted = 1;
  static constexpr int64_t kSameFields = 2;

  Position live_position() const { return pack_.first(); }
  // REQUIRES: the element was written as an integer that is not negative.
  uint64_t integer(Position p) const { return static_cast<uint64_t>(pack_.get(p).integer); }
  Position skip(Position p, size_t elements) const;
  bool has_head_fields(StreamFields fields) const;
  Position entry_before(Position p) const;
  void mark_deleted(Position p);
  void move_to_deleted(size_t count);

  bool is_well_formed() const;

  StreamId first_;
  Listpack pack_;
};

template <class Visit>
void StreamEntry::for_each(Visit&& visit) const {
  IntegerText field_scratch, value_scratch;
  const bool interleaved = fields_ == Listpack::kEnd;
  auto field = interleaved ? values_ : fields_;
  auto value = interleaved ? pack_->next(values_) : values_;
  for (size_t left = field_count_;; --left) {
    visit(pack_->get(field).view(field_scratch), pack_->get(value).view(value_scratch));
    if (left == 1) return;
    field = pack_->next(interleaved ? value : field);
    value = pack_->next(interleaved ? field : value);
  }
}

template <class Condemned>
size_t StreamNode::erase_front(size_t limit, const Condemned& condemned) {
  size_t erased = 0;
  for (auto p = first_entry(); p != Listpack::kEnd && erased < limit; p = next_entry(p)) {
    if (is_deleted(p)) continue;
    if (!condemned(id(p))) break;
    mark_deleted(p);
    ++erased;
  }
  move_to_deleted(erased);
  return erased;
}

}  // namespace weir::redis
