// How long the calls of one command took: how many fell near each time, in nanoseconds. Redis'
// histogram: an HdrHistogram from 1 ns to 1 s with two significant digits (hdrhistogram.org). Each
// time is known to one part in 128, up to 255 ns exactly; 24 KB.
//
// Thread rule: one thread at a time records and clears, any takes snapshots. One taken meanwhile
// may miss parts of the latest records.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "core/counter.h"

namespace weir::redis {

class LatencyHistogram {
  static constexpr std::size_t kSubBits = 7;  // 128 buckets to each power of two
  static constexpr std::uint64_t kExact = (2 << kSubBits) - 1;

 public:
  static constexpr std::uint64_t kMaxNs = 1'000'000'000;  // what is longer counts as this
  // 2^30 is the first power of two above the largest.
  static constexpr std::size_t kBuckets = (30 - kSubBits + 1) << kSubBits;

  // The counts as plain values: of several histograms, added up.
  class Snapshot {
   public:
    void add(const LatencyHistogram& histogram);
    std::uint64_t count() const { return count_; }
    // The time at or below which `percent` (0 to 100) of the calls were, as its bucket's end; the
    // bucket's begin of 0 percent. 0 when there are none.
    std::uint64_t percentile_ns(double percent) const;
    // How many were in the buckets up to that of `ns`.
    std::uint64_t count_to(std::uint64_t ns) const;

   private:
    friend class LatencyHistogram;

    std::array<std::uint64_t, kBuckets> buckets_{};
    std::uint64_t count_ = 0;
  };

  [[gnu::always_inline]] void record(std::uint64_t ns) { buckets_[bucket_of(ns)].add(); }
  void clear();

  // The bucket of a time, and the first and the last time of a bucket.
  static constexpr std::size_t bucket_of(std::uint64_t ns) {
    std::uint64_t told = ns;
    if (ns - 1 >= kMaxNs) told = ns == 0 ? 1 : kMaxNs;
    // What of it lies below its eight leading bits.
    const auto width = static_cast<std::size_t>(std::bit_width(told | kExact));
    const std::size_t shift = width - (kSubBits + 1);
    return (shift << kSubBits) + static_cast<std::size_t>(told >> shift);
  }
  static constexpr std::uint64_t first_of(std::size_t bucket) {
    const std::size_t shift = shift_of(bucket);
    return static_cast<std::uint64_t>(bucket - (shift << kSubBits)) << shift;
  }
  static constexpr std::uint64_t last_of(std::size_t bucket) {
    return first_of(bucket) + (std::uint64_t{1} << shift_of(bucket)) - 1;
  }

 private:
  static constexpr std::size_t shift_of(std::size_t bucket) {
    return std::max<std::size_t>(bucket >> kSubBits, 1) - 1;
  }

  std::array<Counter, kBuckets> buckets_;
};

}  // namespace weir::redis
