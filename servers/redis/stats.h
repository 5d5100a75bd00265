// The server's counters. Each reactor counts in a block of its own, so that counting costs no
// locked instruction and no shared cache line; a reader adds the blocks up. Any thread may read.
#pragma once

#include <atomic>
#include <cstdint>
#include <vector>

namespace weir::redis {

class Counter {
 public:
  // One writer at a time.
  void add(std::uint64_t n = 1) {
    value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  }
  std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }
  void reset() { value_.store(0, std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

struct alignas(64) Stats {
  Counter commands;
  Counter error_replies;
  Counter connections;
  Counter rejected_connections;
  Counter keyspace_hits;
  Counter keyspace_misses;
  Counter changes;  // to the data
};

}  // namespace weir::redis
