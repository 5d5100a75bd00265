#include "servers/redis/invalidation.h"

#include <string_view>

#include "core/connection.h"

namespace weir::redis {
namespace {

constexpr std::string_view kPush = ">2\r\n$10\r\ninvalidate\r\n";
constexpr std::string_view kMessage = "*3\r\n$7\r\nmessage\r\n$20\r\n__redis__:invalidate\r\n";

bool speaks_resp3(const Client& client) {
  return client.protocol.load(std::memory_order_relaxed) == 3;
}

void append(Connection& connection, std::string_view head, std::string_view body) {
  connection.output().append(head);
  connection.output().append(body);
  connection.flush_later();
}

// No keys are all keys.
void append_keys(Connection& connection, Client& client, std::string_view head,
                 const std::string* keys) {
  const std::string_view null = speaks_resp3(client) ? "_\r\n" : "$-1\r\n";
  append(connection, head, keys != nullptr ? std::string_view(*keys) : null);
}

// For the client that another has named.
class Redirected final : public Delivery {
 public:
  explicit Redirected(std::shared_ptr<const std::string> keys) : keys_(std::move(keys)) {}

  // In RESP2 only subscribers can tell messages from replies; Redis asks no more of them.
  void deliver(Connection& connection, Client& client) const override {
    if (!connection.is_open()) return;
    const bool resp3 = speaks_resp3(client);
    if (!resp3 && client.subscriptions.empty()) return;
    append_keys(connection, client, resp3 ? kPush : kMessage, keys_.get());
  }
  std::size_t bytes() const override { return keys_ == nullptr ? 0 : keys_->size(); }

 private:
  const std::shared_ptr<const std::string> keys_;
};

}  // namespace

bool Invalidation::is_wanted(const ClientTracking& tracking) const {
  if (!tracking.has(ClientTracking::kOn)) return false;
  const bool broadcast = tracking.has(ClientTracking::kBroadcast);
  switch (cause_) {
    case Cause::kChange:
      return !broadcast;
    case Cause::kOwnChange:
      return !broadcast && !tracking.has(ClientTracking::kNoLoop);
    case Cause::kBroadcast:
      return broadcast;
    case Cause::kEverything:
      return true;
  }
  return false;
}

void Invalidation::deliver(Connection& connection, Client& client) const {
  if (!connection.is_open() || !is_wanted(client.tracking)) return;
  const std::uint64_t to = client.tracking.redirection.load(std::memory_order_relaxed);
  if (to != 0) return redirect(connection, client, to);
  if (speaks_resp3(client)) append_keys(connection, client, kPush, keys_.get());
}

void Invalidation::redirect(Connection& connection, Client& client, std::uint64_t to) const {
  ConnectionId target = ConnectionId::kNone;
  clients_.with_client(to, [&target](const Client& named) {
    if (!named.killed && !named.close_after_reply) target = named.connection;
  });
  if (target != ConnectionId::kNone) {
    return outbox_.push(target, std::make_shared<Redirected>(keys_));
  }
  client.tracking.add(ClientTracking::kBrokenRedirection);
  if (!speaks_resp3(client)) return;
  append(connection, ">2\r\n$21\r\ntracking-redir-broken\r\n", ":" + std::to_string(to) + "\r\n");
}

}  // namespace weir::redis
