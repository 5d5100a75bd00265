#include "core/histogram.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <thread>
#include <vector>

#include "gtest/gtest.h"

namespace weir {
namespace {

// Of every size: uniform in its number of bits.
std::vector<std::uint64_t> draw(std::uint64_t seed, std::size_t count, int bits) {
  std::mt19937_64 random(seed);
  std::uniform_int_distribution<int> size(0, bits);
  std::vector<std::uint64_t> values(count);
  for (std::uint64_t& value : values) {
    const int drawn = size(random);
    value = drawn == 0 ? 0 : random() >> (64 - drawn);
  }
  return values;
}

Histogram::Snapshot record(const std::vector<std::uint64_t>& values) {
  Histogram histogram;
  for (const std::uint64_t value : values) histogram.record(value);
  return histogram.snapshot();
}

std::uint64_t sum(const std::vector<std::uint64_t>& values) {
  std::uint64_t sum = 0;
  for (const std::uint64_t value : values) sum += value;
  return sum;
}

TEST(HistogramTest, IsEmptyAtFirst) {
  const Histogram::Snapshot none = Histogram().snapshot();
  EXPECT_EQ(none.count(), 0U);
  EXPECT_EQ(none.sum(), 0U);
  EXPECT_EQ(none.max(), 0U);
  EXPECT_EQ(none.mean(), 0);
  EXPECT_EQ(none.quantile(0.5), 0U);
}

TEST(HistogramTest, BucketsCoverEveryValueOnce) {
  EXPECT_EQ(Histogram::first_of(0), 0U);
  for (std::size_t bucket = 0; bucket < Histogram::kBuckets; ++bucket) {
    const std::uint64_t first = Histogram::first_of(bucket);
    const std::uint64_t last = Histogram::last_of(bucket);
    EXPECT_EQ(Histogram::bucket_of(first), bucket);
    EXPECT_EQ(Histogram::bucket_of(last), bucket);
    // Narrow: an eighth of its values at most.
    EXPECT_LE((last - first + 1) * 8, std::max<std::uint64_t>(first, 8)) << first;
    const bool is_last = bucket + 1 == Histogram::kBuckets;
    EXPECT_EQ(last + 1, is_last ? Histogram::kMaxTold + 1 : Histogram::first_of(bucket + 1));
  }
}

TEST(HistogramTest, SmallValuesAreExact) {
  for (std::uint64_t value = 0; value < 16; ++value) {
    EXPECT_EQ(record({value, 100, 100}).quantile(0.1), value);
  }
}

// The property: every quantile is that of the sorted values, to one part in 16.
TEST(HistogramTest, QuantilesAreThoseOfTheSortedValues) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    std::vector<std::uint64_t> values = draw(seed, 1 + seed * 7, 1 + static_cast<int>(seed % 32));
    const Histogram::Snapshot snapshot = record(values);
    std::sort(values.begin(), values.end());
    EXPECT_EQ(snapshot.count(), values.size());
    EXPECT_EQ(snapshot.sum(), sum(values));
    EXPECT_EQ(snapshot.max(), values.back());
    EXPECT_DOUBLE_EQ(snapshot.mean(),
                     static_cast<double>(sum(values)) / static_cast<double>(values.size()));
    for (const double q : {0.0, 0.001, 0.25, 0.5, 0.75, 0.9, 0.99, 0.999, 1.0}) {
      const auto rank = static_cast<std::size_t>(std::ceil(q * static_cast<double>(values.size())));
      const auto expected = static_cast<double>(values[std::max<std::size_t>(rank, 1) - 1]);
      EXPECT_NEAR(static_cast<double>(snapshot.quantile(q)), expected, expected / 16)
          << "seed " << seed << ", quantile " << q;
    }
  }
}

