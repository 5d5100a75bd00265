#include "servers/redis/eviction.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "base/random.h"
#include "core/clock.h"
#include "core/cycle_clock.h"
#include "core/engine.h"
#include "core/threading_model.h"
#include "servers/redis/call.h"
#include "servers/redis/eviction_pool.h"
#include "servers/redis/keyspace/shard_locks.h"
#include "servers/redis/types/key_hash.h"
#include "servers/redis/waiting.h"

namespace weir::redis {
namespace {

// Keys, or pieces of them, between two looks at the clock.
constexpr int kStepsPerLook = 16;
constexpr int kWatchPeriodMs = 100;

// As in Redis: up to half a millisecond, from there 15 % more with each step.
std::int64_t budget_us(std::uint32_t tenacity) {
  if (tenacity <= 10) return 50 * std::int64_t{tenacity};
  if (tenacity == 100) return std::numeric_limits<std::int64_t>::max();
  return static_cast<std::int64_t>(500 * std::pow(1.15, tenacity - 10));
}

class Evictor {
 public:
  Evictor(Server& server, Reactor& reactor)
      : server_(server),
        reactor_(reactor),
        pool_(server.eviction_pool(reactor)),
        policy_(server.config().eviction.policy.load()),
        samples_(server.config().eviction.samples.load()) {
    pool_.set_policy(policy_);
  }

  // False when no key may go.
  bool evict_one() {
    if (policy_ == EvictionPolicy::kNoEviction) return false;
    return is_random(policy_) ? evict_random() : evict_best();
  }
  // Whether there may be keys that may go, those being removed this moment not counted.
  bool has_candidates() const;

 private:
  bool evict_random();
  bool evict_best();
  bool fill_pool();
  void sample_database(std::size_t database, std::uint64_t shards);
  std::size_t sample(std::size_t database, std::size_t index);
  bool evict_candidate(const EvictionPool::Candidate& candidate);
  bool evict_any(std::size_t database, std::size_t index);
  // A random one of those that may go, nullptr when there is none.
  const Entry* pick(Shard& shard) const {
    return is_volatile(policy_) ? shard.random_with_expiry(Random::of_thread())
                                : shard.random(Random::of_thread());
  }
  void evict(Shard& shard, Key key);
  std::int64_t score(const Entry& entry) const;

  // The shards where keys are that may go, as bits.
  std::uint64_t shards_of(std::size_t database) const {
    const Population& population = server_.keyspace().population(database);
    return is_volatile(policy_) ? population.with_expiries() : population.with_keys();
  }

