// A total that one thread at a time counts up, or clears, and that any thread may read: one writer
// needs no locked instruction.
#pragma once

#include <atomic>
#include <cstdint>

namespace weir {

class Counter {
 public:
  [[gnu::always_inline]] void add(std::uint64_t n = 1) {
    value_.store(value() + n, std::memory_order_relaxed);
  }
  void clear() { value_.store(0, std::memory_order_relaxed); }
  std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

}  // namespace weir
