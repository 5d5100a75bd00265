// How a reactor ends: what is answered, what is waited for, who is cut off.
#include <sys/socket.h>

#include <future>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "core/clock.h"
#include "core/log.h"
#include "core/reactor.h"
#include "gtest/gtest.h"
#include "tests/fakes/backends.h"
#include "tests/fakes/faulty_sockets.h"
#include "tests/fakes/hooked_session.h"
#include "tests/fakes/peer.h"
#include "tests/fakes/reactor_thread.h"

namespace weir {
namespace {

using fakes::make_tcp_line;
using fakes::make_unix_line;
using fakes::Peer;
using fakes::serve;
using fakes::serve_echo;
using Stream = Peer::Stream;

class ReactorStopTest : public testing::TestWithParam<BackendKind> {
 protected:
  void SetUp() override { set_log_level(LogLevel::kWarning); }
  ~ReactorStopTest() override { set_log_level(LogLevel::kNotice); }

  Reactor& reactor() { return thread_.reactor(); }

  fakes::FaultySockets sockets_;
  fakes::ReactorThread thread_{GetParam(), sockets_};
};

TEST_P(ReactorStopTest, WithoutADrainIdleConnectionsAreNoStragglers) {
  Peer idle = thread_.connect(serve_echo(), make_tcp_line);
  idle.send("x");
  EXPECT_EQ(idle.receive(1), "x");
  thread_.stop(0);
  EXPECT_EQ(reactor().stragglers(), 0U);
  EXPECT_EQ(idle.receive_rest(), "");
}

TEST_P(ReactorStopTest, AnIdleReactorStopsAtOnce) {
  std::vector<Peer> peers;
  for (int i = 0; i < 10; ++i) {
    peers.push_back(thread_.connect(serve_echo(), i % 2 == 0 ? make_unix_line : make_tcp_line));
    peers.back().send("x");
    EXPECT_EQ(peers.back().receive(1), "x");
  }
  const std::int64_t start = monotonic_ms();
  thread_.stop(Peer::kDeadlineMs);
  EXPECT_LT(monotonic_ms() - start, Connection::kLingerMs);
  EXPECT_EQ(reactor().stragglers(), 0U);
  for (Peer& peer : peers) {
    EXPECT_EQ(peer.receive_rest(), "");
    EXPECT_EQ(peer.stream(), Stream::kEnded);
  }
}

// However many connections have something to say when the stop comes.
TEST_P(ReactorStopTest, WhatHasArrivedBeforeAStopIsAnswered) {
  constexpr std::size_t kConnections = 300;
  std::vector<Peer> peers;
  for (std::size_t i = 0; i < kConnections; ++i) peers.push_back(thread_.connect(serve_echo()));
  ASSERT_EQ(thread_.connections(), kConnections);
  // While one task holds the reactor everything arrives, the stop first of all.
  std::promise<void> go;
  std::promise<void> held;
  reactor().post([&] {
    held.set_value();
    go.get_future().wait();
  });
  held.get_future().wait();
  reactor().stop(Peer::kDeadlineMs);
  for (Peer& peer : peers) ASSERT_TRUE(peer.send("last request"));
  go.set_value();
  for (Peer& peer : peers) EXPECT_EQ(peer.receive_rest(), "last request");
  thread_.stop(Peer::kDeadlineMs);
  EXPECT_EQ(reactor().stragglers(), 0U);
}

// Answers the first input with `reply`, and nothing that comes after it.
Service serve_one_reply(std::string reply, std::promise<void>& replied) {
  const auto answered = std::make_shared<bool>(false);
  return serve({.handle = [reply = std::move(reply), answered, &replied](Connection& connection) {
    connection.consume_all();
    if (std::exchange(*answered, true)) return;
    connection.write(reply);
    replied.set_value();
  }});
}

TEST_P(ReactorStopTest, AStopWaitsForASlowReader) {
  for (auto* make_line : {make_unix_line, make_tcp_line}) {
    fakes::ReactorThread thread(GetParam());
    const std::string reply(8 * 1024 * 1024, 'r');
    std::promise<void> replied;
    Peer peer = thread.connect(serve_one_reply(reply, replied), make_line);
    peer.send("x");
    replied.get_future().wait();
    std::thread stop([&thread] { thread.stop(Peer::kDeadlineMs); });
    std::string received = peer.receive(1'000'000);
    // Nobody answers this any more; it must not cost the reply.
    peer.send_some("another request");
    received += peer.receive_rest();
    EXPECT_EQ(received.size(), reply.size());
    EXPECT_EQ(peer.stream(), Stream::kEnded);
    stop.join();
    EXPECT_EQ(thread.reactor().stragglers(), 0U);
  }
}

// The kernel has taken the reply, the peer has not read it and talks on: a reset would destroy it.
TEST_P(ReactorStopTest, AStopDoesNotDestroyWhatTheKernelHolds) {
  for (auto* make_line : {make_unix_line, make_tcp_line}) {
    fakes::ReactorThread thread(GetParam());
    const std::string reply(1'000'000, 'r');
    std::promise<void> replied;
    Peer peer = thread.connect(serve_one_reply(reply, replied), make_line);
    thread.run([&thread] {
      thread.reactor().for_each_connection([](Connection& connection) {
        const int size = 2'000'000;
        ::setsockopt(connection.fd(), SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
      });
    });
    peer.send("x");
    replied.get_future().wait();
    std::thread stop([&thread] { thread.stop(Peer::kDeadlineMs); });
    for (int i = 0; i < 1000 && peer.stream() == Stream::kOpen; ++i) peer.send_some("chatter ");
    EXPECT_EQ(peer.receive_rest().size(), reply.size());
    stop.join();
  }
}

TEST_P(ReactorStopTest, WhoDoesNotReadIsAStraggler) {
  Peer idle = thread_.connect(serve_echo());
  std::promise<void> replied;
  std::promise<std::string> closed;
  Peer peer = thread_.connect(
      serve({.handle =
                 [&replied](Connection& connection) {
                   connection.consume_all();
                   connection.write(std::string(20'000'000, 'x'));
                   replied.set_value();
                 },
             .closed = [&closed](Connection&,
                                 const Status& reason) { closed.set_value(reason.message()); }}));
  peer.send("x");
  replied.get_future().wait();
  const std::int64_t start = monotonic_ms();
  thread_.stop(100);
  EXPECT_GE(monotonic_ms() - start, 90);
  EXPECT_EQ(reactor().stragglers(), 1U);
  EXPECT_EQ(closed.get_future().get(), "the server stopped before this connection had drained");
  EXPECT_EQ(idle.receive_rest(), "");
}

// The peer's next request follows each reply at once: it must not keep the server for ever.
TEST_P(ReactorStopTest, ABusyPeerDoesNotDelayAStop) {
  Peer peer = thread_.connect(serve_echo(), make_tcp_line);
  std::size_t answered = 0;
  std::promise<void> busy;
  std::thread client([&] {
    while (peer.send("ping") && peer.receive(4) == "ping") {
      if (++answered == 100) busy.set_value();
    }
  });
  busy.get_future().wait();
  const std::int64_t start = monotonic_ms();
  thread_.stop(Peer::kDeadlineMs);
  client.join();
  EXPECT_LT(monotonic_ms() - start, Peer::kDeadlineMs / 2);
  EXPECT_EQ(reactor().stragglers(), 0U);
}

TEST_P(ReactorStopTest, ASecondStopBringsTheDeadlineNearer) {
  std::promise<void> replied;
  Peer peer = thread_.connect(serve_one_reply(std::string(20'000'000, 'x'), replied));
  peer.send("x");
  replied.get_future().wait();
  reactor().stop(3'600'000);
  reactor().stop(7'200'000);
  thread_.stop(0);
  EXPECT_EQ(reactor().stragglers(), 1U);
}

TEST_P(ReactorStopTest, WhoComesWhileItDrainsIsClosed) {
  const Service service = serve_echo();
  std::promise<void> replied;
  Peer busy = thread_.connect(serve_one_reply(std::string(20'000'000, 'x'), replied));
  busy.send("x");
  replied.get_future().wait();
  reactor().stop(Peer::kDeadlineMs);
  thread_.run([] {});
  fakes::Line late = make_unix_line();
  reactor().hand_off({late.fd, Address(), &service});
  EXPECT_EQ(late.peer.receive_rest(), "");
  EXPECT_EQ(busy.receive_rest().size(), 20'000'000U);
  busy.close();
  thread_.stop(Peer::kDeadlineMs);
  EXPECT_EQ(reactor().stragglers(), 0U);
  EXPECT_EQ(reactor().load(), 0U);
}

// Nobody took it before the end: its peer is told all the same.
TEST_P(ReactorStopTest, WhoComesAfterTheEndIsClosed) {
  const Service service = serve_echo();
  fakes::Line late = make_unix_line();
  thread_.stop(0);
  reactor().hand_off({late.fd, Address(), &service});
  EXPECT_EQ(late.peer.receive_rest(), "");
  EXPECT_EQ(reactor().load(), 0U);
}

TEST_P(ReactorStopTest, StopsFromAHandler) {
  Peer peer = thread_.connect(serve({.handle = [this](Connection& connection) {
    fakes::echo(connection);
    reactor().stop(Peer::kDeadlineMs);
  }}));
  peer.send("shutdown");
  EXPECT_EQ(peer.receive_rest(), "shutdown");
  EXPECT_EQ(peer.stream(), Stream::kEnded);
}

INSTANTIATE_TEST_SUITE_P(, ReactorStopTest, fakes::every_backend(), fakes::backend_label);

}  // namespace
}  // namespace weir
