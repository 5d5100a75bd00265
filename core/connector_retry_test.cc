// How a connect goes on where a try fails: deadlines, the next address, the next round.
#include <cerrno>
#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "base/status.h"
#include "core/address.h"
#include "core/connection.h"
#include "core/connector.h"
#include "gtest/gtest.h"
#include "tests/fakes/backends.h"
#include "tests/fakes/connect_outcome.h"
#include "tests/fakes/connector_fixture.h"
#include "tests/fakes/descriptors.h"
#include "tests/fakes/faulty_sockets.h"
#include "tests/fakes/name_server.h"
#include "tests/fakes/peer.h"
#include "tests/fakes/peer_listener.h"
#include "tests/fakes/reactor_thread.h"

namespace weir {
namespace {

using fakes::Call;
using fakes::ConnectOutcome;
using fakes::NameServer;
using fakes::open_descriptors;
using fakes::Peer;
using fakes::PeerListener;

class ConnectorRetryTest : public fakes::ConnectorFixture {};

TEST_P(ConnectorRetryTest, NoAnswerEndsAtTheTimeoutNotBefore) {
  PeerListener silent("tcp://127.0.0.1:0");
  PeerListener full("unix:");
  silent.fill_up();
  full.fill_up();
  const auto start = std::chrono::steady_clock::now();
  ConnectOutcome unanswered, busy;
  connect(silent, unanswered, {.timeout_ms = 60});
  connect(full, busy, {.timeout_ms = 60});
  EXPECT_EQ(unanswered.await(),
            "cannot connect to " + silent.address().to_string() + ": no answer, for 60 ms");
  EXPECT_EQ(busy.await(), "cannot connect to " + full.address().to_string() +
                              ": its backlog is full: Resource temporarily unavailable, for 60 ms");
  // Less the age of the tick's clock.
  EXPECT_GE(std::chrono::steady_clock::now() - start, std::chrono::milliseconds(50));
}

TEST_P(ConnectorRetryTest, ANameServerThatIsSilentTimesOutToo) {
  names_.add("silent.test", {}, NameServer::Manner::kSilent);
  ConnectOutcome outcome;
  connect("tcp://silent.test:80", outcome, {.timeout_ms = 30});
  EXPECT_EQ(outcome.await(),
            "cannot connect to tcp://silent.test:80: cannot resolve 'silent.test': no answer for "
            "30 ms");
}

TEST_P(ConnectorRetryTest, RefusedThenAListenerAppears) {
  PeerListener listener("tcp://127.0.0.1:0", false);
  ConnectOutcome outcome;
  connect(listener, outcome,
          {.retries = Connector::kEndless, .first_backoff_ms = 1, .last_backoff_ms = 4});
  await_calls(Call::kConnect, 5);
  EXPECT_FALSE(outcome.told());
  listener.listen();
  EXPECT_EQ(outcome.await(), "");
  EXPECT_TRUE(listener.accept().is_connected());
}

TEST_P(ConnectorRetryTest, AFullUnixBacklogFindsRoom) {
  PeerListener listener("unix:");
  listener.fill_up();
  ConnectOutcome outcome;
  connect(listener, outcome, {.timeout_ms = Peer::kDeadlineMs});
  await_calls(Call::kConnect, 3);
  EXPECT_FALSE(outcome.told());
  listener.make_room();
  EXPECT_EQ(outcome.await(), "");
}

// 10 + 20 + 40 + 40 + 40, less up to a half.
TEST_P(ConnectorRetryTest, BacksOffLongerAndLonger) {
  PeerListener refusing("tcp://127.0.0.1:0", false);
  ConnectOutcome outcome;
  const auto start = std::chrono::steady_clock::now();
  connect(refusing, outcome, {.retries = 5, .first_backoff_ms = 10, .last_backoff_ms = 40});
  EXPECT_NE(outcome.await().find(" after 6 tries: "), std::string::npos);
  EXPECT_GE(std::chrono::steady_clock::now() - start, std::chrono::milliseconds(75));
  EXPECT_EQ(sockets_.calls(Call::kConnect), 6U);
}

TEST_P(ConnectorRetryTest, TriesTheAddressesOfANameInOrder) {
  PeerListener first("tcp://127.0.0.3:0");
  const std::string port = std::to_string(first.address().port());
  PeerListener second("tcp://127.0.0.2:" + port);
  names_.add("both.test", {"127.0.0.4", "127.0.0.3", "127.0.0.2"});
  const std::string name = "tcp://both.test:" + port;
  ConnectOutcome one, two, none;
  connect(name, one);
  EXPECT_EQ(one.await(), "");
  EXPECT_TRUE(first.accept().is_connected());
  first.close();
  connect(name, two);
  EXPECT_EQ(two.await(), "");
  EXPECT_TRUE(second.accept().is_connected());
  second.close();
  connect(name, none, {.retries = 1, .first_backoff_ms = 1, .last_backoff_ms = 1});
  EXPECT_EQ(none.await(), "cannot connect to " + name + " after 2 tries: tcp://127.0.0.2:" + port +
                              ": connect: Connection refused");
}

TEST_P(ConnectorRetryTest, AnAddressOfANameThatGivesNoAnswerIsLeftForTheNext) {
  PeerListener silent("tcp://127.0.0.3:0");
  silent.fill_up();
  const std::string port = std::to_string(silent.address().port());
  PeerListener listener("tcp://127.0.0.2:" + port);
  names_.add("both.test", {"127.0.0.3", "127.0.0.2"});
  ConnectOutcome outcome;
  connect("tcp://both.test:" + port, outcome, {.timeout_ms = 1000});
  EXPECT_EQ(outcome.await(), "");
  EXPECT_TRUE(listener.accept().is_connected());
}

// How many addresses a name has is its server's choice, how many are tried is not.
TEST_P(ConnectorRetryTest, ARoundHasAnEnd) {
  PeerListener refusing("tcp://*:0", false);
  std::vector<std::string> addresses;
  for (std::size_t i = 1; i <= Connector::kMaxAddresses + 4; ++i) {
    addresses.push_back("127.0.1." + std::to_string(i));
  }
  names_.add("many.test", addresses);
  const std::string port = std::to_string(refusing.address().port());
  ConnectOutcome outcome;
  connect("tcp://many.test:" + port, outcome,
          {.retries = 1, .first_backoff_ms = 1, .last_backoff_ms = 1});
  EXPECT_EQ(outcome.await(), "cannot connect to tcp://many.test:" + port +
                                 " after 2 tries: tcp://127.0.1.16:" + port +
                                 ": connect: Connection refused");
}

TEST_P(ConnectorRetryTest, AsksAgainForANameThatDidNotExist) {
  PeerListener listener("tcp://127.0.0.1:0");
  const std::string name = "tcp://late.test:" + std::to_string(listener.address().port());
  ConnectOutcome once, outcome;
  connect(name, once);
  EXPECT_EQ(once.await(),
            "cannot connect to " + name + ": cannot resolve 'late.test': Domain name not found");
  connect(name, outcome,
          {.retries = Connector::kEndless, .first_backoff_ms = 1, .last_backoff_ms = 4});
  names_.add("late.test", {"127.0.0.1"});
  EXPECT_EQ(outcome.await(), "");
}

TEST_P(ConnectorRetryTest, EveryFaultCostsOneTry) {
  PeerListener listener("tcp://127.0.0.1:0");
  const Dial::Options socket{.source = Address::parse("tcp://127.0.0.1:0").value()};
  const std::pair<Call, int> faults[] = {
      {Call::kSocket, EMFILE},        {Call::kSocket, ENFILE},       {Call::kSetOption, ENOBUFS},
      {Call::kBind, EADDRNOTAVAIL},   {Call::kConnect, EAGAIN},      {Call::kConnect, ENETUNREACH},
      {Call::kConnect, ECONNREFUSED}, {Call::kPeerAddress, ENOTCONN}};
  const std::size_t before = open_descriptors();
  for (const auto& [call, error] : faults) {
    ConnectOutcome failed, mended;
    sockets_.fail(call, error);
    connect(listener, failed, {.socket = socket});
    EXPECT_TRUE(failed.await().ends_with(Status::from_errno(error, "").message()));
    EXPECT_EQ(open_descriptors(), before);
    sockets_.fail(call, error, 2);
    connect(listener, mended,
            {.retries = 2, .first_backoff_ms = 1, .last_backoff_ms = 1, .socket = socket});
    EXPECT_EQ(mended.await(), "");
    thread_->run([&] { reactor().find(mended.id())->close(); });
    await_no_connections();
  }
  EXPECT_EQ(open_descriptors(), before);
}

TEST_P(ConnectorRetryTest, WithoutMemoryToWatchItIsNoConnect) {
  if (!fakes::can_refuse(GetParam())) GTEST_SKIP();
  PeerListener silent("tcp://127.0.0.1:0");
  silent.fill_up();
  const std::size_t before = open_descriptors();
  ConnectOutcome outcome;
  sockets_.fail(Call::kEpollControl, ENOMEM);
  connect(silent, outcome);
  EXPECT_EQ(outcome.await(), "cannot connect to " + silent.address().to_string() +
                                 ": cannot watch a descriptor: Cannot allocate memory");
  EXPECT_EQ(open_descriptors(), before);
}

INSTANTIATE_TEST_SUITE_P(, ConnectorRetryTest, fakes::every_backend(), fakes::backend_label);

}  // namespace
}  // namespace weir
