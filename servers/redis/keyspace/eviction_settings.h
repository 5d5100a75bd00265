// What redis.conf says of the limit of memory, and of what goes when it is reached.
// Thread rule: written by CONFIG SET, read by any thread.
#pragma once

#include <atomic>
#include <cstdint>

namespace weir::redis {

// In the order in which Redis lists them.
enum class EvictionPolicy : std::uint8_t {
  kVolatileLru,
  kVolatileLfu,
  kVolatileRandom,
  kVolatileTtl,
  kAllKeysLru,
  kAllKeysLfu,
  kAllKeysRandom,
  kNoEviction,
};

// Whether only keys with an expiry may go.
constexpr bool is_volatile(EvictionPolicy policy) { return policy <= EvictionPolicy::kVolatileTtl; }
// Whether it counts how often keys are used, where all others note when they were used last.
constexpr bool counts_use(EvictionPolicy policy) {
  return policy == EvictionPolicy::kVolatileLfu || policy == EvictionPolicy::kAllKeysLfu;
}
// Whether it tells keys by their use at all.
constexpr bool goes_by_use(EvictionPolicy policy) {
  return counts_use(policy) || policy == EvictionPolicy::kVolatileLru ||
         policy == EvictionPolicy::kAllKeysLru;
}
constexpr bool is_random(EvictionPolicy policy) {
  return policy == EvictionPolicy::kVolatileRandom || policy == EvictionPolicy::kAllKeysRandom;
}

struct EvictionSettings {
  std::atomic<std::uint64_t> max_memory{0};  // bytes, 0: no limit
  std::atomic<EvictionPolicy> policy{EvictionPolicy::kNoEviction};
  std::atomic<std::uint32_t> samples{5};    // keys looked at for each that goes
  std::atomic<std::uint32_t> tenacity{10};  // 0 to 100: how long one may evict at a time
  std::atomic<std::uint32_t> lfu_log_factor{10};
  std::atomic<std::uint32_t> lfu_decay_minutes{1};
};

}  // namespace weir::redis
