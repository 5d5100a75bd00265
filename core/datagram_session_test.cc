// The sessions of an endpoint: who has one, how long it lives, how many there are.
#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "core/address.h"
#include "core/clock.h"
#include "core/datagram_arena.h"
#include "core/datagram_endpoint.h"
#include "core/datagram_options.h"
#include "gtest/gtest.h"
#include "tests/fakes/backends.h"
#include "tests/fakes/datagram_client.h"
#include "tests/fakes/datagram_fixture.h"
#include "tests/fakes/hooked_datagram_session.h"
#include "tests/fakes/reactor_thread.h"
#include "tests/fakes/tally.h"

namespace weir {
namespace {

using fakes::DatagramClient;
using fakes::DatagramHooks;
using fakes::serve_datagrams;
using fakes::Tally;

class DatagramSessionTest : public fakes::DatagramFixture {};

TEST_P(DatagramSessionTest, EveryPeerHasASession) {
  std::atomic<int> opened{0};
  const auto running = serve(DatagramService([&](DatagramPeer&) {
    const int name = ++opened;
    return std::make_unique<fakes::HookedDatagramSession>(
        DatagramHooks{.handle = [name, n = 0](DatagramPeer& peer, std::string_view) mutable {
          peer.write(std::to_string(name) + "." + std::to_string(++n));
        }});
  }));
  const DatagramClient one = client();
  const DatagramClient other = client();
  EXPECT_EQ(one.ask("x"), "1.1");
  EXPECT_EQ(one.ask("x"), "1.2");
  EXPECT_EQ(other.ask(""), "2.1");
  EXPECT_EQ(one.ask("x"), "1.3");
  EXPECT_EQ(sessions(), 2U);
  thread_.run([&] {
    DatagramPeer* peer = endpoint_->find(one.address());
    ASSERT_NE(peer, nullptr);
    EXPECT_EQ(peer->address(), one.address());
    EXPECT_EQ(endpoint_->find(peer->id()), peer);
    EXPECT_EQ(peer->id().endpoint, 3U);
  });
}

TEST_P(DatagramSessionTest, CloseEndsASessionOnceAndAStaleIdFindsNobody) {
  Tally closed;
  std::vector<DatagramPeerId> ids;
  const auto running =
      serve(serve_datagrams({.handle =
                                 [&](DatagramPeer& peer, std::string_view datagram) {
                                   if (ids.empty() || !(ids.back() == peer.id()))
                                     ids.push_back(peer.id());
                                   EXPECT_TRUE(peer.write(datagram));
                                   if (datagram != "bye") return;
                                   peer.close();
                                   peer.close(Status::error("too late"));
                                   EXPECT_TRUE(peer.is_closed());
                                   EXPECT_FALSE(peer.write("too late"));
                                   EXPECT_EQ(peer.endpoint().find(peer.id()), nullptr);
                                   EXPECT_EQ(peer.endpoint().find(peer.address()), nullptr);
                                 },
                             .closed =
                                 [&](DatagramPeer& peer, const Status& reason) {
                                   EXPECT_TRUE(reason.is_ok()) << reason.message();
                                   peer.endpoint().send(peer.route(), "closed");
                                   closed.add();
                                 }}));
  const DatagramClient one = client();
  // In one batch: the datagram behind the last begins another session.
  while_reactor_waits([&] {
    for (const char* datagram : {"hello", "bye", "again"}) one.send(datagram);
  });
  for (const char* expected : {"hello", "bye", "again", "closed"}) {
    EXPECT_EQ(one.receive(), expected);
  }
  EXPECT_EQ(closed.count(), 1);
  EXPECT_EQ(sessions(), 1U);
  thread_.run([&] {
    ASSERT_EQ(ids.size(), 2U);
    EXPECT_EQ(endpoint_->find(ids[0]), nullptr);
    EXPECT_NE(endpoint_->find(ids[1]), nullptr);
    EXPECT_EQ(endpoint_->find(DatagramPeerId{}), nullptr);
    EXPECT_EQ(endpoint_->find(DatagramPeerId{4, ids[1].slot, ids[1].generation}), nullptr);
    EXPECT_EQ(endpoint_->find(DatagramPeerId{3, 1000, 1}), nullptr);
  });
  // The slot is used again, under another id.
  EXPECT_EQ(one.ask("bye"), "bye");
  EXPECT_EQ(one.receive(), "closed");
  EXPECT_EQ(one.ask("third"), "third");
  thread_.run([&] {
    EXPECT_EQ(ids.size(), 3U);
    EXPECT_EQ(endpoint_->find(ids[1]), nullptr);
  });
  thread_.stop(1000);
  EXPECT_EQ(closed.count(), 3);
  EXPECT_EQ(counters().opened.value(), 3U);
  EXPECT_EQ(counters().closed.value(), 3U);
}

// A slot that is used again at once, as under a flood of forged sources, has no old id come back:
// 32 bits would last for an hour at a million sessions a second.
TEST_P(DatagramSessionTest, NoGenerationComesAgain) {
  static_assert(sizeof(DatagramPeerId::generation) == 8);
  std::uint64_t last = 0;
  const auto running = serve(serve_datagrams({.handle = [&](DatagramPeer& peer, std::string_view) {
    EXPECT_EQ(peer.id().slot, 0U);
    EXPECT_EQ(peer.id().generation, ++last);
    peer.write("bye");
    peer.close();
  }}));
  const DatagramClient one = client();
  for (int i = 0; i < 100; ++i) EXPECT_EQ(one.ask("x"), "bye");
}

TEST_P(DatagramSessionTest, ClosedMayCloseOthers) {
  Tally closed;
  DatagramClient* other = nullptr;
  const auto running =
      serve(serve_datagrams({.handle =
                                 [](DatagramPeer& peer, std::string_view datagram) {
                                   peer.write(datagram);
                                   if (datagram == "bye") peer.close();
                                 },
                             .closed =
                                 [&](DatagramPeer& peer, const Status&) {
                                   DatagramPeer* next = peer.endpoint().find(other->address());
                                   if (next != nullptr) next->close();
                                   closed.add();
                                 }}));
  DatagramClient one = client();
  DatagramClient two = client();
  other = &two;
  EXPECT_EQ(two.ask("hello"), "hello");
  EXPECT_EQ(one.ask("bye"), "bye");
  EXPECT_TRUE(closed.reaches(2));
  EXPECT_EQ(sessions(), 0U);
}

// Checked by the reactor's own clock: never early, and traffic postpones it.
TEST_P(DatagramSessionTest, SilentPeersExpire) {
  constexpr std::int64_t kIdleMs = 50;
  Tally closed;
  std::mutex mutex;
  std::vector<std::int64_t> silent_ms;
  std::vector<std::string> reasons;
  const auto running = serve(DatagramService([&](DatagramPeer&) {
                               auto last = std::make_shared<std::int64_t>(0);
                               return std::make_unique<fakes::HookedDatagramSession>(DatagramHooks{
                                   .handle =
                                       [last](DatagramPeer& peer, std::string_view datagram) {
                                         *last = peer.reactor().now_ms();
                                         peer.write(datagram);
                                       },
                                   .closed =
                                       [&, last](DatagramPeer& peer, const Status& reason) {
                                         const std::lock_guard lock(mutex);
                                         silent_ms.push_back(peer.reactor().now_ms() - *last);
                                         reasons.push_back(reason.message());
                                         closed.add();
                                       }});
                             }),
                             {.idle_ms = kIdleMs});
  const DatagramClient one = client();
  const DatagramClient other = client();
  EXPECT_EQ(one.ask("x"), "x");
  // Long enough for it to expire, were it not for the traffic.
  const std::int64_t end = monotonic_ms() + 2 * kIdleMs;
  while (monotonic_ms() < end) EXPECT_EQ(other.ask("x"), "x");
  EXPECT_TRUE(closed.reaches(2));
  EXPECT_EQ(sessions(), 0U);
  // And again: the timer was not lost with the last session.
  EXPECT_EQ(one.ask("x"), "x");
  EXPECT_TRUE(closed.reaches(3));
  thread_.run([] {});  // the end of that tick: all is counted
  const std::lock_guard lock(mutex);
  for (const std::int64_t silent : silent_ms) EXPECT_GE(silent, kIdleMs);
  for (const std::string& reason : reasons) {
    EXPECT_EQ(reason, "its idle deadline of 50 ms has passed");
  }
  EXPECT_EQ(counters().expired.value(), reasons.size());
}

TEST_P(DatagramSessionTest, ATableThatIsFullRefusesNewPeers) {
  const auto running =
      serve(serve_datagrams({.handle =
                                 [](DatagramPeer& peer, std::string_view datagram) {
                                   peer.write(datagram);
                                   if (datagram == "bye") peer.close();
                                 }}),
            {.max_sessions = 2});
  const DatagramClient one = client();
  const DatagramClient two = client();
  const DatagramClient three = client();
  EXPECT_EQ(one.ask("1"), "1");
  EXPECT_EQ(two.ask("2"), "2");
  three.send("nobody listens");
  EXPECT_EQ(one.ask("1"), "1");
  EXPECT_EQ(counters().refused.value(), 1U);
  EXPECT_EQ(sessions(), 2U);
  EXPECT_EQ(two.ask("bye"), "bye");
  EXPECT_EQ(three.ask("now"), "now");
}

TEST_P(DatagramSessionTest, OrReplacesTheOneThatIsIdleForLongest) {
  std::mutex mutex;
  std::vector<Address> replaced;
  const auto running =
      serve(serve_datagrams({.closed =
                                 [&](DatagramPeer& peer, const Status& reason) {
                                   if (reason.is_ok()) return;
                                   const std::lock_guard lock(mutex);
                                   replaced.push_back(peer.address());
                                 }}),
            {.max_sessions = 2, .when_full = DatagramOptions::WhenFull::kReplaceIdle});
  const DatagramClient one = client();
  const DatagramClient two = client();
  const DatagramClient three = client();
  EXPECT_EQ(one.ask("1"), "1");
  EXPECT_EQ(two.ask("2"), "2");
  EXPECT_EQ(one.ask("1"), "1");
  EXPECT_EQ(three.ask("3"), "3");  // in the place of two
  EXPECT_EQ(two.ask("2"), "2");    // in the place of one
  thread_.run([] {});
  const std::lock_guard lock(mutex);
  ASSERT_EQ(replaced.size(), 2U);
  EXPECT_EQ(replaced[0], two.address());
  EXPECT_EQ(replaced[1], one.address());
}

// Sources can be forged: however many come, the sessions stay within their bound.
TEST_P(DatagramSessionTest, AFloodOfSourcesIsBounded) {
  std::atomic<std::size_t> open{0};
  std::atomic<std::size_t> most{0};
  const auto running =
      serve(DatagramService([&](DatagramPeer&) {
              most = std::max(most.load(), ++open);
              return std::make_unique<fakes::HookedDatagramSession>(
                  DatagramHooks{.closed = [&](DatagramPeer&, const Status&) { --open; }});
            }),
            {.max_sessions = 10, .when_full = DatagramOptions::WhenFull::kReplaceIdle});
  std::vector<DatagramClient> flood;
  for (int i = 0; i < 100; ++i) flood.push_back(client());
  for (std::uint64_t round = 1; round <= 3; ++round) {
    for (const DatagramClient& source : flood) source.send("x");
    EXPECT_TRUE(thread_.eventually([&] { return counters().received.value() >= round * 100; }));
  }
  EXPECT_LE(sessions(), 10U);
  // Those that were replaced in a tick go at its end.
  EXPECT_LE(most, 10 + DatagramArena::kBatch);
  EXPECT_EQ(counters().opened.value(), 300U);
  thread_.stop(1000);
  EXPECT_EQ(open, 0U);
  EXPECT_EQ(counters().opened.value(), counters().closed.value());
}

TEST_P(DatagramSessionTest, AServiceMayGreetOrRefuse) {
  const auto running =
      serve(DatagramService([](DatagramPeer& peer) -> std::unique_ptr<DatagramSession> {
        peer.write("greeting");
        static std::atomic<int> number{0};
        if (++number % 2 == 0) return nullptr;
        return std::make_unique<fakes::HookedDatagramSession>(DatagramHooks{});
      }));
  const DatagramClient one = client();
  const DatagramClient two = client();
  EXPECT_EQ(one.ask("x"), "greeting");
  EXPECT_EQ(one.receive(), "x");
  EXPECT_EQ(two.ask("x"), "greeting");
  EXPECT_EQ(sessions(), 1U);
  EXPECT_EQ(counters().refused.value(), 1U);
}

TEST_P(DatagramSessionTest, AnExceptionCostsOneSession) {
  Tally closed;
  std::string reason;
  const auto running =
      serve(serve_datagrams({.handle =
                                 [](DatagramPeer& peer, std::string_view datagram) {
                                   if (datagram == "throw") throw std::runtime_error("a bug");
                                   if (datagram == "later") {
                                     peer.run_after(0, [](DatagramPeer*) { throw 1; });
                                   }
                                   peer.write(datagram);
                                 },
                             .closed =
                                 [&](DatagramPeer&, const Status& why) {
                                   if (closed.count() == 0) reason = why.message();
                                   closed.add();
                                   throw std::runtime_error("another bug");
                                 }}));
  const DatagramClient one = client();
  const DatagramClient two = client();
  EXPECT_EQ(two.ask("2"), "2");
  EXPECT_EQ(one.ask("1"), "1");
  one.send("throw");
  EXPECT_TRUE(closed.reaches(1));
  thread_.run([] {});
  EXPECT_EQ(reason, "exception in the session: a bug");
  EXPECT_EQ(sessions(), 1U);
  EXPECT_EQ(one.ask("later"), "later");
  EXPECT_TRUE(closed.reaches(2));
  EXPECT_EQ(two.ask("2"), "2");
}

TEST_P(DatagramSessionTest, TimersBelongToTheSession) {
  std::atomic<int> fired{0};
  Tally closed;
  const auto running =
      serve(serve_datagrams({.handle =
                                 [&](DatagramPeer& peer, std::string_view datagram) {
                                   peer.run_after(1, [&](DatagramPeer* same) {
                                     ++fired;
                                     same->write("timer");
                                   });
                                   if (datagram == "bye") peer.close();
                                   if (datagram == "cancel") {
                                     const TimerId timer =
                                         peer.run_after(1, [&](DatagramPeer*) { fired = 100; });
                                     EXPECT_TRUE(peer.reactor().cancel(timer));
                                   }
                                 },
                             .closed = [&](DatagramPeer&, const Status&) { closed.add(); }}));
  const DatagramClient one = client();
  EXPECT_EQ(one.ask("x"), "timer");
  EXPECT_EQ(one.ask("cancel"), "timer");
  one.send("bye");
  EXPECT_TRUE(closed.reaches(1));
  // The closed session's timer was set before this one's.
  EXPECT_EQ(one.ask("x"), "timer");
  EXPECT_EQ(fired, 3);
}

INSTANTIATE_TEST_SUITE_P(, DatagramSessionTest, fakes::every_backend(), fakes::backend_label);

}  // namespace
}  // namespace weir
