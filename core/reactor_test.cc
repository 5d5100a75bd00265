#include "core/reactor.h"

#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "core/clock.h"
#include "core/listener.h"
#include "core/log.h"
#include "gtest/gtest.h"
#include "tests/fakes/faulty_sockets.h"
#include "tests/fakes/hooked_session.h"
#include "tests/fakes/peer.h"
#include "tests/fakes/reactor_thread.h"

namespace weir {
namespace {

using fakes::Call;
using fakes::make_tcp_line;
using fakes::make_unix_line;
using fakes::Peer;
using fakes::serve;
using fakes::serve_echo;
using Stream = Peer::Stream;

class ReactorTest : public testing::TestWithParam<BackendKind> {
 protected:
  void SetUp() override { set_log_level(LogLevel::kWarning); }
  ~ReactorTest() override { set_log_level(LogLevel::kNotice); }

  Reactor& reactor() { return thread_.reactor(); }

  fakes::FaultySockets sockets_;
  fakes::ReactorThread thread_{GetParam(), sockets_};
};

TEST_P(ReactorTest, KnowsItsThread) {
  EXPECT_EQ(Reactor::current(), nullptr);
  EXPECT_FALSE(reactor().in_thread());
  thread_.run([this] {
    EXPECT_EQ(Reactor::current(), &reactor());
    EXPECT_TRUE(reactor().in_thread());
  });
}

TEST_P(ReactorTest, SleepsWithoutWork) {
  thread_.run([] {});
  const std::uint64_t ticks = reactor().counters().ticks.value();
  for (int i = 0; i < 20; ++i) thread_.run([] {});
  EXPECT_LE(reactor().counters().ticks.value() - ticks, 40U);
}

TEST_P(ReactorTest, WatchesASourceForWhatItIsAsked) {
  auto [fd, peer] = make_unix_line();
  Source* source = nullptr;
  Interest last{false, false};
  int calls = 0;
  std::promise<void> readable;
  thread_.run([&] {
    source = reactor()
                 .add_source(fd, {false, true},
                             [&](Interest ready) {
                               last = ready;
                               if (++calls == 1) reactor().set_interest(*source, {true, false});
                               if (ready.readable) readable.set_value();
                               // Within its own call, and with its number used again at once.
                               if (ready.readable) reactor().remove_source(*source);
                             })
                 .value();
  });
  thread_.run([] {});
  thread_.run([&] {
    EXPECT_EQ(calls, 1);
    EXPECT_TRUE(last.writable && !last.readable);
  });
  peer.send("x");
  readable.get_future().wait();
  thread_.run([&] { EXPECT_EQ(calls, 2); });
  sockets_.close(fd);
}

TEST_P(ReactorTest, ARemovedSourceOfTheSameBatchIsNotCalled) {
  auto [first, first_peer] = make_unix_line();
  auto [second, second_peer] = make_unix_line();
  std::array<Source*, 2> sources{};
  int calls = 0;
  thread_.run([&] {
    const auto remove_both = [&](Interest) {
      ++calls;
      for (Source* source : sources) reactor().remove_source(*source);
    };
    first_peer.send("x");
    second_peer.send("x");
    sources[0] = reactor().add_source(first, {}, remove_both).value();
    sources[1] = reactor().add_source(second, {}, remove_both).value();
  });
  thread_.run([] {});
  thread_.run([&] { EXPECT_EQ(calls, 1); });
  sockets_.close(first);
  sockets_.close(second);
}

TEST_P(ReactorTest, RunsATaskAtTheNextFlush) {
  std::string order;
  thread_.run([&] {
    reactor().run_at_flush([&] {
      order += '1';
      reactor().run_at_flush([&order] { order += '2'; });
    });
    order += '0';
  });
  // Each is a tick later at the earliest.
  thread_.run([] {});
  thread_.run([&] { EXPECT_EQ(order, "012"); });
}

TEST_P(ReactorTest, RunsTimersInOrderAndNotEarly) {
  std::string fired;
  std::promise<void> last;
  std::int64_t start = 0;
  thread_.run([&] {
    start = reactor().now_ms();
    reactor().schedule(20, [&] {
      fired += 'c';
      EXPECT_GE(monotonic_ms() - start, 20);
      last.set_value();
    });
    reactor().schedule(10, [&fired] { fired += 'b'; });
    reactor().schedule(0, [&fired] { fired += 'a'; });
    const TimerId never = reactor().schedule(5, [&fired] { fired += 'x'; });
    EXPECT_TRUE(reactor().cancel(never));
    EXPECT_FALSE(reactor().cancel(never));
  });
  last.get_future().wait();
  thread_.run([&fired] { EXPECT_EQ(fired, "abc"); });
}

TEST_P(ReactorTest, WatchesSources) {
  const int fd = ::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  std::promise<std::uint64_t> read;
  thread_.run([&] {
    const auto source = reactor().add_source(fd, {}, [&read, fd](Interest) {
      std::uint64_t count = 0;
      ASSERT_EQ(::read(fd, &count, sizeof count), 8);
      read.set_value(count);
    });
    EXPECT_TRUE(source.is_ok());
  });
  const std::uint64_t count = 42;
  ASSERT_EQ(::write(fd, &count, sizeof count), 8);
  EXPECT_EQ(read.get_future().get(), 42U);
  thread_.stop(0);
  ::close(fd);
}

TEST_P(ReactorTest, SlotsAreUsedAgain) {
  std::atomic<std::uint32_t> highest{0};
  std::atomic<int> closed{0};
  for (int i = 0; i < 500; ++i) {
    Peer peer =
        thread_.connect(serve({.handle =
                                   [&highest](Connection& connection) {
                                     highest = std::max(highest.load(), connection.id().slot());
                                     fakes::echo(connection);
                                     connection.close_after_flush();
                                   },
                               .closed = [&closed](Connection&, const Status&) { ++closed; }}));
    peer.send("x");
    EXPECT_EQ(peer.receive_rest(), "x");
  }
  while (closed < 500) thread_.run([] {});
  EXPECT_LT(highest, 100U);
  EXPECT_EQ(reactor().load(), 0U);
  EXPECT_EQ(reactor().counters().accepted.value(), 500U);
  EXPECT_EQ(reactor().counters().closed.value(), 500U);
  EXPECT_EQ(reactor().counters().bytes_received.value(), 500U);
  EXPECT_EQ(reactor().counters().bytes_sent.value(), 500U);
}

// One peer sends without end; everybody else's small requests go on.
TEST_P(ReactorTest, AFirehoseStarvesNobody) {
  Peer firehose = thread_.connect(serve({}));
  std::atomic<bool> done{false};
  std::thread hose([&firehose, &done] {
    const std::string bytes(256 * 1024, 'x');
    while (!done && firehose.send(bytes)) {
    }
  });
  while (reactor().counters().bytes_received.value() == 0) thread_.run([] {});
  std::vector<Peer> pingers;
  for (int i = 0; i < 20; ++i) pingers.push_back(thread_.connect(serve_echo()));
  for (int round = 0; round < 50; ++round) {
    for (Peer& pinger : pingers) ASSERT_TRUE(pinger.send("ping"));
    for (Peer& pinger : pingers) ASSERT_EQ(pinger.receive(4), "ping");
  }
  done = true;
  hose.join();
  EXPECT_GT(reactor().counters().bytes_received.value(), 50U * 20 * 4);
}

// A connection that cannot be watched is closed, and its session told.
TEST_P(ReactorTest, AConnectionThatCannotBeWatchedIsClosed) {
  thread_.run([] {});
  sockets_.fail(Call::kEpollControl, ENOSPC);
  std::promise<std::string> closed;
  Peer peer = thread_.connect(serve({.closed = [&closed](Connection&, const Status& reason) {
    closed.set_value(reason.message());
  }}));
  EXPECT_EQ(closed.get_future().get(), "cannot watch a descriptor: No space left on device");
  EXPECT_EQ(peer.receive_rest(), "");
}

TEST_P(ReactorTest, TakesConnectionsFromManyThreads) {
  constexpr int kThreads = 4;
  constexpr int kConnections = 50;
  const Service service = serve_echo();
  std::vector<std::thread> threads;
  std::atomic<int> answered{0};
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < kConnections; ++n) {
        fakes::Line line = make_unix_line();
        reactor().hand_off({line.fd, Address(), &service});
        line.peer.send("x");
        if (line.peer.receive(1) == "x") ++answered;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(answered, kThreads * kConnections);
  thread_.stop(Peer::kDeadlineMs);
  EXPECT_EQ(reactor().load(), 0U);
}

// Stopping.

TEST_P(ReactorTest, WithoutADrainIdleConnectionsAreNoStragglers) {
  Peer idle = thread_.connect(serve_echo(), make_tcp_line);
  idle.send("x");
  EXPECT_EQ(idle.receive(1), "x");
  thread_.stop(0);
  EXPECT_EQ(reactor().stragglers(), 0U);
  EXPECT_EQ(idle.receive_rest(), "");
}

TEST_P(ReactorTest, AnIdleReactorStopsAtOnce) {
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
TEST_P(ReactorTest, WhatHasArrivedBeforeAStopIsAnswered) {
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

TEST_P(ReactorTest, AStopWaitsForASlowReader) {
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
TEST_P(ReactorTest, AStopDoesNotDestroyWhatTheKernelHolds) {
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

TEST_P(ReactorTest, WhoDoesNotReadIsAStraggler) {
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
TEST_P(ReactorTest, ABusyPeerDoesNotDelayAStop) {
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

TEST_P(ReactorTest, ASecondStopBringsTheDeadlineNearer) {
  std::promise<void> replied;
  Peer peer = thread_.connect(serve_one_reply(std::string(20'000'000, 'x'), replied));
  peer.send("x");
  replied.get_future().wait();
  reactor().stop(3'600'000);
  reactor().stop(7'200'000);
  thread_.stop(0);
  EXPECT_EQ(reactor().stragglers(), 1U);
}

TEST_P(ReactorTest, WhoComesWhileItDrainsIsClosed) {
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
TEST_P(ReactorTest, WhoComesAfterTheEndIsClosed) {
  const Service service = serve_echo();
  fakes::Line late = make_unix_line();
  thread_.stop(0);
  reactor().hand_off({late.fd, Address(), &service});
  EXPECT_EQ(late.peer.receive_rest(), "");
  EXPECT_EQ(reactor().load(), 0U);
}

TEST_P(ReactorTest, StopsFromAHandler) {
  Peer peer = thread_.connect(serve({.handle = [this](Connection& connection) {
    fakes::echo(connection);
    reactor().stop(Peer::kDeadlineMs);
  }}));
  peer.send("shutdown");
  EXPECT_EQ(peer.receive_rest(), "shutdown");
  EXPECT_EQ(peer.stream(), Stream::kEnded);
}

// Accepting.

class AcceptingReactorTest : public testing::TestWithParam<BackendKind> {
 protected:
  void SetUp() override {
    set_log_level(LogLevel::kWarning);
    ASSERT_TRUE(reactor_.open().is_ok());
    const Address any = Address::parse("tcp://127.0.0.1:0").value();
    ASSERT_TRUE(listener_.open(any, Listener::Options()).is_ok());
  }
  void TearDown() override {
    set_log_level(LogLevel::kNotice);
    reactor_.stop(0);
    thread_.join();
  }
  void start() {
    const Status status = reactor_.add_listener(
        listener_, [this](Accepted accepted) { reactor_.hand_off(std::move(accepted)); });
    ASSERT_TRUE(status.is_ok()) << status.message();
    thread_ = std::thread([this] { reactor_.run(); });
  }
  Peer connect() { return Peer::connect(listener_.address()); }

  fakes::FaultySockets sockets_;
  const Service service_ = serve_echo();
  Listener listener_{sockets_, service_};
  Reactor reactor_{0, sockets_, Reactor::Options{GetParam(), HandoffNotify::kPipe}};
  std::thread thread_;
};

TEST_P(AcceptingReactorTest, SurvivesEveryFailureOfAccept) {
  start();
  for (const int error : {ECONNABORTED, EINTR, EPROTO, ENOBUFS, ENOMEM}) {
    sockets_.fail(Call::kAccept, error);
    Peer peer = connect();
    peer.send("x");
    EXPECT_EQ(peer.receive(1), "x") << error;
  }
  for (const int error : {EMFILE, ENFILE}) {
    sockets_.fail(Call::kAccept, error);
    Peer refused = connect();
    EXPECT_EQ(refused.receive_rest(), "");
    Peer peer = connect();
    peer.send("x");
    EXPECT_EQ(peer.receive(1), "x") << error;
  }
}

// Out of descriptors for good, without even a reserve: the reactor pauses instead of spinning, and
// accepts when there are descriptors again.
TEST_P(AcceptingReactorTest, DoesNotSpinWithoutDescriptors) {
  start();
  sockets_.fail(Call::kOpenReserve, EMFILE, 1'000'000);
  sockets_.fail(Call::kAccept, EMFILE, 1'000'000);
  Peer waiting = connect();
  const std::int64_t start_ms = monotonic_ms();
  const std::uint64_t before = sockets_.calls(Call::kAccept);
  while (monotonic_ms() < start_ms + 2 * Listener::kPauseMs) {
    std::promise<void> round;
    reactor_.post([&round] { round.set_value(); });
    round.get_future().wait();
  }
  EXPECT_LE(sockets_.calls(Call::kAccept) - before, 8U);
  sockets_.heal();
  Peer peer = connect();
  peer.send("x");
  EXPECT_EQ(peer.receive(1), "x");
}

TEST_P(AcceptingReactorTest, StopsWhileItPauses) {
  start();
  sockets_.fail(Call::kAccept, ENOBUFS, 1'000'000);
  Peer peer = connect();
  const std::uint64_t before = sockets_.calls(Call::kAccept);
  while (sockets_.calls(Call::kAccept) == before) {
    std::promise<void> round;
    reactor_.post([&round] { round.set_value(); });
    round.get_future().wait();
  }
}

TEST_P(AcceptingReactorTest, AListenerThatCannotBeWatchedIsForgotten) {
  auto other = std::make_unique<Listener>(sockets_, service_);
  const Address any = Address::parse("tcp://127.0.0.1:0").value();
  ASSERT_TRUE(other->open(any, Listener::Options()).is_ok());
  sockets_.fail(Call::kEpollControl, ENOSPC);
  EXPECT_FALSE(reactor_.add_listener(*other, [](Accepted) {}).is_ok());
  other.reset();
  start();
}

const auto kBackends = testing::Values(BackendKind::kEpoll, BackendKind::kEpollEdge);
const auto kBackendName = [](const auto& test) {
  return test.param == BackendKind::kEpoll ? "Level" : "Edge";
};
INSTANTIATE_TEST_SUITE_P(, ReactorTest, kBackends, kBackendName);
INSTANTIATE_TEST_SUITE_P(, AcceptingReactorTest, kBackends, kBackendName);

}  // namespace
}  // namespace weir
