// What is epoll's own: when it reads, how much, and which system calls it makes.
#include "core/epoll_backend.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "tests/fakes/backend_fixture.h"
#include "tests/fakes/backends.h"

namespace weir {
namespace {

using fakes::Call;
using fakes::Peer;
using fakes::Seen;

constexpr std::size_t kReceiveBytes = 64 * 1024;  // what one read takes

class EpollBackendTest : public fakes::BackendFixture {};

// Several reads in one tick, as long as they are full and the budget lasts; then it is the others'
// turn.
TEST_P(EpollBackendTest, ReadsNoMoreThanTheBudgetInATick) {
  for (const std::size_t budget : {1000UL, kReadBytes, 3 * kReadBytes}) {
    open(budget);
    fakes::Line line = fakes::make_unix_line();
    const int room = 4 * static_cast<int>(kReadBytes);
    ::setsockopt(line.peer.fd(), SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
    const std::string bytes(2 * kReadBytes + 500, 'x');
    ASSERT_TRUE(line.peer.send(bytes));
    Stream& stream = add_stream(std::move(line));
    const std::vector<Seen> seen = turn();
    std::size_t received = 0;
    for (const Seen& one : seen) {
      EXPECT_EQ(one.channel, &stream.channel);
      received += one.bytes.size();
    }
    EXPECT_EQ(received, std::min(budget, bytes.size()));
    EXPECT_EQ(receive(bytes.size() - received).size(), bytes.size() - received);
    backend_->remove(stream.channel);
  }
}

// A handler that stops the reading within a tick gets no more, and all of it later.
TEST_P(EpollBackendTest, ABudgetIsNotSpentOnAPausedStream) {
  open(3 * kReadBytes);
  fakes::Line line = fakes::make_unix_line();
  const int room = 4 * static_cast<int>(kReadBytes);
  ::setsockopt(line.peer.fd(), SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
  ASSERT_TRUE(line.peer.send(std::string(2 * kReadBytes + 500, 'x')));
  Stream& stream = add_stream(std::move(line));
  backend_->wait(0);
  Event event{};
  ASSERT_TRUE(backend_->next(event));
  EXPECT_EQ(event.bytes.size(), kReadBytes);
  backend_->set_reading(stream.channel, false);
  EXPECT_FALSE(backend_->next(event));
  EXPECT_TRUE(turn().empty());
  backend_->set_reading(stream.channel, true);
  EXPECT_EQ(receive(kReadBytes + 500).size(), kReadBytes + 500);
  backend_->remove(stream.channel);
}

TEST_P(EpollBackendTest, AStreamGetsOneReadATick) {
  Stream& firehose = add_stream();
  Stream& quiet = add_stream();
  const std::string bytes(2 * kReceiveBytes, 'x');
  ASSERT_TRUE(firehose.peer.send(bytes));
  quiet.peer.send("q");
  const std::vector<Seen> seen = turn();
  ASSERT_EQ(seen.size(), 2U);
  EXPECT_EQ(seen[0].bytes.size() + seen[1].bytes.size(), kReceiveBytes + 1);
  EXPECT_EQ(receive(kReceiveBytes).size(), kReceiveBytes);
}

// Nor two when more arrives between the ticks.
TEST_P(EpollBackendTest, AStreamThatGoesOnGetsOneReadATick) {
  Stream& firehose = add_stream();
  for (int tick = 0; tick < 5; ++tick) {
    ASSERT_TRUE(firehose.peer.send(std::string(kReceiveBytes + 1000, 'x')));
    const std::vector<Seen> seen = turn();
    ASSERT_EQ(seen.size(), 1U);
    EXPECT_EQ(seen[0].bytes.size(), kReceiveBytes);
  }
}

TEST_P(EpollBackendTest, PausedInTheMiddleOfALargeInput) {
  Stream& stream = add_stream();
  const std::string bytes(2 * kReceiveBytes + 10, 'x');
  ASSERT_TRUE(stream.peer.send(bytes));
  std::size_t received = turn().at(0).bytes.size();
  backend_->set_reading(stream.channel, false);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(turn().empty());
  backend_->set_reading(stream.channel, true);
  received += receive(bytes.size() - received).size();
  EXPECT_EQ(received, bytes.size());
  EXPECT_TRUE(turn().empty());
}

// While one event is handled the stream of the next is paused: it keeps its bytes.
TEST_P(EpollBackendTest, PausedWithinABatch) {
  Stream& first = add_stream();
  Stream& second = add_stream();
  settle();
  first.peer.send("1");
  second.peer.send("2");
  backend_->wait(0);
  Event event{};
  ASSERT_TRUE(backend_->next(event));
  Stream& other = event.channel == &first.channel ? second : first;
  backend_->set_reading(other.channel, false);
  EXPECT_FALSE(backend_->next(event));
  backend_->set_reading(other.channel, true);
  EXPECT_EQ(receive(1), &other == &second ? "2" : "1");
}

TEST_P(EpollBackendTest, AHangUpWhilePausedIsSaidOnce) {
  for (auto* make_line : {fakes::make_unix_line, fakes::make_tcp_line}) {
    Stream& stream = add_stream(make_line());
    settle();
    backend_->set_reading(stream.channel, false);
    const bool tcp = make_line == fakes::make_tcp_line;
    tcp ? stream.peer.reset() : stream.peer.close();
    std::vector<Seen> seen = turn(Peer::kDeadlineMs);
    ASSERT_EQ(seen.size(), 1U);
    EXPECT_EQ(seen[0].kind, Event::Kind::kFailed);
    EXPECT_EQ(seen[0].error, ECONNRESET);
    backend_->remove(stream.channel);
    const std::uint64_t events = sockets_.events();
    for (int i = 0; i < 10; ++i) EXPECT_TRUE(turn().empty());
    EXPECT_EQ(sockets_.events(), events);
  }
}

TEST_P(EpollBackendTest, RoomAndBytesAtOnce) {
  Stream& stream = add_stream();
  const std::string sent = fill(stream.channel);
  EXPECT_EQ(stream.peer.receive(sent.size()).size(), sent.size());
  stream.peer.send("abc");
  const std::vector<Seen> seen = turn(Peer::kDeadlineMs);
  ASSERT_EQ(seen.size(), 2U);
  EXPECT_EQ(seen[0].kind, Event::Kind::kWritable);
  EXPECT_EQ(seen[1].bytes, "abc");
}

// A stream that was to be carried into the next tick is gone before it.
TEST_P(EpollBackendTest, RemovedWhileCarried) {
  auto channel = std::make_unique<Channel>();
  fakes::Line line = fakes::make_unix_line();
  channel->fd = line.fd;
  ASSERT_TRUE(backend_->add(*channel).is_ok());
  ASSERT_TRUE(line.peer.send(std::string(2 * kReceiveBytes, 'x')));
  ASSERT_EQ(turn().size(), 1U);
  backend_->remove(*channel);
  channel.reset();
  ::close(line.fd);
  EXPECT_TRUE(turn().empty());
}

// The list of events grows with them: one wait brings everybody.
TEST_P(EpollBackendTest, OneWaitBringsAll) {
  constexpr std::size_t kStreams = 300;
  for (std::size_t i = 0; i < kStreams; ++i) add_stream();
  settle();
  for (int round = 0; round < 3; ++round) {
    for (Stream& stream : streams_) stream.peer.send("x");
    EXPECT_EQ(receive(kStreams).size(), kStreams);
  }
  for (Stream& stream : streams_) stream.peer.send("x");
  EXPECT_EQ(turn().size(), kStreams);
}

// Streams that are carried take no place from those that the kernel reports.
TEST_P(EpollBackendTest, ManyCarriedStreams) {
  constexpr std::size_t kStreams = 100;
  const std::string bytes(2 * kReceiveBytes, 'x');
  for (std::size_t i = 0; i < kStreams; ++i) ASSERT_TRUE(add_stream().peer.send(bytes));
  EXPECT_EQ(receive(kStreams * bytes.size()).size(), kStreams * bytes.size());
  settle();
}

TEST_P(EpollBackendTest, InterruptionsAreNoEvents) {
  Stream& stream = add_stream();
  settle();
  stream.peer.send("abc");
  sockets_.fail(Call::kEpollWait, EINTR);
  EXPECT_TRUE(turn().empty());
  sockets_.fail(Call::kReceive, EINTR, 3);
  EXPECT_EQ(receive(3), "abc");
  sockets_.fail(Call::kSend, EINTR, 3);
  EXPECT_EQ(send(stream.channel, "abc"), 3);
}

TEST_P(EpollBackendTest, ABlockedReadIsNoEvent) {
  Stream& stream = add_stream();
  settle();
  stream.peer.send("abc");
  sockets_.fail(Call::kReceive, EAGAIN);
  EXPECT_TRUE(turn().empty());
  EXPECT_EQ(receive(3), "abc");
}

TEST_P(EpollBackendTest, SaysWhatTheKernelRefused) {
  const std::unique_ptr<Backend> other = make_backend(GetParam(), sockets_);
  sockets_.fail(Call::kEpollCreate, EMFILE);
  EXPECT_EQ(other->open().message(), "cannot create an epoll instance: Too many open files");
  Channel channel;
  sockets_.fail(Call::kEpollControl, ENOSPC);
  EXPECT_EQ(backend_->add(channel).message(), "cannot watch a descriptor: No space left on device");
}

// One registration for life, whatever happens to the stream.
TEST(EpollEdgeTest, NeedsNoFurtherControl) {
  fakes::FaultySockets sockets;
  const std::unique_ptr<Backend> backend = make_backend(BackendKind::kEpollEdge, sockets);
  ASSERT_TRUE(backend->open().is_ok());
  fakes::Line line = fakes::make_unix_line();
  Channel channel;
  channel.fd = line.fd;
  ASSERT_TRUE(backend->add(channel).is_ok());
  const std::string bytes(1'000'000, 'x');
  const iovec piece{const_cast<char*>(bytes.data()), bytes.size()};
  while (!channel.writing) {
    ASSERT_GE(backend->sent(channel, backend->transmit(channel, &piece, 1), piece.iov_len), 0);
  }
  backend->set_reading(channel, false);
  backend->set_reading(channel, true);
  EXPECT_EQ(sockets.calls(Call::kEpollControl), 1U);
  sockets.close(line.fd);
}

INSTANTIATE_TEST_SUITE_P(, EpollBackendTest,
                         testing::Values(BackendKind::kEpoll, BackendKind::kEpollEdge),
                         fakes::backend_label);

}  // namespace
}  // namespace weir
