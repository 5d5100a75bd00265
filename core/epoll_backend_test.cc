#include "core/epoll_backend.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "base/check.h"
#include "gtest/gtest.h"
#include "tests/fakes/faulty_sockets.h"
#include "tests/fakes/peer.h"

namespace weir {
namespace {

using fakes::Call;
using fakes::Peer;

constexpr std::size_t kReceiveBytes = 64 * 1024;  // what one read takes

// An event with its bytes copied: those of the original are gone with the next one.
struct Seen {
  Channel* channel;
  Event::Kind kind;
  int error;
  std::string bytes;
};

// A backend with streams whose other ends the test holds.
class EpollBackendTest : public testing::TestWithParam<BackendKind> {
 protected:
  struct Stream {
    Channel channel;
    Peer peer;
  };

  void SetUp() override { ASSERT_TRUE(backend_->open().is_ok()); }
  void TearDown() override {
    for (Stream& stream : streams_) sockets_.close(stream.channel.fd);
  }

  Stream& add_stream(fakes::Line line = fakes::make_unix_line()) {
    streams_.emplace_back();
    Stream& stream = streams_.back();
    stream.channel.fd = line.fd;
    stream.peer = std::move(line.peer);
    WEIR_CHECK(backend_->add(stream.channel).is_ok());
    return stream;
  }
  // What one tick would see; waits for something to happen with a timeout.
  std::vector<Seen> turn(int timeout_ms = 0) {
    std::vector<Seen> seen;
    backend_->wait(timeout_ms);
    Event event{};
    while (backend_->next(event)) {
      const bool has_bytes = event.kind == Event::Kind::kBytes;
      seen.push_back({event.channel, event.kind, event.error,
                      has_bytes ? std::string(event.bytes) : std::string()});
    }
    return seen;
  }
  // The bytes that arrive until there are `size` of them.
  std::string receive(std::size_t size) {
    std::string received;
    while (received.size() < size) {
      const std::vector<Seen> seen = turn(Peer::kDeadlineMs);
      for (const Seen& one : seen) received += one.bytes;
      if (seen.empty()) break;
    }
    return received;
  }
  // Ticks until nothing is reported any more, so that edges of the past are behind.
  void settle() {
    while (!turn().empty()) {
    }
  }
  ssize_t send(Channel& channel, const std::string& bytes) {
    const iovec piece{const_cast<char*>(bytes.data()), bytes.size()};
    return backend_->sent(channel, backend_->transmit(channel, &piece, 1), bytes.size());
  }
  // Sends until the kernel takes no more; returns what it took.
  std::string fill(Channel& channel) {
    const std::string bytes(100'000, 'f');
    std::string sent;
    while (!channel.writing) {
      const ssize_t size = send(channel, bytes);
      WEIR_CHECK(size >= 0);
      sent += bytes.substr(0, static_cast<std::size_t>(size));
    }
    return sent;
  }

  fakes::FaultySockets sockets_;
  std::unique_ptr<Backend> backend_ = make_backend(GetParam(), sockets_);
  std::deque<Stream> streams_;
};

TEST_P(EpollBackendTest, AShortReadIsAllThereIs) {
  Stream& stream = add_stream();
  EXPECT_TRUE(turn().empty());
  stream.peer.send("abc");
  const std::vector<Seen> seen = turn();
  ASSERT_EQ(seen.size(), 1U);
  EXPECT_EQ(seen[0].channel, &stream.channel);
  EXPECT_EQ(seen[0].kind, Event::Kind::kBytes);
  EXPECT_EQ(seen[0].bytes, "abc");
  const std::uint64_t receives = sockets_.calls(Call::kReceive);
  EXPECT_TRUE(turn().empty());
  EXPECT_EQ(sockets_.calls(Call::kReceive), receives);
  stream.peer.send("def");
  EXPECT_EQ(receive(3), "def");
}

TEST_P(EpollBackendTest, BytesBeforeTheRegistrationAreSeen) {
  fakes::Line line = fakes::make_unix_line();
  line.peer.send("early");
  add_stream(std::move(line));
  EXPECT_EQ(receive(5), "early");
}

// Several reads in one tick, as long as they are full and the budget lasts; then it is the others'
// turn.
TEST_P(EpollBackendTest, ReadsNoMoreThanTheBudgetInATick) {
  for (const std::size_t budget : {1000UL, kReadBytes, 3 * kReadBytes}) {
    backend_ = make_backend(GetParam(), sockets_, budget);
    ASSERT_TRUE(backend_->open().is_ok());
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
  backend_ = make_backend(GetParam(), sockets_, 3 * kReadBytes);
  ASSERT_TRUE(backend_->open().is_ok());
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

TEST_P(EpollBackendTest, AnExactlyFullReadIsFollowedByTheNext) {
  Stream& stream = add_stream();
  const std::string bytes(kReceiveBytes, 'x');
  ASSERT_TRUE(stream.peer.send(bytes));
  EXPECT_EQ(receive(bytes.size()), bytes);
  settle();
  stream.peer.send("y");
  EXPECT_EQ(receive(1), "y");
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

TEST_P(EpollBackendTest, TheEndRightBehindTheBytes) {
  for (const std::size_t size : {std::size_t{1}, std::size_t{1000}, kReceiveBytes}) {
    Stream& stream = add_stream();
    const std::string bytes(size, 'x');
    ASSERT_TRUE(stream.peer.send(bytes));
    stream.peer.end();
    EXPECT_EQ(receive(size), bytes);
    const std::vector<Seen> seen = turn();
    ASSERT_EQ(seen.size(), 1U) << size;
    EXPECT_EQ(seen[0].kind, Event::Kind::kEnd);
    // Who was told of the end stops reading, and hears no more of it.
    backend_->set_reading(stream.channel, false);
    settle();
    const std::uint64_t events = sockets_.events();
    for (int i = 0; i < 10; ++i) EXPECT_TRUE(turn().empty());
    EXPECT_EQ(sockets_.events(), events);
  }
}

TEST_P(EpollBackendTest, BytesAndACloseAtOnce) {
  Stream& stream = add_stream();
  stream.peer.send("last words");
  stream.peer.close();
  EXPECT_EQ(receive(10), "last words");
  const std::vector<Seen> seen = turn();
  ASSERT_EQ(seen.size(), 1U);
  EXPECT_EQ(seen[0].kind, Event::Kind::kEnd);
}

TEST_P(EpollBackendTest, AResetIsAFailure) {
  Stream& stream = add_stream(fakes::make_tcp_line());
  stream.peer.reset();
  const std::vector<Seen> seen = turn(Peer::kDeadlineMs);
  ASSERT_EQ(seen.size(), 1U);
  EXPECT_EQ(seen[0].kind, Event::Kind::kFailed);
  EXPECT_EQ(seen[0].error, ECONNRESET);
}

TEST_P(EpollBackendTest, APausedStreamIsLeftAlone) {
  Stream& stream = add_stream();
  settle();
  backend_->set_reading(stream.channel, false);
  stream.peer.send("abc");
  settle();
  const std::uint64_t events = sockets_.events();
  const std::uint64_t receives = sockets_.calls(Call::kReceive);
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(turn().empty());
  EXPECT_EQ(sockets_.events(), events);
  EXPECT_EQ(sockets_.calls(Call::kReceive), receives);
  // The edge has passed; the bytes have not.
  backend_->set_reading(stream.channel, true);
  EXPECT_EQ(receive(3), "abc");
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

TEST_P(EpollBackendTest, PausingAndResumingAtOnceLosesNothing) {
  Stream& stream = add_stream();
  settle();
  stream.peer.send("abc");
  backend_->set_reading(stream.channel, false);
  backend_->set_reading(stream.channel, true);
  backend_->set_reading(stream.channel, false);
  EXPECT_TRUE(turn().empty());
  backend_->set_reading(stream.channel, true);
  EXPECT_EQ(receive(3), "abc");
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

TEST_P(EpollBackendTest, BlockedOutputBecomesWritable) {
  for (auto* make_line : {fakes::make_unix_line, fakes::make_tcp_line}) {
    Stream& stream = add_stream(make_line());
    for (int round = 0; round < 3; ++round) {
      const std::string sent = fill(stream.channel);
      EXPECT_EQ(stream.peer.receive(sent.size()).size(), sent.size());
      const std::vector<Seen> seen = turn(Peer::kDeadlineMs);
      ASSERT_EQ(seen.size(), 1U);
      EXPECT_EQ(seen[0].kind, Event::Kind::kWritable);
      EXPECT_EQ(send(stream.channel, "x"), 1);
      EXPECT_FALSE(stream.channel.writing);
      EXPECT_EQ(stream.peer.receive(1), "x");
      // With nothing to send room is no event.
      settle();
      const std::uint64_t events = sockets_.events();
      for (int i = 0; i < 10; ++i) EXPECT_TRUE(turn().empty());
      EXPECT_EQ(sockets_.events(), events);
    }
  }
}

TEST_P(EpollBackendTest, BlockedOutputDoesNotSpin) {
  Stream& stream = add_stream();
  fill(stream.channel);
  settle();
  const std::uint64_t events = sockets_.events();
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(turn().empty());
  EXPECT_EQ(sockets_.events(), events);
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

TEST_P(EpollBackendTest, SendingToNobodyIsAnError) {
  Stream& stream = add_stream();
  stream.peer.close();
  EXPECT_EQ(send(stream.channel, "abc"), -EPIPE);
}

TEST_P(EpollBackendTest, SendTakesThePiecesInOrder) {
  Stream& stream = add_stream();
  std::string first = "abc";
  std::string second = "defg";
  const iovec pieces[] = {{first.data(), first.size()}, {second.data(), second.size()}};
  EXPECT_EQ(backend_->sent(stream.channel, backend_->transmit(stream.channel, pieces, 2), 7), 7);
  EXPECT_EQ(stream.peer.receive(7), "abcdefg");
  sockets_.cut(Call::kSend, 5);
  EXPECT_EQ(backend_->sent(stream.channel, backend_->transmit(stream.channel, pieces, 2), 7), 5);
  EXPECT_TRUE(stream.channel.writing);
  EXPECT_EQ(turn(Peer::kDeadlineMs).at(0).kind, Event::Kind::kWritable);
}

// Events of one batch never meet a channel that was removed in it.
TEST_P(EpollBackendTest, RemovedWithinABatch) {
  for (const std::size_t size : {std::size_t{1}, kReceiveBytes}) {
    Stream& first = add_stream();
    Stream& second = add_stream();
    const std::string bytes(size, 'x');
    ASSERT_TRUE(first.peer.send(bytes));
    ASSERT_TRUE(second.peer.send(bytes));
    backend_->wait(0);
    Event event{};
    ASSERT_TRUE(backend_->next(event));
    backend_->remove(second.channel);
    backend_->remove(first.channel);
    EXPECT_FALSE(backend_->next(event));
    EXPECT_TRUE(turn().empty());
  }
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

TEST_P(EpollBackendTest, ManyStreamsAtOnce) {
  constexpr std::size_t kStreams = 300;
  for (std::size_t i = 0; i < kStreams; ++i) add_stream();
  settle();
  for (int round = 0; round < 3; ++round) {
    for (Stream& stream : streams_) stream.peer.send("x");
    EXPECT_EQ(receive(kStreams).size(), kStreams);
  }
  // The list of events has grown with them: one wait brings everybody.
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

TEST_P(EpollBackendTest, ASourceIsReadyUntilItIsRead) {
  Channel source;
  source.kind = Channel::Kind::kSource;
  source.fd = sockets_.make_eventfd();
  ASSERT_TRUE(backend_->add(source).is_ok());
  EXPECT_TRUE(turn().empty());
  std::uint64_t count = 1;
  sockets_.write(source.fd, &count, sizeof count);
  for (int i = 0; i < 2; ++i) {
    const std::vector<Seen> seen = turn();
    ASSERT_EQ(seen.size(), 1U);
    EXPECT_EQ(seen[0].kind, Event::Kind::kReady);
    EXPECT_EQ(seen[0].channel, &source);
  }
  sockets_.read(source.fd, &count, sizeof count);
  EXPECT_TRUE(turn().empty());
  backend_->remove(source);
  sockets_.close(source.fd);
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
                         [](const auto& test) {
                           return test.param == BackendKind::kEpoll ? "Level" : "Edge";
                         });

}  // namespace
}  // namespace weir
