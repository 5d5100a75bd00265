#include "servers/redis/types/stream_node.h"

#include "base/check.h"

namespace weir::redis {
namespace {

// Elements of an entry besides its fields and values: flags, ms, seq, field count, length.
constexpr size_t kFrameElements = 5;

// Walks over a listpack of which nothing is known: whatever is missing at its end, or is no
// integer, is nothing.
class Walk {
 public:
  explicit Walk(const Listpack& pack) : pack_(pack), at_(pack.first()) {}

  bool at_end() const { return at_ == Listpack::kEnd; }

  std::optional<int64_t> integer() {
    if (at_end()) return std::nullopt;
    const Listpack::Element element = pack_.get(at_);
    at_ = pack_.next(at_);
    return element.is_integer ? std::optional(element.integer) : std::nullopt;
  }

  // A number of something of which each takes up a byte at least.
  std::optional<uint64_t> count() {
    const auto value = integer();
    if (!value || *value < 0 || static_cast<uint64_t>(*value) > pack_.bytes()) return std::nullopt;
    return static_cast<uint64_t>(*value);
  }

  bool skip(uint64_t elements) {
    for (; elements > 0 && !at_end(); --elements) at_ = pack_.next(at_);
    return elements == 0;
  }

 private:
  const Listpack& pack_;
  Listpack::Position at_;
};

}  // namespace

size_t text_bytes(StreamFields fields) {
  size_t bytes = 0;
  for (const std::string_view text : fields) bytes += text.size();
  return bytes;
}

StreamNode::StreamNode(StreamId first, StreamFields fields) : first_(first) {
  WEIR_DCHECK(!fields.empty() && fields.size() % 2 == 0);
  pack_.push_back_integer(0);
  pack_.push_back_integer(0);
  pack_.push_back_integer(static_cast<int64_t>(fields.size() / 2));
  for (size_t i = 0; i < fields.size(); i += 2) pack_.push_back(fields[i]);
  pack_.push_back_integer(0);
}

std::optional<StreamNode> StreamNode::from_listpack(StreamId first, Listpack pack) {
  StreamNode node(first, std::move(pack));
  if (!node.is_well_formed()) return std::nullopt;
  return node;
}

bool StreamNode::is_well_formed() const {
  Walk walk(pack_);
  const auto live = walk.count();
  const auto deleted = walk.count();
  const auto head_fields = walk.count();
  if (!live || !deleted || !head_fields || *head_fields == 0) return false;
  if (!walk.skip(*head_fields) || walk.integer() != 0) return false;

  size_t found = 0;
  size_t found_deleted = 0;
  std::optional<StreamId> last_live;
  for (; !walk.at_end(); ++found) {
    const auto flags = walk.integer();
    const auto ms = walk.integer();
    const auto seq = walk.integer();
    if (!flags || !ms || !seq || (*flags & ~(kDeleted | kSameFields)) != 0) return false;
    // Wraps as id() does.
    const StreamId id{first_.ms + static_cast<uint64_t>(*ms),
                      first_.seq + static_cast<uint64_t>(*seq)};
    if (last_live ? id <= *last_live : id < first_) return false;
    if ((*flags & kDeleted) != 0) {
      ++found_deleted;
    } else {
      last_live = id;
    }

    const bool same = (*flags & kSameFields) != 0;
    const auto fields = same ? head_fields : walk.count();
    if (!fields || *fields == 0 || !walk.skip(same ? *fields : 2 * *fields)) return false;
    if (walk.count() != (same ? *fields + 3 : 2 * *fields + 4)) return false;
  }
  return found == *live + *deleted && found_deleted == *deleted;
}

bool StreamNode::fits(StreamFields fields) const {
  return pack_.fits(text_bytes(fields), fields.size() + kFrameElements);
}

void StreamNode::append(StreamId id, StreamFields fields) {
  const bool same = has_head_fields(fields);
  const size_t count = fields.size() / 2;
  pack_.push_back_integer(same ? kSameFields : 0);
  // Wraps when the sequence number is smaller than the first one's; id() wraps it back.
  pack_.push_back_integer(static_cast<int64_t>(id.ms - first_.ms));
  pack_.push_back_integer(static_cast<int64_t>(id.seq - first_.seq));
  if (!same) pack_.push_back_integer(static_cast<int64_t>(count));
  for (size_t i = same ? 1 : 0; i < fields.size(); i += same ? 2 : 1) pack_.push_back(fields[i]);
  pack_.push_back_integer(static_cast<int64_t>(same ? count + 3 : 2 * count + 4));
  pack_.replace_integer(live_position(), static_cast<int64_t>(live() + 1));
}

StreamNode::Position StreamNode::first_entry() const {
  const Position fields = skip(live_position(), 2);
  return skip(fields, integer(fields) + 2);  // the fields and the 0 behind them
}

StreamNode::Position StreamNode::next_entry(Position p) const {
  const Position after_id = skip(p, 3);
  if ((integer(p) & kSameFields) == 0) return skip(after_id, 2 * integer(after_id) + 2);
  return skip(after_id, integer(skip(live_position(), 2)) + 1);
}

StreamId StreamNode::id(Position p) const {
  const Position ms = pack_.next(p);
  return {first_.ms + integer(ms), first_.seq + integer(pack_.next(ms))};
}

StreamEntry StreamNode::entry(Position p) const {
  StreamEntry entry;
  entry.pack_ = &pack_;
  entry.id_ = id(p);
  const Position after_id = skip(p, 3);
  if ((integer(p) & kSameFields) != 0) {
    const Position head_count = skip(live_position(), 2);
    entry.field_count_ = integer(head_count);
    entry.fields_ = pack_.next(head_count);
    entry.values_ = after_id;
  } else {
    entry.field_count_ = integer(after_id);
    entry.values_ = pack_.next(after_id);
  }
  return entry;
}

StreamNode::Position StreamNode::last_live_entry() const {
  Position p = last_entry();
  while (p != Listpack::kEnd && is_deleted(p)) p = previous_entry(p);
  return p;
}

bool StreamNode::erase(StreamId id) {
  for (auto p = first_entry(); p != Listpack::kEnd; p = next_entry(p)) {
    const StreamId here = this->id(p);
    if (is_deleted(p) || here < id) continue;
    if (here > id) return false;
    mark_deleted(p);
    move_to_deleted(1);
    return true;
  }
  return false;
}

StreamNode::Position StreamNode::skip(Position p, size_t elements) const {
  for (; elements > 0; --elements) p = pack_.next(p);
  return p;
}

bool StreamNode::has_head_fields(StreamFields fields) const {
  Position p = skip(live_position(), 2);
  if (integer(p) != fields.size() / 2) return false;
  for (size_t i = 0; i < fields.size(); i += 2) {
    p = pack_.next(p);
    if (!pack_.get(p).equals(fields[i])) return false;
  }
  return true;
}

// `p` is an entry or kEnd. The element before it is the length of the entry before, or the 0 that
// closes the head.
StreamNode::Position StreamNode::entry_before(Position p) const {
  Position before = p == Listpack::kEnd ? pack_.last() : pack_.prev(p);
  const uint64_t length = integer(before);
  if (length == 0) return Listpack::kEnd;
  for (uint64_t left = length; left > 0; --left) before = pack_.prev(before);
  return before;
}

void StreamNode::mark_deleted(Position p) {
  pack_.replace_integer(p, static_cast<int64_t>(integer(p)) | kDeleted);
}

void StreamNode::move_to_deleted(size_t count) {
  if (count == 0) return;
  pack_.replace_integer(live_position(), static_cast<int64_t>(live() - count));
  const Position deleted = pack_.next(live_position());
  pack_.replace_integer(deleted, static_cast<int64_t>(integer(deleted) + count));
}

}  // namespace weir::redis
