#include "core/acceptor.h"

#include <cerrno>
#include <functional>
#include <future>
#include <memory>
#include <new>
#include <thread>
#include <utility>
#include <vector>

#include "core/accept_mutex.h"
#include "core/clock.h"
#include "core/listener.h"
#include "core/log.h"
#include "core/reactor.h"
#include "gtest/gtest.h"
#include "tests/fakes/backends.h"
#include "tests/fakes/faulty_sockets.h"
#include "tests/fakes/hooked_session.h"
#include "tests/fakes/peer.h"

namespace weir {
namespace {

using fakes::Call;
using fakes::Peer;
using fakes::serve_echo;

class AcceptorTest : public testing::TestWithParam<BackendKind> {
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
    start([this](Accepted accepted) { reactor_.hand_off(std::move(accepted)); });
  }
  void start(Acceptor::Dealer dealer) {
    const Status status = reactor_.add_listener(listener_, std::move(dealer));
    ASSERT_TRUE(status.is_ok()) << status.message();
    thread_ = std::thread([this] { reactor_.run(); });
  }
  // On the reactor, which looks for nothing meanwhile.
  void run(const std::function<void()>& task) {
    std::promise<void> done;
    reactor_.post([&] {
      task();
      done.set_value();
    });
    done.get_future().wait();
  }
  Peer connect() { return Peer::connect(listener_.address()); }

  fakes::FaultySockets sockets_;
  const Service service_ = serve_echo();
  Listener listener_{sockets_, service_};
  Reactor reactor_{0, sockets_, Reactor::Options{GetParam(), HandoffNotify::kPipe}};
  std::thread thread_;
};

TEST_P(AcceptorTest, SurvivesEveryFailureOfAccept) {
  sockets_.never_accept_ahead();
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
TEST_P(AcceptorTest, DoesNotSpinWithoutDescriptors) {
  sockets_.never_accept_ahead();
  start();
  sockets_.fail(Call::kOpenReserve, EMFILE, 1'000'000);
  sockets_.fail(Call::kAccept, EMFILE, 1'000'000);
  Peer waiting = connect();
  const std::int64_t start_ms = monotonic_ms();
  const std::uint64_t before = sockets_.calls(Call::kAccept);
  while (monotonic_ms() < start_ms + 2 * Listener::kPauseMs) {
    run([] {});
  }
  EXPECT_LE(sockets_.calls(Call::kAccept) - before, 8U);
  sockets_.heal();
  Peer peer = connect();
  peer.send("x");
  EXPECT_EQ(peer.receive(1), "x");
}

TEST_P(AcceptorTest, StopsWhileItPauses) {
  sockets_.never_accept_ahead();
  start();
  sockets_.fail(Call::kAccept, ENOBUFS, 1'000'000);
  Peer peer = connect();
  const std::uint64_t before = sockets_.calls(Call::kAccept);
  while (sockets_.calls(Call::kAccept) == before) {
    run([] {});
  }
}

// Out of memory once, with more waiting than are accepted at a time: those behind are served when
// the pause is over.
TEST_P(AcceptorTest, WhoWaitsBehindAPauseIsServed) {
  constexpr int kPeers = 3 * Listener::kAcceptsPerTick;
  bool lacks_memory = true;
  const auto deal = [&](Accepted accepted) {
    if (std::exchange(lacks_memory, false)) throw std::bad_alloc();
    reactor_.hand_off(std::move(accepted));
  };
  start(deal);
  std::vector<Peer> peers;
  run([&] {
    for (int i = 0; i < kPeers; ++i) peers.push_back(connect());
  });
  int served = 0;
  for (Peer& peer : peers) {
    peer.send("x");
    served += peer.receive(1) == "x" ? 1 : 0;
  }
  EXPECT_EQ(served, kPeers - 1);
}

// They have come in the very tick of the stop.
TEST_P(AcceptorTest, WhoIsAcceptedIsDealtBeforeTheEnd) {
  start();
  for (const bool has_turns : {false, true}) {
    AcceptMutex mutex(sockets_);
    ASSERT_TRUE(mutex.open().is_ok());
    Listener listener(sockets_, service_);
    const Address any = Address::parse("tcp://127.0.0.1:0").value();
    ASSERT_TRUE(listener.open(any, Listener::Options()).is_ok());
    Reactor reactor(0, sockets_, Reactor::Options{GetParam(), HandoffNotify::kPipe});
    ASSERT_TRUE(reactor.open().is_ok());
    int dealt = 0;
    const auto deal = [&](Accepted accepted) {
      ++dealt;
      sockets_.close(accepted.fd);
    };
    Acceptor::Turns turns;
    if (has_turns) turns.mutex = &mutex;
    ASSERT_TRUE(reactor.add_listener(listener, deal, turns).is_ok());
    std::thread thread([&] { reactor.run(); });
    std::vector<Peer> peers;
    std::promise<void> connected;
    reactor.post([&] {
      for (int i = 0; i < 5; ++i) peers.push_back(Peer::connect(listener.address()));
      connected.set_value();
    });
    connected.get_future().wait();
    reactor.stop(1000);
    thread.join();
    EXPECT_EQ(dealt, 5) << has_turns;
  }
}

TEST_P(AcceptorTest, AListenerThatCannotBeWatchedIsForgotten) {
  auto other = std::make_unique<Listener>(sockets_, service_);
  const Address any = Address::parse("tcp://127.0.0.1:0").value();
  ASSERT_TRUE(other->open(any, Listener::Options()).is_ok());
  sockets_.fail(Call::kEpollControl, ENOSPC);
  if (fakes::can_refuse(GetParam())) {
    EXPECT_FALSE(reactor_.add_listener(*other, [](Accepted) {}).is_ok());
  }
  other.reset();
  start();
}

INSTANTIATE_TEST_SUITE_P(, AcceptorTest, fakes::every_backend(), fakes::backend_label);

}  // namespace
}  // namespace weir
