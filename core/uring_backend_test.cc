// What is io_uring's own: what the kernel is asked for, and how little; what it is told of sends,
// ends, breaks and room.
#include "core/uring_backend.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
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

class UringBackendTest : public fakes::BackendFixture {
 protected:
  // Queues a send and waits for what became of it.
  ssize_t queue_and_send(Channel& channel, const std::string& bytes) {
    const iovec piece{const_cast<char*>(bytes.data()), bytes.size()};
    if (!backend_->queue_send(channel, &piece, 1)) return -EBUSY;
    return await_sent(channel);
  }
  ssize_t await_sent(Channel& channel) {
    while (channel.sending) {
      const std::vector<Seen> seen = turn(Peer::kDeadlineMs);
      for (const Seen& one : seen) {
        if (one.kind == Event::Kind::kSent && one.channel == &channel) {
          return backend_->sent(channel, one.result, one.total);
        }
      }
      if (seen.empty()) break;
    }
    return -ETIMEDOUT;
  }
};

TEST_P(UringBackendTest, AReceiveIsAskedForOnce) {
  Stream& stream = add_stream();
  for (int i = 0; i < 100; ++i) {
    stream.peer.send("abc");
    EXPECT_EQ(receive(3), "abc");
  }
  EXPECT_EQ(sockets_.calls(Call::kReceive), 1U);
}

TEST_P(UringBackendTest, ALookIntoNothingIsNoCall) {
  Stream& stream = add_stream();
  settle();
  const std::uint64_t calls = sockets_.calls(Call::kUringWait);
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(turn().empty());
  EXPECT_EQ(sockets_.calls(Call::kUringWait), calls);
  stream.peer.send("abc");
  EXPECT_EQ(turn().at(0).bytes, "abc");
}

TEST_P(UringBackendTest, TheSendsOfATickAreOneCall) {
  constexpr std::size_t kStreams = 100;
  for (std::size_t i = 0; i < kStreams; ++i) add_stream();
  settle();
  const std::string bytes = "hello";
  std::string first = "two ";
  std::string second = "pieces";
  const iovec one{const_cast<char*>(bytes.data()), bytes.size()};
  const iovec two[] = {{first.data(), first.size()}, {second.data(), second.size()}};
  const std::uint64_t calls = sockets_.calls(Call::kUringWait);
  for (std::size_t i = 0; i < kStreams; ++i) {
    Channel& channel = streams_[i].channel;
    ASSERT_TRUE(i % 2 == 0 ? backend_->queue_send(channel, &one, 1)
                           : backend_->queue_send(channel, two, 2));
    EXPECT_TRUE(channel.sending);
  }
  const std::vector<Seen> seen = turn();
  EXPECT_EQ(sockets_.calls(Call::kUringWait) - calls, 1U);
  EXPECT_EQ(sockets_.calls(Call::kUringSubmit), 0U);
  ASSERT_EQ(seen.size(), kStreams);
  for (const Seen& each : seen) {
    EXPECT_EQ(each.kind, Event::Kind::kSent);
    EXPECT_EQ(static_cast<std::size_t>(each.result), each.total);
    EXPECT_FALSE(each.channel->sending);
  }
  for (std::size_t i = 0; i < kStreams; ++i) {
    EXPECT_EQ(streams_[i].peer.receive(i % 2 == 0 ? 5 : 10), i % 2 == 0 ? "hello" : "two pieces");
  }
}

TEST_P(UringBackendTest, AShortSendGoesOnWhenThereIsRoom) {
  Stream& stream = add_stream();
  sockets_.cut(Call::kSend, 5);
  EXPECT_EQ(queue_and_send(stream.channel, "hello, world"), 5);
  EXPECT_TRUE(stream.channel.writing);
  EXPECT_EQ(turn(Peer::kDeadlineMs).at(0).kind, Event::Kind::kWritable);
  EXPECT_EQ(queue_and_send(stream.channel, ", world"), 7);
  EXPECT_EQ(stream.peer.receive(12), "hello, world");
}

// As a send of a file may be although there is room.
TEST_P(UringBackendTest, ShortSendsInARowGoOn) {
  Stream& stream = add_stream();
  const std::string bytes(100, 's');
  const iovec piece{const_cast<char*>(bytes.data()), bytes.size()};
  for (int i = 0; i < 20; ++i) {
    sockets_.cut(Call::kSend, 5);
    ASSERT_EQ(backend_->sent(stream.channel, backend_->transmit(stream.channel, &piece, 1), 100),
              5);
    std::vector<Seen> seen;
    for (int empty = 0; seen.empty() && empty < 5; ++empty) seen = turn(Peer::kDeadlineMs);
    ASSERT_EQ(seen.size(), 1U);
    EXPECT_EQ(seen[0].kind, Event::Kind::kWritable);
  }
}

