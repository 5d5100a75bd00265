// How values are distributed: how many fell near each, their sum, the largest. Fixed memory, 2 KB
// with eight buckets to a power of two, as drawn here, 27 KB with 128.
//
//   value    0  1 ... 15 | 16-17 ... 30-31 | 32-35 ... 60-63 | ... | up to 2^32 - 1, and above
//   bucket   0  1 ... 15 | 16    ... 23    | 24    ... 31    | ... |                       239
//
// Log-linear, as in HdrHistogram: with eight buckets to each power of two a value is known to one
// part in 16 whatever its size, and exactly below 16.
//
// One thread at a time records, any thread takes snapshots: like a Counter, no locked instruction.
// A snapshot taken meanwhile may miss parts of the latest records.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "core/counter.h"

namespace weir {

template <int kSubBits>  // 2^kSubBits buckets to a power of two
class HistogramOf {
 public:
  static constexpr std::uint64_t kMaxTold = 0xffff'ffff;  // above it all are alike, but for max()
  static constexpr std::size_t kBuckets = (32 - kSubBits + 1) << kSubBits;

  // What was recorded, as plain values: to be added up over reactors and subtracted over time.
  class Snapshot {
   public:
    std::uint64_t count() const;
    std::uint64_t sum() const { return sum_; }
    std::uint64_t max() const { return max_; }
    // 0 of none.
    double mean() const;
    // The value below or at which the part `q` (0 to 1) of all values lies: the middle of its
    // bucket. 0 of none.
    std::uint64_t quantile(double q) const;
    // How many were `value` or less, of a `value` that ends a bucket; else those of the buckets
    // that end before it.
    std::uint64_t count_to(std::uint64_t value) const;

    Snapshot& operator+=(const Snapshot& other);
    // What came after `earlier`, a snapshot of the same histogram. Its max() is the end of a
    // bucket, from above.
    Snapshot& operator-=(const Snapshot& earlier);

   private:
    friend class HistogramOf;

    std::array<std::uint64_t, kBuckets> buckets_{};
    std::uint64_t sum_ = 0;
    std::uint64_t max_ = 0;
  };

  void record(std::uint64_t value, std::uint64_t times = 1) {
    buckets_[bucket_of(value)].add(times);
    sum_.add(value * times);
    if (value > max_.value()) max_.add(value - max_.value());
  }
  Snapshot snapshot() const;

  // The bucket of a value, and the first and the last value of a bucket.
  static constexpr std::size_t bucket_of(std::uint64_t value) {
    const auto told = static_cast<std::uint32_t>(std::min(value, kMaxTold));
    // What of it lies below its leading bits.
    const auto width = static_cast<int>(std::bit_width(told | (1u << kSubBits)));
    const int shift = width - (kSubBits + 1);
    return (static_cast<std::size_t>(shift) << kSubBits) + (told >> shift);
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
  Counter sum_;
  Counter max_;
};

using Histogram = HistogramOf<3>;
// To one part in 256: for latencies.
using FineHistogram = HistogramOf<7>;

extern template class HistogramOf<3>;
extern template class HistogramOf<7>;

}  // namespace weir
