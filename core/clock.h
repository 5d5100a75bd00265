// Time in milli-, micro- and nanoseconds. Any thread. One call costs about 20 ns, so that whoever
// needs the time often reads it once a tick or batch and hands it on.
#pragma once

#include <cstdint>
#include <ctime>

namespace weir {

// Never goes back; for durations, deadlines and timers.
inline std::int64_t monotonic_ns() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

inline std::int64_t monotonic_us() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return std::int64_t{now.tv_sec} * 1'000'000 + now.tv_nsec / 1000;
}

inline std::int64_t monotonic_ms() { return monotonic_us() / 1000; }

// Since the epoch, in microseconds; may be set back by an administrator.
inline std::int64_t wall_us() {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  return std::int64_t{now.tv_sec} * 1'000'000 + now.tv_nsec / 1000;
}

inline std::int64_t wall_ms() { return wall_us() / 1000; }

// The same as of the kernel's last timer tick, up to 10 ms ago, for a quarter of the cost.
inline std::int64_t coarse_wall_ms() {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME_COARSE, &now);
  return std::int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1'000'000;
}

}  // namespace weir
