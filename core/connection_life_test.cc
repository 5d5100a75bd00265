// How a connection ends, waits and is waited for.
#include <algorithm>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "core/clock.h"
#include "core/connection.h"
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

using fakes::Hooks;
using fakes::make_tcp_line;
using fakes::make_unix_line;
using fakes::Peer;
using fakes::serve;
using fakes::serve_echo;
using Stream = Peer::Stream;

class ConnectionLifeTest : public testing::TestWithParam<BackendKind> {
 protected:
  Connection* connection() { return thread_.only_connection(); }
  // A service whose sessions end in `reason_`.
  Service ending(Hooks hooks = {}) {
    hooks.closed = [this](Connection&, const Status& reason) {
      reason_.set_value(reason.message());
    };
    return serve(std::move(hooks));
  }
  std::string reason() { return reason_.get_future().get(); }

  std::promise<std::string> reason_;
  fakes::FaultySockets sockets_;
  fakes::ReactorThread thread_{GetParam(), sockets_};
};

// The behaviour: a client shuts its side down at once after its request, and the reply, which comes
// from another thread later, arrives whole.
TEST_P(ConnectionLifeTest, AHeldReplyOutlivesThePeersEnd) {
  std::promise<ConnectionId> asked;
  Peer peer = thread_.connect(serve({.handle =
                                         [&](Connection& connection) {
                                           connection.consume_all();
                                           connection.hold();
                                           asked.set_value(connection.id());
                                         }}),
                              make_tcp_line);
  peer.send("request");
  peer.end();
  const ConnectionId id = asked.get_future().get();
  thread_.run([] {});  // the end has been seen, or comes later: either is right
  const std::string reply(1'000'000, 'r');
  thread_.run([&] {
    Connection* held = thread_.reactor().find(id);
    ASSERT_NE(held, nullptr);
    held->write(reply);
    held->release();
  });
  EXPECT_TRUE(peer.receive_rest() == reply);
}

TEST_P(ConnectionLifeTest, AHeldReplyOutlivesAStop) {
  std::promise<ConnectionId> asked;
  Peer peer = thread_.connect(serve({.handle = [&](Connection& connection) {
    connection.consume_all();
    connection.hold();
    asked.set_value(connection.id());
  }}));
  peer.send("request");
  const ConnectionId id = asked.get_future().get();
  Reactor& reactor = thread_.reactor();
  std::thread answer([&] {
    thread_.run([&] { reactor.stop(Peer::kDeadlineMs); });
    thread_.run([] {});
    reactor.post([&] {
      Connection* held = reactor.find(id);
      ASSERT_NE(held, nullptr);
      held->write("late");
      held->release();
    });
  });
  EXPECT_EQ(peer.receive_rest(), "late");
  answer.join();
  thread_.stop(Peer::kDeadlineMs);
  EXPECT_EQ(reactor.stragglers(), 0U);
}

// One answer at a time: what arrives meanwhile waits, first here, then at the peer's.
TEST_P(ConnectionLifeTest, ReleaseGoesOnWithWhatHasWaited) {
  struct OneAtATime {
    bool busy = false;
  };
  auto state = std::make_shared<OneAtATime>();
  Peer peer = thread_.connect(serve(
      {.decode =
           [state](InputBuffer&) { return state->busy ? Decoded::kNeedMore : Decoded::kReady; },
       .handle =
           [state](Connection& connection) {
             state->busy = true;
             connection.hold();
           }}));
  const std::string bytes(4'000'000, 'x');
  std::thread sender([&] { peer.send(bytes); });
  std::string received;
  std::size_t most = 0;
  while (received.size() < bytes.size()) {
    thread_.run([&] {
      Connection* held = connection();
      most = std::max(most, held->unread().size());
      if (!state->busy) return;
      state->busy = false;
      received.append(held->unread());
      held->consume_all();
      held->release();
    });
  }
  sender.join();
  EXPECT_TRUE(received == bytes);
  // And what may come after the reading was stopped.
  const bool gathers = GetParam() == BackendKind::kUring;
  EXPECT_LE(most, Connection::kHeldInput + (gathers ? 4 : 1) * kReadBytes);
}

TEST_P(ConnectionLifeTest, AbortResets) {
  Peer peer = thread_.connect(ending({.handle =
                                          [](Connection& connection) {
                                            connection.write("never seen");
                                            connection.abort(Status::error("had enough"));
                                          }}),
                              make_tcp_line);
  peer.send("x");
  EXPECT_EQ(peer.receive_rest(), "");
  EXPECT_EQ(peer.stream(), Stream::kBroken);
  EXPECT_EQ(reason(), "had enough");
}

