// Sorted sets as redis-benchmark uses them: members "element:000000012345" in random order, all of
// one score or each of its own. SortedTree against std::set of the same pairs, and the whole
// SortedSet with its hash table. `op` is CPU time an operation, `bytes` heap bytes a member
// (std::set's: not counted). Results belong to the machine they ran on.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "servers/redis/types/sorted_set.h"
#include "servers/redis/types/sorted_tree.h"

namespace {

using weir::redis::Direction;
using weir::redis::EncodingLimits;
using weir::redis::SortedMember;
using weir::redis::SortedSet;
using weir::redis::SortedTree;
using Pair = std::pair<double, std::string>;

const EncodingLimits kLimits;

// Arguments: number of members; 0 for equal scores, 1 for distinct ones.
std::vector<Pair> pairs_of(const benchmark::State& state) {
  std::mt19937_64 random(1);
  std::vector<Pair> pairs(static_cast<size_t>(state.range(0)));
  for (size_t i = 0; i < pairs.size(); ++i) {
    char member[32];
    std::snprintf(member, sizeof member, "element:%012zu", i);
    pairs[i] = {state.range(1) == 0 ? 0.0 : static_cast<double>(random() % 1'000'000'000), member};
  }
  std::shuffle(pairs.begin(), pairs.end(), random);
  return pairs;
}

void report(benchmark::State& state, size_t operations_per_iteration) {
  using benchmark::Counter;
  state.counters["op"] = Counter(static_cast<double>(operations_per_iteration),
                                 Counter::kIsIterationInvariantRate | Counter::kInvert);
}

struct OwningTree {
  SortedTree tree;
  std::vector<SortedMember*> members;

  explicit OwningTree(const std::vector<Pair>& pairs) {
    members.reserve(pairs.size());
    for (const auto& [score, member] : pairs) {
      members.push_back(SortedMember::create(score, member));
      tree.insert(members.back());
    }
  }
  OwningTree(const OwningTree&) = delete;
  OwningTree& operator=(const OwningTree&) = delete;
  ~OwningTree() {
    for (SortedMember* member : members) SortedMember::destroy(member);
  }
};

SortedSet filled(const std::vector<Pair>& pairs) {
  SortedSet set;
  for (const auto& [score, member] : pairs) set.set(member, score, kLimits);
  return set;
}

void tree_insert(benchmark::State& state) {
  const auto pairs = pairs_of(state);
  for (auto _ : state) {
    const OwningTree built(pairs);
    state.PauseTiming();
    state.counters["bytes"] =
        static_cast<double>(built.tree.allocated_bytes()) / static_cast<double>(pairs.size());
    state.ResumeTiming();
  }
  report(state, pairs.size());
}

void std_set_insert(benchmark::State& state) {
  const auto pairs = pairs_of(state);
  for (auto _ : state) benchmark::DoNotOptimize(std::set<Pair>(pairs.begin(), pairs.end()));
  report(state, pairs.size());
}

void tree_rank(benchmark::State& state) {
  const OwningTree built(pairs_of(state));
  for (auto _ : state) {
    for (const SortedMember* member : built.members) {
      benchmark::DoNotOptimize(built.tree.rank(member->key()));
    }
  }
  report(state, built.members.size());
}

void std_set_find(benchmark::State& state) {
  const auto pairs = pairs_of(state);
  const std::set<Pair> set(pairs.begin(), pairs.end());
  for (auto _ : state) {
    for (const auto& pair : pairs) benchmark::DoNotOptimize(set.find(pair));
  }
  report(state, pairs.size());
}

void zadd_new(benchmark::State& state) {
  const auto pairs = pairs_of(state);
  for (auto _ : state) {
    const SortedSet set = filled(pairs);
    state.PauseTiming();
    state.counters["bytes"] =
        static_cast<double>(set.memory_usage()) / static_cast<double>(pairs.size());
    state.ResumeTiming();
  }
  report(state, pairs.size());
}

void zadd_same(benchmark::State& state) {
  const auto pairs = pairs_of(state);
  SortedSet set = filled(pairs);
  for (auto _ : state) {
    for (const auto& [score, member] : pairs) {
      benchmark::DoNotOptimize(set.set(member, score, kLimits));
    }
  }
  report(state, pairs.size());
}

void zadd_changed(benchmark::State& state) {
  const auto pairs = pairs_of(state);
  SortedSet set = filled(pairs);
  double shift = 0;
  for (auto _ : state) {
    shift += 1;
    for (const auto& [score, member] : pairs) set.set(member, score + shift, kLimits);
  }
  report(state, pairs.size());
}

void zpopmin(benchmark::State& state) {
  const auto pairs = pairs_of(state);
  for (auto _ : state) {
    state.PauseTiming();
    SortedSet set = filled(pairs);
    state.ResumeTiming();
    while (set.size() > 0) {
      set.pop(Direction::kForward,
              [](std::string_view, double score) { benchmark::DoNotOptimize(score); });
    }
  }
  report(state, pairs.size());
}

void std_set_pop(benchmark::State& state) {
  const auto pairs = pairs_of(state);
  for (auto _ : state) {
    state.PauseTiming();
    std::set<Pair> set(pairs.begin(), pairs.end());
    state.ResumeTiming();
    while (!set.empty()) set.erase(set.begin());
  }
  report(state, pairs.size());
}

void zrange_100(benchmark::State& state) {
  const auto pairs = pairs_of(state);
  const SortedSet set = filled(pairs);
  std::mt19937_64 random(2);
  for (auto _ : state) {
    const size_t first = random() % (set.size() - 100);
    set.visit({first, first + 100}, Direction::kForward,
              [](std::string_view member, double) { benchmark::DoNotOptimize(member.front()); });
  }
  report(state, 100);
}

void sizes(benchmark::internal::Benchmark* benchmark) {
  benchmark->Args({100'000, 0})->Args({100'000, 1})->Args({1'000'000, 0});
  benchmark->Unit(benchmark::kMillisecond);
}

BENCHMARK(tree_insert)->Apply(sizes);
BENCHMARK(std_set_insert)->Apply(sizes);
BENCHMARK(tree_rank)->Apply(sizes);
BENCHMARK(std_set_find)->Apply(sizes);
BENCHMARK(zadd_new)->Apply(sizes);
BENCHMARK(zadd_same)->Apply(sizes);
BENCHMARK(zadd_changed)->Apply(sizes);
BENCHMARK(zpopmin)->Apply(sizes);
BENCHMARK(std_set_pop)->Apply(sizes);
BENCHMARK(zrange_100)->Apply(sizes);

}  // namespace
