// Channels: to listen, to publish, and to learn who listens.
#include "servers/redis/pubsub.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "servers/redis/call.h"
#include "servers/redis/commands/groups.h"
#include "servers/redis/commands/help.h"
#include "servers/redis/glob.h"

namespace weir::redis::commands {
namespace {

constexpr std::array<std::string_view, kSubscriptionKinds> kSubscribed = {"subscribe", "psubscribe",
                                                                          "ssubscribe"};
constexpr std::array<std::string_view, kSubscriptionKinds> kUnsubscribed = {
    "unsubscribe", "punsubscribe", "sunsubscribe"};

// Shard channels are counted apart from the others.
std::int64_t count_subscriptions(const Client& client, Subscription kind) {
  const auto count = [&client](Subscription one) { return client.subscriptions.names(one).size(); };
  return static_cast<std::int64_t>(kind == kShardChannel ? count(kShardChannel)
                                                         : count(kChannel) + count(kPattern));
}

// What tells of a subscription is a push, and comes to silent clients too.
Reply begin_confirmation(Call& call, std::string_view what) {
  Reply reply(call.connection().output(), call.reply.protocol());
  reply.push(3);
  reply.bulk(what);
  return reply;
}

template <Subscription kKind>
void subscribe(Call& call) {
  for (std::size_t i = 1; i < call.size(); ++i) {
    call.server.pubsub().subscribe(call.client, kKind, call.argument(i));
    Reply reply = begin_confirmation(call, kSubscribed[kKind]);
    reply.bulk(call.argument(i));
    reply.integer(count_subscriptions(call.client, kKind));
  }
}

template <Subscription kKind>
void unsubscribe(Call& call) {
  std::vector<std::string> names(call.arguments().begin() + 1, call.arguments().end());
  if (names.empty()) {
    const Subscriptions::Names& all = call.client.subscriptions.names(kKind);
    names.assign(all.begin(), all.end());
  }
  for (const std::string& name : names) {
    call.server.pubsub().unsubscribe(call.client, kKind, name);
    Reply reply = begin_confirmation(call, kUnsubscribed[kKind]);
    reply.bulk(name);
    reply.integer(count_subscriptions(call.client, kKind));
  }
  if (!names.empty()) return;
  Reply reply = begin_confirmation(call, kUnsubscribed[kKind]);
  reply.null();
  reply.integer(count_subscriptions(call.client, kKind));
}

void publish(Call& call) {
  const std::size_t receivers = call.server.pubsub().publish(call.argument(1), call.argument(2));
  call.reply.integer(static_cast<std::int64_t>(receivers));
}

void spublish(Call& call) {
  const std::size_t receivers =
      call.server.pubsub().publish_to_shard(call.argument(1), call.argument(2));
  call.reply.integer(static_cast<std::int64_t>(receivers));
}

template <Subscription kKind>
void pubsub_channels(Call& call) {
  if (call.size() > 3) {
    return call.error("ERR unknown subcommand or wrong number of arguments for '" +
                      std::string(call.argument(1)) + "'. Try PUBSUB HELP.");
  }
  std::vector<std::string> names;
  call.server.pubsub().for_each(kKind, [&](std::string_view name) {
    if (call.size() == 2 || glob_match(call.argument(2), name)) names.emplace_back(name);
  });
  call.reply.array(names.size());
  for (const std::string& name : names) call.reply.bulk(name);
}

template <Subscription kKind>
void pubsub_numsub(Call& call) {
  call.reply.array(2 * (call.size() - 2));
  for (std::size_t i = 2; i < call.size(); ++i) {
    call.reply.bulk(call.argument(i));
    call.reply.integer(
        static_cast<std::int64_t>(call.server.pubsub().count(kKind, call.argument(i))));
  }
}

void pubsub_numpat(Call& call) {
  call.reply.integer(static_cast<std::int64_t>(call.server.pubsub().size(kPattern)));
}

constexpr std::uint32_t kAny = kPubSub | kLoading | kStale;
constexpr std::uint32_t kListens = kAny | kNoScript | kForSubscribers;
constexpr KeyRange kNoKeys{};

constexpr Command kPubSubRows[] = {
    {"channels", -2, kAny, kNoKeys, pubsub_channels<kChannel>, "2.8.0",
     "Returns the channels that somebody listens to."},
    {"numpat", 2, kAny, kNoKeys, pubsub_numpat, "2.8.0",
     "Counts the patterns that somebody listens to."},
    {"numsub", -2, kAny, kNoKeys, pubsub_numsub<kChannel>, "2.8.0",
     "Counts the listeners of channels."},
    {"shardchannels", -2, kAny, kNoKeys, pubsub_channels<kShardChannel>, "7.0.0",
     "Returns the shard channels that somebody listens to."},
    {"shardnumsub", -2, kAny, kNoKeys, pubsub_numsub<kShardChannel>, "7.0.0",
     "Counts the listeners of shard channels."},
    help_row("6.2.0"),
};

constexpr Command kRows[] = {
    {"psubscribe", -2, kListens, kNoKeys, subscribe<kPattern>, "2.0.0",
     "Listens to the channels that match patterns."},
    {"publish", 3, kAny | kFast | kMayReplicate, kNoKeys, publish, "2.0.0",
     "Sends a message to a channel."},
    {"pubsub", -2, 0, kNoKeys, nullptr, "2.8.0", "Channels and who listens to them.", kPubSubRows},
    {"punsubscribe", -1, kListens, kNoKeys, unsubscribe<kPattern>, "2.0.0",
     "Stops listening to patterns, or to all."},
    {"spublish", 3, kAny | kFast | kMayReplicate, kNoKeys, spublish, "7.0.0",
     "Sends a message to a shard channel."},
    {"ssubscribe", -2, kListens, kNoKeys, subscribe<kShardChannel>, "7.0.0",
     "Listens to shard channels."},
    {"subscribe", -2, kListens, kNoKeys, subscribe<kChannel>, "2.0.0", "Listens to channels."},
    {"sunsubscribe", -1, kListens, kNoKeys, unsubscribe<kShardChannel>, "7.0.0",
     "Stops listening to shard channels, or to all."},
    {"unsubscribe", -1, kListens, kNoKeys, unsubscribe<kChannel>, "2.0.0",
     "Stops listening to channels, or to all."},
};

}  // namespace

const CommandGroup kPubSubGroup{"pubsub", kRows};

}  // namespace weir::redis::commands
