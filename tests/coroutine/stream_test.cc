// Coroutines that serve connections, under each threading model.
#include "coroutine/stream.h"

#include <atomic>
#include <chrono>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "codec/http_requests.h"
#include "codec/line.h"
#include "coroutine/accept_queue.h"
#include "coroutine/connect.h"
#include "coroutine/hop.h"
#include "coroutine/scope.h"
#include "coroutine/sleep.h"
#include "coroutine/when_all.h"
#include "coroutine/when_any.h"
#include "gtest/gtest.h"
#include "tests/coroutine/running_coroutines.h"
#include "tests/fakes/peer_listener.h"

namespace weir {
namespace {

using namespace std::chrono_literals;

constexpr auto kForEver = 1h;

Task<> echo(Stream peer) {
  while (auto bytes = co_await peer.read()) co_await peer.write(*bytes);
}

std::string numbered(std::size_t size) {
  std::string text;
  text.reserve(size + 8);
  for (std::size_t i = 0; text.size() < size; ++i) text += std::to_string(i) + ",";
  text.resize(size);
  return text;
}

TEST_P(StreamTest, Echo) {
  running_.serve(echo);
  running_.start();
  const std::string text = numbered(3'000'000);
  fakes::Peer peer = running_.connect();
  std::size_t piece = 1;
  EXPECT_EQ(peer.converse(text, text.size(), [&] { return piece = piece * 3 % 100'003; }), text);
  peer.end();
  EXPECT_EQ(peer.receive_rest(), "");
  EXPECT_TRUE(running_.eventually_without_roots());
}

TEST_P(StreamTest, AGreetingAndAnAnswerToTheEnd) {
  running_.serve([](Stream peer) -> Task<> {
    co_await peer.write("hello\n");
    std::string all;
    while (auto bytes = co_await peer.read()) all += *bytes;
    co_await sleep_for(1ms);
    co_await peer.write("you said " + all);
  });
  running_.start();
  fakes::Peer peer = running_.connect();
  EXPECT_EQ(peer.receive(6), "hello\n");
  ASSERT_TRUE(peer.send("this"));
  ASSERT_TRUE(peer.send(" and that"));
  peer.end();
  EXPECT_EQ(peer.receive_rest(), "you said this and that");
}

TEST_P(StreamTest, SoManyBytes) {
  running_.serve([](Stream peer) -> Task<> {
    while (auto size = co_await peer.read_exactly(6)) {
      const std::size_t wanted = std::stoul(std::string(*size));
      const auto bytes = co_await peer.read_exactly(wanted);
      if (!bytes) co_return;
      co_await peer.write(*bytes);
    }
    co_await peer.write("!");
  });
  running_.start();
  fakes::Peer peer = running_.connect();
  const std::string large = numbered(300'000);
  ASSERT_TRUE(peer.send("000003abc000000000002de300000"));
  EXPECT_EQ(peer.receive(5), "abcde");
  ASSERT_TRUE(peer.send(large));
  EXPECT_EQ(peer.receive(large.size()), large);
  ASSERT_TRUE(peer.send("00000"));  // not whole
  peer.end();
  EXPECT_EQ(peer.receive_rest(), "!");
}

Task<> echo_lines(Stream peer) {
  codec::Line line;
  while (auto text = co_await peer.read_frame(line)) {
    co_await peer.write(*text);
    co_await peer.write("|");
  }
  co_await peer.write("end");
}

TEST_P(StreamTest, FramesInPieces) {
  running_.serve(echo_lines);
  running_.start();
  for (const std::size_t piece : {1, 2, 3, 100}) {
    fakes::Peer peer = running_.connect();
    const std::string sent = "one\r\n\ntwo\nthree\r\nlost";
    for (std::size_t at = 0; at < sent.size(); at += piece) {
      ASSERT_TRUE(peer.send(std::string_view(sent).substr(at, piece)));
    }
    peer.end();
    EXPECT_EQ(peer.receive_rest(), "one||two|three|end");
  }
}

TEST_P(StreamTest, ABadFrameClosesBehindWhatWasWritten) {
  std::atomic<bool> ended{false};
  running_.serve([&](Stream peer) -> Task<> {
    codec::Line line = *codec::Line::make({.max_bytes = 8});
    while (auto text = co_await peer.read_frame(line)) co_await peer.write(*text);
    ended = true;
  });
  running_.start();
  fakes::Peer peer = running_.connect();
  ASSERT_TRUE(peer.send("good\nmuch too long for a line\nbad\n"));
  EXPECT_EQ(peer.receive_rest(), "good");
  EXPECT_TRUE(running_.eventually_without_roots());
  EXPECT_TRUE(ended);
}

// What is unread stays bounded, and is there when it is asked for.
TEST_P(StreamTest, InputWaitsForWhoIsAtSomethingElse) {
  running_.serve([](Stream peer) -> Task<> {
    const auto first = co_await peer.read_exactly(1);
    if (!first) co_return;
    co_await sleep_for(20ms);
    std::size_t total = 0;
    while (auto bytes = co_await peer.read()) total += bytes->size();
    co_await peer.write(std::to_string(total));
  });
  running_.start();
  fakes::Peer peer = running_.connect();
  ASSERT_TRUE(peer.send(std::string(1'000'001, 'x')));
  peer.end();
  EXPECT_EQ(peer.receive_rest(), "1000000");
}

TEST_P(StreamTest, WritesWaitForTheReader) {
  std::atomic<int> written{0};
  constexpr int kPieces = 3000;
  running_.serve([&](Stream peer) -> Task<> {
    const std::string piece(10'000, 'w');
    for (int i = 0; i < kPieces; ++i) {
      co_await peer.write(piece);
      ++written;
    }
  });
  running_.start();
  fakes::Peer peer = running_.connect(4096);
  EXPECT_EQ(peer.receive(100'000), std::string(100'000, 'w'));
  // It can't have written more than the buffers hold: the kernel's, and the high mark.
  EXPECT_LT(written, kPieces);
  EXPECT_EQ(peer.receive_rest().size(), 10'000U * kPieces - 100'000);
}

TEST_P(StreamTest, AHalfCloseOfOurs) {
  running_.serve([](Stream peer) -> Task<> {
    co_await peer.write(std::string(500'000, 'a'));
    peer.end();
    co_await peer.write("dropped");
    std::string all;
    while (auto bytes = co_await peer.read()) all += *bytes;
    EXPECT_EQ(all, "still heard");
  });
  running_.start();
  fakes::Peer peer = running_.connect();
  EXPECT_EQ(peer.receive_rest().size(), 500'000U);
  ASSERT_TRUE(peer.send("still heard"));
  peer.end();
  EXPECT_TRUE(running_.eventually_without_roots());
}

TEST_P(StreamTest, AnExceptionCostsTheConnection) {
  running_.serve([](Stream peer) -> Task<> {
    const auto bytes = co_await peer.read();
    if (*bytes == "late") co_await sleep_for(1ms);
    throw std::runtime_error("a coroutine's");
  });
  running_.start();
  for (const char* text : {"soon", "late"}) {
    fakes::Peer peer = running_.connect();
    ASSERT_TRUE(peer.send(text));
    EXPECT_EQ(peer.receive_rest(), "");
  }
  EXPECT_TRUE(running_.eventually_without_roots());
}

TEST_P(StreamTest, OneThatThrowsAtOnceCostsTheConnection) {
  running_.serve([](Stream) -> Task<> {
    throw std::runtime_error("at once");
    co_return;
  });
  running_.start();
  fakes::Peer peer = running_.connect();
  EXPECT_EQ(peer.receive_rest(), "");
  EXPECT_TRUE(running_.eventually_without_roots());
}

TEST_P(StreamTest, ToReadBehindTheEndThrows) {
  std::atomic<bool> thrown{false};
  running_.serve([&](Stream peer) -> Task<> {
    try {
      for (;;) co_await peer.read();
    } catch (const std::logic_error&) {
      thrown = true;
    }
  });
  running_.start();
  fakes::Peer peer = running_.connect();
  peer.end();
  EXPECT_EQ(peer.receive_rest(), "");
  EXPECT_TRUE(running_.eventually_without_roots());
  EXPECT_TRUE(thrown);
}

// A read that is cancelled has taken nothing: what it waited for goes to the next.
TEST_P(StreamTest, AReadThatTimesOutLosesNothing) {
  running_.serve([](Stream peer) -> Task<> {
    const auto read = [](Stream& from) -> Task<std::string> {
      const auto bytes = co_await from.read_exactly(4);
      co_return bytes ? std::string(*bytes) : "end";
    };
    for (;;) {
      const auto bytes = co_await with_timeout(1ms, read(peer));
      if (bytes == "end") co_return;
      const std::string answer = bytes ? *bytes : ".";
      co_await peer.write(answer);
    }
  });
  running_.start();
  fakes::Peer peer = running_.connect();
  ASSERT_TRUE(peer.send("ab"));
  EXPECT_EQ(peer.receive(3), "...");
  ASSERT_TRUE(peer.send("cd"));
  std::string answer;
  while (!answer.ends_with('d')) answer += peer.receive(1);
  EXPECT_EQ(answer.find_last_of('.') + 5, answer.size());
  EXPECT_TRUE(answer.ends_with("abcd"));
}

// Each place where a coroutine may be when its connection goes.
struct Place {
  const char* name;
  Task<> (*wait)(Stream& peer, TaskPool& pool, const Address& nobody);
};

Task<> in_read(Stream& peer, TaskPool&, const Address&) { co_await peer.read(); }
Task<> in_read_exactly(Stream& peer, TaskPool&, const Address&) { co_await peer.read_exactly(100); }
Task<> in_frame(Stream& peer, TaskPool&, const Address&) {
  codec::Line line;
  co_await peer.read_frame(line);
}
Task<> in_write(Stream& peer, TaskPool&, const Address&) {
  const std::string piece(100'000, 'x');
  for (;;) co_await peer.write(piece);
}
Task<> in_sleep(Stream&, TaskPool&, const Address&) { co_await sleep_for(kForEver); }
Task<> in_pool(Stream& peer, TaskPool& pool, const Address&) {
  for (;;) {
    const Status status = co_await on(pool);
    EXPECT_TRUE(status.is_ok());
    co_await on(peer);
  }
}
Task<> in_when_all(Stream& peer, TaskPool& pool, const Address& nobody) {
  co_await when_all(in_read(peer, pool, nobody), in_sleep(peer, pool, nobody),
                    in_write(peer, pool, nobody));
}
Task<> in_when_any(Stream& peer, TaskPool& pool, const Address& nobody) {
  co_await when_any(in_sleep(peer, pool, nobody), in_write(peer, pool, nobody));
}
Task<> in_scope(Stream& peer, TaskPool& pool, const Address& nobody) {
  co_await with_scope([&](Scope& scope) -> Task<> {
    scope.spawn(in_read(peer, pool, nobody));
    scope.spawn(in_pool(peer, pool, nobody));
    co_await sleep_for(kForEver);
  });
}
Task<> in_timeout(Stream& peer, TaskPool& pool, const Address& nobody) {
  co_await with_timeout(kForEver, in_sleep(peer, pool, nobody));
}
Task<> in_connect(Stream&, TaskPool&, const Address& nobody) {
  const auto stream = co_await connect(nobody.to_string(), 60s);
  EXPECT_FALSE(stream.is_ok());
}
Task<> in_child(Stream& peer, TaskPool& pool, const Address& nobody) {
  co_await in_scope(peer, pool, nobody);
}

constexpr Place kPlaces[] = {
    {"read", in_read},         {"read_exactly", in_read_exactly}, {"read_frame", in_frame},
    {"write", in_write},       {"sleep_for", in_sleep},           {"pool", in_pool},
    {"when_all", in_when_all}, {"when_any", in_when_any},         {"scope", in_scope},
    {"timeout", in_timeout},   {"connect", in_connect},           {"child", in_child},
};

TEST_P(StreamTest, ItIsCancelledWhereverItIs) {
  TaskPool pool({.threads = 2});
  fakes::PeerListener nobody("tcp://127.0.0.1:0");
  nobody.fill_up();
  std::atomic<int> begun{0};
  std::atomic<int> cancelled{0};
  running_.serve([&](Stream peer) -> Task<> {
    const auto first = co_await peer.read_exactly(1);
    const Place& place = kPlaces[static_cast<unsigned char>(first->front())];
    ++begun;
    try {
      co_await place.wait(peer, pool, nobody.address());
    } catch (const Cancelled&) {
      ++cancelled;
      throw;
    }
    ADD_FAILURE() << place.name;
  });
  running_.start();
  std::vector<fakes::Peer> peers;
  int count = 0;
  for (std::size_t i = 0; i < std::size(kPlaces); ++i) {
    for (int copy = 0; copy < 5; ++copy, ++count) {
      peers.push_back(running_.connect(4096));
      ASSERT_TRUE(peers.back().send({reinterpret_cast<const char*>(&i), 1}));
    }
  }
  while (begun < count) std::this_thread::yield();
  for (fakes::Peer& peer : peers) peer.reset();
  peers.clear();
  EXPECT_TRUE(running_.eventually_without_roots());
  EXPECT_EQ(cancelled, count);
  running_.stop();
}

// Thousands wait when the engine stops: those that have nothing to finish go at once.
TEST_P(StreamTest, AStopWithThousandsSuspended) {
  std::atomic<int> begun{0};
  running_.serve([&](Stream peer) -> Task<> {
    co_await when_any([](Stream& from) -> Task<> { co_await from.read(); }(peer),
                      [](std::atomic<int>& count) -> Task<> {
                        ++count;
                        co_await sleep_for(kForEver);
                      }(begun));
  });
  running_.start();
  constexpr int kPeers = 2000;
  std::vector<fakes::Peer> peers;
  for (int i = 0; i < kPeers; ++i) peers.push_back(running_.connect());
  while (begun < kPeers) std::this_thread::yield();
  running_.stop();
}

// Those that are at something are waited for until the deadline, and cancelled then.
TEST_P(StreamTest, AStopCancelsAtItsDeadline) {
  std::atomic<int> begun{0};
  std::atomic<int> cancelled{0};
  Options options;
  GetParam().set(options);
  options.handle_signals = false;
  options.drain_ms = 50;
  Engine engine(options);
  Coroutines coroutines(engine);
  const auto bound = engine.listen("tcp://127.0.0.1:0", coroutines.service([&](Stream) -> Task<> {
    ++begun;
    try {
      co_await sleep_for(kForEver);
    } catch (const Cancelled&) {
      ++cancelled;
      throw;
    }
  }));
  ASSERT_TRUE(bound.is_ok());
  std::thread thread([&] { engine.run(); });
  std::vector<fakes::Peer> peers;
  for (int i = 0; i < 100; ++i) peers.push_back(fakes::Peer::connect(bound.value()));
  while (begun < 100) std::this_thread::yield();
  engine.stop();
  thread.join();
  EXPECT_EQ(cancelled, 100);
}

// What is on the pool when the engine has ended is destroyed with the coroutines, unfinished.
TEST_P(StreamTest, WhatIsAwayAtTheEndIsDestroyed) {
  auto held = std::make_shared<int>(1);
  std::promise<void> away;
  std::promise<void> open;
  {
    Options options;
    GetParam().set(options);
    options.handle_signals = false;
    options.drain_ms = 10;
    Engine engine(options);
    Coroutines coroutines(engine);
    TaskPool pool({.threads = 1});
    const auto bound =
        engine.listen("tcp://127.0.0.1:0", coroutines.service([&, held](Stream peer) -> Task<> {
          const auto kept = held;
          const Status status = co_await on(pool);
          EXPECT_TRUE(status.is_ok());
          away.set_value();
          open.get_future().wait();
          co_await on(peer);
          ADD_FAILURE();
        }));
    ASSERT_TRUE(bound.is_ok());
    std::thread thread([&] { engine.run(); });
    const fakes::Peer peer = fakes::Peer::connect(bound.value());
    away.get_future().wait();
    engine.stop();
    thread.join();
    open.set_value();
    pool.release();
  }
  EXPECT_EQ(held.use_count(), 1);
}

// Its own end of the stream goes while another child still waits at it.
TEST_P(StreamTest, AStreamThatIsClosedUnderAReader) {
  std::atomic<int> ended{0};
  running_.serve([&](Stream peer) -> Task<> {
    const auto read = [](Stream& from) -> Task<> { co_await from.read(); };
    const auto close = [](Stream& from) -> Task<> {
      co_await sleep_for(1ms);
      from.close();
    };
    co_await when_any(read(peer), close(peer));
    ++ended;
  });
  running_.start();
  fakes::Peer peer = running_.connect();
  EXPECT_EQ(peer.receive_rest(), "");
  EXPECT_TRUE(running_.eventually_without_roots());
  EXPECT_EQ(ended, 1);
}

// A stream that no coroutine serves goes under a reader and a writer at once: the first to learn of
// it ends the other.
TEST_P(StreamTest, AnUpstreamThatGoesUnderTwo) {
  RunningCoroutines upstream;
  upstream.serve([](Stream peer) -> Task<> {
    co_await sleep_for(5ms);
    peer.abort();
  });
  upstream.start();
  running_.start();
  running_.run([&]() -> Task<> {
    auto stream = co_await connect(upstream.address().to_string(), 10s);
    EXPECT_TRUE(stream.is_ok());
    const auto read = [](Stream& from) -> Task<> { co_await from.read(); };
    const auto write = [](Stream& to) -> Task<> {
      const std::string piece(100'000, 'x');
      while (co_await to.write(piece)) {
      }
    };
    co_await when_any(read(*stream), write(*stream));
  });
}

// A bad frame waits while its coroutine is away; when it comes back, the peer has gone.
TEST_P(StreamTest, ABadFrameOfAPeerThatHasGone) {
  TaskPool pool({.threads = 1});
  running_.serve([&](Stream peer) -> Task<> {
    codec::Line line = *codec::Line::make({.max_bytes = 8});
    co_await peer.read_frame(line);
    for (int i = 0; i < 20; ++i) {
      const Status status = co_await on(pool);
      EXPECT_TRUE(status.is_ok());
      co_await on(peer);
    }
    co_await peer.read_frame(line);
  });
  running_.start();
  for (int i = 0; i < 50; ++i) {
    fakes::Peer peer = running_.connect();
    ASSERT_TRUE(peer.send("first\nmuch too long for a line\n"));
    peer.reset();
  }
  EXPECT_TRUE(running_.eventually_without_roots());
  running_.stop();
}

// A child that throws costs all of its scope; the next connection begins another.
TEST_P(StreamTest, AnAcceptorThatFailsIsFollowedByAnother) {
  running_.serve([](AcceptQueue& queue) -> Task<> {
    auto stream = co_await queue.accept();
    if (!stream) co_return;
    const auto bytes = co_await stream->read();
    if (bytes && *bytes == "bad") throw std::runtime_error("an acceptor's");
    if (bytes) co_await stream->write(*bytes);
  });
  running_.start();
  for (const char* text : {"bad", "good", "bad", "fine"}) {
    fakes::Peer peer = running_.connect();
    ASSERT_TRUE(peer.send(text));
    EXPECT_EQ(peer.receive_rest(), std::string_view(text) == "bad" ? "" : text);
  }
}

// Those that waited behind one that failed are served by the next.
TEST_P(StreamTest, WhoWaitsBehindAFailureIsServed) {
  std::atomic<int> begun{0};
  running_.serve([&](AcceptQueue& queue) -> Task<> {
    while (auto stream = co_await queue.accept()) {
      const auto bytes = co_await stream->read();
      ++begun;
      if (bytes && *bytes == "bad") {
        co_await sleep_for(20ms);
        throw std::runtime_error("one of many");
      }
      if (bytes) co_await stream->write(*bytes);
    }
  });
  running_.start();
  fakes::Peer bad = running_.connect();
  ASSERT_TRUE(bad.send("bad"));
  std::vector<fakes::Peer> peers;
  for (int i = 0; i < 20; ++i) {
    peers.push_back(running_.connect());
    ASSERT_TRUE(peers.back().send("good"));
  }
  for (fakes::Peer& peer : peers) EXPECT_EQ(peer.receive_rest(), "good");
}

// Requests as frames: each once, though the decoder keeps what belongs to the one at hand.
TEST_P(StreamTest, FramesOfADecoderThatIsToldOfTheirEnd) {
  const codec::HttpLimits limits;
  running_.serve([&](Stream peer) -> Task<> {
    codec::HttpRequests requests(limits);
    while (auto piece = co_await peer.read_frame(requests)) {
      const std::string answer = piece->head != nullptr ? std::string(piece->head->target()) : "-";
      co_await peer.write(answer + (piece->last ? "." : ","));
    }
    co_await peer.write("end");
  });
  running_.start();
  fakes::Peer peer = running_.connect();
  ASSERT_TRUE(peer.send("GET /a HTTP/1.1\r\nHost: x\r\n\r\nGET /b HTTP/1.1\r\nHost: x\r\n\r\n"));
  EXPECT_EQ(peer.receive(6), "/a./b.");
  peer.end();
  EXPECT_EQ(peer.receive_rest(), "end");
}

Task<> serve_all(AcceptQueue& queue) {
  co_await with_scope([&](Scope& scope) -> Task<> {
    while (auto stream = co_await queue.accept()) scope.spawn(echo(std::move(*stream)));
  });
}

TEST_P(StreamTest, OneCoroutineAcceptsForAll) {
  running_.serve(serve_all);
  running_.start();
  std::vector<fakes::Peer> peers;
  for (int i = 0; i < 50; ++i) {
    peers.push_back(running_.connect());
    ASSERT_TRUE(peers.back().send(std::to_string(100 + i)));
  }
  for (int i = 0; i < 50; ++i) EXPECT_EQ(peers[i].receive(3), std::to_string(100 + i));
  peers[0].reset();
  EXPECT_EQ(peers[1].send("more") ? peers[1].receive(4) : "", "more");
  running_.stop();
}

// The proxy of servers/echo, in front of an echo on the same engine.
Task<> pump(Stream& from, Stream& to) {
  while (auto bytes = co_await from.read()) {
    if (!co_await to.write(*bytes)) co_return;
  }
  to.end();
}

TEST_P(StreamTest, AProxyPassesOnBytesAndEnds) {
  RunningCoroutines upstream;
  upstream.serve([](Stream peer) -> Task<> {
    std::string all;
    while (auto bytes = co_await peer.read()) {
      all += *bytes;
      co_await peer.write(*bytes);
    }
    co_await peer.write(" " + std::to_string(all.size()) + " in all");
  });
  upstream.start();
  running_.serve([&](Stream client) -> Task<> {
    auto stream = co_await connect(upstream.address().to_string(), 10s);
    EXPECT_TRUE(stream.is_ok());
    co_await when_all(pump(client, *stream), pump(*stream, client));
  });
  running_.start();
  const std::string text = numbered(2'000'000);
  fakes::Peer peer = running_.connect();
  EXPECT_EQ(peer.converse(text, text.size(), [] { return 65'536; }), text);
  peer.end();
  EXPECT_EQ(peer.receive_rest(), " 2000000 in all");
  EXPECT_TRUE(running_.eventually_without_roots());
  // One that goes away takes its upstream connection with it.
  fakes::Peer other = running_.connect();
  ASSERT_TRUE(other.send("x"));
  EXPECT_EQ(other.receive(1), "x");
  other.reset();
  EXPECT_TRUE(running_.eventually_without_roots());
  EXPECT_TRUE(upstream.eventually_without_roots());
}

TEST_P(StreamTest, AConnectThatFailsSaysWhy) {
  running_.start();
  const auto message = running_.run([]() -> Task<std::string> {
    const auto stream = co_await connect("unix:/nowhere/at/all", 1s);
    co_return stream.status().message();
  });
  EXPECT_NE(message->find("/nowhere/at/all"), std::string::npos);
  EXPECT_FALSE(running_
                   .run([]() -> Task<bool> {
                     const auto stream = co_await connect("no address", 1s);
                     co_return stream.is_ok();
                   })
                   .value());
}

// Clients that come, talk, go away in the midst of it, while the coroutines hop about.
TEST_P(StreamTest, AStorm) {
  TaskPool pool({.threads = 2, .idle_ms = 0});
  running_.serve([&](Stream peer) -> Task<> {
    for (int turn = 0;; ++turn) {
      const auto bytes = co_await peer.read();
      if (!bytes) co_return;
      const std::string text(*bytes);
      if (turn % 3 == 0) {
        const Status status = co_await on(pool);
        EXPECT_TRUE(status.is_ok());
        co_await on(peer);
      } else if (turn % 3 == 1) {
        co_await sleep_for(1ms);
      }
      co_await peer.write(text);
    }
  });
  running_.start();
  std::vector<std::thread> clients;
  for (int c = 0; c < 4; ++c) {
    clients.emplace_back([&, c] {
      for (int i = 0; i < 50; ++i) {
        fakes::Peer peer = running_.connect();
        for (int k = 0; k < 5; ++k) {
          if (!peer.send("ping")) break;
          if ((i + k + c) % 7 == 0) {
            peer.reset();
            break;
          }
          EXPECT_EQ(peer.receive(4), "ping");
        }
      }
    });
  }
  for (std::thread& client : clients) client.join();
  EXPECT_TRUE(running_.eventually_without_roots());
  running_.stop();
}

INSTANTIATE_TEST_SUITE_P(Models, StreamTest, fakes::every_place(), fakes::place_label);

}  // namespace
}  // namespace weir
