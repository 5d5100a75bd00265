// XACK and XPENDING: ending what is pending in a consumer group, and listing it.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "servers/redis/call.h"
#include "servers/redis/commands/collected_elements.h"
#include "servers/redis/commands/groups.h"
#include "servers/redis/commands/stream_entry_reply.h"
#include "servers/redis/commands/stream_group_lookup.h"
#include "servers/redis/commands/stream_interval.h"
#include "servers/redis/types/stream.h"

namespace weir::redis::commands {
namespace {

// Without the group the ids are not looked at; with it, all of them before any is acknowledged.
void xack(Call& call) {
  Stream* stream = nullptr;
  if (!call.read(1, stream)) return;
  StreamGroup* group = stream == nullptr ? nullptr : stream->find_group(call.argument(2));
  if (group == nullptr) return call.reply.integer(0);
  std::vector<StreamId> ids;
  if (!read_stream_ids(call, 3, ids)) return;
  const auto acknowledged = std::count_if(ids.begin(), ids.end(),
                                          [group](StreamId id) { return group->acknowledge(id); });
  if (acknowledged > 0) call.changed_unwatched(1, kUntold);
  call.reply.integer(acknowledged);
}

// [[IDLE ms] start end count [consumer]] of XPENDING.
struct PendingQuery {
  std::int64_t min_idle_ms = 0;
  StreamId start, end;
  std::int64_t count = 0;
  std::size_t consumer = 0;  // the argument with its name; 0: of all

  // False, with the error replied.
  bool parse(Call& call);
};

// Redis takes what stands behind the consumer for nothing.
bool PendingQuery::parse(Call& call) {
  std::size_t first = 3;
  if (call.is_option(first, "idle")) {
    if (!call.integer(first + 1, min_idle_ms)) return false;
    if (call.size() < 8) return call.syntax_error(), false;
    first += 2;
  }
  if (!call.integer(first + 2, count)) return false;
  if (!read_interval_start(call, call.argument(first), start)) return false;
  if (!read_interval_end(call, call.argument(first + 1), end)) return false;
  if (first + 3 < call.size()) consumer = first + 3;
  return true;
}

void reply_consumers(Call& call, const StreamGroup& group) {
  CollectedElements consumers(call.reply.protocol());
  for (const auto& [name, consumer] : group.consumers()) {
    if (consumer.pending_count() == 0) continue;
    auto& reply = consumers.next();
    reply.array(2);
    reply.bulk(name);
    reply.bulk(static_cast<std::int64_t>(consumer.pending_count()));
  }
  call.reply.array(consumers.count());
  call.reply.raw(consumers.bytes());
}

void reply_summary(Call& call, const StreamGroup& group) {
  call.reply.array(4);
  call.reply.integer(static_cast<std::int64_t>(group.pending_count()));
  if (group.pending_count() == 0) {
    call.reply.null();
    call.reply.null();
    return call.reply.null_array();
  }
  reply_stream_id(call.reply, *group.next_pending({}));
  reply_stream_id(call.reply, *group.last_pending());
  reply_consumers(call, group);
}

void reply_pending(Call& call, StreamGroup& group, const PendingQuery& query) {
  CollectedElements found(call.reply.protocol());
  std::int64_t left = query.count;
  const auto visit = [&](StreamId id, const StreamGroup::Delivery& delivery) {
    if (id > query.end) return false;
    const std::int64_t idle = idle_ms(call.now_ms, delivery.time_ms);
    if (query.min_idle_ms != 0 && idle < query.min_idle_ms) return true;
    auto& reply = found.next();
    reply.array(4);
    reply_stream_id(reply, id);
    reply.bulk(delivery.consumer->name());
    reply.integer(std::max<std::int64_t>(idle, 0));
    reply.integer(static_cast<std::int64_t>(delivery.count));
    return --left > 0;
  };
  if (left > 0 && query.consumer == 0) {
    group.for_each_pending(query.start, visit);
  } else if (left > 0) {
    StreamConsumer* consumer = group.find_consumer(call.argument(query.consumer));
    if (consumer != nullptr) group.for_each_pending(*consumer, query.start, visit);
  }
  call.reply.array(found.count());
  call.reply.raw(found.bytes());
}

void xpending(Call& call) {
  const bool summary = call.size() == 3;
  if (!summary && (call.size() < 6 || call.size() > 9)) return call.syntax_error();
  PendingQuery query;
  if (!summary && !query.parse(call)) return;
  const FoundGroup found = read_group(call, 1, 2);
  if (!found) return;
  if (summary) return reply_summary(call, *found.group);
  reply_pending(call, *found.group, query);
}

constexpr Command kRows[] = {
    {"xack",
     -4,
     kWrite | kFast,
     {1, 1, 1},
     xack,
     "5.0.0",
     "Acknowledges entries that are pending in a consumer group."},
    {"xpending",
     -3,
     kReadonly,
     {1, 1, 1},
     xpending,
     "5.0.0",
     "Lists the entries that are pending in a consumer group."},
};

}  // namespace

const CommandGroup kStreamPending{"stream", kRows};

}  // namespace weir::redis::commands
