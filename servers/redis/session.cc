#include "servers/redis/session.h"

#include <algorithm>
#include <memory>
#include <string_view>
#include <vector>

#include "core/clock.h"
#include "core/log.h"

namespace weir::redis {
namespace {

// Clients write pipelines of any length before they read the first reply, and Redis sets normal
// clients no limit: reading stops only where one client's replies would endanger the server.
constexpr std::size_t kOutputHigh = std::size_t{1} << 30;
constexpr std::size_t kOutputLow = std::size_t{1} << 29;

// Says why and goes.
class RefusedSession final : public Session {
  void handle(Connection& connection) override { connection.consume_all(); }
};

constexpr std::string_view kProtectedMode =
    "-DENIED Redis is running in protected mode because protected mode is enabled and no password "
    "is set for the default user. In this mode connections are only accepted from the loopback "
    "interface. Either set a password (requirepass), or turn protected mode off with --protected-"
    "mode no if every host that can reach this port is trusted.\r\n";

std::unique_ptr<Session> refuse(Server& server, Connection& connection, std::string_view error) {
  server.stats(connection.reactor()).rejected_connections.add();
  connection.write(error);
  connection.close_after_flush();
  return std::make_unique<RefusedSession>();
}

std::unique_ptr<Session> make_session(Server& server, Connection& connection) {
  server.stats(connection.reactor()).connections.add();
  const Config& config = server.config();
  if (server.clients().size() >= config.max_clients.load(std::memory_order_relaxed)) {
    return refuse(server, connection, "-ERR max number of clients reached\r\n");
  }
  if (config.protected_mode.load(std::memory_order_relaxed) && !config.has_password() &&
      !connection.peer().is_loopback()) {
    return refuse(server, connection, kProtectedMode);
  }
  return std::make_unique<RedisSession>(server, connection);
}

// Calls visit(hash) for every key of the requests.
template <class Visit>
[[gnu::always_inline]] inline void for_each_key(const std::vector<Request>& requests,
                                                Visit&& visit) {
  for (const Request& request : requests) {
    if (request.command == nullptr) continue;
    const KeyRange& keys = request.command->keys;
    const std::size_t end = keys.end(request.arguments.size());
    for (auto i = static_cast<std::size_t>(keys.first); i < end;
         i += static_cast<std::size_t>(keys.step)) {
      visit(request.hashes[i]);
    }
  }
}

// Starts the memory fetches of all keys of a batch before the first is needed, so that they
// overlap. All of it is inlined by force: gcc takes a function that only prefetches for one without
// effect, and drops the call.
[[gnu::always_inline]] inline void prefetch(Keyspace& keyspace, std::size_t database,
                                            const std::vector<Request>& requests) {
  for_each_key(
      requests, [&](std::uint64_t hash) __attribute__((always_inline)) {
        keyspace.shard(database, hash).table().prefetch_bucket(hash);
      });
  for_each_key(
      requests, [&](std::uint64_t hash) __attribute__((always_inline)) {
        keyspace.shard(database, hash).table().prefetch_item(hash);
      });
}

}  // namespace

Service make_service(Server& server) {
  return [&server](Connection& connection) { return make_session(server, connection); };
}

RedisSession::RedisSession(Server& server, Connection& connection)
    : server_(server),
      client_(server.clients().next_id(), connection.id(), wall_ms()),
      executor_(server, client_),
      batches_(server.batches(connection.reactor())) {
  connection.set_output_marks(kOutputHigh, kOutputLow);
  client_.fd = connection.fd();
  const Address local = connection.local();
  client_.unix_socket = local.is_unix();
  client_.local = local.to_ip_port();
  client_.peer = client_.unix_socket ? client_.local : connection.peer().to_ip_port();
  client_.authenticated = !server.config().has_password();
  update_limits();
  server.clients().add(client_);
}

RedisSession::~RedisSession() { server_.clients().remove(client_); }

void RedisSession::update_limits() {
  codec::RequestLimits limits;
  limits.max_bulk_bytes = server_.config().max_bulk_bytes.load(std::memory_order_relaxed);
  limits.max_request_bytes = server_.config().query_limit.load(std::memory_order_relaxed);
  limits.unauthenticated = server_.must_authenticate(client_);
  decoder_.set_limits(limits);
}

Decoded RedisSession::decode(InputBuffer& input) {
  using Outcome = codec::RequestDecoder::Outcome;
  batch_ = batches_.take();
  batch_bytes_ = 0;
  const std::string_view unread = input.unread();
  // AUTH changes what may follow it.
  const bool one_by_one = decoder_.limits().unauthenticated;
  while (batch_bytes_ < unread.size() && !batch_->full()) {
    std::size_t consumed = 0;
    const Outcome outcome =
        decoder_.decode(unread.substr(batch_bytes_), consumed, batch_->arguments());
    batch_bytes_ += consumed;
    broken_ = outcome == Outcome::kError;
    if (outcome != Outcome::kRequest) break;
    batch_->close_request();
    if (one_by_one) break;
  }
  if (batch_->empty() && !broken_) {
    input.consume(batch_bytes_);
    decoder_.release();
    batches_.give_back(std::move(batch_));
    return Decoded::kNeedMore;
  }
  batch_->resolve_all(server_.commands());
  return Decoded::kReady;
}

void RedisSession::handle(Connection& connection) {
  run_batch(connection);
  batches_.give_back(std::move(batch_));
}

void RedisSession::run_batch(Connection& connection) {
  std::int64_t now_ms = wall_ms();
  const std::vector<Request>& requests = batch_->requests();
  client_.last_active_ms.store(now_ms, std::memory_order_relaxed);
  // Not where other threads may be changing the tables meanwhile.
  if (!server_.keyspace().parallel()) {
    prefetch(server_.keyspace(), client_.database.load(std::memory_order_relaxed), requests);
  }
  server_.stats(connection.reactor()).commands.add(requests.size());
  for (const Request& request : requests) {
    executor_.execute(connection, request, now_ms);
    // What comes after it must not live in its past.
    const bool fast = request.command != nullptr && (request.command->flags & kFast) != 0;
    if (!fast) now_ms = std::max(now_ms, coarse_wall_ms());
    if (client_.close_after_reply || !connection.is_open()) break;
  }
  decoder_.release();
  if (client_.close_after_reply) return connection.close_after_flush();
  if (!connection.is_open()) return;
  connection.consume(batch_bytes_);
  if (broken_) return finish_broken(connection);
  update_limits();
}

void RedisSession::finish_broken(Connection& connection) {
  WEIR_LOG(kVerbose, "protocol error from %s: %.*s", client_.peer.c_str(),
           static_cast<int>(decoder_.error().size()), decoder_.error().data());
  server_.stats(connection.reactor()).error_replies.add();
  if (client_.reply_mode == ReplyMode::kOn) {
    Reply(connection.output()).error(decoder_.error());
  }
  connection.close_after_flush();
}

void RedisSession::closed(Connection& connection, const Status& reason) {
  (void)connection;
  if (!reason.is_ok()) {
    WEIR_LOG(kVerbose, "client %s closed: %s", client_.peer.c_str(), reason.message().c_str());
  }
  forget_transaction(server_, client_);
}

}  // namespace weir::redis
