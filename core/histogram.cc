#include "core/histogram.h"

#include <cmath>

namespace weir {

template <int kSubBits>
typename HistogramOf<kSubBits>::Snapshot HistogramOf<kSubBits>::snapshot() const {
  Snapshot taken;
  for (std::size_t i = 0; i < kBuckets; ++i) taken.buckets_[i] = buckets_[i].value();
  taken.sum_ = sum_.value();
  taken.max_ = max_.value();
  return taken;
}

template <int kSubBits>
std::uint64_t HistogramOf<kSubBits>::Snapshot::count() const {
  std::uint64_t count = 0;
  for (const std::uint64_t bucket : buckets_) count += bucket;
  return count;
}

template <int kSubBits>
double HistogramOf<kSubBits>::Snapshot::mean() const {
  const std::uint64_t all = count();
  return all == 0 ? 0 : static_cast<double>(sum_) / static_cast<double>(all);
}

template <int kSubBits>
std::uint64_t HistogramOf<kSubBits>::Snapshot::quantile(double q) const {
  const auto all = static_cast<double>(count());
  if (all == 0) return 0;
  const double rank = std::clamp(std::ceil(q * all), 1.0, all);
  std::size_t bucket = 0;
  for (std::uint64_t seen = buckets_[0]; static_cast<double>(seen) < rank;) {
    seen += buckets_[++bucket];
  }
  // The last has no end: the largest value is the best that is known of it.
  if (bucket == kBuckets - 1) return max_;
  const std::uint64_t middle = first_of(bucket) + (last_of(bucket) - first_of(bucket)) / 2;
  return std::min(middle, max_);
}

template <int kSubBits>
std::uint64_t HistogramOf<kSubBits>::Snapshot::count_to(std::uint64_t value) const {
  std::uint64_t count = 0;
  for (std::size_t i = 0; i < kBuckets && last_of(i) <= value; ++i) count += buckets_[i];
  return count;
}

template <int kSubBits>
typename HistogramOf<kSubBits>::Snapshot& HistogramOf<kSubBits>::Snapshot::operator+=(
    const Snapshot& other) {
  for (std::size_t i = 0; i < kBuckets; ++i) buckets_[i] += other.buckets_[i];
  sum_ += other.sum_;
  max_ = std::max(max_, other.max_);
  return *this;
}

template <int kSubBits>
typename HistogramOf<kSubBits>::Snapshot& HistogramOf<kSubBits>::Snapshot::operator-=(
    const Snapshot& earlier) {
  std::size_t highest = 0;
  for (std::size_t i = 0; i < kBuckets; ++i) {
    buckets_[i] -= earlier.buckets_[i];
    if (buckets_[i] > 0) highest = i;
  }
  sum_ -= earlier.sum_;
  // The largest of all may be an earlier one; the last bucket's values are at most that.
  if (highest < kBuckets - 1) max_ = std::min(max_, last_of(highest));
  if (buckets_[highest] == 0) max_ = 0;
  return *this;
}

template class HistogramOf<3>;
template class HistogramOf<7>;

}  // namespace weir
