#include "servers/redis/keyspace/access_clock.h"

#include <algorithm>

#include "base/random.h"

namespace weir::redis {
const AccessClock& AccessClock::stopped() {
  static const EvictionSettings settings;
  static const AccessClock clock(settings);
  return clock;
}

void AccessClock::set(std::int64_t now_ms, bool counts) {
  const std::uint32_t second = static_cast<std::uint32_t>(now_ms / 1000) & kSeconds;
  now_.store(counts ? kCounts : second, std::memory_order_relaxed);
  second_.store(second, std::memory_order_relaxed);
  minute_.store(static_cast<std::uint32_t>(now_ms / 60'000) & kMinutes, std::memory_order_relaxed);
}

std::uint32_t AccessClock::used(std::uint32_t frequency) const {
  return minute_.load(std::memory_order_relaxed) << 8 | std::min(frequency, kMaxFrequency);
}

std::uint32_t AccessClock::idle_for(std::int64_t seconds) const {
  const auto idle = std::min<std::int64_t>(seconds, kSeconds - kAheadSeconds);
  return (second_.load(std::memory_order_relaxed) - static_cast<std::uint32_t>(idle)) & kSeconds;
}

std::uint32_t AccessClock::idle_seconds(std::uint32_t stamp) const {
  const std::uint32_t idle = (second_.load(std::memory_order_relaxed) - stamp) & kSeconds;
  return idle <= kSeconds - kAheadSeconds ? idle : 0;
}

std::uint32_t AccessClock::frequency(std::uint32_t stamp) const {
  const std::uint32_t count = stamp & kMaxFrequency;
  const std::uint32_t decay = settings_.lfu_decay_minutes.load(std::memory_order_relaxed);
  const std::uint32_t minutes = (minute_.load(std::memory_order_relaxed) - (stamp >> 8)) & kMinutes;
  if (decay == 0 || minutes > kMinutes - kAheadMinutes) return count;
  return count - std::min(count, minutes / decay);
}

// The more uses have been counted, the less likely one more is: 255 stand for a million with the
// usual factor.
std::uint32_t AccessClock::counted(std::uint32_t stamp) const {
  std::uint32_t count = frequency(stamp);
  if (count < kMaxFrequency) {
    const std::uint64_t factor = settings_.lfu_log_factor.load(std::memory_order_relaxed);
    const std::uint64_t above = count - std::min(count, kFirstFrequency);
    if (Random::of_thread()() % (above * factor + 1) == 0) ++count;
  }
  return used(count);
}

}  // namespace weir::redis
