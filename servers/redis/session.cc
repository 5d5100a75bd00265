#include "servers/redis/session.h"

#include <algorithm>
#include <memory>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "core/clock.h"
#include "core/log.h"
#include "servers/redis/client_limits.h"
#include "servers/redis/fetches.h"
#include "servers/redis/request_flags.h"

namespace weir::redis {
namespace {

// Clients write pipelines of any length before they read the first reply, and Redis sets normal
// clients no limit: reading stops only where one client's replies would endanger the server.
constexpr std::size_t kOutputHigh = std::size_t{1} << 30;
constexpr std::size_t kOutputLow = std::size_t{1} << 29;

// A request of fewer has one key at most, which is needed at once.
constexpr std::size_t kFewArguments = 3;

// Whether it is executed whatever else waits: what ends a script that keeps a reactor, and what is
// needed to say so.
bool is_for_the_busy(const Request& request) {
  return request.command != nullptr && (request.command->flags & kAllowBusy) != 0;
}

}  // namespace

RedisSession::RedisSession(Server& server, Connection& connection)
    : server_(server),
      client_(server.clients().next_id(), connection.id(), wall_ms()),
      executor_(server, client_),
      rounds_(server.rounds(connection.reactor())),
      batches_(server.batches(connection.reactor())) {
  connection.set_output_marks(kOutputHigh, kOutputLow);
  client_.fd = connection.fd();
  client_.object_bytes = sizeof *this + sizeof connection;
  const Address local = connection.local();
  client_.unix_socket = local.is_unix();
  client_.local = local.to_ip_port();
  client_.peer = client_.unix_socket ? client_.local : connection.peer().to_ip_port();
  apply_keepalive(server, connection);
  client_.authenticated = !server.config().default_user.must_authenticate();
  client_.resume = [this, &connection](std::string_view reply) { resume(connection, reply); };
  client_.look_again = [this, &connection] { look_again(connection); };
  connection.pin();
  update_limits();
  server.clients().add(client_);
  rounds_.add(*this, connection);
}

RedisSession::~RedisSession() {
  server_.client_memory().forget(client_);
  rounds_.remove(*this);
  server_.clients().remove(client_);
}

void RedisSession::update_limits() {
  codec::RequestLimits limits;
  limits.max_bulk_bytes = server_.config().max_bulk_bytes.load(std::memory_order_relaxed);
  limits.max_request_bytes = server_.config().query_limit.load(std::memory_order_relaxed);
  limits.unauthenticated = server_.must_authenticate(client_);
  decoder_.set_limits(limits);
}

Decoded RedisSession::decode(InputBuffer& input) {
  if (is_blocked()) return Decoded::kNeedMore;
  using Outcome = codec::RequestDecoder::Outcome;
  batch_ = batches_.take();
  Batch& batch = *batch_;
  const std::string_view unread = input.unread();
  std::string_view rest = unread;
  // AUTH changes what may follow it.
  const bool one_by_one = decoder_.limits().unauthenticated;
  const CommandTable& commands = server_.commands();
  rest.remove_prefix(decoder_.decode_canonical(rest, batch.arguments(), [&] {
    batch.close_request(commands);
    return !batch.full() && !one_by_one;
  }));
  broken_ = false;
  while (!rest.empty() && !batch.full() && (batch.empty() || !one_by_one)) {
    std::size_t consumed = 0;
    const Outcome outcome = decoder_.decode(rest, consumed, batch.arguments());
    rest.remove_prefix(std::min(consumed, rest.size()));
    broken_ = outcome == Outcome::kError;
    if (outcome != Outcome::kRequest) break;
    batch.close_request(commands);
  }
  batch.close();
  batch_bytes_ = unread.size() - rest.size();
  if (batch_->empty() && !broken_) {
    input.consume(batch_bytes_);
    decoder_.release();
    batches_.give_back(std::move(batch_));
    client_.buffers.query.store(decoder_.memory_usage(), std::memory_order_relaxed);
    // A part of a request is a sign of life too.
    if (!unread.empty()) client_.last_active_ms.store(coarse_wall_ms(), std::memory_order_relaxed);
    count_memory(server_, client_);
    return Decoded::kNeedMore;
  }
  return Decoded::kReady;
}

void RedisSession::handle(Connection& connection) {
  run_batch(connection);
  batches_.give_back(std::move(batch_));
}

void RedisSession::run_batch(Connection& connection) {
  Time time = start_time(connection);
  evict_clients(server_, connection.reactor());
  start_fetches();
  time.meter.start();
  std::span<const Request> left = batch_->requests();
  while (!left.empty() && run_some(connection, left, time)) {
  }
  decoder_.release();
  if (connection.is_open()) connection.consume(batch_bytes_);
  check_output(connection, time.now_ms);
  note_sizes(connection);
  finish_batch(connection);
}

void RedisSession::start_fetches() {
  if (batch_->requests().size() < 2 && batch_->arguments().size() < kFewArguments) return;
  Fetches fetches;
  fetches.gather(batch_->requests());
  Keyspace& keyspace = server_.keyspace();
  const std::size_t database = client_.database.load(std::memory_order_relaxed);
  keyspace.parallel() ? fetches.start_locked(keyspace, database)
                      : fetches.start(keyspace, database);
}

RedisSession::Time RedisSession::start_time(const Connection& connection) {
  CommandMeter& meter = server_.meter(connection.reactor());
  meter.start();
  const Time time{meter, wall_ms(), meter.last()};
  client_.last_active_ms.store(time.now_ms, std::memory_order_relaxed);
  return time;
}

// One request, or as many as are plain; takes them from `left`. False when nothing more of this
// client is to be executed.
bool RedisSession::run_some(Connection& connection, std::span<const Request>& left, Time& time) {
  const bool waits = is_blocked() || may_wait(time.now_ms);
  const std::size_t done =
      waits ? 0 : executor_.execute_plain(connection, left, time.now_ms, time.read_at);
  const Request& next = left.front();
  left = left.subspan(std::max(done, std::size_t{1}));
  if (done > 0) return settle(connection, time);
  if (!waits || (!is_blocked() && !must_wait(connection, next, time.now_ms))) {
    return run(connection, next, time);
  }
  postponed_.emplace_back(next);
  return true;
}

// The same of any request.
bool RedisSession::run(Connection& connection, const Request& request, Time& time) {
  executor_.execute(connection, request, time.now_ms);
  return settle(connection, time);
}

// After what was executed: what it has written is held against the client's limits.
bool RedisSession::settle(Connection& connection, Time& time) {
  // What comes after it must not live in its past.
  if (time.meter.is_long_after(time.read_at)) {
    time.now_ms = std::max(time.now_ms, wall_ms());
    client_.last_active_ms.store(time.now_ms, std::memory_order_relaxed);
    time.read_at = time.meter.last();
  }
  if (connection.output().size() > Executor::kMuchOutput) check_output(connection, time.now_ms);
  return !client_.close_after_reply && connection.is_open();
}

void RedisSession::finish_batch(Connection& connection) {
  if (client_.close_after_reply) {
    server_.tracking().end(client_);  // its peer may take its time to close
    return connection.close_after_flush();
  }
  if (!connection.is_open()) return;
  if (is_blocked()) return block(connection);
  if (broken_) return finish_broken(connection);
  update_limits();
}

// Where nothing will come that could end it, the client gets what it has earned, and goes.
void RedisSession::block(Connection& connection) {
  const bool in_vain = connection.reactor().is_stopping() || peer_has_ended_;
  if (in_vain && !waits_for_room_) return leave(connection);
  connection.hold();
}

// Without waiting for keys: what is written for them is meant for others.
void RedisSession::leave(Connection& connection) {
  client_.waiter.close();
  connection.close_after_flush();
}

// The registers lose its name before its wait ends.
void RedisSession::end_wait(Connection& connection) {
  const Wait& wait = client_.waiter.wait();
  connection.reactor().cancel(wait.timer);
  const Request& request = wait.request.request();
  ShardLocks locks(server_.keyspace());
  for (std::size_t i = wait.first; i < wait.end; ++i) {
    locks.add(wait.database, request.hashes[i]);
  }
  const ShardLocksGuard guard(locks);
  for (std::size_t i = wait.first; i < wait.end; ++i) {
    Shard& shard = server_.keyspace().shard(wait.database, request.hashes[i]);
    shard.waiters().remove(request.arguments[i], client_.waiter);
    if (wait.told_of_removal) --shard.awaited_removals();
  }
  client_.waiter.end();
}

void RedisSession::resume(Connection& connection, std::string_view reply) {
  if (connection.is_open() && !client_.waiter.wait().silent) connection.output().append(reply);
  end_wait(connection);
  go_on(connection);
}

void RedisSession::go_on(Connection& connection) {
  if (!connection.is_open()) return;
  // It was not idle while it waited.
  client_.last_active_ms.store(coarse_wall_ms(), std::memory_order_relaxed);
  run_postponed(connection);
  finish_batch(connection);
  connection.flush_later();
  connection.release();
}

void RedisSession::run_postponed(Connection& connection) {
  Time time = start_time(connection);
  while (!postponed_.empty() && !is_blocked()) {
    if (must_wait(connection, postponed_.front().request(), time.now_ms)) return;
    const StoredRequest next = std::move(postponed_.front());
    postponed_.pop_front();
    if (!run(connection, next.request(), time)) return;
  }
}

// True when the request can't be executed yet: from here on the client is blocked.
bool RedisSession::must_wait(Connection& connection, const Request& request, std::int64_t now_ms) {
  if (server_.outbox().is_full() && !is_for_the_busy(request)) {
    server_.outbox().wait_for_room(connection);
    waits_for_room_ = true;
    return true;
  }
  return waits_for_pause(connection, request, now_ms);
}

bool RedisSession::waits_for_pause(Connection& connection, const Request& request,
                                   std::int64_t now_ms) {
  if (server_.pause().left_ms(true, now_ms) == 0 || request.command == nullptr) return false;
  constexpr std::uint32_t kWrites = kWrite | kMayReplicate;
  const std::uint32_t flags =
      request_flags(server_.scripting().cache(), request) |
      (request.command->name == "exec" ? client_.transaction.flags() : std::uint32_t{0});
  const bool writes = (flags & kWrites) != 0;
  if (server_.pause().left_ms(writes, now_ms) == 0) return false;
  client_.paused = true;
  const std::int64_t left_ms = server_.pause().left_ms(writes, now_ms);
  client_.paused = left_ms > 0;
  if (left_ms == 0) return false;
  pause_timer_ = connection.run_after(left_ms, [this](Connection*) { client_.look_again(); });
  return true;
}

void RedisSession::look_again(Connection& connection) {
  if (!client_.paused.load(std::memory_order_relaxed)) return;
  client_.paused.store(false, std::memory_order_relaxed);
  connection.reactor().cancel(pause_timer_);
  go_on(connection);
}

void RedisSession::finish_broken(Connection& connection) {
  if (decoder_.exceeds_limit()) {
    return cut_off(connection, Status::error("one request of more than " +
                                             std::to_string(decoder_.limits().max_request_bytes) +
                                             " bytes (client-query-buffer-limit)"));
  }
  WEIR_LOG(kVerbose, "protocol error from %s: %.*s", client_.peer.c_str(),
           static_cast<int>(decoder_.error().size()), decoder_.error().data());
  server_.count_error(connection.reactor(), "ERR");
  if (client_.reply_mode == ReplyMode::kOn) {
    Reply(connection.output()).error(decoder_.error());
  }
  connection.close_after_flush();
}

// Part of each batch, and so of a cost that does not grow with what is unsent.
void RedisSession::note_sizes(const Connection& connection) {
  BufferSizes& sizes = client_.buffers;
  const std::size_t output = connection.output().size();
  std::size_t query = decoder_.memory_usage();
  for (const StoredRequest& postponed : postponed_) query += postponed.bytes();
  sizes.query.store(query, std::memory_order_relaxed);
  sizes.output.store(output, std::memory_order_relaxed);
  if (output > sizes.output_peak.load(std::memory_order_relaxed)) {
    sizes.output_peak.store(output, std::memory_order_relaxed);
  }
  sizes.names.store(client_.subscriptions.bytes() + client_.transaction.watched_bytes(),
                    std::memory_order_relaxed);
  count_memory(server_, client_);
}

void RedisSession::check_output(Connection& connection, std::int64_t now_ms) {
  const Status status = redis::check_output(server_, client_, connection.output().size(), now_ms);
  if (!status.is_ok()) cut_off(connection, status);
}

// At once, with what is unsent.
void RedisSession::cut_off(Connection& connection, const Status& reason) {
  if (!connection.is_open()) return;
  WEIR_LOG(kWarning, "closing client %llu (%s): %s", static_cast<unsigned long long>(client_.id),
           client_.peer.c_str(), reason.message().c_str());
  client_.killed = true;
  connection.close(reason);
}

void RedisSession::delivered(Connection& connection) {
  const std::size_t unsent = connection.output().size();
  if (unsent > kOutputHigh) {
    return cut_off(connection, Status::error("it does not read what it is sent unasked"));
  }
  check_output(connection, coarse_wall_ms());
  note_sizes(connection);
}

void RedisSession::has_room(Connection& connection) {
  waits_for_room_ = false;
  go_on(connection);
}

void RedisSession::flushed(Connection&) {
  client_.buffers.output.store(0, std::memory_order_relaxed);
}

void RedisSession::look_after(Connection& connection, std::int64_t now_ms) {
  if (connection.bytes_sent() != sent_) {
    sent_ = connection.bytes_sent();
    client_.last_active_ms.store(now_ms, std::memory_order_relaxed);
  }
  if (waits_for_room_) client_.last_active_ms.store(now_ms, std::memory_order_relaxed);
  client_.buffers.output_peak.store(0, std::memory_order_relaxed);
  note_sizes(connection);
  check_output(connection, now_ms);
  evict_clients(server_, connection.reactor());
  const Status idle = check_idle(server_.config(), client_, now_ms);
  if (idle.is_ok()) return;
  client_.killed = true;
  connection.close(idle);
}

void RedisSession::ended(Connection& connection) {
  peer_has_ended_ = true;
  if (is_blocked() && !waits_for_room_) leave(connection);
}

void RedisSession::closed(Connection& connection, const Status& reason) {
  if (!reason.is_ok()) {
    WEIR_LOG(kVerbose, "client %s closed: %s", client_.peer.c_str(), reason.message().c_str());
  }
  connection.reactor().cancel(pause_timer_);
  if (client_.waiter.waits()) {
    client_.waiter.close();
    end_wait(connection);
  }
  server_.pubsub().unsubscribe_all(client_);
  server_.monitors().remove(client_);
  server_.tracking().end(client_);
  forget_transaction(server_, client_);
}

}  // namespace weir::redis
