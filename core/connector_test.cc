// A connect and what comes of it, one try and one address each.
#include "core/connector.h"

#include <cerrno>
#include <memory>
#include <stdexcept>
#include <string>

#include "core/address.h"
#include "core/connection.h"
#include "core/endpoint.h"
#include "core/log.h"
#include "gtest/gtest.h"
#include "tests/fakes/backends.h"
#include "tests/fakes/connect_outcome.h"
#include "tests/fakes/connector_fixture.h"
#include "tests/fakes/faulty_sockets.h"
#include "tests/fakes/hooked_session.h"
#include "tests/fakes/peer.h"
#include "tests/fakes/peer_listener.h"
#include "tests/fakes/reactor_thread.h"

namespace weir {
namespace {

using fakes::Call;
using fakes::ConnectOutcome;
using fakes::Peer;
using fakes::PeerListener;
using fakes::serve_echo;

class ConnectorTest : public fakes::ConnectorFixture {};

TEST_P(ConnectorTest, ConnectsAndServesOverEveryFamily) {
  for (const char* text : {"tcp://127.0.0.1:0", "tcp://[::1]:0", "unix:"}) {
    PeerListener listener(text);
    ConnectOutcome outcome;
    // The service goes away with the connect; its session stays.
    const Service greet = [](Connection& connection) {
      connection.write("hello ");
      return serve_echo()(connection);
    };
    connect(listener.address().to_string(), outcome, {}, greet);
    EXPECT_EQ(outcome.await(), "");
    Peer peer = listener.accept();
    EXPECT_TRUE(peer.send("there"));
    EXPECT_EQ(peer.receive(11), "hello there");
    thread_->run([&] {
      Connection* connection = reactor().find(outcome.id());
      ASSERT_NE(connection, nullptr);
      EXPECT_EQ(connection->peer(), listener.address());
      EXPECT_EQ(reactor().load().load(), 1U);
      EXPECT_EQ(connector_->pending(), 0U);
    });
    peer.end();
    EXPECT_EQ(peer.receive_rest(), "");
    await_no_connections();
    EXPECT_TRUE(outcome.told());
  }
}

TEST_P(ConnectorTest, SaysWhereToHowOftenAndWhy) {
  PeerListener refusing("tcp://127.0.0.1:0", false);
  const std::string address = refusing.address().to_string();
  ConnectOutcome once, thrice, nowhere;
  connect(refusing, once);
  EXPECT_EQ(once.await(), "cannot connect to " + address + ": connect: Connection refused");
  connect(refusing, thrice, {.retries = 2, .first_backoff_ms = 1, .last_backoff_ms = 1});
  EXPECT_EQ(thrice.await(),
            "cannot connect to " + address + " after 3 tries: connect: Connection refused");
  connect("unix:/nowhere/at/all", nowhere);
  EXPECT_EQ(nowhere.await(),
            "cannot connect to unix:/nowhere/at/all: connect: No such file or directory");
}

TEST_P(ConnectorTest, ConnectsFromItsSource) {
  PeerListener listener("tcp://127.0.0.1:0");
  ConnectOutcome outcome;
  connect(listener, outcome, {.socket = {.source = Address::parse("tcp://127.0.0.9:0").value()}});
  EXPECT_EQ(outcome.await(), "");
  thread_->run([&] {
    const Address& local = reactor().find(outcome.id())->local();
    EXPECT_TRUE(local.to_string().starts_with("tcp://127.0.0.9:")) << local.to_string();
  });
}

// Loopback answers within connect(), but for the SYN that was dropped and is sent again after a
// second: then it is epoll who tells.
TEST_P(ConnectorTest, TheAnswerMayComeLate) {
  PeerListener accepting("tcp://127.0.0.1:0");
  PeerListener refusing("tcp://127.0.0.1:0");
  PeerListener failing("tcp://127.0.0.1:0");
  for (PeerListener* listener : {&accepting, &refusing, &failing}) listener->fill_up();
  ConnectOutcome accepted, refused;
  connect(accepting, accepted, {.timeout_ms = Peer::kDeadlineMs});
  connect(refusing, refused, {.timeout_ms = Peer::kDeadlineMs});
  accepting.make_room();
  refusing.close();
  EXPECT_EQ(accepted.await(), "");
  EXPECT_EQ(refused.await(), "cannot connect to " + refusing.address().to_string() +
                                 ": connect: Connection refused");
  EXPECT_GE(sockets_.calls(Call::kPendingError), 2U);
  accepting.accept();
  Peer peer = accepting.accept();
  EXPECT_TRUE(peer.send("echo"));
  EXPECT_EQ(peer.receive(4), "echo");
  ConnectOutcome unreachable;
  connect(failing, unreachable, {.timeout_ms = Peer::kDeadlineMs});
  sockets_.fail(Call::kPendingError, EHOSTUNREACH);
  failing.make_room();
  EXPECT_TRUE(unreachable.await().ends_with(": connect: No route to host"));
}

TEST_P(ConnectorTest, ASignalDisturbsNothing) {
  PeerListener listener("tcp://127.0.0.1:0");
  sockets_.fail(Call::kConnect, EINTR, 3);
  ConnectOutcome outcome;
  connect(listener, outcome);
  EXPECT_EQ(outcome.await(), "");
}

TEST_P(ConnectorTest, ExceptionsAreContained) {
  set_log_level(LogLevel::kWarning);
  PeerListener listener("tcp://127.0.0.1:0");
  const std::string address = listener.address().to_string();
  ConnectOutcome service, closing;
  connect(address, service, {},
          [](Connection&) -> std::unique_ptr<Session> { throw std::runtime_error("no session"); });
  EXPECT_EQ(service.await(),
            "cannot connect to " + address + ": exception in the session: no session");
  EXPECT_EQ(listener.accept().receive_rest(), "");
  connect(address, closing, {}, [](Connection& connection) {
    connection.close();
    return serve_echo()(connection);
  });
  EXPECT_EQ(closing.await(),
            "cannot connect to " + address + ": its service closed the connection");
  // Who is told: it costs the connection where there is one.
  const auto angry = [](const Result<Connection*>&) { throw std::runtime_error("told too much"); };
  listener.accept();
  thread_->run([&] {
    for (const std::string& to : {address, std::string("unix:/nowhere")}) {
      EXPECT_TRUE(
          connector_->connect({Endpoint::parse(to).value(), serve_echo(), {}, angry}).is_ok());
    }
  });
  EXPECT_EQ(listener.accept().receive_rest(), "");
  thread_->run([&] { EXPECT_EQ(connector_->pending(), 0U); });
}

// The connect has ended for everybody before user code runs.
TEST_P(ConnectorTest, ServiceAndDoneMayUseTheConnector) {
  PeerListener listener("tcp://127.0.0.1:0");
  const std::string address = listener.address().to_string();
  ConnectOutcome first, second;
  thread_->run([&] {
    const auto id = std::make_shared<ConnectId>();
    const Service service = [this, id](Connection& connection) {
      EXPECT_FALSE(connector_->cancel(*id));
      return serve_echo()(connection);
    };
    const auto done = [&](const Result<Connection*>& result) {
      begin(address, second);
      first.done()(result);
    };
    const Result<ConnectId> begun =
        connector_->connect({Endpoint::parse(address).value(), service, {}, done});
    *id = begun.value();
  });
  EXPECT_EQ(first.await(), "");
  EXPECT_EQ(second.await(), "");
}

TEST_P(ConnectorTest, RefusesOptionsThatMeanNothing) {
  const auto refusal = [](const Connector::Options& options) {
    return Connector::check(options).message();
  };
  EXPECT_EQ(refusal({}), "");
  EXPECT_EQ(refusal({.timeout_ms = 0}), "connect timeout 0: expected at least 1 ms");
  EXPECT_EQ(refusal({.retries = -2}), "connect retries -2: expected 0 or more, or -1 for no end");
  EXPECT_EQ(refusal({.first_backoff_ms = 9, .last_backoff_ms = 8}),
            "connect backoff from 9 to 8 ms: expected at least 1 ms, and the first not above the "
            "last");
  thread_->run([&] {
    ConnectOutcome outcome;
    const Endpoint to = Endpoint::parse("tcp://127.0.0.1:1").value();
    EXPECT_FALSE(
        connector_->connect({to, serve_echo(), {.timeout_ms = 0}, outcome.done()}).is_ok());
    EXPECT_EQ(connector_->pending(), 0U);
  });
}

TEST_P(ConnectorTest, RefusesMoreThanItsBound) {
  PeerListener silent("tcp://127.0.0.1:0");
  silent.fill_up();
  ConnectOutcome outcome;
  thread_->run([&] {
    // Before the first of them has begun: no descriptor is used.
    const std::string to = silent.address().to_string();
    for (std::size_t i = 0; i < Connector::kMaxPending; ++i) begin(to, outcome);
    const Result<ConnectId> more =
        connector_->connect({Endpoint::parse(to).value(), serve_echo(), {}, outcome.done()});
    EXPECT_EQ(more.status().message(),
              "cannot connect to " + to + ": 65536 connects are under way");
    connector_.reset();
  });
  EXPECT_FALSE(outcome.told());
}

INSTANTIATE_TEST_SUITE_P(, ConnectorTest, fakes::every_backend(), fakes::backend_label);

}  // namespace
}  // namespace weir
