// How output leaves: what is gathered, what is sent at once, what waits, and how much may.
#include <algorithm>
#include <atomic>
#include <cerrno>
#include <functional>
#include <future>
#include <string>
#include <vector>

#include "core/connection.h"
#include "core/reactor.h"
#include "gtest/gtest.h"
#include "tests/fakes/backends.h"
#include "tests/fakes/faulty_sockets.h"
#include "tests/fakes/hooked_session.h"
#include "tests/fakes/peer.h"
#include "tests/fakes/reactor_thread.h"

namespace weir {
namespace {

using fakes::Call;
using fakes::Peer;
using fakes::serve;
using fakes::serve_echo;
using Stream = Peer::Stream;

class ConnectionOutputTest : public testing::TestWithParam<BackendKind> {
 protected:
  Connection* connection() { return thread_.only_connection(); }
  bool eventually(const std::function<bool()>& look) { return thread_.eventually(look); }

  fakes::FaultySockets sockets_;
  fakes::ReactorThread thread_{GetParam(), sockets_};
};

TEST_P(ConnectionOutputTest, WritesOfOneTickAreOneSend) {
  Peer peer = thread_.connect(serve({.handle = [](Connection& connection) {
    for (const char& c : connection.unread()) connection.write({&c, 1});
    connection.consume_all();
  }}));
  peer.send("abcdef");
  EXPECT_EQ(peer.receive(6), "abcdef");
  thread_.run([] {});
  EXPECT_EQ(sockets_.calls(fakes::Call::kSend), 1U);
}

// A large piece is not copied: sent from where it lies, and said to be flushed once.
TEST_P(ConnectionOutputTest, ALargePieceIsSentAtOnce) {
  std::atomic<int> flushed{0};
  Peer peer = thread_.connect(serve({.flushed = [&](Connection&) { ++flushed; }}));
  EXPECT_TRUE(eventually([this] { return connection() != nullptr; }));
  const std::string piece(Connection::kSentAtOnce, 'p');
  thread_.run([&] {
    connection()->write(piece);
    EXPECT_EQ(sockets_.calls(Call::kSend), 1U);
    EXPECT_TRUE(connection()->output().empty());
    EXPECT_EQ(flushed, 0);
    // The next of this tick waits, however large.
    connection()->write(piece);
    EXPECT_EQ(connection()->output().size(), piece.size());
  });
  EXPECT_EQ(peer.receive(2 * piece.size()), piece + piece);
  EXPECT_TRUE(eventually([&] { return flushed == 1; }));
  EXPECT_EQ(sockets_.calls(Call::kSend), 2U);
  thread_.run([&] { connection()->write(piece); });
  EXPECT_EQ(peer.receive(piece.size()), piece);
  EXPECT_TRUE(eventually([&] { return flushed == 2; }));
  EXPECT_EQ(sockets_.calls(Call::kSend), 3U);
}

TEST_P(ConnectionOutputTest, ALargePieceKeepsItsPlace) {
  const std::string piece(100'000, 'p');
  Peer peer = thread_.connect(serve({.handle = [piece](Connection& connection) {
    connection.consume_all();
    connection.write("first ");
    connection.write(piece);
    connection.write(" last");
  }}));
  peer.send("x");
  const std::string expected = "first " + piece + " last";
  EXPECT_EQ(peer.receive(expected.size()), expected);
}

TEST_P(ConnectionOutputTest, WhatIsLeftOfALargePieceFollows) {
  const std::string piece(5'000'000, 'p');
  for (auto* make_line : {fakes::make_unix_line, fakes::make_tcp_line}) {
    Peer peer = thread_.connect(serve({.handle =
                                           [piece](Connection& connection) {
                                             connection.consume_all();
                                             connection.write(piece);
                                             connection.write("last");
                                           }}),
                                make_line);
    sockets_.cut(Call::kSend, 1000);
    sockets_.fail(Call::kSend, EAGAIN);
    peer.send("x");
    EXPECT_TRUE(peer.receive(piece.size() + 4) == piece + "last");
  }
}

TEST_P(ConnectionOutputTest, AFailureOfALargePieceIsTold) {
  std::promise<std::string> reason;
  Peer peer = thread_.connect(
      serve({.closed = [&](Connection&, const Status& why) { reason.set_value(why.message()); }}));
  EXPECT_TRUE(eventually([this] { return connection() != nullptr; }));
  thread_.run([this] {
    Connection& only = *connection();
    sockets_.fail(Call::kSend, ECONNRESET);
    only.write(std::string(Connection::kSentAtOnce, 'p'));
    EXPECT_TRUE(only.is_closed());
    EXPECT_TRUE(only.output().empty());
  });
  EXPECT_EQ(reason.get_future().get(), "connection lost: Connection reset by peer");
}

// A producer that goes on until the output is full has an end, also with a peer that takes all.
TEST_P(ConnectionOutputTest, AProducerOfLargePiecesEnds) {
  constexpr std::size_t kPiece = 64 * 1024;
  std::promise<std::size_t> wrote;
  Peer peer = thread_.connect(serve({.handle = [&](Connection& connection) {
    connection.consume_all();
    std::size_t total = 0;
    for (; !connection.output_full(); total += kPiece) connection.write(std::string(kPiece, 'p'));
    wrote.set_value(total);
  }}));
  peer.send("x");
  const std::size_t total = wrote.get_future().get();
  EXPECT_LE(total, Connection::kOutputHigh + 2 * kPiece);
  EXPECT_EQ(peer.receive(total).size(), total);
}

// Of many that are ready at once the first have their replies before the last is handled.
TEST_P(ConnectionOutputTest, ManyAreAnsweredInBatches) {
  constexpr std::uint64_t kPeers = 200;
  std::atomic<std::uint64_t> handled{0};
  std::uint64_t sent_before_the_last = 0;
  const Service service = serve({.handle = [&](Connection& connection) {
    if (++handled == kPeers) sent_before_the_last = sockets_.calls(Call::kSend);
    fakes::echo(connection);
  }});
  std::vector<Peer> peers;
  for (std::uint64_t i = 0; i < kPeers; ++i) peers.push_back(thread_.connect(service));
  EXPECT_TRUE(eventually([&] { return thread_.reactor().load() == kPeers; }));
  thread_.run([&] {
    for (Peer& peer : peers) peer.send("x");
  });
  for (Peer& peer : peers) EXPECT_EQ(peer.receive(1), "x");
  EXPECT_EQ(handled, kPeers);
  EXPECT_GE(sent_before_the_last, 128U);
  // Nobody's went in pieces.
  EXPECT_EQ(sockets_.calls(Call::kSend), kPeers);
}

// Replies that come later than their request: from a timer, from another connection.
TEST_P(ConnectionOutputTest, WritesFromOutsideOfTheSessionAreSent) {
  Peer peer = thread_.connect(serve_echo());
  EXPECT_TRUE(eventually([this] { return connection() != nullptr; }));
  thread_.run([this] { connection()->write("posted"); });
  EXPECT_EQ(peer.receive(6), "posted");
  thread_.run([this] {
    connection()->output().append("in place");
    connection()->flush_later();
  });
  EXPECT_EQ(peer.receive(8), "in place");
  thread_.run([this] {
    const ConnectionId id = connection()->id();
    thread_.reactor().schedule(1, [this, id] { thread_.reactor().find(id)->write("timed"); });
  });
  EXPECT_EQ(peer.receive(5), "timed");
  thread_.run([this] {
    connection()->write("bye");
    connection()->close_after_flush();
  });
  EXPECT_EQ(peer.receive_rest(), "bye");
}

TEST_P(ConnectionOutputTest, CloseDropsWhatIsQueued) {
  Peer peer = thread_.connect(serve({.handle = [](Connection& connection) {
    connection.write("never sent");
    connection.close();
  }}));
  peer.send("x");
  EXPECT_EQ(peer.receive_rest(), "");
}

TEST_P(ConnectionOutputTest, ASlowReaderGetsEverythingBeforeTheClose) {
  for (auto* make_line : {fakes::make_unix_line, fakes::make_tcp_line}) {
    std::string reply(8 * 1024 * 1024, '\0');
    for (std::size_t i = 0; i < reply.size(); ++i) reply[i] = static_cast<char>(i % 251);
    Peer peer = thread_.connect(serve({.handle =
                                           [reply](Connection& connection) {
                                             connection.write(reply);
                                             connection.close_after_flush();
                                             connection.write("too late");
                                           }}),
                                make_line);
    peer.send("x");
    std::string received;
    while (peer.stream() == Stream::kOpen) received += peer.receive(4096);
    EXPECT_EQ(peer.stream(), Stream::kEnded);
    EXPECT_TRUE(received == reply) << received.size();
  }
}

// Answers each byte with 10,000, looking at the watermark as it goes.
Service serve_tenthousandfold() {
  return serve({.handle = [](Connection& connection) {
    const std::string reply(10'000, connection.unread().front());
    while (!connection.unread().empty() && !connection.output_full()) {
      connection.write(reply);
      connection.consume(1);
    }
  }});
}

TEST_P(ConnectionOutputTest, APeerThatHasEndedGetsRepliesBeyondTheWatermark) {
  for (auto* make_line : {fakes::make_unix_line, fakes::make_tcp_line}) {
    Peer peer = thread_.connect(serve_tenthousandfold(), make_line);
    peer.send(std::string(1000, 'x'));
    peer.end();
    EXPECT_EQ(peer.receive_rest().size(), 10'000'000U);
    EXPECT_EQ(peer.stream(), Stream::kEnded);
  }
}

TEST_P(ConnectionOutputTest, AFloodOfRepliesStopsAtTheWatermark) {
  Peer peer = thread_.connect(serve_tenthousandfold());
  peer.send(std::string(1000, 'x'));
  EXPECT_TRUE(eventually([this] { return connection() && connection()->output_full(); }));
  thread_.run([this] {
    EXPECT_LE(connection()->output().size(), Connection::kOutputHigh + 10'000);
    EXPECT_GT(connection()->unread().size(), 0U);
  });
  // The rest of the requests is handled as the peer reads.
  EXPECT_EQ(peer.receive(10'000'000).size(), 10'000'000U);
  EXPECT_TRUE(eventually(
      [this] { return connection()->unread().empty() && !connection()->output_full(); }));
  // Input that was handled when there was room again is not kept either.
  thread_.run([this] { EXPECT_EQ(connection()->input_capacity(), 0U); });
  peer.send("y");
  EXPECT_EQ(peer.receive(10'000), std::string(10'000, 'y'));
}

TEST_P(ConnectionOutputTest, MemoryIsBoundedWhileAPeerSendsAndNeverReads) {
  for (auto* make_line : {fakes::make_unix_line, fakes::make_tcp_line}) {
    Peer peer = thread_.connect(serve_echo(), make_line);
    const std::string bytes(100'000, 'x');
    std::size_t sent = 0;
    bool stuck = false;
    EXPECT_TRUE(eventually([&] {
      const std::size_t size = peer.send_some(bytes);
      sent += size;
      Connection* only = connection();
      if (only == nullptr) return false;
      EXPECT_LE(only->output().size(), Connection::kOutputHigh + 64 * 1024);
      EXPECT_LE(only->input_capacity(), std::size_t{64 * 1024});
      stuck = only->output_full() && size == 0;
      return stuck;
    }));
    // Both sides wait now, and the reactor with them: each of these tasks is a tick or two.
    const std::uint64_t ticks = thread_.reactor().counters().ticks.value();
    for (int i = 0; i < 50; ++i) thread_.run([] {});
    EXPECT_LE(thread_.reactor().counters().ticks.value() - ticks, 110U);
    // Nothing was lost meanwhile.
    EXPECT_EQ(peer.receive(sent).size(), sent);
    peer.send("go on");
    EXPECT_EQ(peer.receive(5), "go on");
    peer.close();
    EXPECT_TRUE(eventually([this] { return connection() == nullptr; }));
  }
}

INSTANTIATE_TEST_SUITE_P(, ConnectionOutputTest, fakes::every_backend(), fakes::backend_label);

}  // namespace
}  // namespace weir
