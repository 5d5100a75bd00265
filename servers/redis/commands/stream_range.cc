// Reading streams: their lengths, stretches between two ids, descriptions.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "servers/redis/call.h"
#include "servers/redis/commands/collected_elements.h"
#include "servers/redis/commands/groups.h"
#include "servers/redis/commands/stream_entry_reply.h"
#include "servers/redis/types/stream.h"

namespace weir::redis::commands {
namespace {

void xlen(Call& call) {
  Stream* stream = nullptr;
  if (!call.read(1, stream)) return;
  call.reply.integer(stream == nullptr ? 0 : static_cast<std::int64_t>(stream->size()));
}

void reply_entries(Call& call, const Stream& stream, StreamId first, StreamId last,
                   Direction direction, std::size_t count) {
  CollectedElements entries(call.reply.protocol());
  stream.range(first, last, direction, count,
               [&entries](const StreamEntry& entry) { reply_stream_entry(entries.next(), entry); });
  call.reply.array(entries.count());
  call.reply.raw(entries.bytes());
}

// Reads one end of an interval: an id, "(" and an id that does not belong to it any more, "-" or
// "+". False, with the error replied.
bool read_interval_end(Call& call, std::string_view text, std::uint64_t missing_seq, StreamId& id,
                       bool& exclusive) {
  exclusive = text.size() > 1 && text.starts_with('(');
  if (text == "-") return id = StreamId{}, true;
  if (text == "+") return id = StreamId::max(), true;
  return read_stream_id(call, text.substr(exclusive ? 1 : 0), missing_seq, id);
}

bool read_start(Call& call, std::string_view text, StreamId& start) {
  bool exclusive = false;
  if (!read_interval_end(call, text, 0, start, exclusive)) return false;
  if (!exclusive) return true;
  const auto next = start.next();
  if (!next) return call.error("ERR invalid start ID for the interval"), false;
  start = *next;
  return true;
}

bool read_end(Call& call, std::string_view text, StreamId& end) {
  bool exclusive = false;
  if (!read_interval_end(call, text, StreamId::kMaxPart, end, exclusive)) return false;
  if (!exclusive) return true;
  const auto previous = end.previous();
  if (!previous) return call.error("ERR invalid end ID for the interval"), false;
  end = *previous;
  return true;
}

bool read_counts(Call& call, std::int64_t& count) {
  for (std::size_t i = 4; i < call.size(); i += 2) {
    if (!call.is_option(i, "count") || i + 1 == call.size()) return call.syntax_error(), false;
    if (!call.integer(i + 1, count)) return false;
    count = std::max<std::int64_t>(count, 0);
  }
  return true;
}

// Against its own type of reply Redis answers a COUNT of 0 with null.
void reply_interval(Call& call, Direction direction) {
  const bool forward = direction == Direction::kForward;
  StreamId start, end;
  if (!read_start(call, call.argument(forward ? 2 : 3), start)) return;
  if (!read_end(call, call.argument(forward ? 3 : 2), end)) return;
  std::int64_t count = -1;
  Stream* stream = nullptr;
  if (!read_counts(call, count) || !call.read(1, stream)) return;
  if (stream == nullptr) return call.reply.array(0);
  if (count == 0) return call.reply.null_array();
  reply_entries(call, *stream, start, end, direction, static_cast<std::size_t>(count));
}

void xrange(Call& call) { reply_interval(call, Direction::kForward); }
void xrevrange(Call& call) { reply_interval(call, Direction::kBackward); }

void reply_id_field(Call& call, std::string_view name, StreamId id) {
  call.reply.bulk(name);
  reply_stream_id(call.reply, id);
}

void reply_count_field(Call& call, std::string_view name, std::size_t count) {
  call.reply.bulk(name);
  call.reply.integer(static_cast<std::int64_t>(count));
}

// What both forms of XINFO STREAM begin with: kCommonFields of them. The radix tree is the index of
// the nodes: a map here, with one place per node and one for itself.
constexpr std::size_t kCommonFields = 7;

void reply_common_fields(Call& call, const Stream& stream) {
  reply_count_field(call, "length", stream.size());
  reply_count_field(call, "radix-tree-keys", stream.node_count());
  reply_count_field(call, "radix-tree-nodes", stream.node_count() + 1);
  reply_id_field(call, "last-generated-id", stream.last_id());
  reply_id_field(call, "max-deleted-entry-id", stream.max_deleted_id());
  reply_count_field(call, "entries-added", stream.entries_added());
  reply_id_field(call, "recorded-first-entry-id", stream.first_id().value_or(StreamId{}));
}

// The first entry of that direction.
void reply_outermost(Call& call, const Stream& stream, Direction direction) {
  const auto reply = [&call](const StreamEntry& entry) { reply_stream_entry(call.reply, entry); };
  if (stream.range({}, StreamId::max(), direction, 1, reply) == 0) call.reply.null();
}

void describe_briefly(Call& call, const Stream& stream) {
  call.reply.map(kCommonFields + 3);
  reply_common_fields(call, stream);
  reply_count_field(call, "groups", 0);
  call.reply.bulk("first-entry");
  reply_outermost(call, stream, Direction::kForward);
  call.reply.bulk("last-entry");
  reply_outermost(call, stream, Direction::kBackward);
}

void describe_fully(Call& call, const Stream& stream, std::size_t count) {
  call.reply.map(kCommonFields + 2);
  reply_common_fields(call, stream);
  call.reply.bulk("entries");
  reply_entries(call, stream, {}, StreamId::max(), Direction::kForward, count);
  call.reply.bulk("groups");
  call.reply.array(0);
}

// FULL [COUNT count], from argument 3 on; false, with the error replied. A count of 0 asks for all
// entries, here the greatest number.
bool read_full_options(Call& call, std::size_t& count) {
  constexpr std::int64_t kDefaultCount = 10;
  const bool counted = call.size() == 6;
  const bool valid = (call.size() == 4 || counted) && call.is_option(3, "full") &&
                     (!counted || call.is_option(4, "count"));
  if (!valid) {
    call.error("ERR unknown subcommand or wrong number of arguments for '" +
               std::string(call.argument(1)) + "'. Try XINFO HELP.");
    return false;
  }
  std::int64_t wanted = kDefaultCount;
  if (counted && !call.integer(5, wanted)) return false;
  if (wanted < 0) wanted = kDefaultCount;
  count = wanted == 0 ? SIZE_MAX : static_cast<std::size_t>(wanted);
  return true;
}

void xinfo_stream(Call& call) {
  Stream* stream = nullptr;
  if (!call.read(2, stream)) return;
  if (stream == nullptr) return call.error("ERR no such key");
  if (call.size() == 3) return describe_briefly(call, *stream);
  std::size_t count = 0;
  if (read_full_options(call, count)) describe_fully(call, *stream, count);
}

constexpr Command kInfoRows[] = {
    {"stream", -3, kReadonly, {2, 2, 1}, xinfo_stream, "5.0.0", "Describes a stream."},
};

constexpr Command kRows[] = {
    {"xinfo", -2, 0, {}, nullptr, "5.0.0", "Describes streams.", kInfoRows},
    {"xlen", 2, kReadonly | kFast, {1, 1, 1}, xlen, "5.0.0", "Counts the entries of a stream."},
    {"xrange", -4, kReadonly, {1, 1, 1}, xrange, "5.0.0", "Returns the entries between two ids."},
    {"xrevrange",
     -4,
     kReadonly,
     {1, 1, 1},
     xrevrange,
     "5.0.0",
     "Returns the entries between two ids, from the highest."},
};

}  // namespace

const CommandGroup kStreamRange{"stream", kRows};

}  // namespace weir::redis::commands
