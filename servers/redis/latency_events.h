// When the server took longer than latency-monitor-threshold says, by what it did: for each kind of
// event the worst of each second, of the last 160 seconds that had one (Redis' documentation,
// "latency monitoring").
// Thread rule: any thread, under an own lock that is held briefly.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace weir::redis {

class LatencyEvents {
 public:
  static constexpr std::size_t kMaxSamples = 160;

  struct Sample {
    std::int64_t time;  // in seconds since the epoch
    std::int64_t ms;
  };
  struct Series {
    std::deque<Sample> samples;  // the latest last; never empty
    std::int64_t max_ms = 0;     // also of what is no sample any more
  };

  void add(std::string_view event, std::int64_t ms, std::int64_t time);
  // Of an event that has samples, by its exact name.
  std::optional<Series> find(std::string_view event);
  // By name.
  std::vector<std::pair<std::string, Series>> all();
  // Forgets an event, whatever the case of its letters; returns how many there were.
  std::size_t clear(std::string_view event);
  std::size_t clear_all();

 private:
  std::mutex mutex_;
  std::map<std::string, Series, std::less<>> series_;
};

}  // namespace weir::redis
