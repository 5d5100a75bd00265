#include "servers/redis/measurement.h"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "core/clock.h"
#include "servers/redis/redaction.h"

namespace weir::redis {
namespace {

void add_to_slow_log(Server& server, const Client& client, const Command& command,
                     std::span<const std::string_view> arguments, std::int64_t us,
                     std::string name) {
  SlowLog::Entry entry;
  entry.time = wall_ms() / 1000;
  entry.duration_us = us;
  entry.arguments = SlowLog::abridge(redact(command, arguments));
  entry.address = client.peer;
  entry.name = std::move(name);
  const auto max_size = server.config().slow_log_max_size.load(std::memory_order_relaxed);
  server.slow_log().add(std::move(entry), static_cast<std::size_t>(max_size));
}

std::string name_of(Server& server, Client& client) {
  return server.clients().with_names(client, [](Client& locked) { return locked.name; });
}

void show_to_monitors(Call& call) {
  if ((call.command().flags & (kAdmin | kSkipMonitor)) != 0) return;
  call.server.monitors().show(call.client, redact(call.command(), call.arguments()));
}

// Redis counts the time before the wait a second time.
void count_end_of_wait(Server& server, CommandCounters& counters, const Waiter& waiter,
                       std::uint64_t reply_ns) {
  const std::uint64_t ns = waiter.spent_ns() + reply_ns;
  counters.total_ns.add(ns);
  record_latency(server, counters, ns);
  server.note_latency("command-unblocking", static_cast<std::int64_t>(reply_ns / 1000));
}

}  // namespace

void count_noteworthy(Call& call, CommandCounters& counters, std::uint64_t ns) {
  Server& server = call.server;
  const Command& command = call.command();
  const auto us = static_cast<std::int64_t>(ns / 1000);
  if (server.is_latency_event(us)) {
    server.note_latency((command.flags & kFast) != 0 ? "fast-command" : "command", us);
  }
  const bool waits = (command.flags & kBlocking) != 0 && call.client.waiter.waits();
  if (waits) {
    call.client.waiter.set_spent(ns);
  } else {
    record_latency(server, counters, ns);
    if (is_slow(server, command, us)) {
      Client& client = call.client.caller != nullptr ? *call.client.caller : call.client;
      add_to_slow_log(server, client, command, call.arguments(), us, name_of(server, client));
    }
  }
  if (!server.monitors().empty()) show_to_monitors(call);
}

void count_rejected(Server& server, const Reactor& reactor, const Command& command) {
  CommandMeter& meter = server.meter(reactor);
  meter.counters(command).rejected.add();
  meter.start();
}

void count_served(Server& server, const Reactor& reactor, const Waiter& waiter) {
  CommandMeter& meter = server.meter(reactor);
  const Request& request = waiter.wait().request.request();
  CommandCounters& counters = meter.counters(*request.command);
  const std::uint64_t reply_ns = meter.lap(meter.last());
  if (meter.has_errors(server.stats(reactor).error_replies.value())) counters.failed.add();
  count_end_of_wait(server, counters, waiter, reply_ns);
  const auto us = static_cast<std::int64_t>((waiter.spent_ns() + reply_ns) / 1000);
  if (!is_slow(server, *request.command, us)) return;
  add_to_slow_log(server, waiter.client(), *request.command, request.arguments, us,
                  name_of(server, waiter.client()));
}

void count_unblocked(Server& server, const Reactor& reactor, const Waiter& waiter) {
  const Request& request = waiter.wait().request.request();
  CommandCounters& counters = server.meter(reactor).counters(*request.command);
  counters.failed.add();
  count_end_of_wait(server, counters, waiter, 0);
  const auto us = static_cast<std::int64_t>(waiter.spent_ns() / 1000);
  if (!is_slow(server, *request.command, us)) return;
  add_to_slow_log(server, waiter.client(), *request.command, request.arguments, us,
                  waiter.client().name);
}

}  // namespace weir::redis
