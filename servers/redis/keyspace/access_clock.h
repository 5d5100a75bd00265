// Says of keys when they were used last, or how often: 24 bits that each entry keeps, its stamp.
// Which of both is the eviction policy's choice; after a change old stamps are misread, as in
// Redis, until their keys are used.
//
//   recency    |            second, 24 bits            |   wraps after 194 days
//   frequency  |     minute, 16 bits     | count u8    |   the last use, uses by their logarithm
//
// Thread rule: any thread. Time stands still between two calls of advance(), and so does the
// policy.
#pragma once

#include <atomic>
#include <cstdint>

#include "servers/redis/keyspace/eviction_settings.h"

namespace weir::redis {

class AccessClock {
 public:
  // Of an entry that no shard has had yet.
  static constexpr std::uint32_t kNoStamp = 0;
  static constexpr std::uint32_t kMaxFrequency = 255;

  // `settings` outlive the clock.
  explicit AccessClock(const EvictionSettings& settings) : settings_(settings) {}
  AccessClock(const AccessClock&) = delete;
  AccessClock& operator=(const AccessClock&) = delete;
  // For shards that are in no keyspace: always the same second.
  static const AccessClock& stopped();

  void advance(std::int64_t now_ms) {
    const std::uint32_t second = static_cast<std::uint32_t>(now_ms / 1000) & kSeconds;
    const bool counts = redis::counts_use(settings_.policy.load(std::memory_order_relaxed));
    if (second != second_.load(std::memory_order_relaxed) || counts != counts_use()) {
      set(now_ms, counts);
    }
  }

  bool counts_use() const { return now_.load(std::memory_order_relaxed) == kCounts; }

  // The stamp of a key that is new, and of one that is used once more.
  std::uint32_t first() const {
    const std::uint32_t now = now_.load(std::memory_order_relaxed);
    return now != kCounts ? now : used(kFirstFrequency);
  }
  std::uint32_t after(std::uint32_t stamp) const {
    const std::uint32_t now = now_.load(std::memory_order_relaxed);
    return now != kCounts ? now : counted(stamp);
  }
  // The stamp of a key that was used last so long ago, and of one used so often.
  std::uint32_t idle_for(std::int64_t seconds) const;
  std::uint32_t used(std::uint32_t frequency) const;

  std::uint32_t idle_seconds(std::uint32_t stamp) const;
  // 0 to kMaxFrequency; falls while the key is not used.
  std::uint32_t frequency(std::uint32_t stamp) const;

 private:
  static constexpr std::uint32_t kSeconds = 0xffffff;
  static constexpr std::uint32_t kMinutes = 0xffff;
  // Differences that near to a whole turn are not the past: the system's clock was set back.
  static constexpr std::uint32_t kAheadSeconds = 0x10000;
  static constexpr std::uint32_t kAheadMinutes = 0x400;
  // So that a new key has a chance to be used a few times before it goes.
  static constexpr std::uint32_t kFirstFrequency = 5;

  static constexpr std::uint32_t kCounts = kSeconds + 1;

  void set(std::int64_t now_ms, bool counts);
  std::uint32_t counted(std::uint32_t stamp) const;

  const EvictionSettings& settings_;
  std::atomic<std::uint32_t> now_{1};  // the second, or kCounts where uses are counted
  std::atomic<std::uint32_t> second_{1};
  std::atomic<std::uint32_t> minute_{0};
};

}  // namespace weir::redis
