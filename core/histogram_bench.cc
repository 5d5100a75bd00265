// What a value costs to record, and a look at the clock beside it.
#include <benchmark/benchmark.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <random>

#include "core/clock.h"
#include "core/histogram.h"

namespace weir {
namespace {

// Of all sizes up to `range(0)` bits, so that neither a bucket nor a branch is foreseen.
void BM_Record(benchmark::State& state) {
  std::mt19937_64 random(1);
  std::array<std::uint64_t, 4096> values{};
  const auto bits = static_cast<std::uint64_t>(state.range(0));
  for (std::uint64_t& value : values) value = random() >> (64 - bits + random() % bits);
  Histogram histogram;
  std::size_t i = 0;
  for (auto _ : state) histogram.record(values[i++ % values.size()]);
}
BENCHMARK(BM_Record)->Arg(4)->Arg(16)->Arg(32);

void BM_Snapshot(benchmark::State& state) {
  Histogram histogram;
  histogram.record(1);
  for (auto _ : state) benchmark::DoNotOptimize(histogram.snapshot());
}
BENCHMARK(BM_Snapshot);

void BM_Clock(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(monotonic_us());
}
BENCHMARK(BM_Clock);

}  // namespace
}  // namespace weir
