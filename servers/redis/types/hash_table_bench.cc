// What HashTable costs: lookups one by one as a server does them (each waits for memory before the
// next begins: a fence stands between them), lookups in prefetched batches as a pipeline allows,
// inserts with the worst single one, and the collections that stand on the table. Items are 32
// bytes, keys 16 or 20 bytes in random order.
#include <benchmark/benchmark.h>
#include <x86intrin.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <random>
#include <string_view>
#include <vector>

#include "servers/redis/types/hash.h"
#include "servers/redis/types/hash_table.h"
#include "servers/redis/types/set.h"

namespace weir::redis {
namespace {

using Key = std::array<char, 16>;

struct Entry {
  Key key;
  std::array<char, 16> value;
};

struct EntryTraits {
  using Item = Entry;
  static std::string_view key(const Entry& entry) { return {entry.key.data(), entry.key.size()}; }
};

using Table = HashTable<EntryTraits>;

std::string_view view(const Key& key) { return {key.data(), key.size()}; }

std::vector<Key> shuffled_keys(const char* format, size_t count) {
  std::vector<Key> keys(count);
  for (size_t i = 0; i < count; i++) {
    char text[32];
    std::snprintf(text, sizeof text, format, i);
    std::copy_n(text, keys[i].size(), keys[i].begin());
  }
  std::mt19937_64 rng(1);
  std::shuffle(keys.begin(), keys.end(), rng);
  return keys;
}

// A table whose items were allocated in another order than that of present_keys.
struct Population {
  explicit Population(size_t count)
      : present_keys(shuffled_keys("key:%012zu", count)),
        absent_keys(shuffled_keys("nay:%012zu", count)),
        entries(count) {
    for (size_t i = 0; i < count; i++) entries[i].key = present_keys[i];
    for (Entry& entry : entries) table.insert(&entry, key_hash(view(entry.key)));
    std::mt19937_64 rng(2);
    std::shuffle(present_keys.begin(), present_keys.end(), rng);
  }

  std::vector<Key> present_keys;
  std::vector<Key> absent_keys;
  std::vector<Entry> entries;
  Table table;
};

void find_each(benchmark::State& state, const Table& table, const std::vector<Key>& keys) {
  size_t next = 0;
  for (auto _ : state) {
    const std::string_view key = view(keys[next]);
    const Entry* found = table.find(key, key_hash(key));
    if (found != nullptr) benchmark::DoNotOptimize(found->value[0]);
    benchmark::DoNotOptimize(found);
    _mm_lfence();
    if (++next == keys.size()) next = 0;
  }
  state.counters["bytes/item"] =
      static_cast<double>(table.allocated_bytes()) / static_cast<double>(table.size());
  state.counters["overflow/bucket"] =
      static_cast<double>(table.overflow_count()) / static_cast<double>(table.bucket_count());
}

void find_hit(benchmark::State& state) {
  const Population all(static_cast<size_t>(state.range(0)));
  find_each(state, all.table, all.present_keys);
}
BENCHMARK(find_hit)->Arg(1000)->Arg(100000)->Arg(1000000);

void find_miss(benchmark::State& state) {
  const Population all(static_cast<size_t>(state.range(0)));
  find_each(state, all.table, all.absent_keys);
}
BENCHMARK(find_miss)->Arg(1000)->Arg(100000)->Arg(1000000);

// Time of one find within a prefetched batch.
void find_in_batches(benchmark::State& state) {
  constexpr size_t kBatch = 16;
  const Population all(static_cast<size_t>(state.range(0)));
  std::array<uint64_t, kBatch> hashes;
  std::array<decltype(all.table.prefetch_bucket(0)), kBatch> buckets;
  size_t next = 0;
  while (state.KeepRunningBatch(kBatch)) {
    const Key* keys = &all.present_keys[next];
    for (size_t i = 0; i < kBatch; i++) {
      hashes[i] = key_hash(view(keys[i]));
      buckets[i] = all.table.prefetch_bucket(hashes[i]);
    }
    for (size_t i = 0; i < kBatch; i++) all.table.prefetch_item(buckets[i], hashes[i]);
    for (size_t i = 0; i < kBatch; i++) {
      benchmark::DoNotOptimize(all.table.find(view(keys[i]), hashes[i])->value[0]);
      _mm_lfence();
    }
    next += kBatch;
    if (next + kBatch > all.present_keys.size()) next = 0;
  }
}
BENCHMARK(find_in_batches)->Arg(1000)->Arg(100000)->Arg(1000000);

// One iteration fills a table; the worst insert includes what the system took away meanwhile.
void insert(benchmark::State& state) {
  using Clock = std::chrono::steady_clock;
  Population all(static_cast<size_t>(state.range(0)));
  Clock::duration worst{};
  for (auto _ : state) {
    Table table;
    for (Entry& entry : all.entries) {
      const uint64_t hash = key_hash(view(entry.key));
      const auto start = Clock::now();
      table.insert(&entry, hash);
      worst = std::max(worst, Clock::now() - start);
    }
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
  state.counters["worst_us"] = std::chrono::duration<double, std::micro>(worst).count();
}
BENCHMARK(insert)->Arg(1000000)->Unit(benchmark::kMillisecond);

void random_item(benchmark::State& state) {
  const Population all(static_cast<size_t>(state.range(0)));
  std::mt19937_64 rng(3);
  for (auto _ : state) {
    benchmark::DoNotOptimize(all.table.random(rng)->value[0]);
    _mm_lfence();
  }
}
BENCHMARK(random_item)->Arg(1000)->Arg(100000)->Arg(1000000);

std::string_view member_text(char (&text)[32], size_t number) {
  const int size = std::snprintf(text, sizeof text, "element:%012zu", number);
  return {text, static_cast<size_t>(size)};
}

// As redis-benchmark's row: most members are there already once the set has filled.
void set_add(benchmark::State& state) {
  Set set;
  std::mt19937_64 rng(4);
  char text[32];
  const size_t count = static_cast<size_t>(state.range(0));
  for (size_t i = 0; i < count; i += 2) set.add(member_text(text, i), {});
  for (auto _ : state) {
    benchmark::DoNotOptimize(set.add(member_text(text, random_below(rng, count)), {}));
  }
  state.counters["bytes/member"] =
      static_cast<double>(set.memory_usage()) / static_cast<double>(set.size());
}
BENCHMARK(set_add)->Arg(100000);

void set_pop_random(benchmark::State& state) {
  std::mt19937_64 rng(5);
  char text[32];
  Set set;
  for (auto _ : state) {
    if (set.size() <= static_cast<size_t>(state.range(0)) / 2) {
      state.PauseTiming();
      for (size_t i = 0; i < static_cast<size_t>(state.range(0)); i++) {
        set.add(member_text(text, i), {});
      }
      state.ResumeTiming();
    }
    set.pop_random(rng, [](std::string_view member) { benchmark::DoNotOptimize(member); });
  }
}
BENCHMARK(set_pop_random)->Arg(100000);

void hash_set(benchmark::State& state) {
  Hash hash;
  std::mt19937_64 rng(6);
  char text[32];
  const size_t count = static_cast<size_t>(state.range(0));
  for (size_t i = 0; i < count; i += 2) hash.set(member_text(text, i), "xxx", {});
  for (auto _ : state) {
    benchmark::DoNotOptimize(hash.set(member_text(text, random_below(rng, count)), "xyz", {}));
  }
  state.counters["bytes/field"] =
      static_cast<double>(hash.memory_usage()) / static_cast<double>(hash.size());
}
BENCHMARK(hash_set)->Arg(100000);

}  // namespace
}  // namespace weir::redis
