#include "servers/http/admin.h"

#include <array>
#include <cstdio>
#include <memory>
#include <string>

#include "core/clock.h"
#include "core/engine_report.h"
#include "servers/http/body_writer.h"
#include "servers/http/metrics.h"
#include "servers/http/request.h"
#include "servers/http/response.h"
#include "servers/http/status_page.h"

namespace weir::http {

namespace {

std::string number(std::string_view name, std::uint64_t value) {
  return "\"" + std::string(name) + "\":" + std::to_string(value);
}

std::string quantiles(std::string_view name, const Histogram::Snapshot& values) {
  std::string text = "\"" + std::string(name) + "\":[";
  for (const double q : {0.5, 0.9, 0.99}) text += std::to_string(values.quantile(q)) + ",";
  return text + std::to_string(values.max()) + "]";
}

// One event a second: all counters since the start, and the latencies of the last second.
class Events final : public BodyWriter {
 public:
  explicit Events(const Server& watched) : watched_(watched) {}

 private:
  Wrote write(BodySink& sink) override {
    if (sink.stopping()) return Wrote::kEnd;
    sink.append("data: " + describe() + "\n\n");
    sink.wake_after(1000);
    return Wrote::kWait;
  }

  std::string describe() {
    Histogram::Snapshot answers;
    for (const Shard& shard : watched_.shards()) answers += shard.counts().answer_us.snapshot();
    Histogram::Snapshot latest = answers;
    latest -= answers_;
    answers_ = answers;
    std::string text = "{" + number("now", static_cast<std::uint64_t>(wall_ms())) + "," +
                       number("requests", watched_.total(&Counts::requests)) + "," +
                       number("late", watched_.total(&Counts::late)) + "," +
                       quantiles("latency_us", latest) + "," + buckets(latest) + ",\"reactors\":[";
    const EngineReport report = report_engine(watched_.engine());
    for (std::size_t i = 0; i < report.reactors.size(); ++i) {
      if (i > 0) text += ",";
      text += describe(i, report.reactors[i]);
    }
    return text + "]}";
  }

  std::string describe(std::size_t i, const ReactorReport& reactor) {
    Histogram::Snapshot ticks = reactor.tick_us;
    if (i < ticks_.size()) ticks -= ticks_[i];
    ticks_.resize(std::max(ticks_.size(), i + 1));
    ticks_[i] = reactor.tick_us;
    return "{" + number("open", reactor.open) + "," + number("accepted", reactor.accepted) + "," +
           number("received", reactor.bytes_received) + "," + number("sent", reactor.bytes_sent) +
           "," + number("waiting", reactor.output_waiting) + "," + number("ticks", reactor.ticks) +
           "," + quantiles("tick_us", ticks) + "}";
  }

  // Counts by powers of two of microseconds: below 16, below 32, ..., 2^22 and above.
  static std::string buckets(const Histogram::Snapshot& values) {
    std::string text = "\"latency_buckets\":[";
    std::uint64_t before = 0;
    for (int bit = 4; bit <= 22; ++bit) {
      const std::uint64_t up_to = values.count_to((std::uint64_t{1} << bit) - 1);
      text += std::to_string(up_to - before) + ",";
      before = up_to;
    }
    return text + std::to_string(values.count() - before) + "]";
  }

  const Server& watched_;
  Histogram::Snapshot answers_;
  std::vector<Histogram::Snapshot> ticks_;  // by reactor
};

}  // namespace

void add_admin_routes(Server& admin, const Server& watched) {
  admin.get("/metrics", [&watched](const Request&, Response& response) {
    response.content_type("text/plain; version=0.0.4").send(prometheus_text(watched));
  });
  admin.get("/", [](const Request&, Response& response) {
    response.content_type("text/html; charset=utf-8").send(kStatusPage);
  });
  admin.get("/events", [&watched](const Request&, Response& response) {
    response.field("Cache-Control", "no-cache").content_type("text/event-stream");
    response.stream(std::make_unique<Events>(watched));
  });
}

}  // namespace weir::http
