#include "servers/redis/commands/stream_trim.h"

#include <algorithm>

#include "servers/redis/commands/stream_entry_reply.h"

namespace weir::redis::commands {
namespace {

// Without LIMIT, "~" removes at most so many nodes' worth of entries at a time, however the nodes
// are configured within these bounds.
constexpr std::size_t kNodesAtATime = 100;
constexpr std::size_t kDefaultEntriesAtATime = 10'000;
constexpr std::size_t kMaxEntriesAtATime = 1'000'000;

std::size_t default_limit(const EncodingLimits& limits) {
  const std::size_t node_entries = limits.stream_node_max_entries;
  if (node_entries == 0) return kDefaultEntriesAtATime;
  return kNodesAtATime * std::min(node_entries, kMaxEntriesAtATime / kNodesAtATime);
}

}  // namespace

StreamTrim::Taken StreamTrim::take(Call& call, std::size_t& i) {
  if (i + 1 == call.size()) return Taken::kNothing;
  bool read = false;
  if (call.is_option(i, "maxlen")) {
    read = read_threshold(call, i, By::kLength);
  } else if (call.is_option(i, "minid")) {
    read = read_threshold(call, i, By::kId);
  } else if (call.is_option(i, "limit")) {
    read = read_limit(call, ++i);
  } else {
    return Taken::kNothing;
  }
  return read ? Taken::kOption : Taken::kError;
}

bool StreamTrim::read_threshold(Call& call, std::size_t& i, By by) {
  if (by_ != By::kNothing) {
    call.error("ERR syntax error, MAXLEN and MINID options at the same time are not compatible");
    return false;
  }
  by_ = by;
  ++i;
  if (i + 1 < call.size() && (call.argument(i) == "~" || call.argument(i) == "=")) {
    whole_nodes_ = call.argument(i) == "~";
    ++i;
  }
  if (by == By::kId) return read_stream_id(call, call.argument(i), 0, id_);
  if (!call.integer(i, length_)) return false;
  if (length_ >= 0) return true;
  call.error("ERR The MAXLEN argument must be >= 0.");
  return false;
}

bool StreamTrim::read_limit(Call& call, std::size_t i) {
  if (!call.integer(i, limit_.emplace())) return false;
  if (*limit_ >= 0) return true;
  call.error("ERR The LIMIT argument must be >= 0.");
  return false;
}

bool StreamTrim::check(Call& call, bool required) const {
  if (by_ == By::kNothing && limit_.value_or(0) != 0) {
    call.error("ERR syntax error, LIMIT cannot be used without specifying a trimming strategy");
    return false;
  }
  if (by_ == By::kNothing && required) {
    call.error("ERR syntax error, XTRIM must be called with a trimming strategy");
    return false;
  }
  if (limit_ && !whole_nodes_) {
    call.error("ERR syntax error, LIMIT cannot be used without the special ~ option");
    return false;
  }
  return true;
}

std::size_t StreamTrim::apply(Stream& stream, const EncodingLimits& limits) const {
  if (by_ == By::kNothing) return 0;
  Stream::TrimOptions options{.whole_nodes = whole_nodes_};
  if (whole_nodes_ && !limit_) options.limit = default_limit(limits);
  if (limit_.value_or(0) > 0) options.limit = static_cast<std::size_t>(*limit_);
  return by_ == By::kId ? stream.trim_below(id_, options)
                        : stream.trim_to_length(static_cast<std::size_t>(length_), options);
}

}  // namespace weir::redis::commands
