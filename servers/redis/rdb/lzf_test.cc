#include "servers/redis/rdb/lzf.h"

#include <algorithm>
#include <random>
#include <string>

#include "gtest/gtest.h"

namespace weir::redis::rdb {
namespace {

std::string compressed(std::string_view text) {
  std::string to;
  EXPECT_TRUE(compress_lzf(text, text.size() - 4, to));
  return to;
}

bool decompresses(std::string_view bytes, std::size_t size) {
  std::string to;
  return decompress_lzf(bytes, size, to);
}

// Of few different bytes and with repetitions at all distances.
std::string random_text(std::mt19937& rng) {
  const std::size_t size = rng() % 100 == 0 ? rng() % 50000 : rng() % 400;
  const unsigned letters = 1u << (rng() % 9);
  const bool repeats = rng() % 3 != 0;
  std::string text;
  while (text.size() < size) {
    if (!repeats || text.empty() || rng() % 4 != 0) {
      text += static_cast<char>(rng() % letters);
      continue;
    }
    const std::size_t from = rng() % text.size();
    const std::size_t length = rng() % 300 + 1;
    for (std::size_t i = 0; i < length && text.size() < size; ++i) text += text[from + i];
  }
  return text;
}

TEST(LzfTest, MakesWhatRedisMakes) {
  // From DUMPs of redis-server 7.0.15.
  std::string text;
  for (int i = 0; i < 100; ++i) text += "abc";
  EXPECT_EQ(compressed(text), std::string("\x03"
                                          "abca\xe0\xff\x02\xe1\x15\x07\x01"
                                          "bc",
                                          14));
  EXPECT_EQ(compressed(std::string(30, 'a')), std::string("\x01"
                                                          "aa\xe0\x11\x00\x01"
                                                          "aa",
                                                          9));
}

TEST(LzfTest, ComesBack) {
  std::mt19937 rng(1);
  std::size_t shrunk = 0;
  for (int i = 0; i < 20000; ++i) {
    const std::string text = random_text(rng);
    const std::size_t max_size = rng() % (text.size() + 10);
    std::string bytes, back;
    if (!compress_lzf(text, max_size, bytes)) continue;
    ++shrunk;
    ASSERT_LE(bytes.size(), max_size);
    ASSERT_TRUE(decompress_lzf(bytes, text.size(), back));
    ASSERT_EQ(back, text);
    ASSERT_FALSE(decompresses(bytes, text.size() + 1));
    ASSERT_FALSE(decompresses(bytes, text.size() - 1));
  }
  EXPECT_GT(shrunk, 1000u);
}

TEST(LzfTest, DependsOnTheTextAlone) {
  std::mt19937 rng(2);
  std::string text = random_text(rng) + std::string(3000, 'x') + "abcabcabc";
  const std::string first = compressed(text);
  for (int i = 0; i < 100; ++i) {
    std::string other;
    compress_lzf(random_text(rng), 100000, other);
    ASSERT_EQ(compressed(text), first);
  }
}

TEST(LzfTest, GivesUpWhereNothingIsSaved) {
  std::string to;
  EXPECT_FALSE(compress_lzf("", 10, to));
  EXPECT_FALSE(compress_lzf("abcdefghijklmnopqrstuvwxyz", 22, to));
  EXPECT_FALSE(compress_lzf("aaaa", 0, to));
}

TEST(LzfTest, RefusesBytesThatReachOutside) {
  EXPECT_FALSE(decompresses("", 1));
  EXPECT_FALSE(decompresses("", 0));
  EXPECT_FALSE(decompresses(std::string("\x00", 1), 1));      // a run without its byte
  EXPECT_FALSE(decompresses("\x01z", 2));                     // shorter than it says
  EXPECT_FALSE(decompresses(std::string("\x20\x00", 2), 3));  // from before the beginning
  EXPECT_FALSE(decompresses(std::string("\x00z\x20\x01", 4), 4));
  EXPECT_TRUE(decompresses(std::string("\x00z\x20\x00", 4), 4));
  EXPECT_FALSE(decompresses(std::string("\x00z\xe0", 3), 10));  // a match without its length
  EXPECT_FALSE(decompresses(std::string("\x00z\xe0\x00", 4), 10));
}

TEST(LzfTest, MakesNoRoomForWhatCannotCome) {
  std::string to;
  EXPECT_FALSE(decompress_lzf(std::string(100, '\xff'), 1 << 29, to));
  EXPECT_LT(to.capacity(), 1000u);
  EXPECT_FALSE(decompress_lzf("abc", static_cast<std::size_t>(-1), to));
}

TEST(LzfTest, SurvivesAnyBytes) {
  std::mt19937 rng(3);
  for (int i = 0; i < 100000; ++i) {
    std::string bytes(rng() % 30, '\0');
    for (char& c : bytes) c = static_cast<char>(rng() % 4 == 0 ? rng() : rng() % 4);
    std::string to;
    decompress_lzf(bytes, rng() % 200, to);
  }
}

}  // namespace
}  // namespace weir::redis::rdb
