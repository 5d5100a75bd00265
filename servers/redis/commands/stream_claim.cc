// XCLAIM and XAUTOCLAIM: taking pending entries over from a consumer that does not acknowledge
// them. Those that the stream has lost meanwhile stop to be pending.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "servers/redis/call.h"
#include "servers/redis/commands/arguments.h"
#include "servers/redis/commands/collected_elements.h"
#include "servers/redis/commands/groups.h"
#include "servers/redis/commands/stream_entry_reply.h"
#include "servers/redis/commands/stream_group_lookup.h"
#include "servers/redis/commands/stream_interval.h"
#include "servers/redis/types/stream.h"

namespace weir::redis::commands {
namespace {

// What one call takes over for the consumer that argument 3 names.
class Claim {
 public:
  // REQUIRES: found.
  Claim(Call& call, FoundGroup found, std::int64_t min_idle_ms, bool just_ids)
      : call_(call),
        stream_(*found.stream),
        group_(*found.group),
        min_idle_ms_(min_idle_ms),
        just_ids_(just_ids),
        taken_(call.reply.protocol()) {}

  // The delivery that an entry is given: at that time; counted on from the last one, unless its
  // count is given, too.
  struct Mark {
    std::int64_t time_ms;
    std::int64_t count = -1;
    bool force = false;  // also for an entry that is not pending
  };
  enum class Outcome { kTaken, kLeft, kLost };

  // kLeft: not pending, or not idle for long enough. kLost: not in the stream any more, so not
  // pending from now on.
  Outcome take(StreamId id, const Mark& mark);
  // The entries or ids taken, an element each.
  const CollectedElements& taken() const { return taken_; }

 private:
  Outcome consider(const StreamEntry& entry, const Mark& mark);

  Call& call_;
  Stream& stream_;
  StreamGroup& group_;
  const std::int64_t min_idle_ms_;
  const bool just_ids_;
  StreamConsumer* consumer_ = nullptr;  // made, and seen, with the first entry
  CollectedElements taken_;
};

Claim::Outcome Claim::take(StreamId id, const Mark& mark) {
  Outcome outcome = Outcome::kLost;
  stream_.range(id, id, Direction::kForward, 1,
                [&](const StreamEntry& entry) { outcome = consider(entry, mark); });
  const bool changed = outcome == Outcome::kLost ? group_.acknowledge(id)  //
                                                 : outcome == Outcome::kTaken;
  if (changed) call_.changed_unwatched(1, kUntold);
  return outcome;
}

// What FORCE makes pending was delivered once by that.
Claim::Outcome Claim::consider(const StreamEntry& entry, const Mark& mark) {
  const StreamGroup::Delivery* last = group_.find_pending(entry.id());
  if (last == nullptr && !mark.force) return Outcome::kLeft;
  if (last != nullptr && min_idle_ms_ > 0 && idle_ms(call_.now_ms, last->time_ms) < min_idle_ms_) {
    return Outcome::kLeft;
  }
  if (consumer_ == nullptr) consumer_ = &see_consumer(call_, 1, group_, call_.argument(3));
  std::uint64_t count = last == nullptr ? 1 : last->count;
  if (mark.count >= 0) {
    count = static_cast<std::uint64_t>(mark.count);
  } else if (!just_ids_) {
    ++count;
  }
  group_.assign(entry.id(), {consumer_, mark.time_ms, count});
  if (just_ids_) {
    reply_stream_id(taken_.next(), entry.id());
  } else {
    reply_stream_entry(taken_.next(), entry);
  }
  return Outcome::kTaken;
}

// What follows the name of XCLAIM's consumer: a least idle time, ids, options.
struct ClaimRequest {
  std::int64_t min_idle_ms = 0;
  std::vector<StreamId> ids;
  Claim::Mark mark;
  bool just_ids = false;
  StreamId last_id;  // the group's becomes no lower

  explicit ClaimRequest(const Call& call) : mark{.time_ms = call.now_ms} {}
  // False, with the error replied.
  bool parse(Call& call);

