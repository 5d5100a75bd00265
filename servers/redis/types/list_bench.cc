// List operations as benchmarks of Redis use them: one hot list of short elements. Times are per
// element unless the name gives a range's length. Results belong to the machine they ran on.
#include <benchmark/benchmark.h>

#include <string>
#include <string_view>

#include "servers/redis/types/list.h"

namespace {

using weir::redis::EncodingLimits;
using weir::redis::List;

constexpr size_t kElements = 100000;
const EncodingLimits kLimits;

List filled(std::string_view text, bool from_front) {
  List list;
  for (size_t i = 0; i < kElements; ++i) {
    from_front ? list.push_front(text, kLimits) : list.push_back(text, kLimits);
  }
  return list;
}

// Grows from 100k on and starts afresh at 200k, outside the time measured.
template <bool kFront>
void push(benchmark::State& state) {
  List list = filled("xxx", kFront);
  for (auto _ : state) {
    kFront ? list.push_front("xxx", kLimits) : list.push_back("xxx", kLimits);
    if (list.size() == 2 * kElements) {
      state.PauseTiming();
      list.trim(0, kElements);
      state.ResumeTiming();
    }
  }
}

template <bool kFront>
void pop(benchmark::State& state) {
  List list;
  for (auto _ : state) {
    if (list.empty()) {
      state.PauseTiming();
      list = filled("xxx", true);
      state.ResumeTiming();
    }
    benchmark::DoNotOptimize(kFront ? list.front() : list.back());
    kFront ? list.pop_front() : list.pop_back();
  }
}

// A queue in steady state, in at the front and out at the back.
void queue(benchmark::State& state) {
  List list = filled("xxx", true);
  for (auto _ : state) {
    list.push_front("xxx", kLimits);
    benchmark::DoNotOptimize(list.back());
    list.pop_back();
  }
}

void range(benchmark::State& state) {
  const List list = filled("xxx", true);
  const auto count = static_cast<size_t>(state.range(0));
  for (auto _ : state) {
    size_t bytes = 0;
    list.visit(0, count, [&](const List::Element& element) {
      benchmark::DoNotOptimize(element.text.data());
      bytes += element.text.size();
      return true;
    });
    benchmark::DoNotOptimize(bytes);
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

void index_middle(benchmark::State& state) {
  const List list = filled("element:000000012345", true);
  for (auto _ : state) benchmark::DoNotOptimize(list.at(kElements / 2));
}

void bytes_per_element(benchmark::State& state) {
  const List list = filled("element:000000012345", state.range(0) != 0);
  for (auto _ : state) benchmark::DoNotOptimize(list.size());
  state.counters["bytes"] = static_cast<double>(list.memory_usage()) / kElements;
}

BENCHMARK(push<true>)->Name("push_front");
BENCHMARK(push<false>)->Name("push_back");
BENCHMARK(pop<true>)->Name("pop_front");
BENCHMARK(pop<false>)->Name("pop_back");
BENCHMARK(queue);
BENCHMARK(range)->Arg(100)->Arg(300)->Arg(500)->Arg(600);
BENCHMARK(index_middle);
BENCHMARK(bytes_per_element)->ArgName("from_front")->Arg(0)->Arg(1);

}  // namespace
