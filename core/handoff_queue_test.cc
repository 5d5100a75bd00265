#include "core/handoff_queue.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "core/backend.h"
#include "gtest/gtest.h"
#include "tests/fakes/backends.h"
#include "tests/fakes/faulty_sockets.h"
#include "tests/fakes/peer.h"

namespace weir {
namespace {

using fakes::Call;

class HandoffQueueTest : public testing::TestWithParam<HandoffNotify> {
 protected:
  void SetUp() override { ASSERT_TRUE(queue_.open().is_ok()); }

  // `number` stands for a descriptor: the queue carries it and looks at nothing.
  static Accepted accepted(int number) { return {number, Address(), nullptr}; }
  bool is_readable(int timeout_ms = 0) {
    pollfd entry{queue_.fd(), POLLIN, 0};
    return ::poll(&entry, 1, timeout_ms) == 1;
  }

  fakes::FaultySockets sockets_;
  std::unique_ptr<Backend> backend_ = make_backend(BackendKind::kEpoll, sockets_);
  HandoffQueue queue_{sockets_, GetParam(), *backend_};
};

TEST_P(HandoffQueueTest, HandsOnInOrder) {
  EXPECT_FALSE(is_readable());
  for (int i = 0; i < 3; ++i) queue_.push(accepted(i));
  EXPECT_TRUE(is_readable());
  const std::vector<Accepted> taken = queue_.take();
  ASSERT_EQ(taken.size(), 3U);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(taken[static_cast<std::size_t>(i)].fd, i);
  EXPECT_FALSE(is_readable());
  EXPECT_TRUE(queue_.take().empty());
}

TEST_P(HandoffQueueTest, CarriesPeerAndService) {
  const Service service;
  const Address peer = Address::parse("tcp://10.0.0.1:5").value();
  queue_.push({7, peer, &service});
  const std::vector<Accepted> taken = queue_.take();
  ASSERT_EQ(taken.size(), 1U);
  EXPECT_EQ(taken[0].peer, peer);
  EXPECT_EQ(taken[0].service, &service);
}

// A pipe holds 64 KiB: the connections beyond have no byte of their own, and are taken all the
// same. The bytes left behind wake for nothing, until they are gone.
TEST_P(HandoffQueueTest, AFullPipeLosesNoConnection) {
  constexpr int kConnections = 70'000;
  for (int i = 0; i < kConnections; ++i) queue_.push(accepted(i));
  EXPECT_TRUE(is_readable());
  EXPECT_EQ(queue_.take().size(), static_cast<std::size_t>(kConnections));
  while (is_readable()) EXPECT_TRUE(queue_.take().empty());
  queue_.push(accepted(1));
  EXPECT_TRUE(is_readable());
  EXPECT_EQ(queue_.take().size(), 1U);
}

TEST_P(HandoffQueueTest, ClosesWhatNobodyTook) {
  fakes::Line line = fakes::make_unix_line();
  {
    HandoffQueue other(sockets_, GetParam(), *backend_);
    ASSERT_TRUE(other.open().is_ok());
    other.push(accepted(line.fd));
  }
  EXPECT_EQ(line.peer.receive_rest(), "");
  EXPECT_EQ(line.peer.stream(), fakes::Peer::Stream::kEnded);
}

TEST_P(HandoffQueueTest, AClosedQueueTakesNoMore) {
  EXPECT_TRUE(queue_.push(accepted(1)));
  EXPECT_EQ(queue_.close().size(), 1U);
  EXPECT_FALSE(queue_.push(accepted(2)));
  EXPECT_TRUE(queue_.take().empty());
  EXPECT_TRUE(queue_.close().empty());
}

TEST_P(HandoffQueueTest, LosesNoWakeUp) {
  constexpr int kPushers = 3;
  constexpr int kConnections = 10'000;
  std::vector<std::thread> pushers;
  for (int i = 0; i < kPushers; ++i) {
    pushers.emplace_back([this] {
      for (int n = 0; n < kConnections; ++n) queue_.push(accepted(n));
    });
  }
  std::size_t taken = 0;
  while (taken < kPushers * kConnections && is_readable(30'000)) taken += queue_.take().size();
  for (std::thread& thread : pushers) thread.join();
  EXPECT_EQ(taken, static_cast<std::size_t>(kPushers * kConnections));
}

TEST_P(HandoffQueueTest, SaysWhyItCannotOpen) {
  HandoffQueue other(sockets_, GetParam(), *backend_);
  sockets_.fail(Call::kMakeEventfd, EMFILE);
  sockets_.fail(Call::kMakePipe, EMFILE);
  const std::string what = GetParam() == HandoffNotify::kPipe ? "a pipe" : "an eventfd";
  EXPECT_EQ(other.open().message(), "cannot create " + what + ": Too many open files");
}

TEST_P(HandoffQueueTest, GivesItsDescriptorsBack) {
  const std::uint64_t closed = sockets_.calls(Call::kClose);
  {
    HandoffQueue other(sockets_, GetParam(), *backend_);
    ASSERT_TRUE(other.open().is_ok());
  }
  const std::uint64_t ends = GetParam() == HandoffNotify::kPipe ? 2 : 1;
  EXPECT_EQ(sockets_.calls(Call::kClose) - closed, ends);
}

// Of a worker on io_uring: one for all that come before they are taken.
TEST_P(HandoffQueueTest, AMessageIsEnough) {
  if (!fakes::has_uring()) GTEST_SKIP();
  backend_ = make_backend(BackendKind::kUring, sockets_);
  ASSERT_TRUE(backend_->open().is_ok());
  HandoffQueue other(sockets_, GetParam(), *backend_);
  ASSERT_TRUE(other.open().is_ok());
  // Nobody waits there yet: the old way.
  other.push(accepted(1));
  pollfd notice{other.fd(), POLLIN, 0};
  EXPECT_EQ(::poll(&notice, 1, 0), 1);
  EXPECT_EQ(other.take().size(), 1U);
  EXPECT_TRUE(other.take().empty());
  backend_->wait(0);
  const std::uint64_t writes = sockets_.calls(Call::kWrite);
  for (int i = 0; i < 3; ++i) other.push(accepted(i));
  EXPECT_TRUE(backend_->wait(10'000));
  EXPECT_TRUE(other.is_called());
  EXPECT_EQ(other.take().size(), 3U);
  EXPECT_FALSE(other.is_called());
  EXPECT_EQ(sockets_.calls(Call::kUringMessage), 2U);
  EXPECT_EQ(sockets_.calls(Call::kWrite), writes);
}

INSTANTIATE_TEST_SUITE_P(, HandoffQueueTest,
                         testing::Values(HandoffNotify::kPipe, HandoffNotify::kEventfd),
                         [](const auto& test) {
                           return test.param == HandoffNotify::kPipe ? "Pipe" : "Eventfd";
                         });

}  // namespace
}  // namespace weir
