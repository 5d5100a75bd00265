#include "core/mailbox.h"

#include <poll.h>

#include <atomic>
#include <cerrno>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "gtest/gtest.h"
#include "tests/fakes/faulty_sockets.h"

namespace weir {
namespace {

using fakes::Call;

class MailboxTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(mailbox_.open().is_ok()); }

  bool is_readable(int timeout_ms = 0) {
    pollfd entry{mailbox_.fd(), POLLIN, 0};
    return ::poll(&entry, 1, timeout_ms) == 1;
  }
  std::uint64_t wake_ups() const { return sockets_.calls(Call::kWrite); }

  fakes::FaultySockets sockets_;
  Mailbox mailbox_{sockets_};
};

TEST_F(MailboxTest, RunsTasksInOrder) {
  std::string ran;
  for (const char c : {'a', 'b', 'c'}) mailbox_.post([&ran, c] { ran += c; });
  EXPECT_TRUE(is_readable());
  mailbox_.run();
  EXPECT_EQ(ran, "abc");
  EXPECT_FALSE(is_readable());
  mailbox_.run();
  EXPECT_EQ(ran, "abc");
}

TEST_F(MailboxTest, OneWakeUpHoweverManyTasks) {
  int ran = 0;
  for (int i = 0; i < 1000; ++i) mailbox_.post([&ran] { ++ran; });
  EXPECT_EQ(wake_ups(), 1U);
  mailbox_.run();
  EXPECT_EQ(ran, 1000);
  mailbox_.post([&ran] { ++ran; });
  EXPECT_EQ(wake_ups(), 2U);
}

TEST_F(MailboxTest, WhatATaskPostsIsForTheNextRun) {
  std::string ran;
  mailbox_.post([&] {
    ran += 'a';
    mailbox_.post([&ran] { ran += 'c'; });
  });
  mailbox_.post([&ran] { ran += 'b'; });
  mailbox_.run();
  EXPECT_EQ(ran, "ab");
  EXPECT_TRUE(is_readable());
  mailbox_.run();
  EXPECT_EQ(ran, "abc");
}

TEST_F(MailboxTest, DestroysWhatNobodyRan) {
  const auto witness = std::make_shared<int>(0);
  {
    Mailbox other(sockets_);
    ASSERT_TRUE(other.open().is_ok());
    other.post([witness] { ++*witness; });
    EXPECT_EQ(witness.use_count(), 2);
  }
  EXPECT_EQ(witness.use_count(), 1);
  EXPECT_EQ(*witness, 0);
}

TEST_F(MailboxTest, SaysWhyItCannotOpen) {
  Mailbox other(sockets_);
  sockets_.fail(Call::kMakeEventfd, EMFILE);
  EXPECT_EQ(other.open().message(), "cannot create an eventfd: Too many open files");
}

// The reader sleeps in poll() between its runs: a lost wake-up would let it sleep for ever.
TEST_F(MailboxTest, LosesNoWakeUpOfManyPosters) {
  constexpr int kPosters = 4;
  constexpr int kTasks = 20'000;
  std::vector<int> next(kPosters);
  int ran = 0;
  int out_of_order = 0;
  std::vector<std::thread> posters;
  for (int poster = 0; poster < kPosters; ++poster) {
    posters.emplace_back([&, poster] {
      for (int i = 0; i < kTasks; ++i) {
        mailbox_.post([&, poster, i] {
          ++ran;
          if (next[static_cast<std::size_t>(poster)]++ != i) ++out_of_order;
        });
      }
    });
  }
  while (ran < kPosters * kTasks && is_readable(30'000)) mailbox_.run();
  for (std::thread& thread : posters) thread.join();
  EXPECT_EQ(ran, kPosters * kTasks);
  EXPECT_EQ(out_of_order, 0);
  EXPECT_LE(wake_ups(), static_cast<std::uint64_t>(kPosters * kTasks));
}

}  // namespace
}  // namespace weir
