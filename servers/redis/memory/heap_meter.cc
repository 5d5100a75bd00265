#include "servers/redis/memory/heap_meter.h"

namespace weir::redis {

constinit HeapMeter::Slot HeapMeter::slots_[kSlots];
constinit std::atomic<std::uint32_t> HeapMeter::end_{kShared};
constinit thread_local std::uint32_t HeapMeter::slot_ = 0;

struct HeapMeter::SlotLease {
  ~SlotLease() {
    const std::uint32_t mine = slot_;
    slot_ = kShared;  // for what the thread frees after this
    if (mine > kShared) slots_[mine - 1].taken.store(false, std::memory_order_release);
  }
};

std::uint32_t HeapMeter::take_slot() {
  for (std::uint32_t number = kShared + 1; number <= kSlots; ++number) {
    bool taken = false;
    Slot& slot = slots_[number - 1];
    if (!slot.taken.compare_exchange_strong(taken, true, std::memory_order_acquire)) continue;
    std::uint32_t end = end_.load(std::memory_order_relaxed);
    while (end < number && !end_.compare_exchange_weak(end, number)) {
    }
    return number;
  }
  return kShared;
}

void HeapMeter::count_shared(std::int64_t bytes) {
  if (slot_ == 0) {
    slot_ = take_slot();
    static thread_local SlotLease lease;
    if (slot_ > kShared) return count(bytes);
  }
  slots_[kShared - 1].bytes.fetch_add(bytes, std::memory_order_relaxed);
}

std::size_t HeapMeter::used_bytes() {
  std::int64_t total = 0;
  const std::uint32_t end = end_.load(std::memory_order_relaxed);
  for (std::uint32_t i = 0; i < end; ++i) total += slots_[i].bytes.load(std::memory_order_relaxed);
  // Read one after the other, slots may show a block's end without its beginning.
  return total > 0 ? static_cast<std::size_t>(total) : 0;
}

}  // namespace weir::redis
