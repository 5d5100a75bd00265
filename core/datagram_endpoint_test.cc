#include "core/datagram_endpoint.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "core/clock.h"
#include "core/log.h"
#include "gtest/gtest.h"
#include "tests/fakes/datagram_client.h"
#include "tests/fakes/faulty_sockets.h"
#include "tests/fakes/hooked_datagram_session.h"
#include "tests/fakes/hooked_session.h"
#include "tests/fakes/peer.h"
#include "tests/fakes/reactor_thread.h"

namespace weir {
namespace {

using fakes::Call;
using fakes::DatagramClient;
using fakes::DatagramHooks;
using fakes::Peer;
using fakes::serve_datagrams;

// Waits until something has happened `count` times.
class Tally {
 public:
  void add() {
    const std::lock_guard lock(mutex_);
    ++count_;
    happened_.notify_all();
  }
  bool reaches(int count) {
    std::unique_lock lock(mutex_);
    return happened_.wait_for(lock, std::chrono::milliseconds(Peer::kDeadlineMs),
                              [&] { return count_ >= count; });
  }
  int count() {
    const std::lock_guard lock(mutex_);
    return count_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable happened_;
  int count_ = 0;
};

class DatagramEndpointTest : public testing::TestWithParam<BackendKind> {
 protected:
  void SetUp() override { set_log_level(LogLevel::kWarning); }
  void TearDown() override { set_log_level(LogLevel::kNotice); }

  // Stops the reactor before what its sessions refer to is gone.
  struct Running {
    ~Running() { thread.stop(1000); }
    fakes::ReactorThread& thread;
  };

  // To be kept, behind whatever the receiver refers to.
  [[nodiscard]] Running serve(DatagramReceiver receiver, const DatagramOptions& options = {}) {
    receiver_ = std::move(receiver);
    endpoint_ = std::make_unique<DatagramEndpoint>(thread_.reactor(), sockets_, arena_, 3,
                                                   receiver_, options);
    Status status;
    thread_.run([&] {
      status = endpoint_->open(Address::parse("udp://127.0.0.1:0").value(),
                               DatagramSocket::Port::kAlone, SocketOptions());
    });
    EXPECT_TRUE(status.is_ok()) << status.message();
    return {thread_};
  }
  DatagramClient client() { return DatagramClient(endpoint_->address()); }
  std::size_t sessions() {
    std::size_t count = 0;
    thread_.run([&] { count = endpoint_->sessions(); });
    return count;
  }
  // What is sent meanwhile arrives in one batch.
  void while_reactor_waits(const std::function<void()>& task) {
    struct Gate {
      std::promise<void> waiting;
      std::promise<void> go_on;
    };
    const auto gate = std::make_shared<Gate>();
    thread_.reactor().post([gate] {
      gate->waiting.set_value();
      gate->go_on.get_future().wait();
    });
    gate->waiting.get_future().wait();
    task();
    gate->go_on.set_value();
  }
  const DatagramCounters& counters() { return endpoint_->counters(); }

