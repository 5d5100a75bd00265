#include "core/acceptor.h"

#include <cerrno>
#include <future>
#include <memory>
#include <thread>
#include <utility>

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
    const Status status = reactor_.add_listener(
        listener_, [this](Accepted accepted) { reactor_.hand_off(std::move(accepted)); });
    ASSERT_TRUE(status.is_ok()) << status.message();
    thread_ = std::thread([this] { reactor_.run(); });
  }
  Peer connect() { return Peer::connect(listener_.address()); }

  fakes::FaultySockets sockets_;
  const Service service_ = serve_echo();
  Listener listener_{sockets_, service_};
  Reactor reactor_{0, sockets_, Reactor::Options{GetParam(), HandoffNotify::kPipe}};
  std::thread thread_;
};

TEST_P(AcceptorTest, SurvivesEveryFailureOfAccept) {
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
  start();
  sockets_.fail(Call::kOpenReserve, EMFILE, 1'000'000);
  sockets_.fail(Call::kAccept, EMFILE, 1'000'000);
  Peer waiting = connect();
  const std::int64_t start_ms = monotonic_ms();
  const std::uint64_t before = sockets_.calls(Call::kAccept);
  while (monotonic_ms() < start_ms + 2 * Listener::kPauseMs) {
    std::promise<void> round;
    reactor_.post([&round] { round.set_value(); });
    round.get_future().wait();
  }
  EXPECT_LE(sockets_.calls(Call::kAccept) - before, 8U);
  sockets_.heal();
  Peer peer = connect();
  peer.send("x");
  EXPECT_EQ(peer.receive(1), "x");
}

TEST_P(AcceptorTest, StopsWhileItPauses) {
  start();
  sockets_.fail(Call::kAccept, ENOBUFS, 1'000'000);
  Peer peer = connect();
  const std::uint64_t before = sockets_.calls(Call::kAccept);
  while (sockets_.calls(Call::kAccept) == before) {
    std::promise<void> round;
    reactor_.post([&round] { round.set_value(); });
    round.get_future().wait();
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
