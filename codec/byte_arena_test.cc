#include "codec/byte_arena.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace weir::codec {
namespace {

TEST(ByteArenaTest, HoldsNothingUntilUsedAndAfterClear) {
  ByteArena arena;
  EXPECT_TRUE(arena.copy("").empty());
  EXPECT_EQ(arena.memory_usage(), 0u);
  EXPECT_EQ(arena.copy("abc"), "abc");
  EXPECT_GT(arena.memory_usage(), 0u);
  arena.clear();
  EXPECT_TRUE(arena.empty());
  EXPECT_EQ(arena.memory_usage(), 0u);
}

TEST(ByteArenaTest, CopiesNeverMove) {
  ByteArena arena;
  std::vector<std::string> sources;
  std::vector<std::string_view> views;
  for (std::size_t size = 1; size < 40'000; size += 1 + size / 3) {
    for (int i = 0; i < 3; ++i) {
      sources.emplace_back(size, static_cast<char>('a' + sources.size() % 26));
      views.push_back(arena.copy(sources.back()));
    }
  }
  for (std::size_t i = 0; i < views.size(); ++i) EXPECT_EQ(views[i], sources[i]);
}

TEST(ByteArenaTest, ALargeCopyCostsItsSizeAndKeepsTheRoom) {
  ByteArena arena;
  const std::string_view small = arena.copy("small");
  arena.copy(std::string(1 << 20, 'x'));
  const std::size_t before = arena.memory_usage();
  EXPECT_LT(before, (1u << 20) + 1000);
  EXPECT_EQ(arena.copy("next").data(), small.data() + small.size());
  EXPECT_EQ(arena.memory_usage(), before);
}

TEST(ByteArenaTest, AdoptsBlocksWithTheirViews) {
  ByteArena arena;
  const std::string_view mine = arena.copy("mine");
  for (const std::size_t size : {10u, 1000u, 100'000u}) {
    ByteArena other;
    const std::string bytes(size, 'o');
    const std::string_view theirs = other.copy(bytes);
    arena.adopt(std::move(other));
    EXPECT_TRUE(other.empty());
    EXPECT_EQ(theirs, bytes);
  }
  EXPECT_EQ(mine, "mine");
  EXPECT_EQ(arena.copy("more").data(), mine.data() + mine.size());
}

TEST(ByteArenaTest, AdoptingAnEmptyOneKeepsAllBlocks) {
  ByteArena arena;
  const std::string large(100'000, 'l');
  arena.copy("first");
  const std::string_view view = arena.copy(large);
  const std::size_t before = arena.memory_usage();
  arena.adopt(ByteArena());
  EXPECT_EQ(arena.memory_usage(), before);
  EXPECT_EQ(view, large);
}

TEST(ByteArenaTest, AnEmptyOneAdoptsAndIsAdopted) {
  ByteArena arena;
  ByteArena other;
  const std::string_view view = other.copy("view");
  arena.adopt(std::move(other));
  EXPECT_EQ(view, "view");
  ByteArena empty;
  arena.adopt(std::move(empty));
  EXPECT_EQ(view, "view");
  const ByteArena moved = std::move(arena);
  EXPECT_EQ(view, "view");
}

}  // namespace
}  // namespace weir::codec
