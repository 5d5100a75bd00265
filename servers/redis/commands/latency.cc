// LATENCY: when the server took long, and how long its commands take.
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "core/clock.h"
#include "servers/redis/call.h"
#include "servers/redis/commands/arguments.h"
#include "servers/redis/commands/groups.h"
#include "servers/redis/commands/help.h"
#include "servers/redis/commands/latency_doctor.h"
#include "servers/redis/commands/latency_graph.h"
#include "servers/redis/commands/named_command.h"

namespace weir::redis::commands {
namespace {

using Series = LatencyEvents::Series;

std::int64_t now_s() { return wall_ms() / 1000; }

void latency_doctor(Call& call) {
  call.reply.verbatim("txt", diagnose_latencies(call.server, now_s()));
}

void latency_graph(Call& call) {
  const auto series = call.server.latency_events().find(quotable(call.argument(2)));
  if (!series) {
    return call.error("ERR No samples available for event '" +
                      std::string(quotable(call.argument(2))) + "'");
  }
  call.reply.verbatim("txt", draw_latencies(quotable(call.argument(2)), *series, now_s()));
}

void latency_history(Call& call) {
  const auto series = call.server.latency_events().find(quotable(call.argument(2)));
  if (!series) return call.reply.array(0);
  call.reply.array(series->samples.size());
  for (const LatencyEvents::Sample& sample : series->samples) {
    call.reply.array(2);
    call.reply.integer(sample.time);
    call.reply.integer(sample.ms);
  }
}

void latency_latest(Call& call) {
  const auto events = call.server.latency_events().all();
  call.reply.array(events.size());
  for (const auto& [event, series] : events) {
    call.reply.array(4);
    call.reply.bulk(event);
    call.reply.integer(series.samples.back().time);
    call.reply.integer(series.samples.back().ms);
    call.reply.integer(series.max_ms);
  }
}

void latency_reset(Call& call) {
  LatencyEvents& events = call.server.latency_events();
  std::size_t cleared = call.size() == 2 ? events.clear_all() : 0;
  for (std::size_t i = 2; i < call.size(); ++i) cleared += events.clear(quotable(call.argument(i)));
  call.reply.integer(static_cast<std::int64_t>(cleared));
}

// How many calls took no longer than each power of two, from a microsecond to a second, where that
// tells more of them than the one before. A power's own bucket is still below it.
void reply_distribution(Call& call, const LatencyHistogram::Snapshot& latencies) {
  std::vector<std::pair<std::uint64_t, std::uint64_t>> points;
  std::uint64_t before = 0;
  for (int exponent = 10; exponent <= 30; ++exponent) {
    const std::uint64_t power = std::uint64_t{1} << exponent;
    const std::uint64_t end = power > LatencyHistogram::kMaxNs
                                  ? power - 1
                                  : LatencyHistogram::last_of(LatencyHistogram::bucket_of(power));
    const std::uint64_t count = latencies.count_to(end);
    if (count > before) points.emplace_back(end / 1000, count);
    before = count;
  }
  call.reply.map(2);
  call.reply.bulk("calls");
  call.reply.integer(static_cast<std::int64_t>(latencies.count()));
  call.reply.bulk("histogram_usec");
  call.reply.map(points.size());
  for (const auto& [us, count] : points) {
    call.reply.integer(static_cast<std::int64_t>(us));
    call.reply.integer(static_cast<std::int64_t>(count));
  }
}

void add_with_subcommands(std::vector<NamedCommand>& commands, const NamedCommand& named) {
  commands.push_back(named);
  for (const Command& subcommand : named.command->subcommands) {
    commands.push_back({&subcommand, named.command, named.group});
  }
}

// All commands, or those that are named, each with its subcommands.
std::vector<NamedCommand> wanted_commands(const Call& call) {
  const CommandTable& table = call.server.commands();
  std::vector<NamedCommand> commands;
  if (call.size() == 2) {
    for_each_command(table, [&](const NamedCommand& named) { commands.push_back(named); });
  }
  for (std::size_t i = 2; i < call.size(); ++i) {
    const NamedCommand named = find_named(table, call.argument(i));
    if (named.command != nullptr) add_with_subcommands(commands, named);
  }
  return commands;
}

void latency_histogram(Call& call) {
  const CommandStats& stats = call.server.command_stats();
  std::vector<NamedCommand> commands = wanted_commands(call);
  // Told apart first, as the reply begins with their number.
  std::erase_if(commands, [&stats](const NamedCommand& named) {
    return stats.latencies(*named.command).count() == 0;
  });
  call.reply.map(commands.size());
  for (const NamedCommand& named : commands) {
    call.reply.bulk(named.name());
    reply_distribution(call, stats.latencies(*named.command));
  }
}

constexpr std::uint32_t kAny = kAdmin | kNoScript | kLoading | kStale;

constexpr KeyRange kNoKeys{};

constexpr Command kSubcommands[] = {
    {"doctor", 2, kAny, kNoKeys, latency_doctor, "2.8.13", "Reports on latencies for people."},
    {"graph", 3, kAny, kNoKeys, latency_graph, "2.8.13", "Draws the latencies of an event."},
    help_row("2.8.13"),
    {"histogram", -2, kAny, kNoKeys, latency_histogram, "7.0.0",
     "Returns how the latencies of commands are distributed."},
    {"history", 3, kAny, kNoKeys, latency_history, "2.8.13", "Returns the latencies of an event."},
    {"latest", 2, kAny, kNoKeys, latency_latest, "2.8.13",
     "Returns the latest latency of each event."},
    {"reset", -2, kAny, kNoKeys, latency_reset, "2.8.13", "Forgets the latencies of events."},
};

constexpr Command kRows[] = {
    {"latency", -2, 0, kNoKeys, nullptr, "2.8.13", "When the server took long.", kSubcommands},
};

}  // namespace

const CommandGroup kLatency{"server", kRows};

}  // namespace weir::redis::commands
