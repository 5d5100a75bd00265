#include "core/connection.h"

#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <future>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "base/check.h"
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

using fakes::Hooks;
using fakes::make_tcp_line;
using fakes::Peer;
using fakes::serve;
using fakes::serve_echo;
using Stream = Peer::Stream;

class ConnectionTest : public testing::TestWithParam<BackendKind> {
 protected:
  ~ConnectionTest() override { set_log_level(LogLevel::kNotice); }

  Connection* connection() { return thread_.only_connection(); }
  bool eventually(const std::function<bool()>& look) { return thread_.eventually(look); }

  fakes::FaultySockets sockets_;
  fakes::ReactorThread thread_{GetParam(), sockets_};
};

TEST_P(ConnectionTest, Echoes) {
  Peer peer = thread_.connect(serve_echo());
  for (const std::string word : {"a", "bc", "def"}) {
    peer.send(word);
    EXPECT_EQ(peer.receive(word.size()), word);
  }
}

TEST_P(ConnectionTest, ServicesGreet) {
  Peer written = thread_.connect([](Connection& connection) {
    connection.write("hello");
    return std::make_unique<fakes::HookedSession>(Hooks{});
  });
  EXPECT_EQ(written.receive(5), "hello");
  Peer formatted = thread_.connect([](Connection& connection) {
    connection.output().append("hello");
    return std::make_unique<fakes::HookedSession>(Hooks{});
  });
  EXPECT_EQ(formatted.receive(5), "hello");
}

TEST_P(ConnectionTest, ServicesRefuse) {
  Peer told = thread_.connect([](Connection& connection) {
    connection.write("full");
    connection.close_after_flush();
    return std::make_unique<fakes::HookedSession>(Hooks{});
  });
  EXPECT_EQ(told.receive_rest(), "full");
  EXPECT_EQ(told.stream(), Stream::kEnded);
  Peer cut = thread_.connect([](Connection& connection) {
    connection.close();
    return std::make_unique<fakes::HookedSession>(Hooks{});
  });
  EXPECT_EQ(cut.receive_rest(), "");
}

// A session that decodes one fixed-size frame at a time from input in any cuts.
TEST_P(ConnectionTest, FramesArriveInAnyCuts) {
  constexpr std::size_t kFrame = 1000;
  Peer peer = thread_.connect(serve({.decode =
                                         [](InputBuffer& input) {
                                           return input.unread().size() < kFrame
                                                      ? Decoded::kNeedMore
                                                      : Decoded::kReady;
                                         },
                                     .handle =
                                         [](Connection& connection) {
                                           connection.write(connection.unread().substr(0, kFrame));
                                           connection.consume(kFrame);
                                         }}));
  std::string frames(100 * kFrame, '\0');
  for (std::size_t i = 0; i < frames.size(); ++i) frames[i] = static_cast<char>(i * 7 + i / kFrame);
  std::size_t cut = 1;
  EXPECT_EQ(peer.converse(frames, frames.size(), [&cut] { return cut = cut * 7 % 3001 + 1; }),
            frames);
}

TEST_P(ConnectionTest, AnIdleConnectionHoldsNoBuffer) {
  Peer peer = thread_.connect(serve({.decode =
                                         [](InputBuffer& input) {
                                           return input.unread().size() < 5 ? Decoded::kNeedMore
                                                                            : Decoded::kReady;
                                         },
                                     .handle = fakes::echo}));
  peer.send("abc");
  EXPECT_TRUE(
      eventually([this] { return connection() != nullptr && connection()->input_capacity() > 0; }));
  peer.send("de");
  EXPECT_EQ(peer.receive(5), "abcde");
  thread_.run([this] {
    EXPECT_EQ(connection()->input_capacity(), 0U);
    EXPECT_TRUE(connection()->output().empty());
  });
}

