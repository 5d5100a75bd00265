#include "core/engine_report.h"

#include <cstdio>
#include <numeric>
#include <string_view>

namespace weir {
namespace {

// "name=value,name=value".
class Fields {
 public:
  Fields& add(std::string_view name, std::string_view value) {
    if (!text_.empty()) text_ += ',';
    text_.append(name).append("=").append(value);
    return *this;
  }
  Fields& add(std::string_view name, std::uint64_t value) {
    return add(name, std::to_string(value));
  }
  std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

std::string describe_connections(const ReactorReport& reactor) {
  return Fields()
      .add("open", reactor.open)
      .add("accepted", reactor.accepted)
      .add("connected", reactor.connected)
      .add("closed", reactor.closed_in_all())
      .add("moved_on", reactor.moved_on)
      .add("refused_descriptors", reactor.refused_descriptors)
      .add("refused_max_connections", reactor.refused_max_connections)
      .take();
}

std::string describe_closed(const ReactorReport& reactor) {
  Fields fields;
  for (std::size_t i = 0; i < kCloseCauses; ++i) fields.add(kCloseCauseNames[i], reactor.closed[i]);
  return fields.take();
}

std::string describe_transfers(const ReactorReport& reactor) {
  return Fields()
      .add("bytes_received", reactor.bytes_received)
      .add("bytes_sent", reactor.bytes_sent)
      .add("receives", reactor.receives)
      .add("sends", reactor.sends)
      .add("output_waiting", reactor.output_waiting)
      .take();
}

std::string describe_ticks(const ReactorReport& reactor) {
  return Fields()
      .add("ticks", reactor.ticks)
      .add("busy_us", reactor.tick_us.sum())
      .add("shared_rounds", reactor.shared_rounds)
      .take();
}

std::string describe_values(const Histogram::Snapshot& values) {
  char mean[32];
  std::snprintf(mean, sizeof mean, "%.1f", values.mean());
  return Fields()
      .add("count", values.count())
      .add("mean", mean)
      .add("p50", values.quantile(0.5))
      .add("p99", values.quantile(0.99))
      .add("p99.9", values.quantile(0.999))
      .add("max", values.max())
      .take();
}

void describe(const std::string& who, const ReactorReport& reactor,
              std::vector<EngineReport::Line>& lines) {
  lines.emplace_back(who + "_connections", describe_connections(reactor));
  lines.emplace_back(who + "_closed", describe_closed(reactor));
  lines.emplace_back(who + "_transfers", describe_transfers(reactor));
  lines.emplace_back(who + "_ticks", describe_ticks(reactor));
  lines.emplace_back(who + "_events", describe_values(reactor.events));
  lines.emplace_back(who + "_tick_us", describe_values(reactor.tick_us));
  lines.emplace_back(who + "_mailbox_depth", describe_values(reactor.mailbox_depth));
  lines.emplace_back(who + "_mailbox_delay_us", describe_values(reactor.mailbox_delay_us));
}

}  // namespace

std::uint64_t ReactorReport::closed_in_all() const {
  return std::accumulate(closed.begin(), closed.end(), std::uint64_t{0});
}

ReactorReport& ReactorReport::operator+=(const ReactorReport& other) {
  open += other.open;
  accepted += other.accepted;
  connected += other.connected;
  moved_on += other.moved_on;
  for (std::size_t i = 0; i < kCloseCauses; ++i) closed[i] += other.closed[i];
  refused_descriptors += other.refused_descriptors;
  refused_max_connections += other.refused_max_connections;
  bytes_received += other.bytes_received;
  bytes_sent += other.bytes_sent;
  receives += other.receives;
  sends += other.sends;
  output_waiting += other.output_waiting;
  ticks += other.ticks;
  shared_rounds += other.shared_rounds;
  events += other.events;
  tick_us += other.tick_us;
  mailbox_depth += other.mailbox_depth;
  mailbox_delay_us += other.mailbox_delay_us;
  return *this;
}

ReactorReport EngineReport::total() const {
  ReactorReport total;
  for (const ReactorReport& reactor : reactors) total += reactor;
  return total;
}

std::vector<EngineReport::Line> EngineReport::lines() const {
  std::vector<Line> lines;
  lines.emplace_back("reactors", std::to_string(reactors.size()));
  for (std::size_t i = 0; i < reactors.size(); ++i) {
    describe("reactor" + std::to_string(i), reactors[i], lines);
  }
  if (reactors.size() > 1) describe("reactors", total(), lines);
  return lines;
}

ReactorReport report_reactor(const Reactor& reactor) {
  const ReactorCounters& counters = reactor.counters();
  ReactorReport report;
  report.open = reactor.load().load(std::memory_order_relaxed);
  report.accepted = counters.accepted.value();
  report.connected = counters.connected.value();
  report.moved_on = counters.moved_on.value();
  for (std::size_t i = 0; i < kCloseCauses; ++i) {
    report.closed[i] = counters.closed.value(static_cast<CloseCause>(i));
  }
  report.refused_descriptors = counters.refused_descriptors.value();
  report.refused_max_connections = counters.refused_max_connections.value();
  report.bytes_received = counters.bytes_received.value();
  report.bytes_sent = counters.bytes_sent.value();
  report.receives = counters.receives.value();
  report.sends = counters.sends.value();
  report.output_waiting = counters.output_waiting.value();
  report.ticks = counters.ticks.value();
  report.shared_rounds = counters.shared_rounds.value();
  report.events = counters.events.snapshot();
  report.tick_us = counters.tick_us.snapshot();
  report.mailbox_depth = counters.mailbox_depth.snapshot();
  report.mailbox_delay_us = counters.mailbox_delay_us.snapshot();
  return report;
}

EngineReport report_engine(const Engine& engine) {
  EngineReport report;
  for (const auto& reactor : engine.reactors()) report.reactors.push_back(report_reactor(*reactor));
  return report;
}

}  // namespace weir
