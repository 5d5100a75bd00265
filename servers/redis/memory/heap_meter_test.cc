#include "servers/redis/memory/heap_meter.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <new>
#include <thread>
#include <vector>

#include "servers/redis/memory/heap_block.h"

namespace weir::redis {
namespace {

// What `run` takes from the heap and keeps.
std::int64_t growth(const std::function<void()>& run) {
  const std::size_t before = HeapMeter::used_bytes();
  run();
  return static_cast<std::int64_t>(HeapMeter::used_bytes()) - static_cast<std::int64_t>(before);
}

TEST(HeapMeter, CountsWhatIsTakenAndGivenBack) {
  constexpr std::int64_t kBytes = 100'000;
  std::unique_ptr<char[]> block;
  const std::int64_t taken = growth([&] { block = std::make_unique<char[]>(kBytes); });
  EXPECT_GE(taken, kBytes);
  EXPECT_LE(taken, kBytes + kBytes / 4);
  EXPECT_EQ(growth([&] { block.reset(); }), -taken);
}

struct alignas(256) Aligned {
  char bytes[1024];
};

TEST(HeapMeter, CountsEveryFormOfNewAndDelete) {
  const auto forms = [] {
    delete new int;
    delete[] new int[100];
    delete new Aligned;
    delete[] new Aligned[3];
    delete new (std::nothrow) int;
    delete[] new (std::nothrow) Aligned[3];
    ::operator delete(::operator new(1000));
    ::operator delete (::operator new (1000, std::align_val_t{64}), std::align_val_t{64});
  };
  EXPECT_EQ(growth(forms), 0);
  Aligned* kept = nullptr;
  EXPECT_GE(growth([&] { kept = new Aligned; }), 1024);
  delete kept;
}

TEST(HeapMeter, CountsBlocksThatGrow) {
  void* block = nullptr;
  EXPECT_GE(growth([&] { block = allocate_block(1000); }), 1000);
  EXPECT_GE(growth([&] { block = resize_block(block, 1'000'000); }), 1'000'000 - 2000);
  EXPECT_LE(growth([&] { free_block(block); }), -1'000'000);
  const auto life = [] {
    free_block(resize_block(nullptr, 100));
    free_block(nullptr);
  };
  EXPECT_EQ(growth(life), 0);
}

TEST(HeapMeter, AddsUpWhatOneThreadTakesAndAnotherGivesBack) {
  constexpr std::int64_t kBytes = 1'000'000;
  std::unique_ptr<char[]> block;
  EXPECT_GE(growth([&] { std::thread([&] { block.reset(new char[kBytes]); }).join(); }), kBytes);
  EXPECT_LE(growth([&] { std::thread([&] { block.reset(); }).join(); }), -kBytes);
}

// More threads at a time than there are slots, some rounds of them: nothing gets lost.
TEST(HeapMeter, OutlivesThreadsBeyondItsSlots) {
  constexpr std::size_t kThreads = 150;
  constexpr std::int64_t kBytes = 10'000;
  std::vector<std::unique_ptr<char[]>> blocks(kThreads);
  const auto round = [&](bool take) {
    std::vector<std::thread> threads;
    for (std::unique_ptr<char[]>& block : blocks) {
      threads.emplace_back([&block, take] { block.reset(take ? new char[kBytes] : nullptr); });
    }
    for (std::thread& thread : threads) thread.join();
  };
  round(false);
  const std::int64_t taken = growth([&] { round(true); });
  EXPECT_GE(taken, kBytes * static_cast<std::int64_t>(kThreads));
  const std::int64_t left = taken + growth([&] { round(false); });
  EXPECT_LE(std::abs(left), 1000);
}

}  // namespace
}  // namespace weir::redis
