// Each counter of a reactor moves for what it counts, and for nothing else: real sockets, both
// ways of epoll, with and without I/O threads.
#include "core/reactor_counters.h"

#include <cerrno>
#include <functional>
#include <future>
#include <memory>
#include <stdexcept>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "core/clock.h"
#include "core/engine_report.h"
#include "core/log.h"
#include "gtest/gtest.h"
#include "tests/engine/running_engine.h"
#include "tests/fakes/backends.h"
#include "tests/fakes/connect_outcome.h"
#include "tests/fakes/faulty_sockets.h"
#include "tests/fakes/hooked_session.h"
#include "tests/fakes/peer.h"

namespace weir {
namespace {

using fakes::Call;
using fakes::Peer;
using fakes::serve;
using fakes::serve_echo;

class ReactorCountersTest : public testing::TestWithParam<std::tuple<BackendKind, ThreadingModel>> {
 protected:
  void SetUp() override { set_log_level(LogLevel::kWarning); }
  void TearDown() override {
    set_log_level(LogLevel::kNotice);
    engine_.reset();
  }

  void start(Service service, std::uint32_t max_connections = 0) {
    Options options;
    std::tie(options.backend, options.model) = GetParam();
    options.threads = options.model == ThreadingModel::kIoThreads ? 2 : 1;
    options.max_connections = max_connections;
    options.drain_ms = Peer::kDeadlineMs;
    engine_ =
        std::make_unique<RunningEngine>(options, "tcp://127.0.0.1:0", std::move(service), sockets_);
    ASSERT_TRUE(engine_->status().is_ok()) << engine_->status().message();
    engine_->start();
  }

  Peer connect(int receive_buffer = 0) { return engine_->connect(receive_buffer); }
  Reactor& reactor() { return *engine_->engine().reactors()[0]; }
  const ReactorCounters& counters() { return reactor().counters(); }

  // False when that does not come about in the time of a test. The tick in which it came about has
  // ended: what else moves with it has moved.
  bool await(const std::function<bool()>& condition) {
    const std::int64_t deadline_ms = monotonic_ms() + Peer::kDeadlineMs;
    while (!condition()) {
      if (monotonic_ms() > deadline_ms) return false;
      engine_->settle();
    }
    engine_->settle();
    return true;
  }

  // Runs `task` with the only connection, on its reactor, and returns when it has run.
  void with_connection(const std::function<void(Connection&)>& task) {
    std::promise<void> done;
    reactor().post([&] {
      reactor().for_each_connection(task);
      done.set_value();
    });
    done.get_future().wait();
  }

  // "cause:number" of every cause that there was, once `connections` have closed.
  std::string closed(std::uint64_t connections = 1) {
    if (!await([&] { return counters().closed.value() >= connections; })) return "none in time";
    std::string text;
    for (std::size_t i = 0; i < kCloseCauses; ++i) {
      const std::uint64_t closed = counters().closed.value(static_cast<CloseCause>(i));
      if (closed == 0) continue;
      if (!text.empty()) text += ' ';
      text += std::string(kCloseCauseNames[i]) + ":" + std::to_string(closed);
    }
    return text;
  }

  // Serves one request with `handle`, and says how the connection closed.
  std::string closed_by(std::function<void(Connection&)> handle) {
    start(serve({.handle = std::move(handle)}));
    Peer peer = connect();
    peer.send("x");
    return closed();
  }

