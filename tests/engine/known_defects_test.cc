// Defects that a well-known engine of this kind has had, each as the test that would have found it.
#include <algorithm>
#include <atomic>
#include <cerrno>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "core/balancer.h"
#include "core/log.h"
#include "gtest/gtest.h"
#include "tests/engine/running_engine.h"
#include "tests/fakes/backends.h"
#include "tests/fakes/faulty_sockets.h"
#include "tests/fakes/hooked_session.h"
#include "tests/fakes/peer.h"

namespace weir {
namespace {

using fakes::Call;
using fakes::Hooks;
using fakes::Peer;
using fakes::serve;
using fakes::serve_echo;

class KnownDefectsTest : public testing::TestWithParam<BackendKind> {
 protected:
  void SetUp() override { set_log_level(LogLevel::kWarning); }
  void TearDown() override {
    engine_.reset();
    set_log_level(LogLevel::kNotice);
  }

  RunningEngine& start(Service service, std::uint32_t threads = 1) {
    Options options;
    options.model = ThreadingModel::kReuseport;
    options.threads = threads;
    options.backend = GetParam();
    engine_ =
        std::make_unique<RunningEngine>(options, "tcp://127.0.0.1:0", std::move(service), sockets_);
    engine_->start();
    return *engine_;
  }

