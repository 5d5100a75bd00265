#include "servers/redis/pubsub.h"

#include <initializer_list>
#include <string>
#include <utility>

#include "servers/redis/glob.h"
#include "servers/redis/push.h"

namespace weir::redis {
namespace {

// To those who are still subscribed when it arrives.
class Message final : public Push {
 public:
  Message(std::string body, Subscription kind, std::string_view name)
      : Push(std::move(body)), kind_(kind), name_(name) {}

 private:
  bool is_wanted(const Client& client) const override {
    return client.subscriptions.contains(kind_, name_);
  }

  const Subscription kind_;
  const std::string name_;
};

constexpr std::string_view kMessageNames[] = {"message", "pmessage", "smessage"};

std::string encode_body(std::initializer_list<std::string_view> words) {
  std::string body = std::to_string(words.size()) + "\r\n";
  for (const std::string_view word : words) {
    body.append("$").append(std::to_string(word.size())).append("\r\n");
    body.append(word).append("\r\n");
  }
  return body;
}

void publish_count(Client& client, Subscription kind) {
  client.subscribed[kind].store(client.subscriptions.names(kind).size(), std::memory_order_relaxed);
}

}  // namespace

void PubSub::subscribe(Client& client, Subscription kind, std::string_view name) {
  if (!client.subscriptions.add(kind, name)) return;
  publish_count(client, kind);
  const std::lock_guard lock(mutex_);
  subscribers_[kind].add(name, client);
}

void PubSub::unsubscribe(Client& client, Subscription kind, std::string_view name) {
  {
    const std::lock_guard lock(mutex_);
    subscribers_[kind].remove(name, client);
  }
  client.subscriptions.remove(kind, name);
  publish_count(client, kind);
}

void PubSub::unsubscribe_all(Client& client) {
  for (const Subscription kind : {kChannel, kPattern, kShardChannel}) {
    while (!client.subscriptions.names(kind).empty()) {
      unsubscribe(client, kind, std::string(*client.subscriptions.names(kind).begin()));
    }
  }
}

// REQUIRES: the lock is held.
std::size_t PubSub::send(Subscription kind, std::string_view name, std::string_view channel,
                         std::string_view message) {
  const auto* subscribers = subscribers_[kind].find(name);
  if (subscribers == nullptr) return 0;
  std::string body = kind == kPattern ? encode_body({kMessageNames[kind], name, channel, message})
                                      : encode_body({kMessageNames[kind], channel, message});
  const auto shared = std::make_shared<Message>(std::move(body), kind, name);
  for (const Client* client : *subscribers) outbox_.push(client->connection, shared);
  return subscribers->size();
}

std::size_t PubSub::publish(std::string_view channel, std::string_view message) {
  const std::lock_guard lock(mutex_);
  std::size_t receivers = send(kChannel, channel, channel, message);
  subscribers_[kPattern].for_each_key([&](std::string_view pattern) {
    if (glob_match(pattern, channel)) receivers += send(kPattern, pattern, channel, message);
  });
  return receivers;
}

std::size_t PubSub::publish_to_shard(std::string_view channel, std::string_view message) {
  const std::lock_guard lock(mutex_);
  return send(kShardChannel, channel, channel, message);
}

std::size_t PubSub::count(Subscription kind, std::string_view name) {
  const std::lock_guard lock(mutex_);
  const auto* subscribers = subscribers_[kind].find(name);
  return subscribers == nullptr ? 0 : subscribers->size();
}

std::size_t PubSub::size(Subscription kind) {
  const std::lock_guard lock(mutex_);
  return subscribers_[kind].size();
}

}  // namespace weir::redis
