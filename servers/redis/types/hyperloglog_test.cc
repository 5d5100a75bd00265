#include "servers/redis/types/hyperloglog.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "servers/redis/types/hyperloglog_dense.h"
#include "servers/redis/types/hyperloglog_estimate.h"
#include "servers/redis/types/hyperloglog_sparse.h"

namespace weir::redis::hyperloglog {
namespace {

constexpr std::size_t kUnlimited = std::size_t{1} << 20;

std::string with_runs(const std::string& runs) {
  return make_empty().substr(0, kHeaderBytes) + runs;
}

std::string runs_of(const std::string& text) {
  return describe_runs(std::string_view(text).substr(kHeaderBytes));
}

Change raise(std::string& text, Observation observation, std::size_t max = kUnlimited) {
  std::size_t size = text.size();
  text.resize(size + kSparseGrowth);
  const Change change = raise_sparse(text.data(), size, observation, max);
  text.resize(size);
  return change;
}

std::vector<std::uint8_t> registers_of(const std::string& text) {
  auto registers = std::make_unique<Registers>();
  registers->fill(0);
  EXPECT_TRUE(merge(text, *registers));
  return {registers->begin(), registers->end()};
}

TEST(HyperLogLog, EmptyOne) {
  const std::string empty = make_empty();
  EXPECT_EQ(empty, std::string("HYLL\1\0\0\0\0\0\0\0\0\0\0\0\x7f\xff", 18));
  EXPECT_TRUE(is_valid(empty));
  EXPECT_TRUE(is_sparse(empty));
  EXPECT_EQ(runs_of(empty), "Z:16384");
  EXPECT_EQ(count(empty), 0U);
  EXPECT_EQ(cached_cardinality(empty), 0U);
  EXPECT_EQ(make_dense(empty)->size(), kDenseBytes);
  EXPECT_EQ(count(*make_dense(empty)), 0U);
}

TEST(HyperLogLog, HeadersThatAreNone) {
  const std::string empty = make_empty();
  for (std::size_t size = 0; size < kHeaderBytes; ++size) {
    EXPECT_FALSE(is_valid(empty.substr(0, size)));
  }
  EXPECT_TRUE(is_valid(empty.substr(0, kHeaderBytes)));
  for (std::size_t i = 0; i < 4; ++i) {
    std::string bad = empty;
    bad[i] = 'x';
    EXPECT_FALSE(is_valid(bad));
  }
  std::string dense = *make_dense(empty);
  EXPECT_TRUE(is_valid(dense));
  EXPECT_FALSE(is_valid(dense + '\0'));
  EXPECT_FALSE(is_valid(dense.substr(1)));
  for (const char encoding : {'\2', 'x', '\xff'}) {
    dense[4] = encoding;
    EXPECT_FALSE(is_valid(dense));
  }
}

TEST(HyperLogLog, CachedCardinality) {
  std::string text = make_empty();
  store_cardinality(text.data(), 0x0102030405060708);
  EXPECT_EQ(text.substr(8, 8), "\x08\x07\x06\x05\x04\x03\x02\x01");
  EXPECT_EQ(cached_cardinality(text), 0x0102030405060708U);
  expire_cardinality(text.data());
  EXPECT_FALSE(cached_cardinality(text));
  EXPECT_EQ(text.substr(8, 8), "\x08\x07\x06\x05\x04\x03\x02\x81");
}

// The registers that redis-server 7.0.15 gives these elements.
TEST(HyperLogLog, Observations) {
  EXPECT_EQ(observe("").index, 5938U);
  EXPECT_EQ(observe("").run, 2);
  EXPECT_EQ(observe("a").index, 12711U);
  EXPECT_EQ(observe("a").run, 2);
  EXPECT_EQ(observe("b").index, 15780U);
  EXPECT_EQ(observe("b").run, 1);
  EXPECT_EQ(observe("hello world").index, 9399U);
  EXPECT_EQ(observe("hello world").run, 4);
  EXPECT_EQ(observe("1").index, 7527U);
  EXPECT_EQ(observe("1").run, 1);
  EXPECT_EQ(observe("abcdefgh").index, 1383U);
  EXPECT_EQ(observe("abcdefgh").run, 1);
  EXPECT_EQ(observe("abcdefghi").index, 6903U);
  EXPECT_EQ(observe("abcdefghi").run, 1);
}

TEST(DenseRegisters, AreIndependent) {
  std::string registers(kDenseBytes - kHeaderBytes, '\0');
  std::vector<std::uint8_t> model(kRegisters, 0);
  std::mt19937_64 rng(1);
  for (int i = 0; i < 100'000; ++i) {
    const std::size_t index = rng() % kRegisters;
    model[index] = rng() % 64;
    set_dense_register(registers.data(), index, model[index]);
  }
  for (std::size_t i = 0; i < kRegisters; ++i) {
    ASSERT_EQ(dense_register(registers.data(), i), model[i]);
  }
  std::size_t visited = 0;
  for_each_dense(registers.data(), [&](std::size_t index, std::uint8_t value) {
    ASSERT_EQ(index, visited++);
    ASSERT_EQ(value, model[index]);
  });
  EXPECT_EQ(visited, kRegisters);
}

TEST(DenseRegisters, Layout) {
  std::string registers(kDenseBytes - kHeaderBytes, '\0');
  set_dense_register(registers.data(), 1, 63);
  EXPECT_EQ(registers.substr(0, 3), std::string("\xc0\x0f\0", 3));
  set_dense_register(registers.data(), kRegisters - 1, 63);
  EXPECT_EQ(registers.back(), '\xfc');
}

TEST(SparseRegisters, SplitAndJoin) {
  std::string text = make_empty();
  EXPECT_EQ(raise(text, {1000, 2}), Change::kRaised);
  EXPECT_EQ(runs_of(text), "Z:1000 v:2,1 Z:15383");
  EXPECT_EQ(raise(text, {1020, 3}), Change::kRaised);
  EXPECT_EQ(raise(text, {1021, 3}), Change::kRaised);
  EXPECT_EQ(runs_of(text), "Z:1000 v:2,1 z:19 v:3,2 Z:15362");
  EXPECT_EQ(raise(text, {1021, 3}), Change::kNone);
  EXPECT_EQ(raise(text, {1021, 2}), Change::kNone);
  EXPECT_EQ(raise(text, {1021, 4}), Change::kRaised);
  EXPECT_EQ(runs_of(text), "Z:1000 v:2,1 z:19 v:3,1 v:4,1 Z:15362");
  EXPECT_EQ(raise(text, {1020, 4}), Change::kRaised);
  EXPECT_EQ(runs_of(text), "Z:1000 v:2,1 z:19 v:4,2 Z:15362");
  EXPECT_EQ(raise(text, {0, 1}), Change::kRaised);
  EXPECT_EQ(raise(text, {16383, 32}), Change::kRaised);
  EXPECT_EQ(runs_of(text), "v:1,1 Z:999 v:2,1 z:19 v:4,2 Z:15361 v:32,1");
}

TEST(SparseRegisters, SaysWhenTheyMustBeDense) {
  std::string text = make_empty();
  const std::string before = text;
  EXPECT_EQ(raise(text, {5, 33}), Change::kNeedsDense);
  EXPECT_EQ(raise(text, {5, 32}, text.size()), Change::kNeedsDense);
  EXPECT_EQ(text, before);
  EXPECT_EQ(raise(text, {5, 32}, text.size() + 2), Change::kRaised);
  EXPECT_EQ(runs_of(text), "z:5 v:32,1 Z:16378");
  // What does not grow is always allowed.
  EXPECT_EQ(raise(text, {0, 1}, 0), Change::kNeedsDense);
  text = with_runs("\xff");
  EXPECT_EQ(raise(text, {0, 32}, 0), Change::kNone);
}

TEST(SparseRegisters, CorruptOnesAreRefused) {
  const std::string whole = "\x7f\xff";
  for (const std::string& runs :
       {std::string(), std::string("\x7f"), whole + whole, whole + '\0', std::string("\x7f\xfe"),
        whole + "hello", std::string(70'000, '\x3f'), std::string(300, '\xff')}) {
    const std::string text = with_runs(runs);
    ASSERT_TRUE(is_valid(text));
    EXPECT_FALSE(count(text)) << runs_of(text).substr(0, 100);
    EXPECT_FALSE(make_dense(text));
    auto registers = std::make_unique<Registers>();
    EXPECT_FALSE(merge(text, *registers));
  }
  std::string cut = with_runs("\x3f\xff");
  EXPECT_EQ(raise(cut, {68, 1}), Change::kCorrupt);
  EXPECT_EQ(raise(cut, {67, 1}), Change::kNone);
}

// Random bytes as runs, raised at random: nothing is written beyond the room (the sanitizers
// watch), and a register that could be raised reads as raised where the runs are whole.
TEST(SparseRegisters, SurviveRandomBytes) {
  std::mt19937_64 rng(7);
  for (int round = 0; round < 20'000; ++round) {
    std::string runs(rng() % 40, '\0');
    for (char& byte : runs) byte = static_cast<char>(rng());
    std::string text = with_runs(runs);
    for (int i = 0; i < 10; ++i) {
      const Observation observation{static_cast<std::uint32_t>(rng() % (rng() % 2 ? 300 : 16384)),
                                    static_cast<std::uint8_t>(1 + rng() % kMaxRun)};
      raise(text, observation, 60);
      ASSERT_LE(text.size(), 60U);
      ASSERT_TRUE(is_valid(text));
      count(text);
      make_dense(text);
    }
  }
}

// Both encodings hold the same registers as a plain array, whatever the order of what is added.
TEST(HyperLogLog, AgreesWithAModel) {
  std::mt19937_64 rng(3);
  for (const std::uint32_t spread : {16U, 300U, 2000U, 16384U}) {
    std::string sparse = make_empty();
    std::string dense = *make_dense(sparse);
    std::vector<std::uint8_t> model(kRegisters, 0);
    for (int i = 0; i < 4000; ++i) {
      const auto index = static_cast<std::uint32_t>(rng() % spread * (kRegisters / spread));
      const auto run =
          static_cast<std::uint8_t>(1 + rng() % (rng() % 4 == 0 ? kMaxSparseValue : 3));
      const bool higher = run > model[index];
      model[index] = std::max(model[index], run);
      ASSERT_EQ(raise(sparse, {index, run}), higher ? Change::kRaised : Change::kNone);
      ASSERT_EQ(raise_dense(dense.data() + kHeaderBytes, {index, run}), higher);
      if (i % 200 != 0) continue;
      ASSERT_EQ(registers_of(sparse), model);
      ASSERT_EQ(registers_of(dense), model);
      ASSERT_EQ(make_dense(sparse), dense);
      ASSERT_EQ(count(sparse), count(dense));
    }
  }
}

TEST(HyperLogLog, CountsWithinItsError) {
  std::string dense = *make_dense(make_empty());
  std::uint64_t added = 0;
  for (const std::uint64_t wanted : {1U, 10U, 100U, 1000U, 10'000U, 100'000U, 3'000'000U}) {
    for (; added < wanted; ++added) {
      raise_dense(dense.data() + kHeaderBytes, observe("element:" + std::to_string(added)));
    }
    const auto counted = static_cast<double>(*count(dense));
    const auto exact = static_cast<double>(wanted);
    EXPECT_NEAR(counted, exact, std::max(1.0, exact * 4 * 1.04 / 128));
  }
}

// Registers that no hash gives: the numbers are out of all bounds, not undefined.
TEST(HyperLogLog, EstimatesOfWhatNoHashGives) {
  std::string dense = *make_dense(make_empty());
  std::fill(dense.begin() + kHeaderBytes, dense.end(), '\xff');
  EXPECT_EQ(count(dense), std::uint64_t{1} << 63);
  Histogram histogram{};
  EXPECT_EQ(estimate(histogram), std::uint64_t{1} << 63);
  histogram[kMaxRun] = kRegisters;
  EXPECT_EQ(estimate(histogram), std::uint64_t{1} << 63);
  histogram[kMaxRun] = kRegisters - 1;
  histogram[kMaxRun - 1] = 1;
  EXPECT_GT(estimate(histogram), std::uint64_t{1} << 50);
}

}  // namespace
}  // namespace weir::redis::hyperloglog