  fakes::FaultySockets sockets_;
  std::unique_ptr<RunningEngine> engine_;
};

TEST_P(ReactorCountersTest, LocalIsACloseInOrder) {
  EXPECT_EQ(closed_by([](Connection& connection) { connection.close(); }), "local:1");
}

TEST_P(ReactorCountersTest, LocalIsACloseAfterTheLastReplyToo) {
  start(serve({.handle = [](Connection& connection) {
    connection.write("bye");
    connection.close_after_flush();
  }}));
  Peer peer = connect();
  peer.send("x");
  EXPECT_EQ(peer.receive_rest(), "bye");
  peer.close();  // answers an end that came first
  EXPECT_EQ(closed(), "local:1");
}

TEST_P(ReactorCountersTest, PeerIsAnEndThatThePeerBegan) {
  start(serve_echo());
  Peer peer = connect();
  peer.send("last words");
  peer.end();
  EXPECT_EQ(peer.receive_rest(), "last words");
  EXPECT_EQ(closed(), "peer:1");
  connect().close();
  EXPECT_EQ(closed(2), "peer:2");
}

// Which of the two sides calls close() last is of no account.
TEST_P(ReactorCountersTest, PeerIsAlsoAnEndThatTheSessionAnswersLater) {
  std::promise<void> held;
  start(serve({.handle = [&held](Connection& connection) {
    connection.consume_all();
    connection.hold();
    held.set_value();
  }}));
  Peer peer = connect();
  peer.send("x");
  held.get_future().wait();
  const std::uint64_t events = sockets_.events();
  peer.end();
  ASSERT_TRUE(await([&] { return sockets_.events() > events; }));
  with_connection([](Connection& connection) { connection.close(); });
  EXPECT_EQ(closed(), "peer:1");
}

TEST_P(ReactorCountersTest, ResetIsAStreamThatBreaks) {
  start(serve_echo());
  Peer peer = connect();
  peer.send("x");
  ASSERT_EQ(peer.receive(1), "x");
  peer.reset();
  EXPECT_EQ(closed(), "reset:1");
}

TEST_P(ReactorCountersTest, ResetIsASendThatFailsToo) {
  start(serve_echo());
  sockets_.fail(Call::kSend, EPIPE);
  Peer peer = connect();
  peer.send("x");
  EXPECT_EQ(closed(), "reset:1");
}

TEST_P(ReactorCountersTest, TimeoutIsAMissedDeadline) {
  start([](Connection& connection) {
    connection.set_deadlines({.handshake_ms = 1});
    return serve({})(connection);
  });
  const Peer peer = connect();
  EXPECT_EQ(closed(), "timeout:1");
}

TEST_P(ReactorCountersTest, TimeoutIsAPeerThatLeavesTheLastBytes) {
  start(serve({.handle = [](Connection& connection) {
    connection.write(std::string(20'000'000, 'r'));
    connection.close_after_flush(20);
  }}));
  Peer peer = connect();
  peer.send("x");
  EXPECT_EQ(closed(), "timeout:1");
}

TEST_P(ReactorCountersTest, OverflowIsTooMuchUnreadInput) {
  start(serve({.decode = [](InputBuffer&) { return Decoded::kNeedMore; }}));
  Peer peer = connect();
  peer.send(std::string(Connection::kMaxUnread + 1, 'x'));
  EXPECT_EQ(closed(), "overflow:1");
}

TEST_P(ReactorCountersTest, ErrorIsACloseWithAReason) {
  EXPECT_EQ(closed_by([](Connection& connection) {
              connection.close(Status::error("no request of this protocol"));
            }),
            "error:1");
}

TEST_P(ReactorCountersTest, ExceptionIsOneThatEscapes) {
  start(serve({.handle = [](Connection&) { throw std::runtime_error("a bug"); }}));
  Peer peer = connect();
  peer.send("x");
  EXPECT_EQ(closed(), "exception:1");
  const Peer other = connect();
  ASSERT_TRUE(await([this] { return counters().accepted.value() == 2; }));
  with_connection([](Connection& connection) {
    connection.run([](Connection*) { throw std::runtime_error("a bug"); });
  });
  EXPECT_EQ(closed(2), "exception:2");
}

TEST_P(ReactorCountersTest, AbortIsAResetByThisSide) {
  EXPECT_EQ(closed_by([](Connection& connection) { connection.abort(); }), "abort:1");
}

TEST_P(ReactorCountersTest, TheFirstCauseCounts) {
  EXPECT_EQ(closed_by([](Connection& connection) {
              connection.abort();
              connection.close();
              throw std::runtime_error("too late");
            }),
            "abort:1");
}

TEST_P(ReactorCountersTest, StopIsAConnectionThatTheEngineEnds) {
  start(serve_echo());
  Peer peer = connect();
  peer.send("x");
  ASSERT_EQ(peer.receive(1), "x");
  engine_->stop();
  EXPECT_EQ(counters().closed.value(CloseCause::kStop), 1U);
  EXPECT_EQ(counters().closed.value(), 1U);
}

TEST_P(ReactorCountersTest, StopIsAConnectionThatIsCutOffToo) {
  std::promise<void> held;
  start(serve({.handle = [&held](Connection& connection) {
    connection.consume_all();
    connection.write("first half");
    connection.hold();
    held.set_value();
  }}));
  Peer peer = connect();
  peer.send("x");
  held.get_future().wait();
  reactor().stop(0);
  engine_->join();
  EXPECT_EQ(counters().closed.value(CloseCause::kStop), 1U);
  EXPECT_EQ(counters().closed.value(), 1U);
}

TEST_P(ReactorCountersTest, AcceptedOpenAndClosedAddUp) {
  start(serve_echo());
  std::vector<Peer> peers;
  for (int i = 0; i < 10; ++i) peers.push_back(connect());
  ASSERT_TRUE(await([this] { return counters().accepted.value() == 10; }));
  EXPECT_EQ(report_reactor(reactor()).open, 10U);
  peers.resize(4);
  EXPECT_EQ(closed(6), "peer:6");
  EXPECT_EQ(report_reactor(reactor()).open, 4U);
  EXPECT_EQ(counters().accepted.value(), 10U);
  EXPECT_EQ(counters().refused_descriptors.value(), 0U);
  EXPECT_EQ(counters().refused_max_connections.value(), 0U);
}

// The engine's connection to its own listener has two ends here.
TEST_P(ReactorCountersTest, ConnectedAreNotAccepted) {
  start(serve_echo());
  fakes::ConnectOutcome refused;
  std::vector<fakes::ConnectOutcome> outcomes(3);
  const std::string own = engine_->address().to_string();
  for (fakes::ConnectOutcome& outcome : outcomes) {
    ASSERT_TRUE(engine_->engine().connect(own, serve_echo(), {}, outcome.done()).is_ok());
    EXPECT_EQ(outcome.await(), "");
  }
  ASSERT_TRUE(engine_->engine().connect("unix:/nowhere", serve_echo(), {}, refused.done()).is_ok());
  EXPECT_NE(refused.await(), "");
  ASSERT_TRUE(await([this] { return counters().accepted.value() == 3; }));
  EXPECT_EQ(counters().connected.value(), 3U);
  EXPECT_EQ(report_reactor(reactor()).open, 6U);
  engine_->engine().post(outcomes[0].id(), [](Connection* connection) { connection->close(); });
  EXPECT_EQ(closed(2), "local:1 peer:1");
  EXPECT_EQ(report_reactor(reactor()).open, 4U);
  EXPECT_EQ(report_reactor(reactor()).connected, 3U);
}

TEST_P(ReactorCountersTest, RefusedAtMaxConnections) {
  start(serve_echo(), 2);
  const Peer first = connect();
  const Peer second = connect();
  ASSERT_TRUE(await([this] { return counters().accepted.value() == 2; }));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(connect().receive_rest(), "");
  EXPECT_TRUE(await([this] { return counters().refused_max_connections.value() == 3; }));
  EXPECT_EQ(counters().accepted.value(), 2U);
  EXPECT_EQ(counters().closed.value(), 0U);
  EXPECT_EQ(counters().refused_descriptors.value(), 0U);
}

TEST_P(ReactorCountersTest, RefusedForWantOfDescriptors) {
  sockets_.never_accept_ahead();
  start(serve_echo());
  for (std::uint64_t refused = 1; refused <= 3; ++refused) {
    sockets_.fail(Call::kAccept, EMFILE);
    EXPECT_EQ(connect().receive_rest(), "");
    EXPECT_TRUE(await([&] { return counters().refused_descriptors.value() == refused; }));
  }
  EXPECT_EQ(counters().accepted.value(), 0U);
  EXPECT_EQ(counters().refused_max_connections.value(), 0U);
}

TEST_P(ReactorCountersTest, TransfersAndTheirBytes) {
  start(serve({.handle = [](Connection& connection) {
    connection.write("reply");
    connection.consume_all();
  }}));
  Peer peer = connect();
  for (int i = 0; i < 7; ++i) {
    peer.send("abc");
    ASSERT_EQ(peer.receive(5), "reply");
  }
  engine_->settle();
  EXPECT_EQ(counters().receives.value(), 7U);
  EXPECT_EQ(counters().bytes_received.value(), 21U);
  EXPECT_EQ(counters().sends.value(), 7U);
  EXPECT_EQ(counters().bytes_sent.value(), 35U);
}

TEST_P(ReactorCountersTest, OutputWaitsUntilThePeerTakesIt) {
  const std::string bytes(20'000'000, 'r');
  start(serve({.handle = [&bytes](Connection& connection) {
    connection.consume_all();
    connection.write(bytes);
  }}));
  Peer peer = connect();
  peer.send("x");
  std::size_t left = 0;
  // The kernel takes what it has room for, in the end nothing more.
  const auto all_counted = [&] {
    with_connection([&left](Connection& connection) { left = connection.output().size(); });
    return left > 0 && left < bytes.size() && counters().output_waiting.value() == left;
  };
  EXPECT_TRUE(await(all_counted));
  // What is added while no room is announced waits too.
  with_connection([](Connection& connection) { connection.write("more"); });
  EXPECT_TRUE(await(all_counted));
  EXPECT_TRUE(peer.receive(bytes.size() + 4) == bytes + "more");
  EXPECT_TRUE(await([this] { return counters().output_waiting.value() == 0; }));
}

TEST_P(ReactorCountersTest, NoOutputWaitsForAPeerThatIsGone) {
  start(serve({.handle = [](Connection& connection) {
    connection.consume_all();
    connection.write(std::string(20'000'000, 'r'));
  }}));
  Peer peer = connect();
  peer.send("x");
  ASSERT_TRUE(await([this] { return counters().output_waiting.value() > 0; }));
  peer.reset();
  EXPECT_EQ(closed(), "reset:1");
  EXPECT_EQ(counters().output_waiting.value(), 0U);
}

TEST_P(ReactorCountersTest, EventsAndTimeOfEachTick) {
  start(serve_echo());
  std::vector<Peer> peers;
  for (int i = 0; i < 20; ++i) {
    peers.push_back(connect());
    peers.back().send("x");
    ASSERT_EQ(peers.back().receive(1), "x");
  }
  // All come while the reactor is busy, and are found by its next wait.
  std::promise<void> busy;
  std::promise<void> go_on;
  reactor().post([&] {
    busy.set_value();
    go_on.get_future().wait();
  });
  busy.get_future().wait();
  const std::int64_t start_us = monotonic_us();
  for (Peer& peer : peers) peer.send("y");
  while (monotonic_us() - start_us < 3000) {
  }
  go_on.set_value();
  for (Peer& peer : peers) EXPECT_EQ(peer.receive(1), "y");
  // From within a tick: it has begun, and not ended.
  std::promise<std::pair<std::uint64_t, std::uint64_t>> looked;
  reactor().post([&] {
    looked.set_value({counters().ticks.value(), counters().events.snapshot().count()});
  });
  const auto [ticks, counted] = looked.get_future().get();
  EXPECT_EQ(ticks, counted + 1);
  EXPECT_GE(counters().events.snapshot().max(), 20U);
  EXPECT_GE(counters().events.snapshot().sum(), 60U);
  EXPECT_GE(counters().tick_us.snapshot().max(), 3000U);
  EXPECT_GE(counters().tick_us.snapshot().count(), counted);
}

TEST_P(ReactorCountersTest, DepthAndDelayOfTheMailbox) {
  start(serve_echo());
  const std::int64_t start_us = monotonic_us();
  std::promise<void> busy;
  std::promise<void> go_on;
  reactor().post([&] {
    busy.set_value();
    go_on.get_future().wait();
  });
  busy.get_future().wait();
  for (int i = 0; i < 9; ++i) reactor().post([] {});
  const std::int64_t first_us = monotonic_us();
  while (monotonic_us() - first_us < 3000) {
  }
  std::promise<void> last;
  reactor().post([&last] { last.set_value(); });
  go_on.set_value();
  last.get_future().wait();
  const Histogram::Snapshot depth = counters().mailbox_depth.snapshot();
  EXPECT_EQ(depth.max(), 10U);
  EXPECT_EQ(depth.sum(), 11U);
  EXPECT_EQ(depth.count(), 2U);
  const Histogram::Snapshot delay_us = counters().mailbox_delay_us.snapshot();
  EXPECT_EQ(delay_us.count(), 2U);
  EXPECT_GE(delay_us.max(), 3000U);
  EXPECT_LE(delay_us.sum(), static_cast<std::uint64_t>(monotonic_us() - start_us));
}

std::string name_of(const testing::TestParamInfo<ReactorCountersTest::ParamType>& place) {
  const auto [backend, model] = place.param;
  return fakes::backend_word(backend) + "_" + std::string(threading_model_name(model));
}

INSTANTIATE_TEST_SUITE_P(All, ReactorCountersTest,
                         testing::Combine(fakes::every_backend(),
                                          testing::Values(ThreadingModel::kSingle,
                                                          ThreadingModel::kIoThreads)),
                         name_of);

}  // namespace
}  // namespace weir
