// Who listens to which channels, and how messages get to them.
//
// Any reactor publishes, and subscribers may live on all of them: a message is encoded once, and
// goes to each through the outbox while the lock is held, so that all of them see the messages of
// all channels in one order. A subscriber that has ended its subscription gets nothing that was
// still on its way, unless it has subscribed again by then.
//
// Thread rule: any thread, under an own lock that is held while nothing is waited for but the
// outbox's; a client is subscribed and unsubscribed by its own. Who publishes may hold shards'
// locks: those come first, this one next, the outbox's last.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string_view>
#include <vector>

#include "servers/redis/client.h"
#include "servers/redis/keyspace/key_register.h"
#include "servers/redis/outbox.h"
#include "servers/redis/subscriptions.h"

namespace weir::redis {

class PubSub {
 public:
  // `outbox` outlives it.
  explicit PubSub(Outbox& outbox) : outbox_(outbox) {}

  // Without effect when it is so already.
  void subscribe(Client& client, Subscription kind, std::string_view name);
  void unsubscribe(Client& client, Subscription kind, std::string_view name);
  void unsubscribe_all(Client& client);

  // To the subscribers of the channel, and to those of patterns that match it. Returns how many
  // receive it; one that does so for several reasons counts, and receives, for each.
  std::size_t publish(std::string_view channel, std::string_view message);
  // To the subscribers of the shard channel.
  std::size_t publish_to_shard(std::string_view channel, std::string_view message);

  // Subscribers of a name.
  std::size_t count(Subscription kind, std::string_view name);
  // Names that have subscribers.
  std::size_t size(Subscription kind);
  // Calls visit(name) for each of them, under the lock.
  template <class Visit>
  void for_each(Subscription kind, Visit&& visit) {
    const std::lock_guard lock(mutex_);
    subscribers_[kind].for_each_key(visit);
  }

 private:
  std::size_t send(Subscription kind, std::string_view name, std::string_view channel,
                   std::string_view message);

  Outbox& outbox_;
  std::mutex mutex_;
  std::array<KeyRegister<Client>, kSubscriptionKinds> subscribers_;
};

}  // namespace weir::redis
