#include "servers/redis/types/stream_node.h"

#include "base/check.h"

namespace weir::redis {
namespace {

// Elements of an entry besides its fields and values: flags, ms, seq, field count, length.
constexpr size_t kFrameElements = 5;

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

bool StreamNode::erase(StreamId id) {
  for (auto p = first_entry(); p != Listpack::kEnd; p = next_entry(p)) {
    const StreamId here = this->id(p);
    if (here < id) continue;
    if (here > id || is_deleted(p)) return false;
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
