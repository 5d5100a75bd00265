// Streams: appending, removing, and setting what a stream remembers. Reading is in
// stream_range.cc and stream_read.cc, consumer groups in stream_group.cc.
// Unlike other collections a stream may be empty: it still knows the ids that it gave.
#include "servers/redis/types/stream.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "servers/redis/call.h"
#include "servers/redis/commands/arguments.h"
#include "servers/redis/commands/groups.h"
#include "servers/redis/commands/stream_entry_reply.h"
#include "servers/redis/commands/stream_trim.h"

namespace weir::redis::commands {
namespace {

// The id that XADD asks for.
struct WantedId {
  enum class Kind { kAny, kMillisecond, kExact };  // "*", "ms-*", "ms-seq"

  Kind kind = Kind::kAny;
  StreamId id;

  bool parse(Call& call, std::string_view text);
  // The id for the next entry; nothing, with the error replied, when it can't be had.
  std::optional<StreamId> choose(Call& call, const Stream& stream) const;
};

bool WantedId::parse(Call& call, std::string_view text) {
  if (text == "*") return true;
  const std::size_t dash = text.find('-');
  const bool any_sequence = dash != std::string_view::npos && text.substr(dash) == "-*";
  kind = any_sequence ? Kind::kMillisecond : Kind::kExact;
  return read_stream_id(call, any_sequence ? text.substr(0, dash) : text, 0, id);
}

std::optional<StreamId> WantedId::choose(Call& call, const Stream& stream) const {
  if (stream.last_id() == StreamId::max()) {
    call.error("ERR The stream has exhausted the last possible ID, unable to add more items");
    return std::nullopt;
  }
  std::optional<StreamId> chosen = id;
  if (kind == Kind::kAny) chosen = stream.next_id(static_cast<std::uint64_t>(call.now_ms));
  if (kind == Kind::kMillisecond) chosen = stream.next_id_at(id.ms);
  if (chosen && *chosen > stream.last_id()) return chosen;
  call.error("ERR The ID specified in XADD is equal or smaller than the target stream top item");
  return std::nullopt;
}

struct AddRequest {
  bool make_stream = true;
  StreamTrim trim;
  WantedId id;
  StreamFields fields;

  // False, with the error replied.
  bool parse(Call& call);

 private:
  // Finds the id's position behind the options.
  bool parse_options(Call& call, std::size_t& i);
};

bool AddRequest::parse_options(Call& call, std::size_t& i) {
  for (; i < call.size(); ++i) {
    const StreamTrim::Taken taken = trim.take(call, i);
    if (taken == StreamTrim::Taken::kError) return false;
    if (taken == StreamTrim::Taken::kOption) continue;
    if (!call.is_option(i, "nomkstream")) break;
    make_stream = false;
  }
  return i == call.size() || id.parse(call, call.argument(i));
}

bool AddRequest::parse(Call& call) {
  std::size_t i = 2;
  if (!parse_options(call, i) || !trim.check(call, false)) return false;
  ++i;
  if (i >= call.size() || (call.size() - i) % 2 != 0) return wrong_arity(call), false;
  fields = call.arguments().subspan(i);
  if (id.kind == WantedId::Kind::kExact && id.id == StreamId{}) {
    call.error("ERR The ID specified in XADD must be greater than 0-0");
    return false;
  }
  if (Stream::fits(fields)) return true;
  call.error("ERR Elements are too large to be stored");
  return false;
}

constexpr KeyEvent kTrimmed{kStreamEvent, "xtrim"};

// A new stream takes whatever id the request may still hold here, so none is made in vain.
void xadd(Call& call) {
  AddRequest request;
  Stream* stream = nullptr;
  if (!request.parse(call) || !call.find(1, stream)) return;
  if (stream == nullptr) {
    if (!request.make_stream) return call.reply.null();
    stream = call.create<Stream>(1);
  }
  const std::optional<StreamId> id = request.id.choose(call, *stream);
  if (!id) return;
  stream->append(*id, request.fields, call.limits());
  const std::size_t trimmed = request.trim.apply(*stream, call.limits());
  call.changed(1, {kStreamEvent, "xadd"});
  if (trimmed > 0) call.announce(1, kTrimmed);
  reply_stream_id(call.reply, *id);
}

void xtrim(Call& call) {
  StreamTrim trim;
  for (std::size_t i = 2; i < call.size(); ++i) {
    const StreamTrim::Taken taken = trim.take(call, i);
    if (taken == StreamTrim::Taken::kNothing) return call.syntax_error();
    if (taken == StreamTrim::Taken::kError) return;
  }
  Stream* stream = nullptr;
  if (!trim.check(call, true) || !call.find(1, stream)) return;
  const std::size_t removed = stream == nullptr ? 0 : trim.apply(*stream, call.limits());
  if (removed > 0) call.changed(1, kTrimmed);
  call.reply.integer(static_cast<std::int64_t>(removed));
}

// Of an absent key the ids are not looked at.
void xdel(Call& call) {
  Stream* stream = nullptr;
  if (!call.find(1, stream)) return;
  if (stream == nullptr) return call.reply.integer(0);
  std::vector<StreamId> ids;
  if (!read_stream_ids(call, 2, ids)) return;
  std::int64_t removed = 0;
  for (const StreamId id : ids) removed += stream->erase(id) ? 1 : 0;
  if (removed > 0) call.changed(1, {kStreamEvent, "xdel"});
  call.reply.integer(removed);
}

struct SetIdRequest {
  StreamId last;
  std::optional<std::int64_t> entries_added = {};
  StreamId max_deleted = {};  // 0-0: stays

