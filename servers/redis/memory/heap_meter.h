// Counts the bytes of the heap blocks that are in use: what INFO calls used_memory, and what
// maxmemory bounds. A block counts as what the allocator has set aside for it.
//
// :heap_operators replaces operator new and delete by those that count; where it is not linked,
// nothing is counted. What C libraries take from malloc themselves is not seen.
//
// Thread rule: any thread. Each counts in a slot of its own, without a locked instruction; who asks
// adds the slots up, a few loads. So a thread's slot alone means nothing: one allocates what
// another frees.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace weir::redis {

class HeapMeter {
 public:
  static void add(std::size_t bytes) { count(static_cast<std::int64_t>(bytes)); }
  static void subtract(std::size_t bytes) { count(-static_cast<std::int64_t>(bytes)); }
  // In use by all threads together.
  static std::size_t used_bytes();

 private:
  // Of threads that exist at a time; those beyond share the first slot.
  static constexpr std::uint32_t kSlots = 128;
  static constexpr std::uint32_t kShared = 1;  // the number of the first slot

  struct alignas(64) Slot {
    std::atomic<std::int64_t> bytes{0};
    std::atomic<bool> taken{false};
  };
  // Gives a thread's slot to another thread when it ends.
  struct SlotLease;

  static void count(std::int64_t bytes) {
    const std::uint32_t mine = slot_;
    if (mine <= kShared) return count_shared(bytes);
    std::atomic<std::int64_t>& total = slots_[mine - 1].bytes;
    total.store(total.load(std::memory_order_relaxed) + bytes, std::memory_order_relaxed);
  }
  static void count_shared(std::int64_t bytes);
  static std::uint32_t take_slot();

  static constinit Slot slots_[kSlots];
  // One past the last slot that anybody has had.
  static constinit std::atomic<std::uint32_t> end_;
  // The number of the thread's slot, 0 before its first block. Numbers begin with 1.
  static constinit thread_local std::uint32_t slot_;
};

}  // namespace weir::redis
