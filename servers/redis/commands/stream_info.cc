// XINFO: what a stream, its consumer groups and their consumers are like.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "servers/redis/call.h"
#include "servers/redis/commands/collected_elements.h"
#include "servers/redis/commands/groups.h"
#include "servers/redis/commands/stream_entry_reply.h"
#include "servers/redis/commands/stream_group_lookup.h"
#include "servers/redis/commands/subcommand.h"
#include "servers/redis/types/stream.h"

namespace weir::redis::commands {
namespace {

void reply_id_field(Call& call, std::string_view name, StreamId id) {
  call.reply.bulk(name);
  reply_stream_id(call.reply, id);
}

void reply_name_field(Call& call, std::string_view name) {
  call.reply.bulk("name");
  call.reply.bulk(name);
}

void reply_integer_field(Call& call, std::string_view name, std::int64_t value) {
  call.reply.bulk(name);
  call.reply.integer(value);
}

void reply_count_field(Call& call, std::string_view name, std::size_t count) {
  reply_integer_field(call, name, static_cast<std::int64_t>(count));
}

void reply_optional_field(Call& call, std::string_view name, std::optional<std::int64_t> value) {
  if (value) return reply_integer_field(call, name, *value);
  call.reply.bulk(name);
  call.reply.null();
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
  reply_id_field(call, "recorded-first-entry-id", stream.first_id());
}

// The first entry of that direction.
void reply_outermost(Call& call, const Stream& stream, Direction direction) {
  const auto reply = [&call](const StreamEntry& entry) { reply_stream_entry(call.reply, entry); };
  if (stream.range({}, StreamId::max(), direction, 1, reply) == 0) call.reply.null();
}

void describe_briefly(Call& call, const Stream& stream) {
  call.reply.map(kCommonFields + 3);
  reply_common_fields(call, stream);
  reply_count_field(call, "groups", stream.groups().size());
  call.reply.bulk("first-entry");
  reply_outermost(call, stream, Direction::kForward);
  call.reply.bulk("last-entry");
  reply_outermost(call, stream, Direction::kBackward);
}

void reply_counters(Call& call, const Stream& stream, const StreamGroup& group) {
  reply_id_field(call, "last-delivered-id", group.last_id());
  reply_optional_field(call, "entries-read", group.entries_read());
  reply_optional_field(call, "lag", stream.lag(group));
}

// A delivery without its consumer, behind the entry's id.
void reply_delivery(codec::ReplyWriter<ByteSink>& reply, const StreamGroup::Delivery& delivery) {
  reply.integer(delivery.time_ms);
  reply.integer(static_cast<std::int64_t>(delivery.count));
}

void reply_pending(Call& call, const StreamGroup& group, std::size_t count) {
  CollectedElements entries(call.reply.protocol());
  group.for_each_pending({}, [&](StreamId id, const StreamGroup::Delivery& delivery) {
    auto& reply = entries.next();
    reply.array(4);
    reply_stream_id(reply, id);
    reply.bulk(delivery.consumer->name());
    reply_delivery(reply, delivery);
    return entries.count() < count;
  });
  call.reply.array(entries.count());
  call.reply.raw(entries.bytes());
}

void describe_fully(Call& call, const StreamGroup& group, const StreamConsumer& consumer,
                    std::size_t count) {
  call.reply.map(4);
  reply_name_field(call, consumer.name());
  reply_integer_field(call, "seen-time", consumer.seen_ms());
  reply_count_field(call, "pel-count", consumer.pending_count());
  call.reply.bulk("pending");
  CollectedElements entries(call.reply.protocol());
  group.for_each_pending(consumer, {}, [&](StreamId id, const StreamGroup::Delivery& delivery) {
    auto& reply = entries.next();
    reply.array(3);
    reply_stream_id(reply, id);
    reply_delivery(reply, delivery);
    return entries.count() < count;
  });
  call.reply.array(entries.count());
  call.reply.raw(entries.bytes());
}

void describe_fully(Call& call, const Stream& stream, std::string_view name,
                    const StreamGroup& group, std::size_t count) {
  call.reply.map(7);
  reply_name_field(call, name);
  reply_counters(call, stream, group);
  reply_count_field(call, "pel-count", group.pending_count());
  call.reply.bulk("pending");
  reply_pending(call, group, count);
  call.reply.bulk("consumers");
  call.reply.array(group.consumers().size());
  for (const auto& [consumer_name, consumer] : group.consumers()) {
    describe_fully(call, group, consumer, count);
  }
}

void describe_fully(Call& call, const Stream& stream, std::size_t count) {
  call.reply.map(kCommonFields + 2);
  reply_common_fields(call, stream);
  call.reply.bulk("entries");
  reply_stream_entries(call, stream, {}, StreamId::max(), Direction::kForward, count);
  call.reply.bulk("groups");
  call.reply.array(stream.groups().size());
  for (const auto& [name, group] : stream.groups()) {
    describe_fully(call, stream, name, group, count);
  }
}

// FULL [COUNT count], from argument 3 on; false, with the error replied. A count of 0 asks for all
// entries, here the greatest number.
bool read_full_options(Call& call, std::size_t& count) {
  constexpr std::int64_t kDefaultCount = 10;
  const bool counted = call.size() == 6;
  const bool valid = (call.size() == 4 || counted) && call.is_option(3, "full") &&
                     (!counted || call.is_option(4, "count"));
  if (!valid) return wrong_subcommand(call), false;
  std::int64_t wanted = kDefaultCount;
  if (counted && !call.integer(5, wanted)) return false;
  if (wanted < 0) wanted = kDefaultCount;
  count = wanted == 0 ? SIZE_MAX : static_cast<std::size_t>(wanted);
  return true;
}

// False, with the error replied, when the key is missing or no stream.
bool read_stream(Call& call, Stream*& stream) {
  if (!call.read(2, stream)) return false;
  if (stream != nullptr) return true;
  return call.error("ERR no such key"), false;
}

void xinfo_stream(Call& call) {
  Stream* stream = nullptr;
  if (!read_stream(call, stream)) return;
  if (call.size() == 3) return describe_briefly(call, *stream);
  std::size_t count = 0;
  if (read_full_options(call, count)) describe_fully(call, *stream, count);
}

void xinfo_groups(Call& call) {
  Stream* stream = nullptr;
  if (!read_stream(call, stream)) return;
  call.reply.array(stream->groups().size());
  for (const auto& [name, group] : stream->groups()) {
    call.reply.map(6);
    reply_name_field(call, name);
    reply_count_field(call, "consumers", group.consumers().size());
    reply_count_field(call, "pending", group.pending_count());
    reply_counters(call, *stream, group);
  }
}

void xinfo_consumers(Call& call) {
  Stream* stream = nullptr;
  if (!read_stream(call, stream)) return;
  const StreamGroup* group = find_group_of(call, *stream);
  if (group == nullptr) return;
  call.reply.array(group->consumers().size());
  for (const auto& [name, consumer] : group->consumers()) {
    call.reply.map(3);
    reply_name_field(call, name);
    reply_count_field(call, "pending", consumer.pending_count());
    const std::int64_t idle = idle_ms(call.now_ms, consumer.seen_ms());
    reply_integer_field(call, "idle", std::max<std::int64_t>(idle, 0));
  }
}

void xinfo_help(Call& call) {
  static constexpr std::string_view kLines[] = {
      "CONSUMERS <key> <groupname>",
      "    Show consumers of <groupname>.",
      "GROUPS <key>",
      "    Show the stream consumer groups.",
      "STREAM <key> [FULL [COUNT <count>]",
      "    Show information about the stream.",
  };
  reply_help(call, kLines);
}

constexpr Command kSubcommands[] = {
    {"consumers",
     4,
     kReadonly,
     {2, 2, 1},
     xinfo_consumers,
     "5.0.0",
     "Lists the consumers of a group."},
    {"groups", 3, kReadonly, {2, 2, 1}, xinfo_groups, "5.0.0", "Lists a stream's consumer groups."},
    {"stream", -3, kReadonly, {2, 2, 1}, xinfo_stream, "5.0.0", "Describes a stream."},
    {"help", 2, kLoading | kStale, {}, xinfo_help, "5.0.0", "Lists the subcommands."},
};

constexpr Command kRows[] = {
    {"xinfo", -2, 0, {}, nullptr, "5.0.0", "Describes streams.", kSubcommands},
};

}  // namespace

const CommandGroup kStreamInfo{"stream", kRows};

}  // namespace weir::redis::commands
