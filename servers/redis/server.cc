#include "servers/redis/server.h"

#include <utility>

#include "base/random.h"
#include "core/clock.h"
#include "core/engine.h"
#include "core/log.h"
#include "core/reactor.h"
#include "core/tenant.h"
#include "core/threading_model.h"

namespace weir::redis {
namespace {

std::string random_id() {
  std::string id;
  for (int i = 0; i < 40; ++i) id += "0123456789abcdef"[Random::of_thread().below(16)];
  return id;
}

// Entry::free_cost() of what is always freed later: a tenth of a millisecond or two.
constexpr std::size_t kHugeCost = 1024;

bool is_lazy(const Config& config, Removal removal) {
  switch (removal) {
    case Removal::kUnlink:
      return true;
    case Removal::kUserDel:
      return config.lazy_user_del.load(std::memory_order_relaxed);
    case Removal::kServerDel:
      return config.lazy_server_del.load(std::memory_order_relaxed);
    case Removal::kExpiry:
      return config.lazy_expire.load(std::memory_order_relaxed);
    case Removal::kEviction:
      return config.lazy_eviction.load(std::memory_order_relaxed);
  }
  return true;
}

// Lets a reactor's blocked clients go when it stops, as nobody will write for them any more, and
// the others not wait for it.
class BlockedEnd final : public Tenant {
 public:
  BlockedEnd(Server& server, Reactor& reactor) : server_(server), reactor_(reactor) {}

  void begin_stop() override {
    std::vector<ConnectionId> blocked;
    server_.clients().for_each([&](Client& client) {
      if (client.connection.reactor() == reactor_.index() && client.is_blocked()) {
        client.waiter.close();
        blocked.push_back(client.connection);
      }
    });
    for (const ConnectionId id : blocked) {
      if (Connection* connection = reactor_.find(id)) connection->close_after_flush();
    }
  }

  void end_stop() override { server_.outbox().end(reactor_); }

