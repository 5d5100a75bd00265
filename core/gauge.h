// An amount that one thread at a time moves up and down and that any thread may read: a Counter
// that also falls.
#pragma once

#include <atomic>
#include <cstdint>

namespace weir {

class Gauge {
 public:
  // REQUIRES: does not fall below 0.
  void move(std::int64_t by) {
    value_.store(value() + static_cast<std::uint64_t>(by), std::memory_order_relaxed);
  }
  std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

}  // namespace weir
