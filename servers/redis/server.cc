#include "servers/redis/server.h"

#include <random>

#include "core/clock.h"
#include "core/log.h"
#include "core/threading_model.h"
#include "servers/redis/keyspace/shard_locks.h"

namespace weir::redis {
namespace {

// How often each reactor looks for keys whose time has come, and how soon again when it stopped at
// the bound below with more to do.
constexpr int kExpirePeriodMs = 100;
constexpr int kExpireAgainMs = 1;
// Keys removed in one turn: well under a millisecond, the most that an unlucky request waits.
constexpr std::size_t kExpiresPerTurn = 1024;

std::string random_id() {
  std::random_device device;
  std::string id;
  for (int i = 0; i < 40; ++i) id += "0123456789abcdef"[device() % 16];
  return id;
}

}  // namespace

Server::Server(Engine& engine, Config& config, std::span<const CommandGroup> groups)
    : engine_(engine),
      config_(config),
      keyspace_(config.databases.load(),
                handles_in_parallel(engine.options().model, engine.options().threads)),
      commands_(groups),
      stats_(engine.reactors().size()),
      start_ms_(wall_ms()),
      run_id_(random_id()) {
  const bool shared = engine.options().model == ThreadingModel::kIoThreads;
  for (std::size_t i = 0; i < engine.reactors().size(); ++i) batches_.emplace_back(shared);
}

Status Server::start(const Service& service) {
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
  // Only where handlers run, since a single one of those takes no locks. Posted: a reactor's timers
  // are its own thread's.
  const Placement placement = place(engine_.options().model, engine_.options().threads);
  const std::size_t parts = placement.reactors - placement.first_worker;
  for (std::size_t part = 0; part < parts; ++part) {
    Reactor& reactor = *engine_.reactors()[placement.first_worker + part];
    reactor.post([this, &reactor, part, parts] { expire_on(reactor, {part, parts}); });
  }
  return Status::ok();
}

// One turn: goes round the share's shards of all databases until the budget is spent, and comes
// back.
void Server::expire_on(Reactor& reactor, ExpiryShare share) {
  const std::int64_t now_ms = wall_ms();
  const std::size_t total = keyspace_.databases() * Keyspace::kShards;
  const std::size_t shards = (total - share.first + share.step - 1) / share.step;
  std::size_t budget = kExpiresPerTurn;
  for (std::size_t i = 0; i < shards && budget > 0; ++i) {
    const std::size_t number = share.first + share.next * share.step;
    const ShardLock lock(keyspace_, number);
    budget -= keyspace_.shard_numbered(number).expire(now_ms, budget);
    // A shard that used the budget up has its next turn first.
    if (budget > 0) share.next = (share.next + 1) % shards;
  }
  reactor.schedule(budget == 0 ? kExpireAgainMs : kExpirePeriodMs,
                   [this, &reactor, share] { expire_on(reactor, share); });
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

std::uint64_t Server::bytes_received() const {
  const std::uint64_t at_reset = received_at_reset_.value();
  std::uint64_t total = 0;
  for (const auto& reactor : engine_.reactors()) {
    total += reactor->counters().bytes_received.value();
  }
  return total - at_reset;
}

std::uint64_t Server::bytes_sent() const {
  const std::uint64_t at_reset = sent_at_reset_.value();
  std::uint64_t total = 0;
  for (const auto& reactor : engine_.reactors()) total += reactor->counters().bytes_sent.value();
  return total - at_reset;
}

void Server::reset_stats() {
  for (Counter Stats::*counter :
       {&Stats::commands, &Stats::error_replies, &Stats::connections, &Stats::rejected_connections,
        &Stats::keyspace_hits, &Stats::keyspace_misses}) {
    (at_reset_.*counter).add(total(counter));
  }
  expired_at_reset_.add(expired_keys());
  received_at_reset_.add(bytes_received());
  sent_at_reset_.add(bytes_sent());
}

}  // namespace weir::redis
