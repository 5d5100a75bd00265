// Reading streams: their lengths, and stretches between two ids.
#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "servers/redis/call.h"
#include "servers/redis/commands/groups.h"
#include "servers/redis/commands/stream_entry_reply.h"
#include "servers/redis/commands/stream_interval.h"
#include "servers/redis/types/stream.h"

namespace weir::redis::commands {
namespace {

void xlen(Call& call) {
  Stream* stream = nullptr;
  if (!call.read(1, stream)) return;
  call.reply.integer(stream == nullptr ? 0 : static_cast<std::int64_t>(stream->size()));
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
  if (!read_interval_start(call, call.argument(forward ? 2 : 3), start)) return;
  if (!read_interval_end(call, call.argument(forward ? 3 : 2), end)) return;
  std::int64_t count = -1;
  Stream* stream = nullptr;
  if (!read_counts(call, count) || !call.read(1, stream)) return;
  if (stream == nullptr) return call.reply.array(0);
  if (count == 0) return call.reply.null_array();
  reply_stream_entries(call, *stream, start, end, direction, static_cast<std::size_t>(count));
}

void xrange(Call& call) { reply_interval(call, Direction::kForward); }
void xrevrange(Call& call) { reply_interval(call, Direction::kBackward); }

constexpr Command kRows[] = {
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
