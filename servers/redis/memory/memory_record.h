// What is remembered of the memory in use: how much it was at the start and at most, and how long
// it has been above the limit. Any thread.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace weir::redis {

class MemoryRecord {
 public:
  // Once, before the engine runs.
  void set_startup(std::size_t used) { startup_ = used; }
  std::size_t startup_bytes() const { return startup_; }

  // Looked at ten times a second and before anything is evicted; peaks in between may be missed.
  void note(std::size_t used);
  std::size_t peak_bytes() const { return peak_.load(std::memory_order_relaxed); }

  // From when on it is above the limit, by the monotonic clock; the first call counts.
  void begin_excess(std::int64_t now_us);
  void end_excess(std::int64_t now_us);
  // A load, for who would have to call end_excess().
  bool is_exceeded() const { return exceeded_since_us_.load(std::memory_order_relaxed) != 0; }
  // How long it is above the limit now, 0 if it is not; and has been, all times together.
  std::int64_t current_excess_us(std::int64_t now_us) const;
  std::int64_t total_excess_us(std::int64_t now_us) const;
  void reset_excess();

 private:
  std::size_t startup_ = 0;
  std::atomic<std::size_t> peak_{0};
  std::atomic<std::int64_t> exceeded_since_us_{0};
  std::atomic<std::int64_t> past_excess_us_{0};
};

}  // namespace weir::redis
