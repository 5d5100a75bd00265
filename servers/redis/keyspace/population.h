// Which shards of a database have keys, and which of them have keys that expire: for who looks for
// some and must not visit a thousand empty shards. Thread rule: a shard's bits are set under its
// lock; any thread reads them, and may find that a shard has changed since.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace weir::redis {

class Population {
 public:
  void set_has_keys(std::size_t shard, bool has) { set(with_keys_, shard, has); }
  void set_has_expiries(std::size_t shard, bool has) { set(with_expiries_, shard, has); }

  // Shard i is bit i.
  std::uint64_t with_keys() const { return with_keys_.load(std::memory_order_relaxed); }
  std::uint64_t with_expiries() const { return with_expiries_.load(std::memory_order_relaxed); }

 private:
  static void set(std::atomic<std::uint64_t>& bits, std::size_t shard, bool has) {
    const std::uint64_t bit = std::uint64_t{1} << shard;
    if (has) {
      bits.fetch_or(bit, std::memory_order_relaxed);
    } else {
      bits.fetch_and(~bit, std::memory_order_relaxed);
    }
  }

  std::atomic<std::uint64_t> with_keys_{0};
  std::atomic<std::uint64_t> with_expiries_{0};
};

}  // namespace weir::redis