 private:
  Server& server_;
  Reactor& reactor_;
};

}  // namespace

Server::~Server() = default;

Server::Server(Engine& engine, Config& config, std::span<const CommandGroup> groups)
    : KeyListener(config.event_classes),
      engine_(engine),
      config_(config),
      keyspace_(config.databases.load(),
                handles_in_parallel(engine.options().model, engine.options().threads)),
      access_clock_(config.eviction),
      eviction_pools_(engine.reactors().size()),
      expiry_schedule_(keyspace_.databases() * Keyspace::kShards),
      commands_(groups),
      command_stats_(commands_, engine.reactors().size()),
      scripting_(engine.reactors().size()),
      error_counts_(engine.reactors().size()),
      stats_(engine.reactors().size()),
      rounds_(engine.reactors().size()),
      outbox_(engine),
      pubsub_(outbox_),
      monitors_(outbox_),
      tracking_(engine, config, keyspace_, *this, clients_, outbox_),
      ready_keys_(engine.reactors().size()),
      start_ms_(wall_ms()),
      run_id_(random_id()),
      replication_id_(random_id()) {
  access_clock_.advance(start_ms_);
  keyspace_.set_listener(*this);
  keyspace_.set_clock(access_clock_);
  const bool shared = engine.options().model == ThreadingModel::kIoThreads;
  for (std::size_t i = 0; i < engine.reactors().size(); ++i) batches_.emplace_back(shared);
  for (const auto& reactor : engine.reactors()) reclaimers_.emplace_back(*reactor);
}

Status Server::listen(const Service& service) {
  if (engine_.options().model == ThreadingModel::kPrefork) {
    return Status::error(
        "model prefork: each of its processes would have keys of its own; choose single, "
        "io_threads, "
        "handoff, reuseport or exclusive, whose threads share them");
  }
  if (!engine_.options().upgrade_socket.empty()) {
    WEIR_LOG(kNotice, "upgrade-socket: a successor gets the clients, and starts without keys");
  }
  for (const std::string& address : engine_.options().addresses()) {
    const Result<Address> bound = engine_.listen(address, service);
    if (!bound.is_ok()) return bound.status();
  }
  for (const auto& reactor : engine_.reactors()) {
    reactor->add_tenant(*blocked_ends_.emplace_back(std::make_unique<BlockedEnd>(*this, *reactor)));
  }
  return Status::ok();
}

void Server::close_client(Client& client, const char* why) {
  client.killed = true;
  client.waiter.close();  // so that nothing is given to who is about to go
  engine_.post(client.connection, [why](Connection* connection) {
    if (connection != nullptr) connection->close(Status::error(why));
  });
}

void Server::start_rounds() {
  const auto& reactors = engine_.reactors();
  const Placement placement = place(engine_.options().model, engine_.options().threads);
  for (std::size_t i = placement.first_worker; i < placement.reactors; ++i) {
    reactors[i]->post([this, &reactor = *reactors[i]] { rounds(reactor).start(reactor); });
  }
  Reactor& first = *reactors[placement.first_worker];
  first.post([this, &first] { sample_rates(first); });
}

// As often as Redis does by default.
void Server::sample_rates(Reactor& reactor) {
  constexpr int kPeriodMs = 100;
  const std::int64_t now_us = monotonic_us();
  rates_.commands.sample(command_stats_.calls(), now_us);
  rates_.input_bytes.sample(bytes_received(), now_us);
  rates_.output_bytes.sample(bytes_sent(), now_us);
  reactor.schedule(kPeriodMs, [this, &reactor] { sample_rates(reactor); });
}

void Server::add_latency(std::string_view event, std::int64_t ms) {
  latency_events_.add(event, ms, wall_ms() / 1000);
}

ErrorCodes Server::error_codes() {
  ErrorCodes codes;
  for (ErrorCounts& counts : error_counts_) counts.add_to(codes);
  return codes;
}

void Server::awaited_changed(std::size_t shard, std::string_view key) {
  ready_keys(*Reactor::current()).add(shard, key);
}

// Under the locks of the shard, of the channels, and of the outbox, always in this order: each
// subscriber hears of a key's changes in the order in which they were made.
void Server::happened(std::size_t shard, const KeyEvent& event, std::string_view key) {
  const EventClasses classes = config_.event_classes.load(std::memory_order_relaxed);
  const std::string database = std::to_string(Keyspace::database_of(shard));
  if ((classes & kKeyspaceChannels) != 0) {
    pubsub_.publish("__keyspace@" + database + "__:" + std::string(key), event.name);
  }
  if ((classes & kKeyeventChannels) != 0) {
    pubsub_.publish("__keyevent@" + database + "__:" + std::string(event.name), key);
  }
}

// The data stands still while clients are paused, even for those who may read.
bool Server::may_expire() const { return pause_.left_ms(true, wall_ms()) == 0; }

void Server::discard(Entry* entry, Removal removal) {
  if (entry->free_cost() <= kHugeCost && !is_lazy(config_, removal)) return Entry::destroy(entry);
  reclaimer(*Reactor::current()).add(entry);
}

std::uint64_t Server::lazyfree_pending() const {
  std::uint64_t total = 0;
  for (const Reclaimer& reclaimer : reclaimers_) total += reclaimer.garbage().pending();
  return total;
}

std::uint64_t Server::lazyfreed() const {
  const std::uint64_t at_reset = lazyfreed_at_reset_.value();
  std::uint64_t total = 0;
  for (const Reclaimer& reclaimer : reclaimers_) total += reclaimer.garbage().freed();
  return total - at_reset;
}

void Server::cached_changed(std::string_view key, TrackingTable::Readers readers, Author author) {
  tracking_.changed(key, std::move(readers), author);
}

std::uint64_t Server::total(Counter Stats::*counter) const {
  // First, so that a reset in between makes the difference too large and never negative.
  const std::uint64_t at_reset = (at_reset_.*counter).value();
  std::uint64_t total = 0;
  for (const Stats& stats : stats_) total += (stats.*counter).value();
  return total - at_reset;
}

std::uint64_t Server::expired_keys() {
  const std::uint64_t at_reset = expired_at_reset_.value();
  std::uint64_t total = 0;
  for (std::size_t database = 0; database < keyspace_.databases(); ++database) {
    for (std::size_t i = 0; i < Keyspace::kShards; ++i) {
      total += keyspace_.shard_at(database, i).expired_keys();
    }
  }
  return total - at_reset;
}

// Since the start.
std::uint64_t Server::sum(Counter ReactorCounters::*counter) const {
  std::uint64_t total = 0;
  for (const auto& reactor : engine_.reactors()) total += (reactor->counters().*counter).value();
  return total;
}

// Each subtracts what it has loaded first, as total() does.
std::uint64_t Server::bytes_received() const {
  const std::uint64_t at_reset = received_at_reset_.value();
  return sum(&ReactorCounters::bytes_received) - at_reset;
}

std::uint64_t Server::bytes_sent() const {
  const std::uint64_t at_reset = sent_at_reset_.value();
  return sum(&ReactorCounters::bytes_sent) - at_reset;
}

std::uint64_t Server::reads() const {
  const std::uint64_t at_reset = reads_at_reset_.value();
  return sum(&ReactorCounters::receives) - at_reset;
}

std::uint64_t Server::writes() const {
  const std::uint64_t at_reset = writes_at_reset_.value();
  return sum(&ReactorCounters::sends) - at_reset;
}

void Server::reset_stats() {
  for (Counter Stats::*counter :
       {&Stats::error_replies, &Stats::connections, &Stats::rejected_connections,
        &Stats::evicted_clients, &Stats::evicted_keys, &Stats::keyspace_hits,
        &Stats::keyspace_misses}) {
    (at_reset_.*counter).add(total(counter));
  }
  memory_record_.reset_excess();
  command_stats_.reset();
  for (ErrorCounts& counts : error_counts_) counts.clear();
  expired_at_reset_.add(expired_keys());
  lazyfreed_at_reset_.add(lazyfreed());
  received_at_reset_.add(bytes_received());
  sent_at_reset_.add(bytes_sent());
  reads_at_reset_.add(reads());
  writes_at_reset_.add(writes());
}

}  // namespace weir::redis
