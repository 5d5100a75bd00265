#include "core/chunk_pool.h"

#include <cstdint>
#include <cstring>
#include <set>
#include <vector>

#include "gtest/gtest.h"

namespace weir {
namespace {

TEST(ChunkPoolTest, AChunkIsAPagePair) {
  ChunkPool pool;
  Chunk* chunk = pool.take(1);
  EXPECT_EQ(sizeof(Chunk) + chunk->room(), 8192U);
  EXPECT_EQ(chunk->unsent(), 0U);
  EXPECT_EQ(chunk->next, nullptr);
  std::memset(chunk->end, 'x', chunk->room());
  pool.give_back(chunk);
}

TEST(ChunkPoolTest, ALargePieceGetsExactlyItsSize) {
  ChunkPool pool;
  for (const std::size_t size : {ChunkPool::kChunkBytes + 1, std::size_t{1'000'000}}) {
    Chunk* chunk = pool.take(size);
    EXPECT_EQ(chunk->room(), size);
    std::memset(chunk->end, 'x', size);
    pool.give_back(chunk);
  }
  // Neither was kept: what comes next is a chunk of the usual size.
  Chunk* chunk = pool.take(0);
  EXPECT_EQ(chunk->room(), ChunkPool::kChunkBytes);
  pool.give_back(chunk);
}

TEST(ChunkPoolTest, IdleChunksAreTakenAgainEmpty) {
  ChunkPool pool;
  Chunk* chunk = pool.take(10);
  chunk->end += 10;
  chunk->begin += 4;
  pool.give_back(chunk);
  Chunk* again = pool.take(ChunkPool::kChunkBytes);
  EXPECT_EQ(again, chunk);
  EXPECT_EQ(again->unsent(), 0U);
  EXPECT_EQ(again->room(), ChunkPool::kChunkBytes);
  EXPECT_EQ(again->next, nullptr);
  pool.give_back(again);
}

// An idle chunk too small for the piece stays idle.
TEST(ChunkPoolTest, ALargePieceLeavesTheStockAlone) {
  ChunkPool pool;
  Chunk* small = pool.take(1);
  pool.give_back(small);
  Chunk* large = pool.take(ChunkPool::kChunkBytes + 1);
  EXPECT_NE(large, small);
  EXPECT_EQ(pool.take(1), small);
  pool.give_back(small);
  pool.give_back(large);
}

TEST(ChunkPoolTest, TheStockIsBounded) {
  ChunkPool pool;
  std::vector<Chunk*> taken;
  for (std::size_t i = 0; i < 2 * ChunkPool::kMaxIdle; ++i) taken.push_back(pool.take(1));
  std::set<Chunk*> kept(taken.begin(), taken.begin() + ChunkPool::kMaxIdle);
  for (Chunk* chunk : taken) pool.give_back(chunk);
  // The last one kept comes first; the rest was freed, which the leak checker confirms.
  std::vector<Chunk*> again;
  for (std::size_t i = 0; i < ChunkPool::kMaxIdle; ++i) again.push_back(pool.take(1));
  EXPECT_EQ(std::set<Chunk*>(again.begin(), again.end()), kept);
  for (Chunk* chunk : again) pool.give_back(chunk);
}

}  // namespace
}  // namespace weir
