#include "core/mailbox.h"

#include <poll.h>

#include <atomic>
#include <cerrno>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "core/backend.h"
#include "core/clock.h"
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
  std::size_t run() {
    Mailbox::Batch batch = mailbox_.take();
    for (Mailbox::Task& task : batch.tasks) task();
    return batch.tasks.size();
  }
  std::uint64_t wake_ups() const { return sockets_.calls(Call::kWrite); }

  fakes::FaultySockets sockets_;
  std::unique_ptr<Backend> backend_ = make_backend(BackendKind::kEpoll, sockets_);
  Mailbox mailbox_{sockets_, *backend_};
};

TEST_F(MailboxTest, RunsTasksInOrder) {
  std::string ran;
  for (const char c : {'a', 'b', 'c'}) mailbox_.post([&ran, c] { ran += c; });
  EXPECT_TRUE(is_readable());
  run();
  EXPECT_EQ(ran, "abc");
  EXPECT_FALSE(is_readable());
  run();
  EXPECT_EQ(ran, "abc");
}

TEST_F(MailboxTest, OneWakeUpHoweverManyTasks) {
  int ran = 0;
  for (int i = 0; i < 1000; ++i) mailbox_.post([&ran] { ++ran; });
  EXPECT_EQ(wake_ups(), 1U);
  run();
  EXPECT_EQ(ran, 1000);
  mailbox_.post([&ran] { ++ran; });
  EXPECT_EQ(wake_ups(), 2U);
}

TEST_F(MailboxTest, WhatATaskPostsIsForTheNextBatch) {
  std::string ran;
  mailbox_.post([&] {
    ran += 'a';
    mailbox_.post([&ran] { ran += 'c'; });
  });
  mailbox_.post([&ran] { ran += 'b'; });
  run();
  EXPECT_EQ(ran, "ab");
  EXPECT_TRUE(is_readable());
  run();
  EXPECT_EQ(ran, "abc");
}

// The others of a batch are younger, and a batch that comes later starts anew.
TEST_F(MailboxTest, KnowsWhenTheFirstOfABatchWasPosted) {
  const auto post_and_read = [this] {
    mailbox_.post([] {});
    return monotonic_us();
  };
  std::int64_t before = monotonic_us();
  for (int round = 0; round < 3; ++round) {
    const std::int64_t after = post_and_read();
    while (monotonic_us() == after) post_and_read();
    const Mailbox::Batch batch = mailbox_.take();
    EXPECT_GE(batch.posted_us, before);
    EXPECT_LE(batch.posted_us, after);
    before = monotonic_us();
  }
}

TEST_F(MailboxTest, ATakenMailboxIsEmpty) {
  mailbox_.post([] {});
  EXPECT_EQ(run(), 1U);
  EXPECT_EQ(run(), 0U);
}

TEST_F(MailboxTest, DestroysWhatNobodyRan) {
  const auto witness = std::make_shared<int>(0);
  {
    Mailbox other(sockets_, *backend_);
    ASSERT_TRUE(other.open().is_ok());
    other.post([witness] { ++*witness; });
    EXPECT_EQ(witness.use_count(), 2);
  }
  EXPECT_EQ(witness.use_count(), 1);
  EXPECT_EQ(*witness, 0);
}

TEST_F(MailboxTest, SaysWhyItCannotOpen) {
  Mailbox other(sockets_, *backend_);
  sockets_.fail(Call::kMakeEventfd, EMFILE);
  EXPECT_EQ(other.open().message(), "cannot create an eventfd: Too many open files");
}

TEST_F(MailboxTest, WhoLooksNeedsNoWakeUp) {
  mailbox_.look();
  EXPECT_FALSE(mailbox_.is_called());
  for (int i = 0; i < 3; ++i) mailbox_.post([] {});
  EXPECT_TRUE(mailbox_.is_called());
  EXPECT_TRUE(mailbox_.stop_looking());
  EXPECT_FALSE(is_readable());
  EXPECT_EQ(run(), 3U);
  EXPECT_EQ(wake_ups(), 0U);
  EXPECT_FALSE(mailbox_.is_called());
  mailbox_.post([] {});  // the owner may sleep
  EXPECT_TRUE(is_readable());
}

TEST_F(MailboxTest, WhoLooksInVainIsWokenAgain) {
  mailbox_.look();
  EXPECT_FALSE(mailbox_.stop_looking());
  mailbox_.post([] {});
  EXPECT_TRUE(is_readable());
  mailbox_.look();  // too late: the event comes
  EXPECT_FALSE(mailbox_.is_called());
  EXPECT_FALSE(mailbox_.stop_looking());
  EXPECT_EQ(run(), 1U);
  EXPECT_FALSE(is_readable());
}

// The reader sleeps in poll() between its runs: a lost wake-up would let it sleep for ever. From
// time to time it looks before it sleeps.
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
  for (int round = 0; ran < kPosters * kTasks; ++round) {
    bool called = false;
    if (round % 3 != 0) {
      mailbox_.look();
      for (int looks = 0; looks < 100 && !mailbox_.is_called(); ++looks) std::this_thread::yield();
      called = mailbox_.stop_looking();
    }
    if (!called && !is_readable(30'000)) break;
    run();
  }
  for (std::thread& thread : posters) thread.join();
  EXPECT_EQ(ran, kPosters * kTasks);
  EXPECT_EQ(out_of_order, 0);
  EXPECT_LE(wake_ups(), static_cast<std::uint64_t>(kPosters * kTasks));
}

}  // namespace
}  // namespace weir