  // False, with the error replied, here and below.
  bool parse(Call& call);
  bool check(Call& call, const Stream& stream) const;

 private:
  bool parse_option(Call& call, std::size_t i);
};

bool SetIdRequest::parse_option(Call& call, std::size_t i) {
  if (call.is_option(i, "entriesadded") && i + 1 < call.size()) {
    if (!call.integer(i + 1, entries_added.emplace())) return false;
    if (*entries_added >= 0) return true;
    return call.error("ERR entries_added must be positive"), false;
  }
  if (call.is_option(i, "maxdeletedid") && i + 1 < call.size()) {
    if (!read_stream_id(call, call.argument(i + 1), 0, max_deleted)) return false;
    if (last >= max_deleted) return true;
    call.error("ERR The ID specified in XSETID is smaller than the provided max_deleted_entry_id");
    return false;
  }
  return call.syntax_error(), false;
}

bool SetIdRequest::parse(Call& call) {
  if (!read_stream_id(call, call.argument(2), 0, last)) return false;
  for (std::size_t i = 3; i < call.size(); i += 2) {
    if (!parse_option(call, i)) return false;
  }
  return true;
}

bool SetIdRequest::check(Call& call, const Stream& stream) const {
  StreamId top;
  stream.range({}, StreamId::max(), Direction::kBackward, 1,
               [&top](const StreamEntry& entry) { top = entry.id(); });
  if (last < top) {
    call.error("ERR The ID specified in XSETID is smaller than the target stream top item");
    return false;
  }
  if (entries_added && static_cast<std::size_t>(*entries_added) < stream.size()) {
    call.error(
        "ERR The entries_added specified in XSETID is smaller than the target stream length");
    return false;
  }
  return true;
}

void xsetid(Call& call) {
  SetIdRequest request;
  Stream* stream = nullptr;
  if (!request.parse(call) || !call.find(1, stream)) return;
  if (stream == nullptr) return call.error("ERR no such key");
  if (!request.check(call, *stream)) return;
  stream->set_last_id(request.last);
  if (request.entries_added) {
    stream->set_entries_added(static_cast<std::uint64_t>(*request.entries_added));
  }
  if (request.max_deleted != StreamId{}) stream->set_max_deleted_id(request.max_deleted);
  call.changed_unwatched(1, {kStreamEvent, "xsetid"});
  call.reply.ok();
}

constexpr Command kRows[] = {
    {"xadd",
     -5,
     kWrite | kDenyOom | kFast,
     {1, 1, 1},
     xadd,
     "5.0.0",
     "Appends an entry to a stream."},
    {"xdel", -3, kWrite | kFast, {1, 1, 1}, xdel, "5.0.0", "Removes entries by their ids."},
    {"xsetid",
     -3,
     kWrite | kDenyOom | kFast,
     {1, 1, 1},
     xsetid,
     "5.0.0",
     "Sets the last id that a stream has given."},
    {"xtrim", -4, kWrite, {1, 1, 1}, xtrim, "5.0.0", "Removes a stream's oldest entries."},
};

}  // namespace

const CommandGroup kStream{"stream", kRows};

}  // namespace weir::redis::commands
