#include "servers/http/metrics.h"

#include <array>
#include <cstdint>
#include <cstdio>
#include <string_view>

#include "core/close_cause.h"
#include "core/engine_report.h"
#include "core/histogram.h"

namespace weir::http {

namespace {

// Bounds of the histograms, in microseconds: ends of the histogram's own buckets near 1-2-5.
constexpr std::array<std::uint64_t, 18> kBounds = {
    15,    31,    55,    111,    223,    511,    1023,    2047,    5119,
    10239, 20479, 53247, 106495, 212991, 524287, 1048575, 5242879, 10485759};

class Text {
 public:
  void start(std::string_view name, std::string_view type, std::string_view help) {
    name_ = name;
    text_.append("# HELP ").append(name).append(" ").append(help).append("\n");
    text_.append("# TYPE ").append(name).append(" ").append(type).append("\n");
  }
  void sample(std::string_view labels, std::uint64_t value, std::string_view suffix = {}) {
    line(labels, std::to_string(value), suffix);
  }
  void line(std::string_view labels, std::string_view value, std::string_view suffix = {}) {
    text_.append(name_).append(suffix);
    if (!labels.empty()) text_.append("{").append(labels).append("}");
    text_.append(" ").append(value).append("\n");
  }
  void histogram(std::string_view labels, const Histogram::Snapshot& values) {
    const std::string more = labels.empty() ? "" : std::string(labels) + ",";
    for (const std::uint64_t bound : kBounds) {
      sample(more + "le=\"" + seconds(bound + 1) + "\"", values.count_to(bound), "_bucket");
    }
    sample(more + "le=\"+Inf\"", values.count(), "_bucket");
    line(labels, seconds(values.sum()), "_sum");
    sample(labels, values.count(), "_count");
  }
  std::string take() { return std::move(text_); }

 private:
  static std::string seconds(std::uint64_t us) {
    char text[32];
    std::snprintf(text, sizeof text, "%.6g", static_cast<double>(us) / 1e6);
    return text;
  }

  std::string_view name_;
  std::string text_;
};

std::string reactor_label(std::size_t i) { return "reactor=\"" + std::to_string(i) + "\""; }

void describe_server(const Server& server, Text& text) {
  const auto counter = [&](std::string_view name, std::string_view help, Counter Counts::*which) {
    text.start(name, "counter", help);
    text.sample({}, server.total(which));
  };
  counter("weir_http_connections_total", "Connections that were served.", &Counts::connections);
  counter("weir_http_requests_total", "Requests whose head was read.", &Counts::requests);
  counter("weir_http_late_connections_total", "Connections that missed a deadline.", &Counts::late);
  text.start("weir_http_responses_total", "counter", "Responses, by the class of their status.");
  for (std::size_t kind = 1; kind <= 5; ++kind) {
    std::uint64_t total = 0;
    for (const Shard& shard : server.shards()) total += shard.counts().answers[kind].value();
    text.sample("class=\"" + std::to_string(kind) + "xx\"", total);
  }
  Histogram::Snapshot durations;
  for (const Shard& shard : server.shards()) durations += shard.counts().answer_us.snapshot();
  text.start("weir_http_request_duration_seconds", "histogram",
             "From the tick that read a request to its answer written.");
  text.histogram({}, durations);
}

void describe_engine(const EngineReport& report, Text& text) {
  const auto each = [&](std::string_view name, std::string_view type, std::string_view help,
                        std::uint64_t ReactorReport::*which) {
    text.start(name, type, help);
    for (std::size_t i = 0; i < report.reactors.size(); ++i) {
      text.sample(reactor_label(i), report.reactors[i].*which);
    }
  };
  each("weir_open_connections", "gauge", "Connections now.", &ReactorReport::open);
  each("weir_accepted_total", "counter", "Connections accepted.", &ReactorReport::accepted);
  each("weir_refused_descriptors_total", "counter", "Connections refused for want of descriptors.",
       &ReactorReport::refused_descriptors);
  each("weir_refused_max_connections_total", "counter", "Connections refused at the maximum.",
       &ReactorReport::refused_max_connections);
  each("weir_received_bytes_total", "counter", "Bytes received.", &ReactorReport::bytes_received);
  each("weir_sent_bytes_total", "counter", "Bytes sent.", &ReactorReport::bytes_sent);
  each("weir_receives_total", "counter", "Receive calls.", &ReactorReport::receives);
  each("weir_sends_total", "counter", "Send calls.", &ReactorReport::sends);
  each("weir_output_waiting_bytes", "gauge", "Output that waits for its peers.",
       &ReactorReport::output_waiting);
  each("weir_ticks_total", "counter", "Ticks.", &ReactorReport::ticks);
  text.start("weir_closed_total", "counter", "Connections closed, by cause.");
  for (std::size_t i = 0; i < report.reactors.size(); ++i) {
    for (std::size_t cause = 0; cause < kCloseCauses; ++cause) {
      text.sample(reactor_label(i) + ",cause=\"" + std::string(kCloseCauseNames[cause]) + "\"",
                  report.reactors[i].closed[cause]);
    }
  }
  text.start("weir_tick_seconds", "histogram", "How long ticks took, without their wait.");
  for (std::size_t i = 0; i < report.reactors.size(); ++i) {
    text.histogram(reactor_label(i), report.reactors[i].tick_us);
  }
}

}  // namespace

std::string prometheus_text(const Server& server) {
  Text text;
  describe_server(server, text);
  describe_engine(report_engine(server.engine()), text);
  return text.take();
}

}  // namespace weir::http
