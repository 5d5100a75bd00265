#include "tools/load/report.h"

#include <array>
#include <cstdarg>
#include <cstdio>
#include <utility>
#include <vector>

#include "tools/load/tally.h"

namespace weir::load {
namespace {

[[gnu::format(printf, 1, 2)]] std::string format(const char* pattern, ...) {
  char text[512];
  va_list arguments;
  va_start(arguments, pattern);
  std::vsnprintf(text, sizeof text, pattern, arguments);
  va_end(arguments);
  return text;
}

double to_us(double units) { return units * static_cast<double>(Tally::kUnitNs) / 1000; }

// Names and values, in the order in which they are told.
using Fields = std::vector<std::pair<const char*, std::string>>;

Fields latencies(const Measured& measured) {
  struct Quantile {
    const char* name;
    double part;
  };
  constexpr std::array<Quantile, 5> kQuantiles = {
      {{"p50", 0.5}, {"p90", 0.9}, {"p99", 0.99}, {"p99.9", 0.999}, {"p99.99", 0.9999}}};
  Fields fields = {{"mean", format("%.1f", to_us(measured.latencies.mean()))}};
  for (const Quantile& quantile : kQuantiles) {
    const auto units = static_cast<double>(measured.latencies.quantile(quantile.part));
    fields.emplace_back(quantile.name, format("%.1f", to_us(units)));
  }
  const auto longest = static_cast<double>(measured.latencies.max());
  fields.emplace_back("max", format("%.1f", to_us(longest)));
  return fields;
}

Fields counts(const Measured& measured) {
  const auto text = [](std::uint64_t n) { return std::to_string(n); };
  return {{"replies", text(measured.replies)},
          {"seconds", format("%.3f", measured.seconds)},
          {"rps", format("%.1f", measured.rate())},
          {"misses", text(measured.misses)},
          {"unanswered", text(measured.unanswered)},
          {"wrong", text(measured.failures)},
          {"lost", text(measured.losses)}};
}

Fields settings(const Options& options) {
  return {{"connections", std::to_string(options.connections)},
          {"depth", std::to_string(options.depth)},
          {"threads", std::to_string(options.threads)},
          {"rate", format("%.1f", options.rate)}};
}

// Within the quotes of CSV or of JSON.
std::string escape(const std::string& text, Format kind) {
  std::string escaped;
  for (const char c : text) {
    if (c == '"') {
      escaped += kind == Format::kCsv ? "\"\"" : "\\\"";
    } else if (kind == Format::kJson && c == '\\') {
      escaped += "\\\\";
    } else if (static_cast<unsigned char>(c) < ' ') {
      escaped += ' ';
    } else {
      escaped += c;
    }
  }
  return escaped;
}

Fields all_fields(const Options& options, const Measured& measured) {
  Fields fields = settings(options);
  for (const Fields& more : {counts(measured), latencies(measured)}) {
    fields.insert(fields.end(), more.begin(), more.end());
  }
  return fields;
}

std::string to_csv(const Options& options, const Measured& measured) {
  std::string names = "what";
  std::string values = "\"" + escape(options.describe(), Format::kCsv) + "\"";
  for (const auto& [name, value] : all_fields(options, measured)) {
    names += std::string(",") + name;
    values += "," + value;
  }
  return names + "\n" + values + "\n";
}

std::string to_json(const Options& options, const Measured& measured) {
  std::string json = "{\"what\": \"" + escape(options.describe(), Format::kJson) + "\"";
  for (const auto& [name, value] : all_fields(options, measured)) {
    json += std::string(", \"") + name + "\": " + value;
  }
  return json + ", \"failure\": \"" + escape(measured.first_failure, Format::kJson) + "\"}\n";
}

std::string to_text(const Options& options, const Measured& measured) {
  std::string text = options.describe() + ": " + std::to_string(options.connections) +
                     " connections, depth " + std::to_string(options.depth) + ", ";
  text += options.rate > 0 ? format("open loop at %.0f requests/s\n", options.rate)
                           : std::string("closed loop\n");
  text += format("  requests/s  %.0f  (%llu replies in %.2f s)\n", measured.rate(),
                 static_cast<unsigned long long>(measured.replies), measured.seconds);
  text += "  latency us ";
  for (const auto& [name, value] : latencies(measured)) {
    text += std::string(" ") + name + " " + value;
  }
  text += "\n";
  if (measured.misses > 0) text += "  misses      " + std::to_string(measured.misses) + "\n";
  if (!measured.is_right()) {
    text += format("  unanswered %llu, wrong %llu, lost %llu",
                   static_cast<unsigned long long>(measured.unanswered),
                   static_cast<unsigned long long>(measured.failures),
                   static_cast<unsigned long long>(measured.losses));
    text += (measured.first_failure.empty() ? "" : ": ") + measured.first_failure + "\n";
  }
  return text;
}

}  // namespace

std::string report(const Options& options, const Measured& measured) {
  switch (options.format) {
    case Format::kText:
      return to_text(options, measured);
    case Format::kCsv:
      return to_csv(options, measured);
    case Format::kJson:
      return to_json(options, measured);
  }
  return {};
}

}  // namespace weir::load