// The behaviour: write much and close, to a slow reader, and all of it arrives.
TEST_P(ConnectionLifeTest, CloseAfterFlushLosesNothing) {
  const std::string reply(64 * 1024 * 1024, 'r');
  Peer peer = thread_.connect(serve({.handle =
                                         [&](Connection& connection) {
                                           connection.write(reply);
                                           connection.close_after_flush();
                                         }}),
                              make_tcp_line);
  peer.send("x");
  std::string received;
  while (received.size() < reply.size()) {
    const std::string part =
        peer.receive(std::min<std::size_t>(100'000, reply.size() - received.size()));
    if (part.empty()) break;
    received += part;
  }
  EXPECT_TRUE(received == reply);
  EXPECT_EQ(peer.receive_rest(), "");
  EXPECT_EQ(peer.stream(), Stream::kEnded);
}

TEST_P(ConnectionLifeTest, CloseAfterFlushHasADeadline) {
  Peer peer = thread_.connect(ending({.handle = [](Connection& connection) {
    connection.write(std::string(20'000'000, 'r'));
    connection.close_after_flush(20);
  }}));
  peer.send("x");
  EXPECT_EQ(reason(), "the peer has taken none of its last bytes for 20 ms");
}

// Although the peer breaks the stream before it has everything.
TEST_P(ConnectionLifeTest, TheReasonOfCloseAfterFlushStays) {
  Peer peer =
      thread_.connect(ending({.handle =
                                  [](Connection& connection) {
                                    connection.write(std::string(20'000'000, 'r'));
                                    connection.close_after_flush(Status::error("a bad frame"));
                                  }}),
                      make_tcp_line);
  peer.send("x");
  peer.receive(1);
  peer.reset();
  EXPECT_EQ(reason(), "a bad frame");
}

// As long as the peer takes something it may take its time, also past its other deadlines.
TEST_P(ConnectionLifeTest, ASlowPeerGetsAllOfTheLastReply) {
  const std::string reply(8'000'000, 'r');
  Peer peer = thread_.connect([&](Connection& connection) {
    connection.set_deadlines({.read_ms = 1500});
    return serve({.handle = [&](Connection& one) {
      one.write(reply);
      one.close_after_flush(1500);
    }})(connection);
  });
  peer.send("x");
  std::string received;
  const std::int64_t start = monotonic_ms();
  while (received.size() < reply.size()) {
    const std::string part =
        peer.receive(std::min<std::size_t>(400'000, reply.size() - received.size()));
    if (part.empty()) break;
    received += part;
    const std::int64_t next = start + static_cast<std::int64_t>(received.size() / 3'000);
    while (monotonic_ms() < next) thread_.run([] {});
  }
  EXPECT_GE(monotonic_ms() - start, 2000);
  EXPECT_TRUE(received == reply);
}

// A producer that is no handler hears of the room too.
TEST_P(ConnectionLifeTest, WritableComesToWhoeverFilledTheOutput) {
  std::promise<void> writable;
  Peer peer = thread_.connect(serve({.writable = [&](Connection&) { writable.set_value(); }}));
  peer.send("x");
  EXPECT_TRUE(thread_.eventually(
      [this] { return thread_.reactor().counters().bytes_received.value() > 0; }));
  thread_.run([this] {
    connection()->output().append(std::string(Connection::kOutputHigh + 1, 'w'));
    connection()->flush_later();
    EXPECT_TRUE(connection()->output_full());
  });
  EXPECT_EQ(peer.receive(Connection::kOutputHigh + 1).size(), Connection::kOutputHigh + 1);
  writable.get_future().wait();
}

TEST_P(ConnectionLifeTest, APeerThatReadsNothingIsIdle) {
  Peer peer = thread_.connect([this](Connection& connection) {
    connection.set_deadlines({.idle_ms = 50});
    return ending({.handle = [](Connection& one) {
      one.consume_all();
      one.write(std::string(20'000'000, 'r'));
    }})(connection);
  });
  peer.send("x");
  EXPECT_EQ(reason(), "its idle deadline of 50 ms has passed");
}

TEST_P(ConnectionLifeTest, SaysWhenOutputIsFlushed) {
  std::promise<std::size_t> flushed;
  std::size_t pending = 1;
  Peer peer = thread_.connect(serve({.handle =
                                         [](Connection& connection) {
                                           connection.consume_all();
                                           connection.write(std::string(5'000'000, 'r'));
                                         },
                                     .flushed =
                                         [&](Connection& connection) {
                                           pending = connection.output().size();
                                           flushed.set_value(pending);
                                         }}));
  peer.send("x");
  EXPECT_EQ(peer.receive(5'000'000).size(), 5'000'000U);
  EXPECT_EQ(flushed.get_future().get(), 0U);
}

// A producer that stops at the high mark and goes on at the low one sends everything in bounded
// memory.
TEST_P(ConnectionLifeTest, AProducerFollowsTheWatermarks) {
  constexpr std::size_t kTotal = 50'000'000;
  constexpr std::size_t kPiece = 10'000;
  auto produced = std::make_shared<std::size_t>(0);
  auto most = std::make_shared<std::size_t>(0);
  const auto produce = [=](Connection& connection) {
    while (!connection.output_full() && *produced < kTotal) {
      connection.write(std::string(kPiece, 'p'));
      *produced += kPiece;
      *most = std::max(*most, connection.output().size());
    }
  };
  Peer peer = thread_.connect(serve({.handle =
                                         [=](Connection& connection) {
                                           connection.consume_all();
                                           produce(connection);
                                         },
                                     .writable = produce}));
  peer.send("x");
  EXPECT_EQ(peer.receive(kTotal).size(), kTotal);
  EXPECT_LE(*most, Connection::kOutputHigh + kPiece);
}

TEST_P(ConnectionLifeTest, PausedReadingResumes) {
  Peer peer = thread_.connect(serve_echo());
  peer.send("a");
  EXPECT_EQ(peer.receive(1), "a");
  thread_.run([this] { connection()->pause_reading(); });
  peer.send("b");
  for (int tick = 0; tick < 10; ++tick) thread_.run([] {});
  thread_.run([this] {
    EXPECT_TRUE(connection()->unread().empty());
    EXPECT_EQ(thread_.reactor().counters().bytes_received.value(), 1U);
    connection()->resume_reading();
  });
  EXPECT_EQ(peer.receive(1), "b");
}

TEST_P(ConnectionLifeTest, WakeAsksAgain) {
  auto ready = std::make_shared<bool>(false);
  Peer peer = thread_.connect(serve(
      {.decode = [ready](InputBuffer&) { return *ready ? Decoded::kReady : Decoded::kNeedMore; },
       .handle = fakes::echo}));
  peer.send("x");
  EXPECT_TRUE(thread_.eventually(
      [this] { return thread_.reactor().counters().bytes_received.value() > 0; }));
  thread_.run([&] {
    *ready = true;
    connection()->wake();
  });
  EXPECT_EQ(peer.receive(1), "x");
}

TEST_P(ConnectionLifeTest, AnIdleConnectionEnds) {
  Peer peer = thread_.connect([this](Connection& connection) {
    connection.set_deadlines({.idle_ms = 300});
    return ending({.handle = fakes::echo})(connection);
  });
  const std::int64_t start = monotonic_ms();
  std::int64_t last = start;
  while (last < start + 400) {  // busy for longer
    last = monotonic_ms();
    peer.send("x");
    ASSERT_EQ(peer.receive(1), "x");
  }
  EXPECT_EQ(reason(), "its idle deadline of 300 ms has passed");
  EXPECT_GE(monotonic_ms(), last + 300);
  EXPECT_EQ(peer.receive_rest(), "");
}

TEST_P(ConnectionLifeTest, APeerThatReadsNothingMissesTheWriteDeadline) {
  Peer peer = thread_.connect([this](Connection& connection) {
    connection.set_deadlines({.write_ms = 30});
    return ending({.handle = [](Connection& one) {
      one.consume_all();
      one.write(std::string(20'000'000, 'r'));
    }})(connection);
  });
  peer.send("x");
  EXPECT_EQ(reason(), "its write deadline of 30 ms has passed");
}

TEST_P(ConnectionLifeTest, AHandshakeInTimeEndsItsDeadline) {
  for (const bool done : {true, false}) {
    reason_ = {};
    Peer peer = thread_.connect([&](Connection& connection) {
      connection.set_deadlines({.handshake_ms = done ? 30 : 10, .idle_ms = done ? 90 : 5000});
      if (done) connection.handshake_done();
      return ending()(connection);
    });
    EXPECT_EQ(reason(), done ? "its idle deadline of 90 ms has passed"
                             : "its handshake deadline of 10 ms has passed");
  }
}

TEST_P(ConnectionLifeTest, TimersOfAConnectionGoWithIt) {
  std::promise<void> ran;
  bool late = false;
  bool cancelled = false;
  Peer peer = thread_.connect(ending());
  thread_.run([&] {
    connection()->run_after(5, [&](Connection* one) {
      one->write("tick");
      ran.set_value();
    });
    connection()->run_after(20, [&](Connection*) { late = true; });
    const TimerId timer = connection()->run_after(6, [&](Connection*) { cancelled = true; });
    EXPECT_TRUE(thread_.reactor().cancel(timer));
  });
  EXPECT_EQ(peer.receive(4), "tick");
  ran.get_future().wait();
  std::promise<void> past;
  thread_.run([&] {
    connection()->close();
    thread_.reactor().schedule(40, [&past] { past.set_value(); });
  });
  past.get_future().wait();
  EXPECT_EQ(reason(), "");
  EXPECT_FALSE(late);
  EXPECT_FALSE(cancelled);
}

INSTANTIATE_TEST_SUITE_P(, ConnectionLifeTest, fakes::every_backend(), fakes::backend_label);

}  // namespace
}  // namespace weir
