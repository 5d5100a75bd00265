#include "servers/redis/latency_histogram.h"

namespace weir::redis {

void LatencyHistogram::clear() {
  for (Counter& bucket : buckets_) bucket.clear();
}

void LatencyHistogram::Snapshot::add(const LatencyHistogram& histogram) {
  for (std::size_t i = 0; i < kBuckets; ++i) {
    const std::uint64_t value = histogram.buckets_[i].value();
    buckets_[i] += value;
    count_ += value;
  }
}

// The rank is rounded to the nearest, as HdrHistogram does.
std::uint64_t LatencyHistogram::Snapshot::percentile_ns(double percent) const {
  if (count_ == 0) return 0;
  const double rank = std::clamp(percent, 0.0, 100.0) / 100 * static_cast<double>(count_) + 0.5;
  const std::uint64_t wanted = std::max<std::uint64_t>(static_cast<std::uint64_t>(rank), 1);
  std::size_t bucket = 0;
  for (std::uint64_t seen = buckets_[0]; seen < wanted && bucket + 1 < kBuckets;) {
    seen += buckets_[++bucket];
  }
  return percent == 0 ? first_of(bucket) : last_of(bucket);
}

std::uint64_t LatencyHistogram::Snapshot::count_to(std::uint64_t ns) const {
  std::uint64_t count = 0;
  for (std::size_t i = 0; i <= bucket_of(ns); ++i) count += buckets_[i];
  return count;
}

}  // namespace weir::redis