TEST_P(UringBackendTest, ASendThatIsRefusedIsRepeatedOrFails) {
  Stream& stream = add_stream();
  for (const int error : {EAGAIN, EINTR}) {
    sockets_.fail(Call::kSend, error);
    EXPECT_EQ(queue_and_send(stream.channel, "x"), 0);
    EXPECT_EQ(turn(Peer::kDeadlineMs).at(0).kind, Event::Kind::kWritable);
  }
  sockets_.fail(Call::kSend, ECONNRESET);
  EXPECT_EQ(queue_and_send(stream.channel, "x"), -ECONNRESET);
  EXPECT_EQ(queue_and_send(stream.channel, "x"), 1);
}

// What does not fit into the socket stays ours: the kernel holds no output of a slow reader.
TEST_P(UringBackendTest, ASlowReaderLeavesNoSendInTheKernel) {
  for (auto* make_line : {fakes::make_unix_line, fakes::make_tcp_line}) {
    Stream& stream = add_stream(make_line());
    const std::string bytes(100'000, 's');
    std::size_t sent = 0;
    while (!stream.channel.writing) {
      const ssize_t size = queue_and_send(stream.channel, bytes);
      ASSERT_GE(size, 0);
      sent += static_cast<std::size_t>(size);
    }
    EXPECT_FALSE(stream.channel.sending);
    EXPECT_EQ(stream.peer.receive(sent).size(), sent);
    EXPECT_EQ(turn(Peer::kDeadlineMs).at(0).kind, Event::Kind::kWritable);
    EXPECT_EQ(queue_and_send(stream.channel, "x"), 1);
  }
}

TEST_P(UringBackendTest, AHangUpWhilePausedIsSaidOnce) {
  for (auto* make_line : {fakes::make_unix_line, fakes::make_tcp_line}) {
    Stream& stream = add_stream(make_line());
    settle();
    backend_->set_reading(stream.channel, false);
    settle();
    const bool tcp = make_line == fakes::make_tcp_line;
    tcp ? stream.peer.reset() : stream.peer.close();
    const std::vector<Seen> seen = turn(Peer::kDeadlineMs);
    ASSERT_EQ(seen.size(), 1U);
    EXPECT_EQ(seen[0].kind, Event::Kind::kFailed);
    EXPECT_EQ(seen[0].error, ECONNRESET);
    for (int i = 0; i < 10; ++i) EXPECT_TRUE(turn().empty());
    backend_->remove(stream.channel);
    settle();
  }
}

// That the peer has ended is not said of who does not read, nor again and again.
TEST_P(UringBackendTest, AnEndWhilePausedIsToldWhenReadingGoesOn) {
  Stream& stream = add_stream();
  settle();
  backend_->set_reading(stream.channel, false);
  settle();
  stream.peer.send("abc");
  stream.peer.end();
  settle();
  const std::uint64_t events = sockets_.events();
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(turn().empty());
  EXPECT_EQ(sockets_.events(), events);
  backend_->set_reading(stream.channel, true);
  EXPECT_EQ(receive(3), "abc");
  EXPECT_EQ(turn(Peer::kDeadlineMs).at(0).kind, Event::Kind::kEnd);
}

TEST_P(UringBackendTest, BulkIsReceivedWithinTheBudget) {
  open(3 * kReadBytes);
  fakes::Line line = fakes::make_unix_line();
  const int room = 16 * static_cast<int>(kReadBytes);
  ::setsockopt(line.peer.fd(), SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
  const std::string bytes(10 * kReadBytes, 'x');
  Stream& stream = add_stream(std::move(line));
  // The first of it tells that it is bulk.
  ASSERT_TRUE(stream.peer.send(bytes.substr(0, kReadBytes)));
  EXPECT_EQ(receive(kReadBytes).size(), kReadBytes);
  settle();
  ASSERT_TRUE(stream.peer.send(bytes));
  std::size_t received = 0;
  while (received < bytes.size()) {
    std::size_t tick = 0;
    for (const Seen& one : turn(Peer::kDeadlineMs)) tick += one.bytes.size();
    ASSERT_GT(tick, 0U);
    EXPECT_LE(tick, 3 * kReadBytes);
    received += tick;
  }
  EXPECT_EQ(received, bytes.size());
}

TEST_P(UringBackendTest, AStreamIsBulkForAsLongAsItBringsMuch) {
  Stream& stream = add_stream();
  const std::string much(kReadBytes, 'm');
  for (int round = 0; round < 3; ++round) {
    ASSERT_TRUE(stream.peer.send(much));
    EXPECT_EQ(receive(much.size()), much);
    settle();
    for (int i = 0; i < 20; ++i) {
      stream.peer.send("little");
      EXPECT_EQ(receive(6), "little");
    }
    const std::uint64_t receives = sockets_.calls(Call::kReceive);
    stream.peer.send("little");
    EXPECT_EQ(receive(6), "little");
    EXPECT_EQ(sockets_.calls(Call::kReceive), receives);
  }
}

// The peer asks for much, ends, and does not read: that it has ended is no room.
TEST_P(UringBackendTest, AnEndIsNoRoom) {
  for (auto* make_line : {fakes::make_unix_line, fakes::make_tcp_line}) {
    Stream& stream = add_stream(make_line());
    stream.peer.end();
    EXPECT_EQ(turn(Peer::kDeadlineMs).at(0).kind, Event::Kind::kEnd);
    backend_->set_reading(stream.channel, false);
    const std::size_t sent = fill(stream.channel).size();
    settle();
    const std::uint64_t events = sockets_.events();
    for (int i = 0; i < 10; ++i) EXPECT_TRUE(turn().empty());
    EXPECT_EQ(sockets_.events(), events);
    EXPECT_EQ(stream.peer.receive(sent).size(), sent);
    EXPECT_EQ(turn(Peer::kDeadlineMs).at(0).kind, Event::Kind::kWritable);
  }
}

// Nor is it told for ever to who only writes.
TEST_P(UringBackendTest, AnEndIsNotToldToASourceThatOnlyWrites) {
  Stream& stream = add_stream();
  const std::size_t sent = fill(stream.channel).size();
  backend_->remove(stream.channel);
  Channel& source = stream.channel;
  source.kind = Channel::Kind::kSource;
  source.reading = false;
  source.writing = true;
  ASSERT_TRUE(backend_->add(source).is_ok());
  stream.peer.end();
  settle();
  settle();
  const std::uint64_t events = sockets_.events();
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(turn().empty());
  EXPECT_EQ(sockets_.events(), events);
  EXPECT_EQ(stream.peer.receive(sent).size(), sent);
  EXPECT_TRUE(turn(Peer::kDeadlineMs).at(0).ready.writable);
  backend_->remove(source);
}

// A break that came while it was read, and nobody was told of, is told when it is read no more.
TEST_P(UringBackendTest, ABreakIsNotForgotten) {
  Stream& stream = add_stream();
  settle();
  backend_->set_reading(stream.channel, false);
  settle();
  backend_->set_reading(stream.channel, true);
  settle();
  stream.peer.close();
  EXPECT_EQ(turn(Peer::kDeadlineMs).at(0).kind, Event::Kind::kEnd);
  backend_->set_reading(stream.channel, false);
  std::vector<Seen> seen;
  for (int i = 0; i < 5 && seen.empty(); ++i) seen = turn();
  ASSERT_EQ(seen.size(), 1U);
  EXPECT_EQ(seen[0].kind, Event::Kind::kFailed);
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(turn().empty());
}

// Before it is added a channel is as its owner says.
TEST_P(UringBackendTest, AChannelMayBePausedBeforeItIsAdded) {
  fakes::Line line = fakes::make_unix_line();
  Channel channel;
  channel.fd = line.fd;
  backend_->set_reading(channel, false);
  ASSERT_TRUE(backend_->add(channel).is_ok());
  line.peer.send("abc");
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(turn().empty());
  backend_->set_reading(channel, true);
  EXPECT_EQ(receive(3), "abc");
  backend_->remove(channel);
  ::close(line.fd);
}

TEST_P(UringBackendTest, ASourceIsWatchedForWhatItIsAsked) {
  fakes::Line line = fakes::make_unix_line();
  Channel source;
  source.kind = Channel::Kind::kSource;
  source.fd = line.fd;
  ASSERT_TRUE(backend_->add(source).is_ok());
  settle();
  backend_->set_interest(source, {.readable = false, .writable = true});
  std::vector<Seen> seen = turn(Peer::kDeadlineMs);
  while (seen.empty()) seen = turn(Peer::kDeadlineMs);  // the end of the first poll is no event
  EXPECT_TRUE(seen.at(0).ready.writable);
  EXPECT_FALSE(seen.at(0).ready.readable);
  backend_->set_interest(source, {.readable = false, .writable = false});
  line.peer.send("abc");
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(turn().empty());
  backend_->set_interest(source, {.readable = true, .writable = false});
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(turn(Peer::kDeadlineMs).at(0).ready.readable);
  // Taken off and put back, as an acceptor does.
  backend_->remove(source);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(turn().empty());
  ASSERT_TRUE(backend_->add(source).is_ok());
  EXPECT_TRUE(turn(Peer::kDeadlineMs).at(0).ready.readable);
  backend_->remove(source);
  ::close(line.fd);
}

TEST_P(UringBackendTest, AnotherThreadsMessageEndsTheWait) {
  EXPECT_FALSE(backend_->wake());  // nobody uses it yet
  settle();
  for (int i = 0; i < 100; ++i) {
    std::thread other([this] { EXPECT_TRUE(backend_->wake()); });
    EXPECT_TRUE(backend_->wait(Peer::kDeadlineMs));
    other.join();
    Event event{};
    EXPECT_FALSE(backend_->next(event));
  }
  sockets_.fail(Call::kUringMessage, ENOMEM);
  EXPECT_FALSE(backend_->wake());
  EXPECT_TRUE(backend_->wake());
  // An older kernel is not asked again.
  sockets_.fail(Call::kUringMessage, EINVAL);
  EXPECT_TRUE(backend_->has_wake());
  EXPECT_FALSE(backend_->wake());
  EXPECT_FALSE(backend_->has_wake());
  EXPECT_FALSE(backend_->wake());
}

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(UringBackendTest);
INSTANTIATE_TEST_SUITE_P(, UringBackendTest, fakes::only_uring(), fakes::backend_label);

}  // namespace
}  // namespace weir
