#include "core/reactor.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <future>
#include <string>
#include <thread>
#include <vector>

#include "core/clock.h"
#include "core/log.h"
#include "gtest/gtest.h"
#include "tests/fakes/backends.h"
#include "tests/fakes/faulty_sockets.h"
#include "tests/fakes/hooked_session.h"
#include "tests/fakes/peer.h"
#include "tests/fakes/reactor_thread.h"

namespace weir {
namespace {

using fakes::Call;
using fakes::make_unix_line;
using fakes::Peer;
using fakes::serve;
using fakes::serve_echo;

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

TEST_P(ReactorTest, PollsWhileIdle) {
  constexpr std::int64_t kMinuteUs = 60'000'000;
  fakes::ReactorThread polling(Reactor::Options{.backend = GetParam(), .idle_poll_us = kMinuteUs},
                               sockets_);
  thread_.stop(0);
  polling.run([] {});
  const std::uint64_t sleeps = sockets_.sleeps();
  const std::uint64_t looks = sockets_.calls(Call::kEpollWait);
  const std::uint64_t ticks = polling.reactor().counters().ticks.value();
  // io_uring looks without a call.
  const bool calls = GetParam() != BackendKind::kUring;
  while (calls && sockets_.calls(Call::kEpollWait) < looks + 100) std::this_thread::yield();
  EXPECT_LE(polling.reactor().counters().ticks.value() - ticks, 1U);
  for (int i = 0; i < 100; ++i) polling.run([] {});
  EXPECT_EQ(sockets_.sleeps(), sleeps);
  // Nor does a timer wait for its end.
  std::promise<void> fired;
  polling.run([&] { polling.reactor().schedule(5, [&fired] { fired.set_value(); }); });
  EXPECT_EQ(fired.get_future().wait_for(std::chrono::milliseconds(Peer::kDeadlineMs)),
            std::future_status::ready);
}

TEST_P(ReactorTest, SleepsWhenItHasPolledInVain) {
  thread_.stop(0);
  fakes::ReactorThread polling(Reactor::Options{.backend = GetParam(), .idle_poll_us = 100},
                               sockets_);
  for (int i = 0; i < 10; ++i) {
    const std::uint64_t sleeps = sockets_.sleeps();
    polling.run([] {});
    while (sockets_.sleeps() == sleeps) std::this_thread::yield();
  }
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
  EXPECT_TRUE(thread_.eventually([&] { return calls == 1; }));
  thread_.run([&] { EXPECT_TRUE(last.writable && !last.readable); });
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
  EXPECT_TRUE(thread_.eventually([&] { return calls > 0; }));
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
  EXPECT_TRUE(thread_.eventually([&] { return order == "012"; }));
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
  thread_.run([] {});  // closed() comes before the end of its tick, and of the connection
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

// A session may take connections over while replies are sent: the lists grow under the flush.
TEST_P(ReactorTest, AFlushMayBringConnections) {
  const Service service = serve_echo();
  std::vector<Peer> brought;
  const auto bring = [&](Connection&) {
    while (brought.size() < 600) {
      fakes::Line line = make_unix_line();
      brought.push_back(std::move(line.peer));
      reactor().hand_off({line.fd, Address(), &service});
    }
  };
  Peer first = thread_.connect(serve({.handle = fakes::echo, .flushed = bring}));
  Peer second = thread_.connect(service);
  thread_.run([&] {
    first.send("1");
    second.send("2");
  });
  EXPECT_EQ(first.receive(1), "1");
  EXPECT_EQ(second.receive(1), "2");
  thread_.run([] {});  // a reply is on its way before its flush has brought all of them
  for (Peer& peer : brought) peer.send("x");
  for (Peer& peer : brought) EXPECT_EQ(peer.receive(1), "x");
}

// A connection that cannot be watched is closed, and its session told.
TEST_P(ReactorTest, AConnectionThatCannotBeWatchedIsClosed) {
  if (!fakes::can_refuse(GetParam())) GTEST_SKIP();
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

INSTANTIATE_TEST_SUITE_P(, ReactorTest, fakes::every_backend(), fakes::backend_label);

}  // namespace
}  // namespace weir
