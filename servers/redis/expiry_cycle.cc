#include "servers/redis/expiry_cycle.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "core/clock.h"
#include "core/engine.h"
#include "core/reactor.h"
#include "core/threading_model.h"
#include "servers/redis/expiry_schedule.h"
#include "servers/redis/keyspace/shard_locks.h"
#include "servers/redis/waiting.h"

namespace weir::redis {
namespace {

// Keys that become due within so many milliseconds go together.
constexpr std::int64_t kPeriodMs = 10;
// After so long it looks again whatever is due: somebody may have set the clock.
constexpr std::int64_t kMaxSleepMs = 1000;
// While expiry is switched off, and may be switched on.
constexpr std::int64_t kOffMs = 100;
// A turn that has taken so long leaves the rest to the next, so soon after.
constexpr std::int64_t kTurnUs = 300;
constexpr std::int64_t kAgainMs = 1;
// Keys of a shard that go before the next shard has its turn, and the clock is looked at.
constexpr std::size_t kKeysAtOnce = 64;

// Looks after one share of the shards, on one reactor. Thread rule: that reactor's; wake() any.
class ExpiryCycle {
 public:
  ExpiryCycle(Server& server, Reactor& reactor, std::size_t share, std::size_t shares)
      : server_(server), reactor_(reactor), share_(share), shares_(shares), next_(share) {}
  ExpiryCycle(const ExpiryCycle&) = delete;
  ExpiryCycle& operator=(const ExpiryCycle&) = delete;

  // Something is due earlier than was known.
  void wake() {
    if (reactor_.in_thread()) return sleep();
    reactor_.post([this] { sleep(); });
  }
  void sleep();

 private:
  void take_turn();
  bool expire();
  void wait(std::int64_t delay_ms);

  Server& server_;
  Reactor& reactor_;
  const std::size_t share_;
  const std::size_t shares_;
  std::size_t next_;  // the shard with which the next turn begins
  TimerId timer_;
  std::int64_t turn_ms_ = 0;  // when the last one was
};

void ExpiryCycle::sleep() {
  const std::int64_t until_ms = server_.expiry_schedule().sleep(share_);
  if (until_ms == ExpirySchedule::kNothingDue) {
    reactor_.cancel(timer_);
    return;
  }
  const std::int64_t from_ms = std::max(until_ms, turn_ms_ + kPeriodMs);
  wait(std::clamp<std::int64_t>(from_ms - wall_ms(), 0, kMaxSleepMs));
}

void ExpiryCycle::wait(std::int64_t delay_ms) {
  reactor_.cancel(timer_);
  timer_ = reactor_.schedule(delay_ms, [this] { take_turn(); });
}

void ExpiryCycle::take_turn() {
  if (!server_.active_expiry()) return wait(kOffMs);
  const std::int64_t begin_us = monotonic_us();
  const bool again = expire();
  server_.note_latency("expire-cycle", monotonic_us() - begin_us);
  if (!server_.ready_keys(reactor_).empty()) {
    ShardLocks locks(server_.keyspace());
    serve_rest(server_, reactor_, locks, wall_ms());
  }
  again ? wait(kAgainMs) : sleep();
}

// Goes round the share's shards until nothing is due in any; true when its time is over before.
bool ExpiryCycle::expire() {
  Keyspace& keyspace = server_.keyspace();
  const std::size_t end = keyspace.databases() * Keyspace::kShards;
  const std::int64_t end_us = monotonic_us() + kTurnUs;
  turn_ms_ = wall_ms();
  const std::size_t round = (end - share_ + shares_ - 1) / shares_;
  for (std::size_t left = round; left > 0; --left) {
    const std::size_t shard = next_;
    next_ = shard + shares_ < end ? shard + shares_ : share_;
    if (server_.expiry_schedule().due_ms(shard) > turn_ms_) continue;
    const ShardLock lock(keyspace, shard);
    const std::size_t items = keyspace.shard_numbered(shard).expire(turn_ms_, kKeysAtOnce);
    if (items == kKeysAtOnce) left = round + 1;  // it is the last of a new round
    if (monotonic_us() >= end_us) return true;
  }
  return false;
}

}  // namespace

void start_expiry(Server& server) {
  const Options& options = server.engine().options();
  // Only where handlers run, since a single one of those takes no locks. Posted: a reactor's timers
  // are its own thread's.
  const Placement placement = place(options.model, options.threads);
  const std::size_t shares = placement.reactors - placement.first_worker;
  for (std::size_t share = 0; share < shares; ++share) {
    Reactor& reactor = *server.engine().reactors()[placement.first_worker + share];
    // Shared, as a std::function can be copied: the schedule's and the first task's.
    const auto cycle = std::make_shared<ExpiryCycle>(server, reactor, share, shares);
    server.expiry_schedule().add_share([cycle] { cycle->wake(); });
    reactor.post([cycle] { cycle->sleep(); });
  }
}

}  // namespace weir::redis