// Closing a socket with unread input resets it, which destroys what is on its way to the peer.
TEST_P(ConnectionTest, UnreadInputDoesNotDestroyTheLastReply) {
  const std::string reply(2'000'000, 'r');
  Peer peer = thread_.connect(serve({.handle =
                                         [reply](Connection& connection) {
                                           connection.write(reply);
                                           connection.close_after_flush();
                                         }}),
                              make_tcp_line);
  peer.send("quit");
  const std::string first = peer.receive(1000);
  // The server answers no more; the peer talks on, and reads late.
  const std::string more(100'000, 'm');
  for (int i = 0; i < 20; ++i) peer.send(more);
  EXPECT_EQ(first.size() + peer.receive_rest().size(), reply.size());
  EXPECT_EQ(peer.stream(), Stream::kEnded);
}

TEST_P(ConnectionTest, APeerThatNeverClosesIsNotWaitedForForever) {
  std::promise<void> closed;
  Peer peer = thread_.connect(
      serve({.handle = [](Connection& connection) { connection.close_after_flush(); },
             .closed =
                 [&closed](Connection&, const Status& reason) {
                   EXPECT_TRUE(reason.is_ok());
                   closed.set_value();
                 }}),
      make_tcp_line);
  const std::int64_t start = monotonic_ms();
  peer.send("x");
  EXPECT_EQ(peer.receive_rest(), "");
  closed.get_future().wait();
  EXPECT_GE(monotonic_ms() - start, Connection::kLingerMs - 1);
  EXPECT_EQ(thread_.connections(), 0U);
}

TEST_P(ConnectionTest, ALingeringConnectionGoesWithItsPeer) {
  std::promise<void> closed;
  Peer peer = thread_.connect(
      serve({.handle = [](Connection& connection) { connection.close_after_flush(); },
             .closed = [&closed](Connection&, const Status&) { closed.set_value(); }}),
      make_tcp_line);
  const std::int64_t start = monotonic_ms();
  peer.send("x");
  EXPECT_EQ(peer.receive_rest(), "");
  peer.close();
  closed.get_future().wait();
  // Far from the deadline, on any machine that does not stand still.
  EXPECT_LT(monotonic_ms() - start, Connection::kLingerMs);
}

// It reads for longer than a connection lingers, and never stops talking.
TEST_P(ConnectionTest, ASlowPeerThatTalksOnGetsEverything) {
  constexpr std::size_t kReply = 100'000;
  Peer peer = thread_.connect(serve({.handle =
                                         [](Connection& connection) {
                                           connection.consume_all();
                                           connection.write(std::string(kReply, 'x'));
                                           connection.close_after_flush();
                                         }}),
                              make_tcp_line);
  constexpr int kWindow = 4096;
  constexpr int kPauseMs = 100;
  ::setsockopt(peer.fd(), SOL_SOCKET, SO_RCVBUF, &kWindow, sizeof kWindow);
  peer.send("x");
  std::string received;
  while (peer.stream() == Stream::kOpen) {
    const std::int64_t until = monotonic_ms() + kPauseMs;
    while (monotonic_ms() < until) peer.send_some("more");
    received += peer.receive(kWindow);
  }
  EXPECT_EQ(received.size(), kReply);
}

TEST_P(ConnectionTest, APeerThatHasEndedStillGetsItsReplies) {
  for (auto* make_line : {fakes::make_unix_line, fakes::make_tcp_line}) {
    Peer peer = thread_.connect(serve_echo(), make_line);
    peer.send("last request");
    peer.end();
    EXPECT_EQ(peer.receive_rest(), "last request");
    EXPECT_EQ(peer.stream(), Stream::kEnded);
  }
  EXPECT_TRUE(eventually([this] { return connection() == nullptr; }));
}

TEST_P(ConnectionTest, APeerThatGoesWhileItIsPausedIsNoticed) {
  for (auto* make_line : {fakes::make_unix_line, fakes::make_tcp_line}) {
    std::promise<std::string> closed;
    Peer peer = thread_.connect(
        serve({.handle =
                   [](Connection& connection) {
                     connection.write(std::string(20'000'000, 'x'));
                     connection.consume_all();
                   },
               .closed = [&closed](Connection&,
                                   const Status& reason) { closed.set_value(reason.message()); }}),
        make_line);
    peer.send("x");
    EXPECT_TRUE(eventually([this] { return connection() && connection()->output_full(); }));
    peer.close();
    const std::string reason = closed.get_future().get();
    EXPECT_TRUE(reason.starts_with("connection lost: ")) << reason;
  }
}

TEST_P(ConnectionTest, WhoNeverConsumesIsClosed) {
  std::promise<std::string> closed;
  Peer peer = thread_.connect(
      serve({.decode = [](InputBuffer&) { return Decoded::kNeedMore; },
             .closed = [&closed](Connection&,
                                 const Status& reason) { closed.set_value(reason.message()); }}));
  const std::string bytes(1024 * 1024, 'x');
  for (int i = 0; i < 20 && peer.send(bytes); ++i) {
  }
  EXPECT_EQ(peer.stream(), Stream::kBroken);
  EXPECT_EQ(closed.get_future().get(), "the peer sent 16777216 bytes that hold no whole request");
  EXPECT_EQ(thread_.connections(), 0U);
}

TEST_P(ConnectionTest, UpToTheLimitInputIsKept) {
  Peer peer =
      thread_.connect(serve({.decode =
                                 [](InputBuffer& input) {
                                   return input.unread().size() < Connection::kMaxUnread
                                              ? Decoded::kNeedMore
                                              : Decoded::kReady;
                                 },
                             .handle =
                                 [](Connection& connection) {
                                   connection.write(std::to_string(connection.unread().size()));
                                   connection.consume_all();
                                 }}));
  ASSERT_TRUE(peer.send(std::string(Connection::kMaxUnread, 'x')));
  EXPECT_EQ(peer.receive(8), "16777216");
  thread_.run([this] { EXPECT_EQ(connection()->input_capacity(), 0U); });
}

TEST_P(ConnectionTest, ASessionThatLeavesItsInputAloneWaitsForMore) {
  std::atomic<int> handled{0};
  Peer peer = thread_.connect(serve({.handle = [&handled](Connection& connection) {
    ++handled;
    if (connection.unread().size() >= 2) fakes::echo(connection);
  }}));
  peer.send("a");
  EXPECT_TRUE(eventually([&handled] { return handled > 0; }));
  thread_.run([] {});
  EXPECT_EQ(handled, 1);
  peer.send("b");
  EXPECT_EQ(peer.receive(2), "ab");
}

TEST_P(ConnectionTest, AnExceptionCostsOneConnection) {
  set_log_level(LogLevel::kWarning);
  Peer bystander = thread_.connect(serve_echo());
  std::promise<std::string> closed;
  Peer peer = thread_.connect(
      serve({.handle = [](Connection&) { throw std::runtime_error("oops"); },
             .closed = [&closed](Connection&,
                                 const Status& reason) { closed.set_value(reason.message()); }}));
  peer.send("x");
  EXPECT_EQ(peer.receive_rest(), "");
  EXPECT_EQ(closed.get_future().get(), "exception in the session: oops");

  Peer decoding = thread_.connect(serve({.decode = [](InputBuffer&) -> Decoded { throw 42; }}));
  decoding.send("x");
  EXPECT_EQ(decoding.receive_rest(), "");

  Peer closing = thread_.connect(serve({.closed = [](Connection&, const Status&) { throw 42; }}));
  closing.end();
  EXPECT_EQ(closing.receive_rest(), "");

  Peer greeting = thread_.connect(
      [](Connection&) -> std::unique_ptr<Session> { throw std::runtime_error("oops"); });
  EXPECT_EQ(greeting.receive_rest(), "");

  bystander.send("still here");
  EXPECT_EQ(bystander.receive(10), "still here");
  EXPECT_EQ(thread_.connections(), 1U);
}

// Every way to go, and then some: closed() comes once, with nothing after it.
TEST_P(ConnectionTest, ClosedIsTheLastCallAndTheOnlyOne) {
  struct Life {
    int closed = 0;
    int after = 0;
  };
  const auto close_twice = [](Connection& connection) {
    connection.close(Status::error("first"));
    connection.close(Status::error("second"));
    connection.close_after_flush();
    connection.write("x");
    connection.flush_later();
  };
  const auto flush_twice = [](Connection& connection) {
    connection.write("x");
    connection.close_after_flush();
    connection.close_after_flush();
  };
  const auto flush_and_close = [](Connection& connection) {
    connection.write("x");
    connection.close_after_flush();
    connection.close();
  };
  const auto fail = [](Connection&) { throw std::runtime_error("oops"); };
  using Handle = std::function<void(Connection&)>;
  set_log_level(LogLevel::kWarning);
  for (const Handle& handle : {Handle(close_twice), Handle(flush_twice), Handle(flush_and_close),
                               Handle(fail), Handle(fakes::echo)}) {
    for (auto* make_line : {fakes::make_unix_line, fakes::make_tcp_line}) {
      const auto life = std::make_shared<Life>();
      Peer peer = thread_.connect(serve({.handle =
                                             [life, &handle](Connection& connection) {
                                               if (life->closed > 0) ++life->after;
                                               handle(connection);
                                             },
                                         .closed =
                                             [life](Connection& connection, const Status&) {
                                               ++life->closed;
                                               EXPECT_TRUE(connection.is_closed());
                                               connection.close();
                                               connection.close_after_flush();
                                               connection.write("nobody hears it");
                                             }}),
                                  make_line);
      peer.send("one");
      peer.send("two");
      if (make_line == make_tcp_line) peer.reset();
      peer.close();
      EXPECT_TRUE(eventually([&life] { return life->closed > 0; }));
      thread_.run([] {});
      thread_.run([&life] {
        EXPECT_EQ(life->closed, 1);
        EXPECT_EQ(life->after, 0);
      });
    }
  }
  EXPECT_EQ(thread_.reactor().load(), 0U);
}

TEST_P(ConnectionTest, AnIdOutlivesItsConnection) {
  ConnectionId first;
  ConnectionId second;
  {
    Peer peer = thread_.connect(serve_echo());
    EXPECT_TRUE(eventually([&] { return connection() != nullptr; }));
    thread_.run([&] {
      first = connection()->id();
      EXPECT_EQ(thread_.reactor().find(first), connection());
    });
  }
  EXPECT_TRUE(eventually([this] { return connection() == nullptr; }));
  Peer peer = thread_.connect(serve_echo());
  EXPECT_TRUE(eventually([&] { return connection() != nullptr; }));
  thread_.run([&] {
    second = connection()->id();
    EXPECT_EQ(second.slot(), first.slot());
    EXPECT_NE(second, first);
    EXPECT_EQ(thread_.reactor().find(first), nullptr);
    EXPECT_EQ(thread_.reactor().find(second), connection());
    EXPECT_EQ(thread_.reactor().find(ConnectionId::kNone), nullptr);
    EXPECT_EQ(thread_.reactor().find(ConnectionId::make(1, second.slot(), second.generation())),
              nullptr);
    EXPECT_EQ(thread_.reactor().find(ConnectionId::make(0, 12345, 1)), nullptr);
    connection()->close();
    EXPECT_EQ(thread_.reactor().find(second), nullptr);
  });
}

TEST_P(ConnectionTest, ClosedMayCloseAndWriteToOthers) {
  Peer listening = thread_.connect(serve_echo());
  Peer victim = thread_.connect(serve_echo());
  const auto find = [this](std::uint32_t slot) {
    Connection* found = nullptr;
    thread_.reactor().for_each_connection([&](Connection& one) {
      if (one.id().slot() == slot) found = &one;
    });
    return found;
  };
  Peer leaving = thread_.connect(serve({.closed = [&find](Connection&, const Status&) {
    find(0)->write("somebody left");
    find(1)->close();
  }}));
  EXPECT_TRUE(eventually([&find] { return find(2) != nullptr; }));
  leaving.close();
  EXPECT_EQ(listening.receive(13), "somebody left");
  EXPECT_EQ(victim.receive_rest(), "");
  EXPECT_EQ(thread_.connections(), 1U);
}

TEST_P(ConnectionTest, KnowsItsAddresses) {
  Peer peer = thread_.connect(serve_echo(), make_tcp_line);
  EXPECT_TRUE(eventually([this] { return connection() != nullptr; }));
  thread_.run([this] {
    EXPECT_EQ(connection()->local().family(), AF_INET);
    EXPECT_NE(connection()->local().port(), 0);
    EXPECT_EQ(&connection()->reactor(), &thread_.reactor());
    EXPECT_GE(connection()->fd(), 0);
  });
}

// A session between random faults of the kernel answers byte for byte, or not at all.
TEST_P(ConnectionTest, EchoesThroughAFaultyKernel) {
  constexpr fakes::FaultOdds kHarmless{.interrupted = 100, .blocked = 150, .cut = 300};
  std::uint64_t faults = 0;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    fakes::FaultySockets sockets(seed, kHarmless);
    fakes::ReactorThread thread(GetParam(), sockets);
    Peer peer = thread.connect(serve_echo());
    std::string bytes(200'000, '\0');
    for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(i * seed + i / 99);
    EXPECT_EQ(peer.converse(bytes, bytes.size(), [] { return std::size_t{1500}; }), bytes) << seed;
    peer.end();
    EXPECT_EQ(peer.receive_rest(), "");
    faults += sockets.faults();
  }
  EXPECT_GT(faults, 100U);
}

INSTANTIATE_TEST_SUITE_P(, ConnectionTest, fakes::every_backend(), fakes::backend_label);

}  // namespace
}  // namespace weir
