#include "servers/redis/commands/stream_interval.h"

#include <cstdint>

#include "servers/redis/commands/stream_entry_reply.h"

namespace weir::redis::commands {
namespace {

bool read_bound(Call& call, std::string_view text, std::uint64_t missing_seq, StreamId& id,
                bool& exclusive) {
  exclusive = text.size() > 1 && text.starts_with('(');
  if (exclusive) return read_stream_id(call, text.substr(1), missing_seq, id);
  return read_stream_id_or_end(call, text, missing_seq, id);
}

}  // namespace

bool read_interval_start(Call& call, std::string_view text, StreamId& start) {
  bool exclusive = false;
  if (!read_bound(call, text, 0, start, exclusive)) return false;
  if (!exclusive) return true;
  const auto next = start.next();
  if (!next) return call.error("ERR invalid start ID for the interval"), false;
  start = *next;
  return true;
}

bool read_interval_end(Call& call, std::string_view text, StreamId& end) {
  bool exclusive = false;
  if (!read_bound(call, text, StreamId::kMaxPart, end, exclusive)) return false;
  if (!exclusive) return true;
  const auto previous = end.previous();
  if (!previous) return call.error("ERR invalid end ID for the interval"), false;
  end = *previous;
  return true;
}

}  // namespace weir::redis::commands
