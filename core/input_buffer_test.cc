#include "core/input_buffer.h"

#include <algorithm>
#include <random>
#include <string>
#include <string_view>

#include "gtest/gtest.h"

namespace weir {
namespace {

// Lends `bytes` from memory that is gone after keep(), as a reactor's receive buffer is
// overwritten.
class Lender {
 public:
  explicit Lender(InputBuffer& input) : input_(input) {}

  void lend(std::string bytes) {
    lent_ = std::move(bytes);
    input_.lend(lent_);
  }
  void keep() {
    input_.keep();
    lent_.assign(lent_.size(), '\xee');
    lent_.shrink_to_fit();
  }

 private:
  InputBuffer& input_;
  std::string lent_;
};

TEST(InputBufferTest, LendsWithoutCopying) {
  InputBuffer input;
  const std::string bytes = "abcdef";
  input.lend(bytes);
  EXPECT_EQ(input.unread().data(), bytes.data());
  input.consume(2);
  EXPECT_EQ(input.unread(), "cdef");
  input.consume_all();
  EXPECT_TRUE(input.empty());
  input.keep();
  EXPECT_EQ(input.capacity(), 0U);
}

TEST(InputBufferTest, KeepsWhatIsUnread) {
  InputBuffer input;
  Lender lender(input);
  lender.lend("abcdef");
  input.consume(4);
  lender.keep();
  EXPECT_EQ(input.unread(), "ef");
  lender.lend("gh");
  EXPECT_EQ(input.unread(), "efgh");
  lender.keep();
  EXPECT_EQ(input.unread(), "efgh");
}

TEST(InputBufferTest, HoldsNothingWithoutUnreadInput) {
  InputBuffer input;
  Lender lender(input);
  lender.lend(std::string(100'000, 'x'));
  lender.keep();
  EXPECT_GE(input.capacity(), 100'000U);
  input.consume_all();
  input.keep();
  EXPECT_EQ(input.capacity(), 0U);
  EXPECT_TRUE(input.empty());
}

TEST(InputBufferTest, LendsAgainAfterEverythingWasConsumedWithoutKeep) {
  InputBuffer input;
  Lender lender(input);
  lender.lend("abc");
  lender.keep();
  input.consume_all();
  lender.lend("def");
  EXPECT_EQ(input.unread(), "def");
  input.consume(1);
  lender.keep();
  EXPECT_EQ(input.unread(), "ef");
}

TEST(InputBufferTest, LendsNothing) {
  InputBuffer input;
  input.lend({});
  EXPECT_TRUE(input.empty());
  input.keep();
  Lender lender(input);
  lender.lend("a");
  lender.keep();
  lender.lend("");
  EXPECT_EQ(input.unread(), "a");
}

TEST(InputBufferDeathTest, ConsumingMoreThanThereIsIsABug) {
  InputBuffer input;
  input.lend("abc");
  EXPECT_DEATH(input.consume(4), "CHECK failed");
}

// A decoder's life at random against a string.
TEST(InputBufferTest, BehavesLikeAString) {
  for (unsigned seed = 0; seed < 200; ++seed) {
    std::mt19937 random(seed);
    const auto below = [&random](std::size_t n) { return random() % n; };
    InputBuffer input;
    Lender lender(input);
    std::string model;
    for (int step = 0; step < 200; ++step) {
      std::string bytes(below(below(10) == 0 ? 5000 : 20), '\0');
      std::generate(bytes.begin(), bytes.end(), [&random] { return static_cast<char>(random()); });
      model += bytes;
      lender.lend(std::move(bytes));
      ASSERT_EQ(input.unread(), model);
      // Several requests of one read; sometimes all, sometimes none.
      for (std::size_t requests = below(4); requests > 0; --requests) {
        const std::size_t n = below(3) == 0 ? model.size() : below(model.size() + 1);
        input.consume(n);
        model.erase(0, n);
        ASSERT_EQ(input.unread(), model);
      }
      lender.keep();
      ASSERT_EQ(input.unread(), model);
      ASSERT_EQ(input.empty(), model.empty());
      if (model.empty()) {
        ASSERT_EQ(input.capacity(), 0U);
      }
    }
  }
}

// Were a feed to move the whole input, a million of them would take minutes.
TEST(InputBufferTest, SmallFeedsCostLinearWork) {
  constexpr std::size_t kFeeds = 1'000'000;
  InputBuffer input;
  for (std::size_t i = 0; i < kFeeds; ++i) {
    input.lend("x");
    input.keep();
  }
  EXPECT_EQ(input.unread().size(), kFeeds);

  // The same while a decoder takes as much as it is fed: the storage must not creep upwards.
  for (std::size_t i = 0; i < kFeeds; ++i) {
    input.lend("y");
    input.consume(1);
    input.keep();
  }
  EXPECT_EQ(input.unread(), std::string(kFeeds, 'y'));
  EXPECT_LE(input.capacity(), 4 * kFeeds);
}

}  // namespace
}  // namespace weir
