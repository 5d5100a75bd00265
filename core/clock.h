// Time in milliseconds. Any thread. One call costs about 20 ns: a reactor reads the clock once a
// tick and hands the value on.
#pragma once

#include <cstdint>
#include <ctime>

namespace weir {

// Never goes back; for deadlines and timers.
inline std::int64_t monotonic_ms() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return std::int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1'000'000;
}

// Since the epoch, in microseconds; may be set back by an administrator.
inline std::int64_t wall_us() {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  return std::int64_t{now.tv_sec} * 1'000'000 + now.tv_nsec / 1000;
}

inline std::int64_t wall_ms() { return wall_us() / 1000; }

}  // namespace weir
