#include "servers/redis/commands/latency_graph.h"

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

namespace weir::redis::commands {
namespace {

constexpr std::size_t kColumns = 80;
constexpr int kRows = 4;
// A row shows three heights of a column that ends in it.
constexpr std::string_view kTops = "_o#";
constexpr int kSteps = kRows * static_cast<int>(kTops.size());

struct Column {
  int height;  // 0 to kSteps - 1
  std::string label;
};

// "5s", "3m", "2h", "1d".
std::string age(std::int64_t seconds) {
  if (seconds < 60) return std::to_string(seconds) + "s";
  if (seconds < 3600) return std::to_string(seconds / 60) + "m";
  if (seconds < 86'400) return std::to_string(seconds / 3600) + "h";
  return std::to_string(seconds / 86'400) + "d";
}

// `low` is the height of the row's lower edge.
char cell(int height, int low) {
  const int top = height - low;
  if (top < 0) return ' ';
  return top < static_cast<int>(kTops.size()) ? kTops[static_cast<std::size_t>(top)] : '|';
}

std::string draw_columns(std::span<const Column> columns) {
  std::string text;
  for (int row = kRows - 1; row >= 0; --row) {
    for (const Column& column : columns) {
      text += cell(column.height, row * static_cast<int>(kTops.size()));
    }
    text += '\n';
  }
  text.append(columns.size(), ' ').append("\n");
  std::size_t label_size = 0;
  for (const Column& column : columns) label_size = std::max(label_size, column.label.size());
  for (std::size_t i = 0; i < label_size; ++i) {
    for (const Column& column : columns) text += i < column.label.size() ? column.label[i] : ' ';
    text += '\n';
  }
  return text;
}

}  // namespace

std::string draw_latencies(std::string_view event, const LatencyEvents::Series& series,
                           std::int64_t now) {
  const auto by_ms = [](const auto& a, const auto& b) { return a.ms < b.ms; };
  const auto [lowest, highest] =
      std::minmax_element(series.samples.begin(), series.samples.end(), by_ms);
  const std::int64_t range = std::max<std::int64_t>(highest->ms - lowest->ms, 1);
  std::vector<Column> columns;
  for (const LatencyEvents::Sample& sample : series.samples) {
    const double part = static_cast<double>(sample.ms - lowest->ms) / static_cast<double>(range);
    columns.push_back({std::min(static_cast<int>(part * kSteps), kSteps - 1),
                       age(std::max<std::int64_t>(now - sample.time, 0))});
  }
  std::string text = std::string(event) + " - high " + std::to_string(highest->ms) + " ms, low " +
                     std::to_string(lowest->ms) + " ms (all time high " +
                     std::to_string(series.max_ms) + " ms)\n";
  text.append(kColumns, '-').append("\n");
  for (std::size_t i = 0; i < columns.size(); i += kColumns) {
    if (i != 0) text += '\n';
    text += draw_columns(std::span(columns).subspan(i, std::min(kColumns, columns.size() - i)));
  }
  return text;
}

}  // namespace weir::redis::commands