 private:
  bool parse_option(Call& call, std::size_t& i);
  bool parse_time(Call& call, std::size_t i, bool is_idle);
};

bool ClaimRequest::parse(Call& call) {
  if (!call.integer(4, min_idle_ms, "ERR Invalid min-idle-time argument for XCLAIM")) return false;
  std::size_t i = 5;
  for (; i < call.size(); ++i) {
    const auto id = StreamId::parse(call.argument(i), 0);
    if (!id) break;
    ids.push_back(*id);
  }
  for (; i < call.size(); ++i) {
    if (!parse_option(call, i)) return false;
  }
  return true;
}

bool ClaimRequest::parse_option(Call& call, std::size_t& i) {
  if (call.is_option(i, "force")) return mark.force = true;
  if (call.is_option(i, "justid")) return just_ids = true;
  const bool has_value = i + 1 < call.size();
  if (has_value && call.is_option(i, "idle")) return parse_time(call, ++i, true);
  if (has_value && call.is_option(i, "time")) return parse_time(call, ++i, false);
  if (has_value && call.is_option(i, "retrycount")) {
    return call.integer(++i, mark.count, "ERR Invalid RETRYCOUNT option argument for XCLAIM");
  }
  if (has_value && call.is_option(i, "lastid")) {
    return read_stream_id(call, call.argument(++i), 0, last_id);
  }
  call.error("ERR Unrecognized XCLAIM option '" + std::string(quotable(call.argument(i))) + "'");
  return false;
}

// A time that is none, or in the future, is now.
bool ClaimRequest::parse_time(Call& call, std::size_t i, bool is_idle) {
  std::int64_t ms = 0;
  if (!call.integer(i, ms,
                    is_idle ? "ERR Invalid IDLE option argument for XCLAIM"
                            : "ERR Invalid TIME option argument for XCLAIM")) {
    return false;
  }
  const bool valid = ms >= 0 && ms <= call.now_ms;
  mark.time_ms = !valid ? call.now_ms : is_idle ? call.now_ms - ms : ms;
  return true;
}

void xclaim(Call& call) {
  const FoundGroup found = read_group(call, 1, 2);
  ClaimRequest request(call);
  if (!found || !request.parse(call)) return;
  if (request.last_id > found.group->last_id()) {
    found.group->set_last_id(request.last_id);
    call.changed_unwatched(1, kUntold);
  }
  Claim claim(call, found, request.min_idle_ms, request.just_ids);
  for (const StreamId id : request.ids) claim.take(id, request.mark);
  call.reply.array(claim.taken().count());
  call.reply.raw(claim.taken().bytes());
}

struct AutoClaimRequest {
  std::int64_t min_idle_ms = 0;
  StreamId start;
  std::int64_t count = 100;
  bool just_ids = false;

  // False, with the error replied.
  bool parse(Call& call);

 private:
  bool parse_option(Call& call, std::size_t& i);
};

// Redis allocates 16 bytes for each entry that COUNT allows: half a process' addresses fail.
constexpr std::int64_t kMaxCount = INT64_MAX / 16;
constexpr std::int64_t kMaxAllocatedCount = std::int64_t{1} << 42;

bool AutoClaimRequest::parse(Call& call) {
  if (!call.integer(4, min_idle_ms, "ERR Invalid min-idle-time argument for XAUTOCLAIM")) {
    return false;
  }
  if (!read_interval_start(call, call.argument(5), start)) return false;
  for (std::size_t i = 6; i < call.size(); ++i) {
    if (!parse_option(call, i)) return false;
  }
  return true;
}

bool AutoClaimRequest::parse_option(Call& call, std::size_t& i) {
  if (call.is_option(i, "justid")) return just_ids = true;
  if (!call.is_option(i, "count") || i + 1 == call.size()) return call.syntax_error(), false;
  constexpr std::string_view kOutOfRange = "ERR COUNT must be > 0";
  if (!read_positive(call, ++i, count, kOutOfRange)) return false;
  if (count > kMaxCount) return call.error(kOutOfRange), false;
  return true;
}

void reply_ids(Call& call, const std::vector<StreamId>& ids) {
  call.reply.array(ids.size());
  for (const StreamId id : ids) reply_stream_id(call.reply, id);
}

// Looks at ten times as many entries as it may reply. The reply begins with the entry to go on
// from, 0-0 at the end.
void xautoclaim(Call& call) {
  constexpr std::int64_t kAttemptsPerEntry = 10;
  AutoClaimRequest request;
  // The key is looked up all the same: as in Redis that counts, and a miss is told.
  if (!request.parse(call)) return static_cast<void>(call.read_entry(1));
  const FoundGroup found = read_group(call, 1, 2);
  if (!found) return;
  if (request.count >= kMaxAllocatedCount) {
    return call.error(
        "ERR Insufficient memory, failed allocating transient memory, COUNT too high.");
  }
  Claim claim(call, found, request.min_idle_ms, request.just_ids);
  std::vector<StreamId> lost;
  std::int64_t attempts = request.count * kAttemptsPerEntry;
  std::optional<StreamId> next = found.group->next_pending(request.start);
  while (next && attempts-- > 0 && request.count > 0) {
    const Claim::Outcome outcome = claim.take(*next, {.time_ms = call.now_ms});
    if (outcome == Claim::Outcome::kLost) lost.push_back(*next);
    if (outcome != Claim::Outcome::kLeft) --request.count;
    const auto above = next->next();
    next = above ? found.group->next_pending(*above) : std::nullopt;
  }
  call.reply.array(3);
  reply_stream_id(call.reply, next.value_or(StreamId()));
  call.reply.array(claim.taken().count());
  call.reply.raw(claim.taken().bytes());
  reply_ids(call, lost);
}

constexpr Command kRows[] = {
    {"xclaim",
     -6,
     kWrite | kFast,
     {1, 1, 1},
     xclaim,
     "5.0.0",
     "Takes pending entries over for a consumer, by their ids."},
    {"xautoclaim",
     -6,
     kWrite | kFast,
     {1, 1, 1},
     xautoclaim,
     "6.2.0",
     "Takes idle pending entries over for a consumer, from an id on."},
};

}  // namespace

const CommandGroup kStreamClaim{"stream", kRows};

}  // namespace weir::redis::commands
