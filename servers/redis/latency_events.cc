#include "servers/redis/latency_events.h"

#include <algorithm>

#include "servers/redis/command_table.h"

namespace weir::redis {

void LatencyEvents::add(std::string_view event, std::int64_t ms, std::int64_t time) {
  const std::lock_guard lock(mutex_);
  Series& series = series_.try_emplace(std::string(event)).first->second;
  series.max_ms = std::max(series.max_ms, ms);
  std::deque<Sample>& samples = series.samples;
  if (!samples.empty() && samples.back().time == time) {
    samples.back().ms = std::max(samples.back().ms, ms);
    return;
  }
  if (samples.size() == kMaxSamples) samples.pop_front();
  samples.push_back({time, ms});
}

std::optional<LatencyEvents::Series> LatencyEvents::find(std::string_view event) {
  const std::lock_guard lock(mutex_);
  const auto found = series_.find(event);
  if (found == series_.end()) return std::nullopt;
  return found->second;
}

std::vector<std::pair<std::string, LatencyEvents::Series>> LatencyEvents::all() {
  const std::lock_guard lock(mutex_);
  return {series_.begin(), series_.end()};
}

std::size_t LatencyEvents::clear(std::string_view event) {
  const std::lock_guard lock(mutex_);
  return std::erase_if(series_, [event](const auto& one) { return equal_names(one.first, event); });
}

std::size_t LatencyEvents::clear_all() {
  const std::lock_guard lock(mutex_);
  const std::size_t size = series_.size();
  series_.clear();
  return size;
}

}  // namespace weir::redis
