#include "core/output_buffer.h"

#include <limits.h>

#include <algorithm>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace weir {
namespace {

constexpr std::size_t kChunk = ChunkPool::kChunkBytes;

class OutputBufferTest : public testing::Test {
 protected:
  // The bytes that one send of so many pieces would take.
  std::string gather(std::size_t capacity = kMaxPieces) {
    const std::size_t count = output_.pieces(pieces_.data(), capacity);
    std::string bytes;
    for (std::size_t i = 0; i < count; ++i) {
      EXPECT_GT(pieces_[i].iov_len, 0U);
      bytes.append(static_cast<const char*>(pieces_[i].iov_base), pieces_[i].iov_len);
    }
    return bytes;
  }
  std::size_t count_pieces() { return output_.pieces(pieces_.data(), kMaxPieces); }
  // Whether the pool has got `chunk` back: it gives the last one first.
  bool is_idle(Chunk* chunk) {
    Chunk* next = pool_.take(1);
    pool_.give_back(next);
    return next == chunk;
  }

  static constexpr std::size_t kMaxPieces = 100'000;

  ChunkPool pool_;
  OutputBuffer output_{pool_};
  std::vector<iovec> pieces_ = std::vector<iovec>(kMaxPieces);  // once: it is large
};

TEST_F(OutputBufferTest, SmallWritesShareAChunk) {
  for (int i = 0; i < 100; ++i) output_.append("abc");
  EXPECT_EQ(count_pieces(), 1U);
  EXPECT_EQ(output_.size(), 300U);
  EXPECT_EQ(gather().substr(0, 6), "abcabc");
}

TEST_F(OutputBufferTest, ChunksGoOutFull) {
  output_.append(std::string(kChunk - 1, 'a'));
  output_.append("bc");
  iovec pieces[2];
  ASSERT_EQ(output_.pieces(pieces, 2), 2U);
  EXPECT_EQ(pieces[0].iov_len, kChunk);
  EXPECT_EQ(pieces[1].iov_len, 1U);
}

TEST_F(OutputBufferTest, ALargePieceIsSpreadOverFullChunks) {
  output_.append("ab");
  const std::string large(10 * kChunk, 'x');
  output_.append(large);
  EXPECT_EQ(count_pieces(), 11U);
  output_.append("y");
  EXPECT_EQ(count_pieces(), 11U);
  EXPECT_EQ(gather(), "ab" + large + "y");
}

TEST_F(OutputBufferTest, ALargeReservationIsOneChunk) {
  const std::string large(10 * kChunk, 'x');
  std::copy(large.begin(), large.end(), output_.reserve(large.size()));
  output_.commit(large.size());
  EXPECT_EQ(count_pieces(), 1U);
  // Exactly its size: what follows needs another.
  output_.append("y");
  EXPECT_EQ(count_pieces(), 2U);
  EXPECT_EQ(gather(), large + "y");
}

TEST_F(OutputBufferTest, FormatsInPlace) {
  char* room = output_.reserve(10);
  std::copy_n("0123456789", 10, room);
  output_.commit(4);
  EXPECT_EQ(gather(), "0123");
  // The same room goes on behind what was committed.
  EXPECT_EQ(output_.reserve(kChunk - 4), room + 4);
  output_.commit(0);
  EXPECT_EQ(gather(), "0123");
}

// A reservation that does not fit leaves the rest of the tail unused, and the order alone.
TEST_F(OutputBufferTest, ReservesBeyondTheTail) {
  output_.append("head");
  std::copy_n("middle", 6, output_.reserve(kChunk));
  output_.commit(6);
  output_.append("tail");
  EXPECT_EQ(gather(), "headmiddletail");
}

TEST_F(OutputBufferTest, AReservationNobodyFilledIsSkipped) {
  output_.reserve(10);
  EXPECT_TRUE(output_.empty());
  EXPECT_EQ(count_pieces(), 0U);
  output_.reserve(2 * kChunk);
  output_.append("a");
  EXPECT_EQ(gather(), "a");
  output_.consume(1);
  EXPECT_TRUE(output_.empty());
}

TEST_F(OutputBufferTest, AppendsNothing) {
  output_.append({});
  output_.append("a");
  output_.append({});
  output_.append(std::string_view(nullptr, 0));
  EXPECT_EQ(gather(), "a");
}

TEST_F(OutputBufferTest, HoldsNothingWhenEmpty) {
  Chunk* marked = pool_.take(1);
  pool_.give_back(marked);
  output_.append("abc");
  EXPECT_FALSE(is_idle(marked));
  output_.consume(3);
  EXPECT_TRUE(is_idle(marked));

  output_.append("abc");
  output_.clear();
  EXPECT_TRUE(is_idle(marked));
  EXPECT_EQ(output_.size(), 0U);

  {
    OutputBuffer other(pool_);
    other.append("abc");
    EXPECT_FALSE(is_idle(marked));
  }
  EXPECT_TRUE(is_idle(marked));
}

TEST_F(OutputBufferTest, MorePiecesThanTheKernelTakes) {
  std::string expected;
  while (count_pieces() <= IOV_MAX) {
    // 3 bytes, then a reservation that needs a chunk of its own.
    output_.append("abc");
    output_.reserve(kChunk);
    output_.commit(0);
    expected += "abc";
  }
  EXPECT_EQ(gather(), expected);
  EXPECT_EQ(gather(IOV_MAX), expected.substr(0, IOV_MAX * 3));
  EXPECT_EQ(gather(1), "abc");
  EXPECT_EQ(gather(0), "");
  // Piece by piece, as a kernel that takes few would.
  std::string sent;
  while (!output_.empty()) {
    const std::string part = gather(7);
    sent += part;
    output_.consume(part.size());
  }
  EXPECT_EQ(sent, expected);
}

TEST_F(OutputBufferTest, ConsumingMoreThanThereIsIsABug) {
  output_.append("abc");
  EXPECT_DEATH(output_.consume(4), "CHECK failed");
}

TEST_F(OutputBufferTest, BehavesLikeAString) {
  for (unsigned seed = 0; seed < 100; ++seed) {
    std::mt19937 random(seed);
    const auto below = [&random](std::size_t n) { return random() % n; };
    const auto random_bytes = [&] {
      std::string bytes(below(below(8) == 0 ? 3 * kChunk : 300), '\0');
      std::generate(bytes.begin(), bytes.end(), [&random] { return static_cast<char>(random()); });
      return bytes;
    };
    OutputBuffer output(pool_);
    std::string model;
    for (int step = 0; step < 200; ++step) {
      const std::string bytes = random_bytes();
      if (below(2) == 0) {
        output.append(bytes);
        model += bytes;
      } else {
        char* room = output.reserve(bytes.size());
        const std::size_t used = below(bytes.size() + 1);
        std::copy_n(bytes.begin(), used, room);
        output.commit(used);
        model += bytes.substr(0, used);
      }
      iovec pieces[64];
      std::string described;
      const std::size_t count = output.pieces(pieces, below(64) + 1);
      for (std::size_t i = 0; i < count; ++i) {
        described.append(static_cast<const char*>(pieces[i].iov_base), pieces[i].iov_len);
      }
      ASSERT_EQ(described, model.substr(0, described.size()));
      const std::size_t sent = below(3) == 0 ? described.size() : below(described.size() + 1);
      output.consume(sent);
      model.erase(0, sent);
      ASSERT_EQ(output.size(), model.size());
      ASSERT_EQ(output.empty(), model.empty());
    }
  }
}

TEST_F(OutputBufferTest, FilesKeepTheirPlace) {
  const auto owner = std::make_shared<int>(0);
  output_.append("ab");
  output_.append_file({7, 100, 50, owner});
  output_.append("cd");
  EXPECT_EQ(output_.size(), 54U);
  EXPECT_TRUE(output_.has_files());
  EXPECT_EQ(output_.front_file(), nullptr);
  EXPECT_EQ(gather(), "ab");
  output_.consume(2);
  ASSERT_NE(output_.front_file(), nullptr);
  EXPECT_EQ(gather(), "");
  output_.consume(20);
  EXPECT_EQ(output_.front_file()->fd, 7);
  EXPECT_EQ(output_.front_file()->offset, 120);
  EXPECT_EQ(output_.front_file()->size, 30U);
  EXPECT_EQ(owner.use_count(), 2);
  output_.consume(30);
  EXPECT_EQ(owner.use_count(), 1);
  EXPECT_FALSE(output_.has_files());
  EXPECT_EQ(output_.front_file(), nullptr);
  EXPECT_EQ(gather(), "cd");
  output_.consume(2);
  EXPECT_TRUE(output_.empty());
}

TEST_F(OutputBufferTest, FilesAreLetGoWithTheRest) {
  const auto owner = std::make_shared<int>(0);
  output_.append_file({7, 0, 1, owner});
  output_.append_file({7, 1, 0, owner});
  output_.append_file({7, 2, 3, owner});
  EXPECT_EQ(output_.size(), 4U);
  output_.consume(2);
  EXPECT_EQ(output_.front_file()->offset, 3);
  output_.clear();
  EXPECT_EQ(owner.use_count(), 1);
  EXPECT_FALSE(output_.has_files());
}

}  // namespace
}  // namespace weir
