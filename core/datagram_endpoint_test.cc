// What comes into an endpoint and what leaves it: batches, faults, bounds, a stop.
#include "core/datagram_endpoint.h"

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>

#include "core/address.h"
#include "core/datagram_options.h"
#include "core/datagram_output.h"
#include "core/datagram_socket.h"
#include "core/socket_options.h"
#include "gtest/gtest.h"
#include "tests/fakes/backends.h"
#include "tests/fakes/datagram_client.h"
#include "tests/fakes/datagram_fixture.h"
#include "tests/fakes/faulty_sockets.h"
#include "tests/fakes/hooked_datagram_session.h"
#include "tests/fakes/hooked_session.h"
#include "tests/fakes/peer.h"
#include "tests/fakes/reactor_thread.h"
#include "tests/fakes/tally.h"

namespace weir {
namespace {

using fakes::Call;
using fakes::DatagramClient;
using fakes::Peer;
using fakes::serve_datagrams;
using fakes::Tally;

class DatagramEndpointTest : public fakes::DatagramFixture {};

TEST_P(DatagramEndpointTest, AHandlerRepliesToTheSender) {
  const auto running = serve(DatagramHandler(
      [](DatagramEndpoint& endpoint, const DatagramRoute& from, std::string_view datagram) {
        endpoint.send(from, "echo " + std::string(datagram));
      }));
  const DatagramClient one = client();
  const DatagramClient other = client();
  EXPECT_EQ(one.ask("1"), "echo 1");
  EXPECT_EQ(other.ask("2"), "echo 2");
  EXPECT_EQ(one.ask(""), "echo ");
  EXPECT_EQ(sessions(), 0U);
}

TEST_P(DatagramEndpointTest, RepliesOfATickLeaveInOneCall) {
  const auto running = serve(serve_datagrams());
  const DatagramClient one = client();
  const DatagramClient other = client();
  while_reactor_waits([&] {
    for (int i = 0; i < 20; ++i) {
      one.send("one" + std::to_string(i));
      other.send("other" + std::to_string(i));
    }
  });
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(one.receive(), "one" + std::to_string(i));
    EXPECT_EQ(other.receive(), "other" + std::to_string(i));
  }
  EXPECT_EQ(sockets_.calls(Call::kSendMessages), 1U);
  EXPECT_EQ(sockets_.calls(Call::kReceiveMessages), 1U);
}

// A merged batch of one sender is handled one by one.
TEST_P(DatagramEndpointTest, EveryDatagramIsHandledByItself) {
  const auto running = serve(serve_datagrams());
  DatagramSocket from(sockets_);
  ASSERT_TRUE(from.open(Address::parse("udp://127.0.0.1:0").value(), DatagramSocket::Port::kAlone,
                        SocketOptions(), DatagramOptions())
                  .is_ok());
  std::string bytes = "aaaabbbbcccc!";
  const DatagramRun run{{endpoint_->address()}, bytes.data(), 13, 4, 4};
  ASSERT_EQ(from.send({&run, 1}), 1);
  EXPECT_TRUE(thread_.eventually([&] { return counters().sent.value() >= 4; }));
  EXPECT_EQ(counters().received.value(), 4U);
  EXPECT_EQ(counters().bytes_received.value(), 13U);
}

TEST_P(DatagramEndpointTest, AnExceptionOfAHandlerCostsOneDatagram) {
  const auto running = serve(DatagramHandler(
      [](DatagramEndpoint& endpoint, const DatagramRoute& from, std::string_view datagram) {
        if (datagram == "throw") throw std::runtime_error("a bug");
        endpoint.send(from, datagram);
      }));
  const DatagramClient one = client();
  for (int i = 0; i < 10; ++i) one.send("throw");
  EXPECT_EQ(one.ask("fine"), "fine");
}

TEST_P(DatagramEndpointTest, TheLargestDatagramsComeAndGo) {
  const auto running = serve(serve_datagrams());
  const DatagramClient one = client();
  const std::string largest = fakes::numbered_datagram(5, 65'507);
  EXPECT_TRUE(one.ask(largest) == largest);
  EXPECT_EQ(one.ask(""), "");
  thread_.run([&] {
    EXPECT_FALSE(endpoint_->send({one.address()}, std::string(65'536, 'x')));
    // Nobody's address.
    EXPECT_FALSE(endpoint_->send({Address::parse("udp://127.0.0.1:0").value()}, "x"));
  });
  EXPECT_EQ(counters().dropped.value(), 2U);
  EXPECT_EQ(one.ask("after"), "after");
}

TEST_P(DatagramEndpointTest, TruncatedDatagramsAreDroppedAndCounted) {
  const auto running = serve(serve_datagrams());
  const DatagramClient one = client();
  sockets_.truncate_datagrams(8);
  one.send("more than eight bytes");
  EXPECT_EQ(one.ask("eight ok"), "eight ok");
  EXPECT_EQ(counters().truncated.value(), 1U);
  EXPECT_EQ(counters().received.value(), 1U);
}

TEST_P(DatagramEndpointTest, ErrorsOfOtherDatagramsEndNothing) {
  const auto running = serve(serve_datagrams());
  const DatagramClient one = client();
  for (const int error : {ECONNREFUSED, EHOSTUNREACH, EINTR, EAGAIN}) {
    sockets_.fail(Call::kReceiveMessages, error);
    sockets_.fail(Call::kSendMessages, error);
    EXPECT_EQ(one.ask("x"), "x") << error;
  }
  EXPECT_EQ(counters().receive_errors.value(), 2U);
  EXPECT_EQ(counters().failed.value(), 0U);
}

// A client that has gone: its machine answers "port unreachable".
TEST_P(DatagramEndpointTest, APeerThatIsGoneCostsTheOthersNothing) {
  const auto running =
      serve(serve_datagrams({.handle = [](DatagramPeer& peer, std::string_view datagram) {
        for (int i = 0; i < 3; ++i) peer.write(datagram);
      }}));
  const DatagramClient stays = client();
  for (int round = 0; round < 20; ++round) {
    while_reactor_waits([&] {
      client().send("and gone");
      stays.send("stays");
    });
    for (int i = 0; i < 3; ++i) EXPECT_EQ(stays.receive(), "stays");
  }
  thread_.run([] {});
  EXPECT_EQ(counters().sent.value(), 120U);
}

TEST_P(DatagramEndpointTest, OutputWaitsForRoomAndIsBounded) {
  const auto running = serve(serve_datagrams());
  const DatagramClient one = client();
  EXPECT_EQ(one.ask("hello"), "hello");
  std::size_t queued = 0;
  sockets_.fail(Call::kSendMessages, EAGAIN, 1'000'000);
  thread_.run([&] {
    while (endpoint_->send({one.address()}, fakes::numbered_datagram(queued, 10'000))) ++queued;
  });
  EXPECT_EQ(queued, DatagramOutput::kMaxWaiting / (10'000 + DatagramOutput::kOverhead));
  EXPECT_EQ(counters().dropped.value(), 1U);
  thread_.run([] {});
  EXPECT_EQ(counters().sent.value(), 1U);
  sockets_.heal();
  // At its receive buffer's pace the client would lose some; what comes, comes in order.
  std::size_t expected = 0;
  while (const auto datagram = one.receive(expected == 0 ? Peer::kDeadlineMs : 0)) {
    const std::size_t number = std::stoul(*datagram);
    EXPECT_GE(number, expected);
    EXPECT_TRUE(*datagram == fakes::numbered_datagram(number, 10'000));
    expected = number + 1;
  }
  EXPECT_GT(expected, 0U);
  EXPECT_TRUE(thread_.eventually([&] { return counters().sent.value() >= queued + 1; }));
  while (one.receive(0).has_value()) {
  }
  EXPECT_EQ(one.ask("goes on"), "goes on");
}

// More than the bound in one tick, and a kernel that takes it: sent early, nothing dropped.
TEST_P(DatagramEndpointTest, ATickMaySendMoreThanTheBound) {
  const auto running = serve(serve_datagrams());
  const DatagramClient one = client();
  constexpr std::size_t kCount = 3 * DatagramOutput::kMaxWaiting / 10'000;
  thread_.run([&] {
    for (std::size_t i = 0; i < kCount; ++i) {
      EXPECT_TRUE(endpoint_->send({one.address()}, fakes::numbered_datagram(i, 10'000)));
    }
  });
  thread_.run([] {});
  EXPECT_EQ(counters().sent.value(), kCount);
  EXPECT_EQ(counters().dropped.value(), 0U);
}

// What has arrived by the stop is answered, what is queued is sent, and sessions are told.
TEST_P(DatagramEndpointTest, AStopAnswersWhatHasArrived) {
  Tally closed;
  const auto running = serve(serve_datagrams({.closed = [&](DatagramPeer&, const Status& reason) {
    EXPECT_TRUE(reason.is_ok()) << reason.message();
    closed.add();
  }}));
  const DatagramClient one = client();
  const DatagramClient two = client();
  EXPECT_EQ(one.ask("hello"), "hello");
  sockets_.fail(Call::kSendMessages, EAGAIN, 3);
  while_reactor_waits([&] {
    thread_.reactor().stop(Peer::kDeadlineMs);
    for (int i = 0; i < 100; ++i) one.send(std::to_string(i));
    two.send("two");
  });
  thread_.stop(Peer::kDeadlineMs);
  EXPECT_EQ(closed.count(), 2);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(one.receive(0), std::to_string(i));
  EXPECT_EQ(two.receive(0), "two");
  EXPECT_EQ(counters().dropped.value(), 0U);
  // The socket is gone, and sending through what is left of the endpoint would find none.
  one.send("anyone?");
  EXPECT_FALSE(one.receive(0).has_value());
}

TEST_P(DatagramEndpointTest, AStopEndsAtItsDeadline) {
  const auto running = serve(serve_datagrams());
  const DatagramClient one = client();
  sockets_.fail(Call::kSendMessages, EAGAIN, 10'000'000);
  one.send("never answered");
  EXPECT_TRUE(thread_.eventually([&] { return counters().received.value() > 0; }));
  thread_.stop(20);
  EXPECT_EQ(counters().dropped.value(), 1U);
  EXPECT_FALSE(one.receive(0).has_value());
}

// A flood of datagrams leaves connections their turn.
TEST_P(DatagramEndpointTest, AFirehoseDoesNotStarveConnections) {
  const auto running = serve(serve_datagrams());
  std::atomic<bool> done{false};
  std::thread firehose([&] {
    const DatagramClient source = client();
    const std::string datagram(1000, 'x');
    while (!done) {
      for (int i = 0; i < 50; ++i) source.send(datagram);
      while (source.receive(0).has_value()) {
      }
    }
  });
  EXPECT_TRUE(thread_.eventually([&] { return counters().received.value() > 0; }));
  Peer peer = thread_.connect(fakes::serve_echo());
  for (int i = 0; i < 200; ++i) {
    const bool answered = peer.send("ping") && peer.receive(4) == "ping";
    EXPECT_TRUE(answered) << i;
    if (!answered) break;
  }
  done = true;
  firehose.join();
}

TEST_P(DatagramEndpointTest, AFailedStartLeavesNothing) {
  if (!fakes::can_refuse(GetParam())) GTEST_SKIP();
  receiver_ = serve_datagrams();
  DatagramEndpoint endpoint(thread_.reactor(), sockets_, arena_, 0, receiver_, {});
  const std::uint64_t closed = sockets_.calls(Call::kClose);
  Status status;
  sockets_.fail(Call::kEpollControl, ENOSPC);
  thread_.run([&] {
    status = endpoint.open(Address::parse("udp://127.0.0.1:0").value(),
                           DatagramSocket::Port::kAlone, SocketOptions());
    EXPECT_TRUE(status.is_ok());
    status = endpoint.start();
    endpoint.close();
  });
  EXPECT_FALSE(status.is_ok());
  EXPECT_EQ(sockets_.calls(Call::kClose), closed + 1);
  thread_.stop(1000);
}

INSTANTIATE_TEST_SUITE_P(, DatagramEndpointTest, fakes::every_backend(), fakes::backend_label);

}  // namespace
}  // namespace weir