TEST(HistogramTest, HugeValuesShareTheLastBucket) {
  const std::uint64_t huge = std::numeric_limits<std::uint64_t>::max() / 4;
  const Histogram::Snapshot snapshot = record({1, huge, huge - 1});
  EXPECT_EQ(snapshot.count(), 3U);
  EXPECT_EQ(snapshot.max(), huge);
  EXPECT_EQ(snapshot.sum(), 2 * huge);
  EXPECT_EQ(snapshot.quantile(0.3), 1U);
  EXPECT_EQ(snapshot.quantile(0.5), huge);
  EXPECT_EQ(snapshot.quantile(1), huge);
  EXPECT_EQ(record({Histogram::kMaxTold}).quantile(1), Histogram::kMaxTold);
}

TEST(HistogramTest, AQuantileOutOfRangeIsTheNearest) {
  const Histogram::Snapshot snapshot = record({3, 5, 7});
  EXPECT_EQ(snapshot.quantile(-1), 3U);
  EXPECT_EQ(snapshot.quantile(2), 7U);
}

TEST(HistogramTest, AddedUpIsAllTogether) {
  const std::vector<std::uint64_t> first = draw(1, 1000, 20);
  const std::vector<std::uint64_t> second = draw(2, 3000, 30);
  std::vector<std::uint64_t> both = first;
  both.insert(both.end(), second.begin(), second.end());
  Histogram::Snapshot added = record(first);
  added += record(second);
  const Histogram::Snapshot expected = record(both);
  EXPECT_EQ(added.count(), expected.count());
  EXPECT_EQ(added.sum(), expected.sum());
  EXPECT_EQ(added.max(), expected.max());
  for (double q = 0; q <= 1; q += 0.01) EXPECT_EQ(added.quantile(q), expected.quantile(q)) << q;
}

TEST(HistogramTest, SubtractedIsWhatCameAfter) {
  Histogram histogram;
  for (const std::uint64_t value : draw(3, 1000, 30)) histogram.record(value);
  const Histogram::Snapshot earlier = histogram.snapshot();
  const std::vector<std::uint64_t> later = draw(4, 500, 12);
  for (const std::uint64_t value : later) histogram.record(value);
  Histogram::Snapshot since = histogram.snapshot();
  since -= earlier;
  const Histogram::Snapshot expected = record(later);
  EXPECT_EQ(since.count(), 500U);
  EXPECT_EQ(since.sum(), sum(later));
  EXPECT_GE(since.max(), expected.max());
  EXPECT_LE(since.max(), expected.max() + expected.max() / 8);
  for (double q = 0; q < 0.99; q += 0.01) EXPECT_EQ(since.quantile(q), expected.quantile(q)) << q;
  Histogram::Snapshot nothing = earlier;
  nothing -= earlier;
  EXPECT_EQ(nothing.count(), 0U);
  EXPECT_EQ(nothing.sum(), 0U);
  EXPECT_EQ(nothing.max(), 0U);
}

// Under ThreadSanitizer: no race. Else: nothing that was seen is ever taken back.
TEST(HistogramTest, IsReadWhileItIsWritten) {
  constexpr std::uint64_t kValues = 300'000;
  Histogram histogram;
  std::atomic<bool> started{false};
  std::thread writer([&] {
    started.wait(false);
    for (std::uint64_t i = 0; i < kValues; ++i) histogram.record(i);
  });
  std::uint64_t count = 0;
  std::uint64_t sum = 0;
  std::uint64_t max = 0;
  while (count < kValues) {
    const Histogram::Snapshot snapshot = histogram.snapshot();
    EXPECT_GE(snapshot.count(), count);
    EXPECT_GE(snapshot.sum(), sum);
    EXPECT_GE(snapshot.max(), max);
    EXPECT_LT(snapshot.max(), kValues);
    count = snapshot.count();
    sum = snapshot.sum();
    max = snapshot.max();
    started.store(true);
    started.notify_one();
  }
  writer.join();
  EXPECT_EQ(histogram.snapshot().sum(), kValues * (kValues - 1) / 2);
  EXPECT_EQ(histogram.snapshot().max(), kValues - 1);
}

}  // namespace
}  // namespace weir
