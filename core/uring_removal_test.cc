// Streams that leave an io_uring while operations of theirs are in flight: closed, or on their way
// to another reactor.
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <string>
#include <utility>
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

class UringRemovalTest : public fakes::BackendFixture {
 protected:
  bool peer_sees_end(Stream& stream) {
    pollfd end{.fd = stream.peer.fd(), .events = POLLRDHUP, .revents = 0};
    return ::poll(&end, 1, Peer::kDeadlineMs) == 1;
  }
};

// The memory of what was to be sent goes with its owner, and is somebody else's at once.
TEST_P(UringRemovalTest, ASendIsMadeBeforeItsStreamIsRemoved) {
  Stream& stream = add_stream();
  settle();
  auto bytes = std::make_unique<std::string>("last words");
  const iovec piece{bytes->data(), bytes->size()};
  ASSERT_TRUE(backend_->queue_send(stream.channel, &piece, 1));
  backend_->remove(stream.channel);
  std::fill(bytes->begin(), bytes->end(), '!');
  bytes.reset();
  EXPECT_EQ(stream.peer.receive(10), "last words");
  EXPECT_TRUE(turn().empty());
}

// A receive in flight keeps its socket open, until the kernel has been told.
TEST_P(UringRemovalTest, ARemovedStreamIsClosedForItsPeer) {
  Stream& at_once = add_stream();
  Stream& later = add_stream();
  settle();
  backend_->remove(at_once.channel);
  ::close(std::exchange(at_once.channel.fd, -1));
  backend_->finish_removals();
  EXPECT_TRUE(peer_sees_end(at_once));
  backend_->remove(later.channel);
  ::close(std::exchange(later.channel.fd, -1));
  turn();
  EXPECT_TRUE(peer_sees_end(later));
}

// Thousands that come and go, with all that they may have in flight.
TEST_P(UringRemovalTest, OperationsOfTheRemovedDisturbNobody) {
  Stream& witness = add_stream();
  for (int round = 0; round < 300; ++round) {
    Stream& stream = add_stream();
    if (round % 2 == 0) fill(stream.channel);
    if (round % 3 == 0) backend_->set_reading(stream.channel, false);
    if (round % 5 != 0) turn();
    stream.peer.send("never told");
    if (round % 7 == 0) backend_->set_reading(stream.channel, true);
    backend_->remove(stream.channel);
    ::close(std::exchange(stream.channel.fd, -1));
    streams_.pop_back();
    witness.peer.send("x");
    std::string told;
    while (told.empty()) {
      for (const Seen& seen : turn(Peer::kDeadlineMs)) {
        ASSERT_EQ(seen.channel, &witness.channel);
        told += seen.bytes;
      }
    }
    EXPECT_EQ(told, "x");
  }
}

TEST_P(UringRemovalTest, WhatIsReceivedWhileOthersAreRemovedIsTold) {
  Stream& removed = add_stream();
  Stream& stays = add_stream();
  settle();
  stays.peer.send("kept");
  backend_->remove(removed.channel);
  backend_->finish_removals();
  EXPECT_EQ(backend_->gathered(stays.channel), 4U);
  const std::vector<Seen> seen = turn(Peer::kDeadlineMs);
  ASSERT_EQ(seen.size(), 1U);
  EXPECT_EQ(seen[0].bytes, "kept");
  EXPECT_EQ(backend_->gathered(stays.channel), 0U);
}

// Whoever reads the socket from now on gets what follows, and this backend nothing more.
TEST_P(UringRemovalTest, ADetachedStreamTakesItsBytesAlong) {
  Stream& removed = add_stream();
  Stream& moves = add_stream();
  settle();
  moves.peer.send("read ");
  backend_->remove(removed.channel);
  backend_->finish_removals();
  ASSERT_EQ(backend_->gathered(moves.channel), 5U);
  moves.peer.send("early, ");
  std::string unread;
  backend_->detach(moves.channel, unread);
  moves.peer.send("read late");
  EXPECT_TRUE(turn().empty());
  char late[64];
  const ssize_t size = ::recv(moves.channel.fd, late, sizeof late, MSG_DONTWAIT);
  ASSERT_GT(size, 0);
  EXPECT_EQ(unread + std::string(late, static_cast<std::size_t>(size)), "read early, read late");
}

// What the kernel has not taken is not made with a descriptor that is another's by then.
TEST_P(UringRemovalTest, WhatIsPendingGoesWithItsStream) {
  Stream& stays = add_stream();
  Stream& removed = add_stream();
  settle();
  std::string bytes = "mine";
  const iovec piece{bytes.data(), bytes.size()};
  ASSERT_TRUE(backend_->queue_send(removed.channel, &piece, 1));
  sockets_.fail(Call::kUringSubmit, EAGAIN);
  backend_->remove(removed.channel);
  bytes = "else";
  turn();
  removed.peer.send("x");
  EXPECT_TRUE(turn().empty());
  EXPECT_EQ(removed.peer.send_some("y"), 1U);
  pollfd readable{.fd = removed.peer.fd(), .events = POLLIN, .revents = 0};
  EXPECT_EQ(::poll(&readable, 1, 0), 0);
  stays.peer.send("abc");
  EXPECT_EQ(receive(3), "abc");
}

// While the kernel lacks memory nothing is detached by halves.
TEST_P(UringRemovalTest, ADetachIsRepeatedUntilTheKernelTakesIt) {
  Stream& stream = add_stream();
  settle();
  sockets_.fail(Call::kUringWait, EAGAIN, 5);
  std::string unread;
  EXPECT_TRUE(backend_->detach(stream.channel, unread));
  stream.peer.send("for another");
  EXPECT_TRUE(turn().empty());
  char bytes[64];
  EXPECT_EQ(::recv(stream.channel.fd, bytes, sizeof bytes, MSG_DONTWAIT), 11);
  Stream& lost = add_stream();
  settle();
  sockets_.fail(Call::kUringWait, EAGAIN, 1000);
  EXPECT_FALSE(backend_->detach(lost.channel, unread));
  sockets_.heal();
  settle();
}

TEST_P(UringRemovalTest, AStreamThatBrokeIsNotDetached) {
  Stream& removed = add_stream();
  Stream& broken = add_stream(fakes::make_tcp_line());
  settle();
  broken.peer.reset();
  backend_->remove(removed.channel);
  backend_->finish_removals();
  std::string unread;
  EXPECT_FALSE(backend_->detach(broken.channel, unread));
}

// The next owner of a slot gets nothing of what was gathered for the one before.
TEST_P(UringRemovalTest, WhatWasGatheredForTheRemovedIsNobodys) {
  Stream& first = add_stream();
  Stream& second = add_stream();
  settle();
  second.peer.send("secret");
  backend_->remove(first.channel);
  backend_->finish_removals();
  ASSERT_EQ(backend_->gathered(second.channel), 6U);
  backend_->remove(second.channel);
  backend_->finish_removals();
  for (int i = 0; i < 4; ++i) add_stream();
  for (const Seen& one : turn()) EXPECT_EQ(one.bytes, "");
}

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(UringRemovalTest);
INSTANTIATE_TEST_SUITE_P(, UringRemovalTest, fakes::only_uring(), fakes::backend_label);

}  // namespace
}  // namespace weir
