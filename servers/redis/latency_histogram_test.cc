#include "servers/redis/latency_histogram.h"

#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <vector>

namespace weir::redis {
namespace {

using Snapshot = LatencyHistogram::Snapshot;

TEST(LatencyHistogramTest, BucketsFollowEachOther) {
  EXPECT_EQ(LatencyHistogram::bucket_of(0), 1U) << "a call takes a nanosecond at least";
  EXPECT_EQ(LatencyHistogram::bucket_of(255), 255U);
  for (std::size_t i = 0; i + 1 < LatencyHistogram::kBuckets; ++i) {
    ASSERT_EQ(LatencyHistogram::last_of(i) + 1, LatencyHistogram::first_of(i + 1)) << i;
  }
  for (std::uint64_t ns = 1; ns <= LatencyHistogram::kMaxNs; ns += 1 + ns / 300) {
    const std::size_t bucket = LatencyHistogram::bucket_of(ns);
    ASSERT_LT(bucket, LatencyHistogram::kBuckets);
    ASSERT_LE(LatencyHistogram::first_of(bucket), ns);
    ASSERT_GE(LatencyHistogram::last_of(bucket), ns);
    ASSERT_LE(LatencyHistogram::last_of(bucket) - LatencyHistogram::first_of(bucket), ns / 128);
  }
}

TEST(LatencyHistogramTest, EndsAsInRedis) {
  // What LATENCY HISTOGRAM and INFO latencystats of Redis tell of whole microseconds.
  EXPECT_EQ(LatencyHistogram::last_of(LatencyHistogram::bucket_of(1000)), 1003U);
  EXPECT_EQ(LatencyHistogram::last_of(LatencyHistogram::bucket_of(1024)) / 1000, 1U);
  EXPECT_EQ(LatencyHistogram::last_of(LatencyHistogram::bucket_of(32768)) / 1000, 33U);
  EXPECT_EQ(LatencyHistogram::last_of(LatencyHistogram::bucket_of(1 << 20)) / 1000, 1056U);
}

TEST(LatencyHistogramTest, LongTimesCountAsTheLongest) {
  LatencyHistogram histogram;
  histogram.record(~0ULL);
  const auto snapshot = std::make_unique<Snapshot>();
  snapshot->add(histogram);
  EXPECT_EQ(snapshot->count_to(LatencyHistogram::kMaxNs - 10'000'000), 0U);
  EXPECT_EQ(snapshot->count_to(~0ULL), 1U);
}

TEST(LatencyHistogramTest, PercentilesOfNothing) {
  const auto snapshot = std::make_unique<Snapshot>();
  EXPECT_EQ(snapshot->percentile_ns(50), 0U);
  EXPECT_EQ(snapshot->count(), 0U);
}

TEST(LatencyHistogramTest, AgreesWithASortedVector) {
  std::mt19937_64 random(7);
  for (int round = 0; round < 20; ++round) {
    LatencyHistogram first;
    LatencyHistogram second;
    std::vector<std::uint64_t> times;
    for (std::size_t n = 1 + random() % 2000; times.size() < n;) {
      const std::uint64_t ns = 1 + (random() % LatencyHistogram::kMaxNs >> random() % 30);
      times.push_back(ns);
      (random() % 2 == 0 ? first : second).record(ns);
    }
    std::sort(times.begin(), times.end());
    const auto both = std::make_unique<Snapshot>();
    both->add(first);
    both->add(second);
    ASSERT_EQ(both->count(), times.size());
    for (const double percent : {0.0, 0.1, 50.0, 99.0, 99.9, 100.0}) {
      const auto rank =
          static_cast<std::size_t>(percent / 100 * static_cast<double>(times.size()) + 0.5);
      const std::size_t bucket =
          LatencyHistogram::bucket_of(times[std::max<std::size_t>(rank, 1) - 1]);
      ASSERT_EQ(both->percentile_ns(percent), percent == 0 ? LatencyHistogram::first_of(bucket)
                                                           : LatencyHistogram::last_of(bucket));
    }
    const std::uint64_t limit = times[random() % times.size()];
    const std::uint64_t end = LatencyHistogram::last_of(LatencyHistogram::bucket_of(limit));
    const auto below = std::upper_bound(times.begin(), times.end(), end) - times.begin();
    ASSERT_EQ(both->count_to(limit), static_cast<std::uint64_t>(below));
  }
}

TEST(LatencyHistogramTest, ClearForgets) {
  LatencyHistogram histogram;
  histogram.record(5);
  histogram.record(5'000'000);
  histogram.clear();
  const auto snapshot = std::make_unique<Snapshot>();
  snapshot->add(histogram);
  EXPECT_EQ(snapshot->count(), 0U);
}

}  // namespace
}  // namespace weir::redis
