// An io_uring that has no buffers, no room in its queues or no memory, and kernels that can do
// less.
#include <cerrno>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/uring_backend.h"
#include "gtest/gtest.h"
#include "tests/fakes/backend_fixture.h"
#include "tests/fakes/backends.h"

namespace weir {
namespace {

using fakes::Call;
using fakes::Peer;
using fakes::Seen;

class UringShortageTest : public fakes::BackendFixture {};

// Many times as much as the buffers hold at once.
TEST_P(UringShortageTest, BuffersThatAreExhaustedLoseNothing) {
  constexpr std::size_t kStreams = 50;
  const std::string bytes(60'000, 'x');
  for (std::size_t i = 0; i < kStreams; ++i) add_stream();
  settle();
  for (Stream& stream : streams_) ASSERT_TRUE(stream.peer.send(bytes));
  EXPECT_EQ(receive(kStreams * bytes.size()).size(), kStreams * bytes.size());
  settle();
}

TEST_P(UringShortageTest, ReceivesWithoutABufferAreAskedForAgain) {
  sockets_.fail(Call::kReceive, ENOBUFS, 3);
  Stream& stream = add_stream();
  stream.peer.send("abc");
  EXPECT_EQ(receive(3), "abc");
}

// An older kernel's buffers, of which a receive takes one whatever it brings.
TEST_P(UringShortageTest, WholeBuffersBecomeMore) {
  sockets_.fail(Call::kUringRegister, EINVAL);
  open();
  constexpr std::size_t kStreams = 300;
  for (std::size_t i = 0; i < kStreams; ++i) add_stream();
  settle();
  for (int round = 0; round < 3; ++round) {
    for (Stream& stream : streams_) stream.peer.send("x");
    EXPECT_EQ(receive(kStreams).size(), kStreams);
  }
  const std::string bytes(200'000, 'b');
  std::string received;
  while (received.size() < bytes.size()) {
    streams_[0].peer.send_some(std::string_view(bytes).substr(received.size()));
    for (const Seen& one : turn(Peer::kDeadlineMs)) received += one.bytes;
  }
  EXPECT_GE(received.size(), bytes.size());
  for (Stream& stream : streams_) backend_->remove(stream.channel);
}

// More completions than their queue has room for: the kernel keeps the rest.
TEST_P(UringShortageTest, MoreCompletionsThanThereIsRoomFor) {
  constexpr std::size_t kStreams = 400;
  constexpr std::size_t kRounds = 10;
  for (std::size_t i = 0; i < kStreams; ++i) add_stream();
  settle();
  std::string bytes = "x";
  const iovec piece{bytes.data(), 1};
  std::size_t sent = 0;
  for (std::size_t round = 0; round < kRounds; ++round) {
    for (Stream& stream : streams_) {
      stream.channel.sending = false;  // several a stream: only their number matters here
      ASSERT_TRUE(backend_->queue_send(stream.channel, &piece, 1));
      ++sent;
    }
  }
  std::size_t told = 0;
  while (told < sent) {
    const std::vector<Seen> seen = turn(Peer::kDeadlineMs);
    ASSERT_FALSE(seen.empty());
    for (const Seen& one : seen) told += one.kind == Event::Kind::kSent ? 1 : 0;
  }
  EXPECT_EQ(told, kStreams * kRounds);
  for (Stream& stream : streams_) EXPECT_EQ(stream.peer.receive(kRounds).size(), kRounds);
}

TEST_P(UringShortageTest, AWaitThatFailsIsNoEvent) {
  Stream& stream = add_stream();
  settle();
  stream.peer.send("abc");
  for (const int error : {EINTR, EAGAIN, EBUSY, ETIME, ENOMEM}) {
    sockets_.fail(Call::kUringWait, error);
    EXPECT_TRUE(turn().empty());
  }
  EXPECT_EQ(receive(3), "abc");
}

// What the kernel takes nothing of now goes by a call of its own.
TEST_P(UringShortageTest, WithoutRoomASendIsNotQueued) {
  constexpr std::size_t kStreams = 300;
  for (std::size_t i = 0; i < kStreams; ++i) add_stream();
  settle();
  sockets_.fail(Call::kUringSubmit, EAGAIN, 1000);
  std::string bytes = "x";
  const iovec piece{bytes.data(), 1};
  std::size_t queued = 0;
  for (Stream& stream : streams_) queued += backend_->queue_send(stream.channel, &piece, 1) ? 1 : 0;
  EXPECT_LT(queued, kStreams);
  EXPECT_GT(queued, 0U);
  sockets_.heal();
  std::size_t told = 0;
  for (const Seen& one : turn()) told += one.kind == Event::Kind::kSent ? 1 : 0;
  EXPECT_EQ(told, queued);
}

TEST_P(UringShortageTest, SaysWhatTheKernelRefused) {
  const std::unique_ptr<Backend> other = make_backend(GetParam(), sockets_);
  sockets_.fail(Call::kUringOpen, EMFILE);
  EXPECT_EQ(other->open().message(), "cannot create an io_uring: Too many open files");
  sockets_.fail(Call::kUringRegister, EINVAL);
  sockets_.fail(Call::kUringRegister, ENOMEM);
  EXPECT_EQ(other->open().message(), "cannot provide buffers: Cannot allocate memory");
}

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(UringShortageTest);
INSTANTIATE_TEST_SUITE_P(, UringShortageTest, fakes::only_uring(), fakes::backend_label);

}  // namespace
}  // namespace weir