  fakes::FaultySockets sockets_;
  std::unique_ptr<RunningEngine> engine_;
};

// 1. Want of descriptors, buffers or memory in accept stopped or spun the engine.
TEST_P(KnownDefectsTest, AcceptFailsAndTheEngineGoesOn) {
  sockets_.never_accept_ahead();
  RunningEngine& engine = start(serve_echo());
  for (const int error : {EMFILE, ENFILE, ENOBUFS, ENOMEM, ECONNABORTED, EINTR, EPROTO}) {
    sockets_.fail(Call::kAccept, error);
    std::string received;
    while (received.empty()) {  // a connection may have been refused
      Peer peer = engine.connect();
      peer.send("x");
      received = peer.receive(1);
      ASSERT_NE(peer.stream(), Peer::Stream::kLate) << error;
    }
  }
}

// 2. Closing flushed until the kernel took no more, and dropped the rest.
TEST_P(KnownDefectsTest, ClosingWithPendingOutputDropsNothing) {
  const std::string reply(20'000'000, 'r');
  RunningEngine& engine = start(serve({.handle = [reply](Connection& connection) {
    connection.write(reply);
    connection.close_after_flush();
  }}));
  Peer peer = engine.connect();
  peer.send("x");
  EXPECT_EQ(peer.receive_rest().size(), reply.size());
  engine_.reset();
}

// 3. A send that took a part of what was buffered did not ask for the next room.
TEST_P(KnownDefectsTest, APartialSendIsFollowedByTheRest) {
  RunningEngine& engine = start(serve_echo());
  Peer peer = engine.connect();
  for (int i = 1; i < 50; ++i) {
    sockets_.cut(Call::kSend, static_cast<std::size_t>(i), 3);
    const std::string bytes(1000, static_cast<char>('a' + i % 26));
    peer.send(bytes);
    ASSERT_EQ(peer.receive(1000), bytes);
  }
}

// 4. A greeting overtook what was pending.
TEST_P(KnownDefectsTest, AGreetingComesFirst) {
  RunningEngine& engine = start([](Connection& connection) {
    connection.write(std::string(3'000'000, 'g'));
    return std::make_unique<fakes::HookedSession>(Hooks{.handle = fakes::echo});
  });
  Peer peer = engine.connect();
  peer.send("reply");
  EXPECT_EQ(peer.receive(3'000'000), std::string(3'000'000, 'g'));
  EXPECT_EQ(peer.receive(5), "reply");
}

// 5. More pieces than one system call takes were refused, and the caller's were edited.
TEST_P(KnownDefectsTest, AnyNumberOfPieces) {
  std::vector<std::string> pieces;
  for (int i = 0; i < 3000; ++i) {
    pieces.emplace_back(9000, static_cast<char>('a' + i % 26));  // each a chunk of its own
  }
  const std::vector<std::string> before = pieces;
  RunningEngine& engine = start(serve({.handle = [&pieces](Connection& connection) {
    connection.consume_all();
    for (const std::string& piece : pieces) connection.write(piece);
  }}));
  Peer peer = engine.connect();
  peer.send("x");
  for (const std::string& piece : before) ASSERT_EQ(peer.receive(piece.size()), piece);
  EXPECT_EQ(pieces, before);
  engine_.reset();
}

// 6. After a write that failed inside the data callback, the edge-triggered read loop went on with
// a descriptor that was closed, and perhaps another's.
TEST_P(KnownDefectsTest, AFailedWriteEndsTheReading) {
  std::atomic<int> closed{0};
  std::atomic<int> after{0};
  RunningEngine& engine = start([&](Connection&) {
    auto gone = std::make_shared<bool>(false);
    return std::make_unique<fakes::HookedSession>(
        Hooks{.handle =
                  [&after, gone](Connection& connection) {
                    if (*gone) ++after;
                    fakes::echo(connection);
                  },
              .closed =
                  [&closed, gone](Connection&, const Status&) {
                    *gone = true;
                    ++closed;
                  }});
  });
  const std::uint64_t closes = sockets_.calls(Call::kClose);
  for (int i = 1; i <= 20; ++i) {
    Peer peer = engine.connect();
    sockets_.fail(Call::kSend, ECONNRESET);
    peer.send(std::string(200'000, 'x'));  // more than one read
    peer.receive_rest();
    while (closed < i) engine.settle();
  }
  EXPECT_EQ(after, 0);
  EXPECT_EQ(sockets_.calls(Call::kClose) - closes, 20U);
}

// 7. A handle that was kept reached the peer that got the number next.
TEST_P(KnownDefectsTest, AStaleHandleReachesNobody) {
  std::mutex mutex;
  std::vector<ConnectionId> ids;
  RunningEngine& engine = start([&](Connection& connection) {
    const std::lock_guard lock(mutex);
    ids.push_back(connection.id());
    return std::make_unique<fakes::HookedSession>(Hooks{.handle = fakes::echo});
  });
  const auto opened = [&] {
    const std::lock_guard lock(mutex);
    return ids.size();
  };
  Peer first = engine.connect();
  first.send("x");
  EXPECT_EQ(first.receive(1), "x");
  first.reset();
  while (opened() == 0 || engine.engine().connections() > 0) engine.settle();
  Peer next = engine.connect();
  next.send("x");
  EXPECT_EQ(next.receive(1), "x");
  ASSERT_EQ(opened(), 2U);
  EXPECT_EQ(ids[0].slot(), ids[1].slot());
  engine.engine().send(ids[0], "for another");
  engine.engine().close(ids[0]);
  engine.settle();
  next.send("y");
  EXPECT_EQ(next.receive(1), "y");
  engine_.reset();
}

// 8. Buffers had no bound, and a paused connection spun on the room that nobody asked for.
TEST_P(KnownDefectsTest, APausedConnectionCostsNothing) {
  RunningEngine& engine = start(serve_echo());
  Peer peer = Peer::connect(engine.address(), 4096);
  const std::string bytes(100'000, 'x');
  // The peer reads nothing: at the high watermark the server stops to read, and the peer's sends
  // stop going out.
  std::size_t sent = 0;
  for (int idle = 0; idle < 50;) {
    const std::size_t part = peer.send_some(bytes);
    sent += part;
    idle = part > 0 ? 0 : idle + 1;
    engine.settle();
  }
  const std::uint64_t waits = sockets_.waits();
  for (int i = 0; i < 100; ++i) engine.settle();
  // A tick for each of these, and some that the end of the noise before may have caused.
  EXPECT_LT(sockets_.waits() - waits, 250U);
  EXPECT_EQ(peer.receive(sent).size(), sent);
}

// 9. The close was told twice or never, and tasks for a connection that had gone were lost.
TEST_P(KnownDefectsTest, EveryTaskRunsOnceAlsoForTheGone) {
  std::atomic<int> closed{0};
  std::promise<ConnectionId> opened;
  RunningEngine& engine = start([&](Connection& connection) {
    opened.set_value(connection.id());
    return std::make_unique<fakes::HookedSession>(
        Hooks{.closed = [&closed](Connection&, const Status&) { ++closed; }});
  });
  Peer peer = engine.connect();
  const ConnectionId id = opened.get_future().get();
  std::atomic<int> present{0};
  std::atomic<int> absent{0};
  for (int i = 0; i < 100; ++i) {
    engine.engine().post(id, [&, i](Connection* connection) {
      ++(connection != nullptr ? present : absent);
      if (i == 50) connection->close();
    });
  }
  EXPECT_EQ(peer.receive_rest(), "");
  while (closed == 0) engine.settle();
  for (int i = 0; i < 100; ++i) {
    engine.engine().post(
        id, [&](Connection* connection) { ++(connection != nullptr ? present : absent); });
  }
  engine.settle();
  EXPECT_EQ(present, 51);
  EXPECT_EQ(absent, 149);
  EXPECT_EQ(closed, 1);
  engine_.reset();
}

// 10. The source hash took the port along: one host was everywhere.
TEST_P(KnownDefectsTest, OneHostOneReactor) {
  Options options;
  options.model = ThreadingModel::kHandoff;
  options.threads = 4;
  options.balancer = BalancerPolicy::kSourceIpHash;
  options.backend = GetParam();
  RunningEngine engine(options, "tcp://127.0.0.1:0", serve({.handle = [](Connection& connection) {
                         connection.consume_all();
                         connection.write(std::to_string(connection.id().reactor()));
                       }}));
  engine.start();
  std::string reactors;
  std::vector<Peer> peers;
  for (int i = 0; i < 20; ++i) {
    peers.push_back(engine.connect());
    peers.back().send("x");
    reactors += peers.back().receive(1);
  }
  EXPECT_EQ(reactors, std::string(20, reactors[0]));
}

INSTANTIATE_TEST_SUITE_P(, KnownDefectsTest, fakes::every_backend(), fakes::backend_label);

}  // namespace
}  // namespace weir