  Server& server_;
  Reactor& reactor_;
  EvictionPool& pool_;
  const EvictionPolicy policy_;
  const std::size_t samples_;
};

// What others are removing they free under their shards' locks: who has had each lock since knows
// that it is freed, or counted among what is going to be.
bool Evictor::has_candidates() const {
  if (policy_ == EvictionPolicy::kNoEviction) return false;
  Keyspace& keyspace = server_.keyspace();
  for (std::size_t number = 0; number < keyspace.databases() * Keyspace::kShards; ++number) {
    const ShardLock lock(keyspace, number);
  }
  for (std::size_t database = 0; database < keyspace.databases(); ++database) {
    if (shards_of(database) != 0) return true;
  }
  return false;
}

// One of the bits that are set: where most are, the first few tries find one.
std::size_t draw(std::uint64_t bits) {
  constexpr int kTries = 8;
  for (int i = 0; i < kTries; ++i) {
    const std::size_t index = Random::of_thread().below(Keyspace::kShards);
    if ((bits >> index & 1) != 0) return index;
  }
  for (std::size_t skip = Random::of_thread().below(static_cast<std::size_t>(std::popcount(bits)));
       skip > 0; --skip) {
    bits &= bits - 1;
  }
  return static_cast<std::size_t>(std::countr_zero(bits));
}

// Of the databases in turn, so that one with few keys is not spared.
bool Evictor::evict_random() {
  const std::size_t databases = server_.keyspace().databases();
  bool any = true;
  while (any) {
    any = false;
    const std::size_t first = pool_.next_database();
    for (std::size_t i = 0; i < databases; ++i) {
      const std::size_t database = (first + i) % databases;
      const std::uint64_t shards = shards_of(database);
      if (shards == 0) continue;
      any = true;
      if (!evict_any(database, draw(shards))) continue;
      pool_.set_next_database(database + 1);
      return true;
    }
  }
  return false;
}

bool Evictor::evict_any(std::size_t database, std::size_t index) {
  Keyspace& keyspace = server_.keyspace();
  const ShardLock lock(keyspace, Keyspace::shard_number(database, index));
  Shard& shard = keyspace.shard_at(database, index);
  const Entry* const entry = pick(shard);
  if (entry == nullptr) return false;
  evict(shard, {entry->key(), key_hash(entry->key())});
  return true;
}

bool Evictor::evict_best() {
  while (fill_pool()) {
    while (!pool_.empty()) {
      if (evict_candidate(pool_.take_best())) return true;
    }
  }
  return false;
}

// False when there is no key that may go.
bool Evictor::fill_pool() {
  bool any = false;
  for (std::size_t database = 0; database < server_.keyspace().databases(); ++database) {
    const std::uint64_t shards = shards_of(database);
    if (shards == 0) continue;
    any = true;
    sample_database(database, shards);
  }
  return any;
}

// Looks at several shards where each has few keys.
void Evictor::sample_database(std::size_t database, std::uint64_t shards) {
  std::size_t seen = 0;
  for (std::size_t draws = 0; draws < samples_ && seen < samples_ && shards != 0; ++draws) {
    const std::size_t index = draw(shards);
    shards &= ~(std::uint64_t{1} << index);
    seen += sample(database, index);
  }
}

// Offers some keys of one shard to the pool; returns how many.
std::size_t Evictor::sample(std::size_t database, std::size_t index) {
  Keyspace& keyspace = server_.keyspace();
  const ShardLock lock(keyspace, Keyspace::shard_number(database, index));
  Shard& shard = keyspace.shard_at(database, index);
  std::size_t seen = 0;
  const auto offer = [&](const Entry* entry) {
    if (entry == nullptr) return;
    ++seen;
    const std::int64_t its_score = score(*entry);
    if (!pool_.wants(its_score)) return;
    pool_.offer(its_score, database, {entry->key(), key_hash(entry->key())});
  };
  if (policy_ == EvictionPolicy::kVolatileTtl) {
    offer(shard.first_to_expire());
  } else if (is_volatile(policy_)) {
    const std::size_t draws = std::min(samples_, shard.keys_with_expiry());
    for (std::size_t i = 0; i < draws; ++i) offer(pick(shard));
  } else {
    shard.sample(Random::of_thread(), samples_, offer);
  }
  return seen;
}

std::int64_t Evictor::score(const Entry& entry) const {
  if (policy_ == EvictionPolicy::kVolatileTtl) return -entry.expiry();
  const AccessClock& clock = server_.access_clock();
  if (counts_use(policy_)) return -std::int64_t{clock.frequency(entry.stamp())};
  return clock.idle_seconds(entry.stamp());
}

// False where the key is gone, or has got a better reason to stay since it was sampled.
bool Evictor::evict_candidate(const EvictionPool::Candidate& candidate) {
  Keyspace& keyspace = server_.keyspace();
  const Key key = candidate.key();
  const std::size_t index = Keyspace::shard_index(key.hash);
  const ShardLock lock(keyspace, Keyspace::shard_number(candidate.database, index));
  Shard& shard = keyspace.shard_at(candidate.database, index);
  const Entry* const entry = shard.table().find(key.name, key.hash);
  if (entry == nullptr || (is_volatile(policy_) && !entry->has_expiry()) ||
      score(*entry) < candidate.score) {
    return false;
  }
  evict(shard, key);
  return true;
}

// Everybody whom an eviction concerns is told here. REQUIRES: the shard is locked.
void Evictor::evict(Shard& shard, Key key) {
  shard.touch(key.name, Author::kServer);
  shard.announce(kEvicted, key.name);
  server_.stats(reactor_).evicted_keys.add();
  const CycleClock& clock = server_.command_stats().clock();
  const CycleClock::Ticks begin = clock.now();
  shard.erase(key, Removal::kEviction);
  const std::uint64_t ns = clock.ns(begin, clock.now());
  server_.note_latency("eviction-del", static_cast<std::int64_t>(ns / 1000));
}

void take_turn(Server& server, Reactor& reactor) {
  server.eviction_pool(reactor).set_has_turn(false);
  if (!reactor.is_stopping()) make_room(server, reactor, wall_ms());
}

void watch(Server& server, Reactor& reactor) {
  server.memory_record().note(HeapMeter::used_bytes());
  server.access_clock().advance(wall_ms());
  reactor.schedule(kWatchPeriodMs, [&server, &reactor] { watch(server, reactor); });
}

Eviction evict_until_it_fits(Server& server, Reactor& reactor) {
  const std::int64_t begin_us = monotonic_us();
  const std::int64_t budget = budget_us(server.config().eviction.tenacity.load());
  Evictor evictor(server, reactor);
  Reclaimer& reclaimer = server.reclaimer(reactor);
  for (int steps = 1; memory_is_exceeded(server); ++steps) {
    // What has gone already, and is only to be freed, goes before further keys.
    if (!reclaimer.free_piece() && !evictor.evict_one()) break;
    if (steps % kStepsPerLook != 0 || monotonic_us() - begin_us <= budget) continue;
    make_room_later(server, reactor);
    return Eviction::kGoesOn;
  }
  return memory_is_exceeded(server) ? Eviction::kFails : Eviction::kFits;
}

}  // namespace

Eviction make_room(Server& server, Reactor& reactor, std::int64_t now_ms) {
  MemoryRecord& record = server.memory_record();
  const bool exceeded = memory_is_exceeded(server);
  if (!exceeded && !record.is_exceeded()) return Eviction::kFits;
  // What is paused stays as it is.
  if (server.pause().left_ms(true, now_ms) > 0) return Eviction::kFits;
  record.note(HeapMeter::used_bytes());
  const std::int64_t begin_us = monotonic_us();
  const Eviction outcome = exceeded ? evict_until_it_fits(server, reactor) : Eviction::kFits;
  const std::int64_t end_us = monotonic_us();
  if (outcome == Eviction::kFits) {
    record.end_excess(end_us);
  } else {
    record.begin_excess(end_us);
  }
  server.note_latency("eviction-cycle", end_us - begin_us);
  if (!server.ready_keys(reactor).empty()) {
    ShardLocks locks(server.keyspace());
    serve_rest(server, reactor, locks, now_ms);
  }
  server.meter(reactor).start();  // the time is no command's
  return outcome;
}

bool is_out_of_memory(Server& server, Reactor& reactor) {
  if (Evictor(server, reactor).has_candidates() || server.lazyfree_pending() > 0) return false;
  return memory_is_exceeded(server);
}

void make_room_later(Server& server, Reactor& reactor) {
  EvictionPool& pool = server.eviction_pool(reactor);
  if (pool.has_turn()) return;
  pool.set_has_turn(true);
  reactor.post([&server, &reactor] { take_turn(server, reactor); });
}

void start_memory_watch(Server& server) {
  const Options& options = server.engine().options();
  Reactor& reactor =
      *server.engine().reactors()[place(options.model, options.threads).first_worker];
  reactor.post([&server, &reactor] { watch(server, reactor); });
}

}  // namespace weir::redis
