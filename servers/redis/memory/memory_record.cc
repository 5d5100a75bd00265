#include "servers/redis/memory/memory_record.h"

namespace weir::redis {

void MemoryRecord::note(std::size_t used) {
  std::size_t peak = peak_bytes();
  while (used > peak && !peak_.compare_exchange_weak(peak, used, std::memory_order_relaxed)) {
  }
}

void MemoryRecord::begin_excess(std::int64_t now_us) {
  std::int64_t none = 0;
  exceeded_since_us_.compare_exchange_strong(none, now_us, std::memory_order_relaxed);
}

void MemoryRecord::end_excess(std::int64_t now_us) {
  const std::int64_t since = exceeded_since_us_.exchange(0, std::memory_order_relaxed);
  if (since != 0) past_excess_us_.fetch_add(now_us - since, std::memory_order_relaxed);
}

std::int64_t MemoryRecord::current_excess_us(std::int64_t now_us) const {
  const std::int64_t since = exceeded_since_us_.load(std::memory_order_relaxed);
  return since != 0 ? now_us - since : 0;
}

std::int64_t MemoryRecord::total_excess_us(std::int64_t now_us) const {
  return past_excess_us_.load(std::memory_order_relaxed) + current_excess_us(now_us);
}

void MemoryRecord::reset_excess() {
  exceeded_since_us_.store(0, std::memory_order_relaxed);
  past_excess_us_.store(0, std::memory_order_relaxed);
}

}  // namespace weir::redis
