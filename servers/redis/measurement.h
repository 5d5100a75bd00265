// What is remembered of the execution of commands: their counts and times, the slow log, the
// latency events, what MONITOR shows. As in Redis a command that waits counts when it begins to
// wait; its latency, and whether it was slow, is known when the wait ends, and leaves the waiting
// itself out.
//
// Thread rule: the executing reactor's, which is `reactor` below.
#pragma once

#include <cstdint>

#include "core/reactor.h"
#include "servers/redis/call.h"
#include "servers/redis/command_meter.h"
#include "servers/redis/server.h"
#include "servers/redis/waiter.h"

namespace weir::redis {

[[gnu::always_inline]] inline void record_latency(const Server& server, CommandCounters& counters,
                                                  std::uint64_t ns) {
  if (server.config().latency_tracking.load(std::memory_order_relaxed)) counters.record_latency(ns);
}

[[gnu::always_inline]] inline bool is_slow(const Server& server, const Command& command,
                                           std::int64_t us) {
  const std::int64_t limit = server.config().slow_log_threshold_us.load(std::memory_order_relaxed);
  return us >= limit && limit >= 0 && (command.flags & kSkipSlowlog) == 0;
}

// Whether other things than its time are to be remembered of a call too, or instead.
[[gnu::always_inline]] inline bool is_noteworthy(const Call& call, std::uint64_t ns) {
  Server& server = call.server;
  const auto us = static_cast<std::int64_t>(ns / 1000);
  return (call.command().flags & kBlocking) != 0 || server.is_latency_event(us) ||
         is_slow(server, call.command(), us) || !server.monitors().empty();
}
void count_noteworthy(Call& call, CommandCounters& counters, std::uint64_t ns);

// Runs the handlers of calls, one after the other: what they have in common is looked up once, and
// again where one is of another command. Inlined by force: it is on the way of every request.
class Measurement {
 public:
  [[gnu::always_inline]] void run(Call& call) {
    const Command& command = call.command();
    const CycleClock::Ticks begin = call.meter.last();
    const std::uint64_t errors = call.stats.error_replies.value();
    call.meter.has_errors(errors);
    command.handler(call);
    const std::uint64_t ns = call.meter.lap(begin);
    if (counters_ == nullptr || counters_->command != &command) look_up(call);
    counters_->calls.add();
    counters_->total_ns.add(ns);
    if (call.stats.error_replies.value() != errors) count_failure(call);
    if (is_noteworthy(call, ns)) {
      count_noteworthy(call, *counters_, ns);
    } else {
      record_latency(call.server, *counters_, ns);
    }
  }

 private:
  [[gnu::noinline]] void look_up(const Call& call) {
    counters_ = &call.meter.counters(call.command());
  }
  // Not of what a script has called: those have been counted.
  [[gnu::noinline]] void count_failure(Call& call) {
    if (call.meter.has_errors(call.stats.error_replies.value())) counters_->failed.add();
  }

  CommandCounters* counters_ = nullptr;
};

[[gnu::always_inline]] inline void run_measured(Call& call) { Measurement().run(call); }

// A call of the command was refused before its handler ran.
void count_rejected(Server& server, const Reactor& reactor, const Command& command);

// A retry, the latest call on this reactor, has served the waiter. REQUIRES: its key's shard is
// locked, and with it all of the client that is read here.
void count_served(Server& server, const Reactor& reactor, const Waiter& waiter);

// CLIENT UNBLOCK has ended the wait, which counts as a failure. REQUIRES: the lock of Clients is
// held, and the waiter's.
void count_unblocked(Server& server, const Reactor& reactor, const Waiter& waiter);

}  // namespace weir::redis
