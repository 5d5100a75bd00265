// What every back end does alike.
#include "core/backend.h"

#include <sys/socket.h>

#include <cerrno>
#include <cstdint>
#include <string>
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

class BackendTest : public fakes::BackendFixture {};

TEST_P(BackendTest, AShortReadIsAllThereIs) {
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

TEST_P(BackendTest, BytesBeforeTheRegistrationAreSeen) {
  fakes::Line line = fakes::make_unix_line();
  line.peer.send("early");
  add_stream(std::move(line));
  EXPECT_EQ(receive(5), "early");
}

TEST_P(BackendTest, AnExactlyFullReadIsFollowedByTheNext) {
  Stream& stream = add_stream();
  const std::string bytes(kReceiveBytes, 'x');
  ASSERT_TRUE(stream.peer.send(bytes));
  EXPECT_EQ(receive(bytes.size()), bytes);
  settle();
  stream.peer.send("y");
  EXPECT_EQ(receive(1), "y");
}

TEST_P(BackendTest, TheEndRightBehindTheBytes) {
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

TEST_P(BackendTest, BytesAndACloseAtOnce) {
  Stream& stream = add_stream();
  stream.peer.send("last words");
  stream.peer.close();
  EXPECT_EQ(receive(10), "last words");
  const std::vector<Seen> seen = turn();
  ASSERT_EQ(seen.size(), 1U);
  EXPECT_EQ(seen[0].kind, Event::Kind::kEnd);
}

TEST_P(BackendTest, AResetIsAFailure) {
  Stream& stream = add_stream(fakes::make_tcp_line());
  stream.peer.reset();
  const std::vector<Seen> seen = turn(Peer::kDeadlineMs);
  ASSERT_EQ(seen.size(), 1U);
  EXPECT_EQ(seen[0].kind, Event::Kind::kFailed);
  EXPECT_EQ(seen[0].error, ECONNRESET);
}

TEST_P(BackendTest, APausedStreamIsLeftAlone) {
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

TEST_P(BackendTest, PausingAndResumingAtOnceLosesNothing) {
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

TEST_P(BackendTest, BlockedOutputBecomesWritable) {
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

TEST_P(BackendTest, BlockedOutputDoesNotSpin) {
  Stream& stream = add_stream();
  fill(stream.channel);
  settle();
  const std::uint64_t events = sockets_.events();
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(turn().empty());
  EXPECT_EQ(sockets_.events(), events);
}

TEST_P(BackendTest, SendingToNobodyIsAnError) {
  Stream& stream = add_stream();
  stream.peer.close();
  EXPECT_EQ(send(stream.channel, "abc"), -EPIPE);
}

TEST_P(BackendTest, SendTakesThePiecesInOrder) {
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
TEST_P(BackendTest, RemovedWithinABatch) {
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

TEST_P(BackendTest, ManyStreamsAtOnce) {
  constexpr std::size_t kStreams = 300;
  for (std::size_t i = 0; i < kStreams; ++i) add_stream();
  settle();
  for (int round = 0; round < 3; ++round) {
    for (Stream& stream : streams_) stream.peer.send("x");
    EXPECT_EQ(receive(kStreams).size(), kStreams);
  }
}

TEST_P(BackendTest, ASourceIsReadyUntilItIsRead) {
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

INSTANTIATE_TEST_SUITE_P(, BackendTest, fakes::every_backend(), fakes::backend_label);

}  // namespace
}  // namespace weir
