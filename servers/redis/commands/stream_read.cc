#include "servers/redis/commands/stream_read.h"

#include <algorithm>
#include <array>
#include <deque>

#include "servers/redis/commands/arguments.h"
#include "servers/redis/commands/groups.h"
#include "servers/redis/commands/stream_entry_reply.h"
#include "servers/redis/commands/stream_group_lookup.h"

namespace weir::redis::commands {
namespace {

struct Option {
  std::string_view name;
  std::size_t values;  // arguments that must stand behind it
};

enum : std::size_t { kBlock, kCount, kGroup, kNoAck, kStreams, kOptions };
constexpr std::array<Option, kOptions> kReadOptions = {
    {{"block", 1}, {"count", 1}, {"group", 2}, {"noack", 0}, {"streams", 1}}};

// Which option begins at argument i with all its values; kOptions when none does.
std::size_t find_option(std::span<const std::string_view> arguments, std::size_t i) {
  const auto found = std::find_if(kReadOptions.begin(), kReadOptions.end(), [&](Option option) {
    return equal_names(arguments[i], option.name) && i + option.values < arguments.size();
  });
  return static_cast<std::size_t>(found - kReadOptions.begin());
}

bool is_group_read(const Call& call) { return call.command().name == "xreadgroup"; }

}  // namespace

KeyRange StreamRead::locate(std::span<const std::string_view> arguments) {
  for (std::size_t i = 1; i < arguments.size(); ++i) {
    const std::size_t option = find_option(arguments, i);
    if (option == kOptions) break;
    if (option != kStreams) {
      i += kReadOptions[option].values;
      continue;
    }
    const std::size_t behind = arguments.size() - i - 1;
    if (behind % 2 != 0) break;
    return {static_cast<int>(i + 1), static_cast<int>(i + behind / 2), 1};
  }
  return {};
}

bool StreamRead::parse(Call& call) {
  for (std::size_t i = 1; i < call.size() && first_key_ == 0; ++i) {
    const std::size_t option = find_option(call.arguments(), i);
    if (option == kOptions) break;
    if (!parse_option(call, option, i)) return false;
    i += kReadOptions[option].values;
  }
  if (first_key_ == 0) return call.syntax_error(), false;
  if (!is_group_read(call) || group_ != 0) return true;
  return call.error("ERR Missing GROUP option for XREADGROUP"), false;
}

bool StreamRead::parse_option(Call& call, std::size_t option, std::size_t i) {
  std::int64_t value = 0;
  switch (option) {
    case kBlock:
      if (call.client.caller != nullptr) {
        call.error("ERR " + std::string(call.command().name) +
                   " command is not allowed with BLOCK option from scripts");
        return false;
      }
      if (!read_timeout_ms(call, i + 1, value)) return false;
      block_ms_ = value;
      return true;
    case kCount:
      if (!call.integer(i + 1, value)) return false;
      count_ = value <= 0 ? SIZE_MAX : static_cast<std::size_t>(value);
      return true;
    case kStreams:
      return parse_keys(call, i + 1);
    default:
      break;
  }
  if (!is_group_read(call)) {
    call.error(option == kGroup ? "ERR The GROUP option is only supported by XREADGROUP. You "
                                  "called XREAD instead."
                                : "ERR The NOACK option is only supported by XREADGROUP. You "
                                  "called XREAD instead.");
    return false;
  }
  if (option == kGroup) {
    group_ = i + 1;
  } else {
    no_ack_ = true;
  }
  return true;
}

bool StreamRead::parse_keys(Call& call, std::size_t first) {
  const std::size_t words = call.size() - first;
  if (words % 2 != 0) {
    call.error(
        "ERR Unbalanced XREAD list of streams: for each stream key an ID or '$' must be "
        "specified.");
    return false;
  }
  first_key_ = first;
  wanted_.resize(words / 2);
  return true;
}

bool StreamRead::resolve(Call& call) {
  for (std::size_t i = 0; i < wanted_.size(); ++i) {
    if (!resolve(call, i)) return false;
  }
  return true;
}

bool StreamRead::resolve(Call& call, std::size_t i) {
  const std::string_view text = call.argument(id(i));
  if (call.retries()) return resolve_again(call, i);
  Wanted& wanted = wanted_[i];
  Stream* stream = nullptr;
  if (group_ == 0) {
    if (!call.read(key(i), stream)) return false;
    if (text == "$") {
      if (stream != nullptr) wanted.after = stream->last_id();
      return true;
    }
    if (text != ">") return read_stream_id(call, text, 0, wanted.after);
    call.error(
        "ERR The > ID can be specified only when calling XREADGROUP using the GROUP <group> "
        "<consumer> option.");
    return false;
  }
  if (!read_group(call, key(i), group_, " in XREADGROUP with GROUP option")) return false;
  if (text == "$") {
    call.error(
        "ERR The $ ID is meaningless in the context of XREADGROUP: you want to read the history of "
        "this consumer by specifying a proper ID, or use the > ID to get new messages. The $ ID "
        "would just return an empty result set.");
    return false;
  }
  wanted.after = StreamId::max();
  if (text != ">" && !read_stream_id(call, text, 0, wanted.after)) return false;
  // To Redis the highest id is one with ">".
  wanted.kind =
      wanted.after == StreamId::max() ? Wanted::Kind::kUndelivered : Wanted::Kind::kHistory;
  return true;
}

// For a client that has waited. Who reads for a group is told that the group, or its stream, is no
// more; who reads for himself waits on.
bool StreamRead::resolve_again(Call& call, std::size_t i) {
  if (!call.looks_at(key(i))) return true;
  Wanted& wanted = wanted_[i];
  if (group_ == 0) return read_stream_id(call, call.argument(id(i)), 0, wanted.after);
  wanted.kind = Wanted::Kind::kUndelivered;
  const Entry* const entry = call.find_entry(key(i));
  if (entry == nullptr || entry->type() != Type::kStream) {
    call.error("UNBLOCKED the stream key no longer exists");
    return false;
  }
  if (entry->object<Stream>()->find_group(call.argument(group_)) != nullptr) return true;
  call.error("NOGROUP the consumer group this client was blocked on no longer exists");
  return false;
}

void StreamRead::wait(Call& call) const {
  if (!block_ms_) return call.reply.null_array();
  // "$" is the end of the stream as it is now, not as it will be.
  std::vector<std::string_view> arguments(call.arguments().begin(), call.arguments().end());
  std::deque<StreamIdText> texts;
  for (std::size_t i = 0; i < wanted_.size(); ++i) {
    if (group_ == 0) arguments[id(i)] = texts.emplace_back().format(wanted_[i].after);
  }
  const bool waits = call.wait_for_keys({.first = key(0),
                                         .end = key(wanted_.size()),
                                         .timeout_ms = *block_ms_,
                                         .told_of_removal = group_ != 0,
                                         .arguments = arguments});
  if (!waits) call.reply.null_array();
}

bool StreamRead::serve(Call& call) const {
  CollectedElements served(call.reply.protocol());
  for (std::size_t i = 0; i < wanted_.size(); ++i) serve(call, i, served);
  if (served.count() == 0) return false;
  if (call.reply.protocol() == 3) {
    call.reply.map(served.count());
  } else {
    call.reply.array(served.count());
  }
  call.reply.raw(served.bytes());
  return true;
}

bool StreamRead::serve(Call& call, std::size_t i, CollectedElements& served) const {
  if (!call.looks_at(key(i))) return false;
  Entry* entry = call.retries() ? call.find_entry(key(i)) : call.read_entry(key(i));
  if (entry == nullptr || entry->type() != Type::kStream) return false;
  Stream& stream = *entry->object<Stream>();
  if (group_ == 0) return serve_new(call, i, stream, nullptr, served);
  StreamGroup* group = stream.find_group(call.argument(group_));
  if (group == nullptr) return false;
  if (wanted_[i].kind == Wanted::Kind::kUndelivered) {
    return serve_new(call, i, stream, group, served);
  }
  serve_history(call, i, stream, *group, served);
  return true;
}

// The consumer is made, and seen, only where there is something for it.
bool StreamRead::serve_new(Call& call, std::size_t i, Stream& stream, StreamGroup* group,
                           CollectedElements& served) const {
  const auto first = (group == nullptr ? wanted_[i].after : group->last_id()).next();
  if (!first) return false;
  CollectedElements entries(call.reply.protocol());
  StreamConsumer* consumer = nullptr;
  const auto deliver = [&](const StreamEntry& entry) {
    reply_stream_entry(entries.next(), entry);
    if (group == nullptr) return;
    if (consumer == nullptr) consumer = &see_consumer(call, key(i), *group, consumer_name(call));
    stream.advance(*group, entry.id());
    if (!no_ack_) group->assign(entry.id(), {consumer, call.now_ms, 1});
  };
  stream.range(*first, StreamId::max(), Direction::kForward, count_, deliver);
  if (entries.count() == 0) return false;
  if (group != nullptr) call.changed_unwatched(key(i), kUntold);
  reply_key(call, i, entries, served);
  return true;
}

// What the stream has lost since is told by its id alone, and is not delivered again by that.
void StreamRead::serve_history(Call& call, std::size_t i, Stream& stream, StreamGroup& group,
                               CollectedElements& served) const {
  CollectedElements entries(call.reply.protocol());
  StreamConsumer& consumer = see_consumer(call, key(i), group, consumer_name(call));
  const auto again = [&](StreamId id, const StreamGroup::Delivery& delivery) {
    auto& reply = entries.next();
    const auto tell = [&reply](const StreamEntry& entry) { reply_stream_entry(reply, entry); };
    if (stream.range(id, id, Direction::kForward, 1, tell) != 0) {
      group.assign(id, {&consumer, call.now_ms, delivery.count + 1});
    } else {
      reply.array(2);
      reply_stream_id(reply, id);
      reply.null_array();
    }
    return entries.count() < count_;
  };
  group.for_each_pending(consumer, wanted_[i].after.next().value_or(StreamId::max()), again);
  call.changed_unwatched(key(i), kUntold);
  reply_key(call, i, entries, served);
}

// A pair, which in RESP3 is part of a map.
void StreamRead::reply_key(Call& call, std::size_t i, const CollectedElements& entries,
                           CollectedElements& served) const {
  auto& reply = served.next();
  if (call.reply.protocol() != 3) reply.array(2);
  reply.bulk(call.argument(key(i)));
  reply.array(entries.count());
  reply.raw(entries.bytes());
}

namespace {

void read_streams(Call& call) {
  StreamRead read;
  if (!read.parse(call) || !read.resolve(call)) return;
  if (!read.serve(call)) read.wait(call);
}

constexpr Command kRows[] = {
    {"xread",
     -4,
     kReadonly | kBlocking,
     {.locate = StreamRead::locate},
     read_streams,
     "5.0.0",
     "Returns the entries of several streams above an id each."},
    {"xreadgroup",
     -7,
     kWrite | kBlocking,
     {.locate = StreamRead::locate},
     read_streams,
     "5.0.0",
     "Returns entries of several streams for a consumer: new ones or its pending ones."},
};

}  // namespace

const CommandGroup kStreamRead{"stream", kRows};

}  // namespace weir::redis::commands
