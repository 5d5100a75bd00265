#include "servers/redis/server.h"

#include <random>

#include "core/clock.h"
#include "servers/redis/keyspace/shard_locks.h"

namespace weir::redis {
namespace {

// How often each reactor looks for keys whose time has come, and how soon again when it stopped at
// the bound below with more to do.
constexpr int kExpirePeriodMs = 100;
constexpr int kExpireAgainMs = 1;
// Keys removed from one shard in one go: some 100 us, the most an unlucky request waits.
constexpr std::size_t kExpiresPerShard = 256;

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
      run_id_(random_id()) {}

Status Server::start(const Service& service) {
  for (const std::string& address : engine_.options().addresses()) {
    const Result<Address> bound = engine_.listen(address, service);
    if (!bound.is_ok()) return bound.status();
  }
  // Posted: a reactor's timers are its own thread's.
  const std::size_t parts = engine_.reactors().size();
  for (const auto& reactor : engine_.reactors()) {
    reactor->post([this, parts, &reactor = *reactor] { expire_on(reactor, reactor.index(), parts); });
  }
  return Status::ok();
}

// Expires the part-th of `parts` shards of every database, and comes back.
void Server::expire_on(Reactor& reactor, std::size_t part, std::size_t parts) {
  const std::int64_t now_ms = wall_ms();
  bool more = false;
  for (std::size_t database = 0; database < keyspace_.databases(); ++database) {
    for (std::size_t i = part; i < Keyspace::kShards; i += parts) {
      const ShardLock lock(keyspace_, Keyspace::shard_number(database, i));
      more |= keyspace_.shard_at(database, i).expire(now_ms, kExpiresPerShard);
    }
  }
  reactor.schedule(more ? kExpireAgainMs : kExpirePeriodMs,
                   [this, &reactor, part, parts] { expire_on(reactor, part, parts); });
}

std::uint64_t Server::total(Counter Stats::*counter) const {
  std::uint64_t total = 0;
  for (const Stats& stats : stats_) total += (stats.*counter).value();
  return total - (at_reset_.*counter).value();
}

std::uint64_t Server::expired_keys() {
  std::uint64_t total = 0;
  for (std::size_t database = 0; database < keyspace_.databases(); ++database) {
    for (std::size_t i = 0; i < Keyspace::kShards; ++i) {
      total += keyspace_.shard_at(database, i).expired_keys();
    }
  }
  return total - expired_at_reset_;
}

void Server::reset_stats() {
  for (Counter Stats::*counter : {&Stats::commands, &Stats::error_replies, &Stats::connections,
                                  &Stats::rejected_connections, &Stats::keyspace_hits,
                                  &Stats::keyspace_misses}) {
    (at_reset_.*counter).add(total(counter));
  }
  expired_at_reset_ += expired_keys();
}

}  // namespace weir::redis