  fakes::FaultySockets sockets_;
  DatagramArena arena_;
  DatagramReceiver receiver_;
  std::unique_ptr<DatagramEndpoint> endpoint_;
  fakes::ReactorThread thread_{GetParam(), sockets_};
};

TEST_P(DatagramEndpointTest, AHandlerRepliesToTheSender) {
  const auto running = serve(DatagramHandler(
      [](DatagramEndpoint& endpoint, const DatagramRoute& from, std::string_view datagram) {
        endpoint.send(from, "echo " + std::string(datagram));
      }));
  const DatagramClient one = client();
  const DatagramClient other = client();
  EXPECT_EQ(one.ask("1"), "echo 1");
  EXPECT_EQ(other.ask("2"), "echo 2");
  EXPECT_EQ(one.ask(""), "echo ");
  EXPECT_EQ(sessions(), 0U);
}

TEST_P(DatagramEndpointTest, EveryPeerHasASession) {
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

TEST_P(DatagramEndpointTest, RepliesOfATickLeaveInOneCall) {
  const auto running = serve(serve_datagrams());
  const DatagramClient one = client();
  const DatagramClient other = client();
  while_reactor_waits([&] {
    for (int i = 0; i < 20; ++i) {
      one.send("one" + std::to_string(i));
      other.send("other" + std::to_string(i));
    }
  });
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(one.receive(), "one" + std::to_string(i));
    EXPECT_EQ(other.receive(), "other" + std::to_string(i));
  }
  EXPECT_EQ(sockets_.calls(Call::kSendMessages), 1U);
  EXPECT_EQ(sockets_.calls(Call::kReceiveMessages), 1U);
}

// A merged batch of one sender is handled one by one.
TEST_P(DatagramEndpointTest, EveryDatagramIsHandledByItself) {
  const auto running = serve(serve_datagrams());
  DatagramSocket from(sockets_);
  ASSERT_TRUE(from.open(Address::parse("udp://127.0.0.1:0").value(), DatagramSocket::Port::kAlone,
                        SocketOptions(), DatagramOptions())
                  .is_ok());
  std::string bytes = "aaaabbbbcccc!";
  const DatagramRun run{{endpoint_->address()}, bytes.data(), 13, 4, 4};
  ASSERT_EQ(from.send({&run, 1}), 1);
  while (counters().sent.value() < 4) thread_.run([] {});
  EXPECT_EQ(counters().received.value(), 4U);
  EXPECT_EQ(counters().bytes_received.value(), 13U);
}

TEST_P(DatagramEndpointTest, CloseEndsASessionOnceAndAStaleIdFindsNobody) {
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

TEST_P(DatagramEndpointTest, ClosedMayCloseOthers) {
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
TEST_P(DatagramEndpointTest, SilentPeersExpire) {
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
  const std::lock_guard lock(mutex);
  for (const std::int64_t silent : silent_ms) EXPECT_GE(silent, kIdleMs);
  for (const std::string& reason : reasons) {
    EXPECT_EQ(reason, "its idle deadline of 50 ms has passed");
  }
  EXPECT_EQ(counters().expired.value(), reasons.size());
}

TEST_P(DatagramEndpointTest, ATableThatIsFullRefusesNewPeers) {
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

TEST_P(DatagramEndpointTest, OrReplacesTheOneThatIsIdleForLongest) {
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
TEST_P(DatagramEndpointTest, AFloodOfSourcesIsBounded) {
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
    while (counters().received.value() < round * 100) thread_.run([] {});
  }
  EXPECT_LE(sessions(), 10U);
  // Those that were replaced in a tick go at its end.
  EXPECT_LE(most, 10 + DatagramArena::kBatch);
  EXPECT_EQ(counters().opened.value(), 300U);
  thread_.stop(1000);
  EXPECT_EQ(open, 0U);
  EXPECT_EQ(counters().opened.value(), counters().closed.value());
}

TEST_P(DatagramEndpointTest, AServiceMayGreetOrRefuse) {
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

TEST_P(DatagramEndpointTest, AnExceptionCostsOneSession) {
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

TEST_P(DatagramEndpointTest, AnExceptionOfAHandlerCostsOneDatagram) {
  const auto running = serve(DatagramHandler(
      [](DatagramEndpoint& endpoint, const DatagramRoute& from, std::string_view datagram) {
        if (datagram == "throw") throw std::runtime_error("a bug");
        endpoint.send(from, datagram);
      }));
  const DatagramClient one = client();
  for (int i = 0; i < 10; ++i) one.send("throw");
  EXPECT_EQ(one.ask("fine"), "fine");
}

TEST_P(DatagramEndpointTest, TimersBelongToTheSession) {
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

TEST_P(DatagramEndpointTest, TheLargestDatagramsComeAndGo) {
  const auto running = serve(serve_datagrams());
  const DatagramClient one = client();
  const std::string largest = fakes::numbered_datagram(5, 65'507);
  EXPECT_TRUE(one.ask(largest) == largest);
  EXPECT_EQ(one.ask(""), "");
  thread_.run([&] {
    EXPECT_FALSE(endpoint_->send({one.address()}, std::string(65'536, 'x')));
    // Nobody's address.
    EXPECT_FALSE(endpoint_->send({Address::parse("udp://127.0.0.1:0").value()}, "x"));
  });
  EXPECT_EQ(counters().dropped.value(), 2U);
  EXPECT_EQ(one.ask("after"), "after");
}

TEST_P(DatagramEndpointTest, TruncatedDatagramsAreDroppedAndCounted) {
  const auto running = serve(serve_datagrams());
  const DatagramClient one = client();
  sockets_.truncate_datagrams(8);
  one.send("more than eight bytes");
  EXPECT_EQ(one.ask("eight ok"), "eight ok");
  EXPECT_EQ(counters().truncated.value(), 1U);
  EXPECT_EQ(counters().received.value(), 1U);
}

TEST_P(DatagramEndpointTest, ErrorsOfOtherDatagramsEndNothing) {
  const auto running = serve(serve_datagrams());
  const DatagramClient one = client();
  for (const int error : {ECONNREFUSED, EHOSTUNREACH, EINTR, EAGAIN}) {
    sockets_.fail(Call::kReceiveMessages, error);
    sockets_.fail(Call::kSendMessages, error);
    EXPECT_EQ(one.ask("x"), "x") << error;
  }
  EXPECT_EQ(counters().receive_errors.value(), 2U);
  EXPECT_EQ(counters().failed.value(), 0U);
}

// A client that has gone: its machine answers "port unreachable".
TEST_P(DatagramEndpointTest, APeerThatIsGoneCostsTheOthersNothing) {
  const auto running =
      serve(serve_datagrams({.handle = [](DatagramPeer& peer, std::string_view datagram) {
        for (int i = 0; i < 3; ++i) peer.write(datagram);
      }}));
  const DatagramClient stays = client();
  for (int round = 0; round < 20; ++round) {
    while_reactor_waits([&] {
      client().send("and gone");
      stays.send("stays");
    });
    for (int i = 0; i < 3; ++i) EXPECT_EQ(stays.receive(), "stays");
  }
  thread_.run([] {});
  EXPECT_EQ(counters().sent.value(), 120U);
}

TEST_P(DatagramEndpointTest, OutputWaitsForRoomAndIsBounded) {
  const auto running = serve(serve_datagrams());
  const DatagramClient one = client();
  EXPECT_EQ(one.ask("hello"), "hello");
  std::size_t queued = 0;
  sockets_.fail(Call::kSendMessages, EAGAIN, 1'000'000);
  thread_.run([&] {
    while (endpoint_->send({one.address()}, fakes::numbered_datagram(queued, 10'000))) ++queued;
  });
  EXPECT_EQ(queued, DatagramOutput::kMaxWaiting / (10'000 + DatagramOutput::kOverhead));
  EXPECT_EQ(counters().dropped.value(), 1U);
  thread_.run([] {});
  EXPECT_EQ(counters().sent.value(), 1U);
  sockets_.heal();
  // At its receive buffer's pace the client would lose some; what comes, comes in order.
  std::size_t expected = 0;
  while (const auto datagram = one.receive(expected == 0 ? Peer::kDeadlineMs : 0)) {
    const std::size_t number = std::stoul(*datagram);
    EXPECT_GE(number, expected);
    EXPECT_TRUE(*datagram == fakes::numbered_datagram(number, 10'000));
    expected = number + 1;
  }
  EXPECT_GT(expected, 0U);
  while (counters().sent.value() < queued + 1) thread_.run([] {});
  while (one.receive(0).has_value()) {
  }
  EXPECT_EQ(one.ask("goes on"), "goes on");
}

// More than the bound in one tick, and a kernel that takes it: sent early, nothing dropped.
TEST_P(DatagramEndpointTest, ATickMaySendMoreThanTheBound) {
  const auto running = serve(serve_datagrams());
  const DatagramClient one = client();
  constexpr std::size_t kCount = 3 * DatagramOutput::kMaxWaiting / 10'000;
  thread_.run([&] {
    for (std::size_t i = 0; i < kCount; ++i) {
      EXPECT_TRUE(endpoint_->send({one.address()}, fakes::numbered_datagram(i, 10'000)));
    }
  });
  thread_.run([] {});
  EXPECT_EQ(counters().sent.value(), kCount);
  EXPECT_EQ(counters().dropped.value(), 0U);
}

// What has arrived by the stop is answered, what is queued is sent, and sessions are told.
TEST_P(DatagramEndpointTest, AStopAnswersWhatHasArrived) {
  Tally closed;
  const auto running = serve(serve_datagrams({.closed = [&](DatagramPeer&, const Status& reason) {
    EXPECT_TRUE(reason.is_ok()) << reason.message();
    closed.add();
  }}));
  const DatagramClient one = client();
  const DatagramClient two = client();
  EXPECT_EQ(one.ask("hello"), "hello");
  sockets_.fail(Call::kSendMessages, EAGAIN, 3);
  while_reactor_waits([&] {
    thread_.reactor().stop(Peer::kDeadlineMs);
    for (int i = 0; i < 100; ++i) one.send(std::to_string(i));
    two.send("two");
  });
  thread_.stop(Peer::kDeadlineMs);
  EXPECT_EQ(closed.count(), 2);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(one.receive(0), std::to_string(i));
  EXPECT_EQ(two.receive(0), "two");
  EXPECT_EQ(counters().dropped.value(), 0U);
  // The socket is gone, and sending through what is left of the endpoint would find none.
  one.send("anyone?");
  EXPECT_FALSE(one.receive(0).has_value());
}

TEST_P(DatagramEndpointTest, AStopEndsAtItsDeadline) {
  const auto running = serve(serve_datagrams());
  const DatagramClient one = client();
  sockets_.fail(Call::kSendMessages, EAGAIN, 10'000'000);
  one.send("never answered");
  while (counters().received.value() == 0) thread_.run([] {});
  thread_.stop(20);
  EXPECT_EQ(counters().dropped.value(), 1U);
  EXPECT_FALSE(one.receive(0).has_value());
}

// A flood of datagrams leaves connections their turn.
TEST_P(DatagramEndpointTest, AFirehoseDoesNotStarveConnections) {
  const auto running = serve(serve_datagrams());
  std::atomic<bool> done{false};
  std::thread firehose([&] {
    const DatagramClient source = client();
    const std::string datagram(1000, 'x');
    while (!done) {
      for (int i = 0; i < 50; ++i) source.send(datagram);
      while (source.receive(0).has_value()) {
      }
    }
  });
  while (counters().received.value() == 0) thread_.run([] {});
  Peer peer = thread_.connect(fakes::serve_echo());
  for (int i = 0; i < 200; ++i) {
    const bool answered = peer.send("ping") && peer.receive(4) == "ping";
    EXPECT_TRUE(answered) << i;
    if (!answered) break;
  }
  done = true;
  firehose.join();
}

TEST_P(DatagramEndpointTest, AFailedOpenLeavesNothing) {
  receiver_ = serve_datagrams();
  DatagramEndpoint endpoint(thread_.reactor(), sockets_, arena_, 0, receiver_, {});
  const std::uint64_t closed = sockets_.calls(Call::kClose);
  Status status;
  sockets_.fail(Call::kEpollControl, ENOSPC);
  thread_.run([&] {
    status = endpoint.open(Address::parse("udp://127.0.0.1:0").value(),
                           DatagramSocket::Port::kAlone, SocketOptions());
  });
  EXPECT_FALSE(status.is_ok());
  EXPECT_EQ(sockets_.calls(Call::kClose), closed + 1);
  thread_.stop(1000);
}

INSTANTIATE_TEST_SUITE_P(, DatagramEndpointTest,
                         testing::Values(BackendKind::kEpoll, BackendKind::kEpollEdge),
                         [](const auto& test) {
                           return test.param == BackendKind::kEpoll ? "Level" : "Edge";
                         });

}  // namespace
}  // namespace weir
