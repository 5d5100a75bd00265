#include "core/connector.h"

#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <iterator>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "core/check.h"
#include "core/log.h"
#include "gtest/gtest.h"
#include "tests/fakes/faulty_sockets.h"
#include "tests/fakes/hooked_session.h"
#include "tests/fakes/name_server.h"
#include "tests/fakes/peer.h"
#include "tests/fakes/peer_listener.h"
#include "tests/fakes/reactor_thread.h"

namespace weir {
namespace {

using fakes::Call;
using fakes::NameServer;
using fakes::Peer;
using fakes::PeerListener;
using fakes::serve_echo;

constexpr auto kLimit = std::chrono::milliseconds(Peer::kDeadlineMs);
constexpr int kNever = 3'600'000;

std::size_t descriptors() {
  return static_cast<std::size_t>(
      std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {}));
}

// What one connect came to. Outlives the reactor that tells.
class Outcome {
 public:
  Connector::Done done() {
    return [this](const Result<Connection*>& result) {
      const std::lock_guard lock(mutex_);
      ++told_;
      if (result.is_ok()) id_ = result.value()->id();
      message_ = result.is_ok() ? "" : result.status().message();
      changed_.notify_all();
    };
  }

  // Why it failed; empty when it did not.
  std::string await() {
    std::unique_lock lock(mutex_);
    WEIR_CHECK(changed_.wait_for(lock, kLimit, [this] { return told_ > 0; }));
    return message_;
  }
  int told() {
    const std::lock_guard lock(mutex_);
    return told_;
  }
  ConnectionId id() {
    const std::lock_guard lock(mutex_);
    return id_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int told_ = 0;
  std::string message_;
  ConnectionId id_;
};

class ConnectorTest : public testing::TestWithParam<BackendKind> {
 protected:
  ConnectorTest() {
    set_log_level(LogLevel::kWarning);
    thread_.emplace(GetParam(), sockets_);
    open();
  }
  ~ConnectorTest() override {
    close();
    set_log_level(LogLevel::kNotice);
  }

  void open() {
    thread_->run([this] {
      connector_.emplace(reactor(), Resolver::Options{.name_servers = names_.address(),
                                                      .timeout_ms = Peer::kDeadlineMs});
    });
  }
  void close() {
    if (thread_) thread_->run([this] { connector_.reset(); });
  }
  // Returns when the reactor has stopped.
  void stop() {
    thread_->stop(0);
    connector_.reset();
    thread_.reset();
  }

  Reactor& reactor() { return thread_->reactor(); }

  // On the reactor.
  ConnectId begin(const std::string& to, Outcome& outcome, Connector::Options options = {},
                  Service service = serve_echo()) {
    const Result<ConnectId> id = connector_->connect(
        {Endpoint::parse(to).value(), std::move(service), std::move(options), outcome.done()});
    EXPECT_TRUE(id.is_ok()) << id.status().message();
    return id.is_ok() ? id.value() : ConnectId{};
  }
  ConnectId connect(const std::string& to, Outcome& outcome, Connector::Options options = {},
                    Service service = serve_echo()) {
    ConnectId id;
    thread_->run([&] { id = begin(to, outcome, std::move(options), std::move(service)); });
    return id;
  }
  ConnectId connect(const PeerListener& to, Outcome& outcome, Connector::Options options = {}) {
    return connect(to.address().to_string(), outcome, std::move(options));
  }
  bool cancel(ConnectId id) {
    bool cancelled = false;
    thread_->run([&] { cancelled = connector_->cancel(id); });
    return cancelled;
  }
  // Returns once so many calls have been made since the start.
  void await_calls(Call call, std::uint64_t calls) {
    const auto limit = std::chrono::steady_clock::now() + kLimit;
    while (sockets_.calls(call) < calls) {
      WEIR_CHECK(std::chrono::steady_clock::now() < limit);
      thread_->run([] {});
    }
  }

  NameServer names_;
  fakes::FaultySockets sockets_;
  std::optional<fakes::ReactorThread> thread_;
  std::optional<Connector> connector_;
};

// A connect in each of the states it can wait in, none of which ends by itself.
class Waiting {
 public:
  Waiting() {
    silent_.fill_up();
    busy_.fill_up();
  }
  // What to connect to, and how, for each.
  std::vector<std::pair<std::string, Connector::Options>> all(NameServer& names) {
    names.add("silent.test", {}, NameServer::Manner::kSilent);
    const Connector::Options patient{.timeout_ms = kNever};
    const Connector::Options later{
        .retries = 1, .first_backoff_ms = kNever, .last_backoff_ms = kNever};
    return {{"tcp://silent.test:80", patient},          // resolving
            {silent_.address().to_string(), patient},   // connecting
            {busy_.address().to_string(), patient},     // before a full backlog
            {refusing_.address().to_string(), later}};  // backing off
  }

 private:
  PeerListener silent_{"tcp://127.0.0.1:0"};
  PeerListener busy_{"unix:"};
  PeerListener refusing_{"tcp://127.0.0.1:0", false};
};

TEST_P(ConnectorTest, ConnectsAndServesOverEveryFamily) {
  for (const char* text : {"tcp://127.0.0.1:0", "tcp://[::1]:0", "unix:"}) {
    PeerListener listener(text);
    Outcome outcome;
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
    while (reactor().load().load() > 0) thread_->run([] {});
    EXPECT_EQ(outcome.told(), 1);
  }
}

TEST_P(ConnectorTest, SaysWhereToHowOftenAndWhy) {
  PeerListener refusing("tcp://127.0.0.1:0", false);
  const std::string address = refusing.address().to_string();
  Outcome once, thrice, nowhere;
  connect(refusing, once);
  EXPECT_EQ(once.await(), "cannot connect to " + address + ": connect: Connection refused");
  connect(refusing, thrice, {.retries = 2, .first_backoff_ms = 1, .last_backoff_ms = 1});
  EXPECT_EQ(thrice.await(),
            "cannot connect to " + address + " after 3 tries: connect: Connection refused");
  connect("unix:/nowhere/at/all", nowhere);
  EXPECT_EQ(nowhere.await(),
            "cannot connect to unix:/nowhere/at/all: connect: No such file or directory");
}

TEST_P(ConnectorTest, NoAnswerEndsAtTheTimeoutNotBefore) {
  PeerListener silent("tcp://127.0.0.1:0");
  PeerListener full("unix:");
  silent.fill_up();
  full.fill_up();
  const auto start = std::chrono::steady_clock::now();
  Outcome unanswered, busy;
  connect(silent, unanswered, {.timeout_ms = 60});
  connect(full, busy, {.timeout_ms = 60});
  EXPECT_EQ(unanswered.await(),
            "cannot connect to " + silent.address().to_string() + ": no answer, for 60 ms");
  EXPECT_EQ(busy.await(), "cannot connect to " + full.address().to_string() +
                              ": its backlog is full: Resource temporarily unavailable, for 60 ms");
  // Less the age of the tick's clock.
  EXPECT_GE(std::chrono::steady_clock::now() - start, std::chrono::milliseconds(50));
}

TEST_P(ConnectorTest, ANameServerThatIsSilentTimesOutToo) {
  names_.add("silent.test", {}, NameServer::Manner::kSilent);
  Outcome outcome;
  connect("tcp://silent.test:80", outcome, {.timeout_ms = 30});
  EXPECT_EQ(outcome.await(),
            "cannot connect to tcp://silent.test:80: cannot resolve 'silent.test': no answer for "
            "30 ms");
}

TEST_P(ConnectorTest, RefusedThenAListenerAppears) {
  PeerListener listener("tcp://127.0.0.1:0", false);
  Outcome outcome;
  connect(listener, outcome,
          {.retries = Connector::kEndless, .first_backoff_ms = 1, .last_backoff_ms = 4});
  await_calls(Call::kConnect, 5);
  EXPECT_EQ(outcome.told(), 0);
  listener.listen();
  EXPECT_EQ(outcome.await(), "");
  EXPECT_TRUE(listener.accept().is_connected());
}

TEST_P(ConnectorTest, AFullUnixBacklogFindsRoom) {
  PeerListener listener("unix:");
  listener.fill_up();
  Outcome outcome;
  connect(listener, outcome, {.timeout_ms = Peer::kDeadlineMs});
  await_calls(Call::kConnect, 3);
  EXPECT_EQ(outcome.told(), 0);
  listener.make_room();
  EXPECT_EQ(outcome.await(), "");
}

// 10 + 20 + 40 + 40 + 40, less up to a half.
TEST_P(ConnectorTest, BacksOffLongerAndLonger) {
  PeerListener refusing("tcp://127.0.0.1:0", false);
  Outcome outcome;
  const auto start = std::chrono::steady_clock::now();
  connect(refusing, outcome, {.retries = 5, .first_backoff_ms = 10, .last_backoff_ms = 40});
  EXPECT_NE(outcome.await().find(" after 6 tries: "), std::string::npos);
  EXPECT_GE(std::chrono::steady_clock::now() - start, std::chrono::milliseconds(75));
  EXPECT_EQ(sockets_.calls(Call::kConnect), 6U);
}

TEST_P(ConnectorTest, TriesTheAddressesOfANameInOrder) {
  PeerListener first("tcp://127.0.0.3:0");
  const std::string port = std::to_string(first.address().port());
  PeerListener second("tcp://127.0.0.2:" + port);
  names_.add("both.test", {"127.0.0.4", "127.0.0.3", "127.0.0.2"});
  const std::string name = "tcp://both.test:" + port;
  Outcome one, two, none;
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

TEST_P(ConnectorTest, AnAddressOfANameThatGivesNoAnswerIsLeftForTheNext) {
  PeerListener silent("tcp://127.0.0.3:0");
  silent.fill_up();
  const std::string port = std::to_string(silent.address().port());
  PeerListener listener("tcp://127.0.0.2:" + port);
  names_.add("both.test", {"127.0.0.3", "127.0.0.2"});
  Outcome outcome;
  connect("tcp://both.test:" + port, outcome, {.timeout_ms = 1000});
  EXPECT_EQ(outcome.await(), "");
  EXPECT_TRUE(listener.accept().is_connected());
}

TEST_P(ConnectorTest, AsksAgainForANameThatDidNotExist) {
  PeerListener listener("tcp://127.0.0.1:0");
  const std::string name = "tcp://late.test:" + std::to_string(listener.address().port());
  Outcome once, outcome;
  connect(name, once);
  EXPECT_EQ(once.await(),
            "cannot connect to " + name + ": cannot resolve 'late.test': Domain name not found");
  connect(name, outcome,
          {.retries = Connector::kEndless, .first_backoff_ms = 1, .last_backoff_ms = 4});
  names_.add("late.test", {"127.0.0.1"});
  EXPECT_EQ(outcome.await(), "");
}

TEST_P(ConnectorTest, ConnectsFromItsSource) {
  PeerListener listener("tcp://127.0.0.1:0");
  Outcome outcome;
  connect(listener, outcome, {.socket = {.source = Address::parse("tcp://127.0.0.9:0").value()}});
  EXPECT_EQ(outcome.await(), "");
  thread_->run([&] {
    const Address& local = reactor().find(outcome.id())->local();
    EXPECT_TRUE(local.to_string().starts_with("tcp://127.0.0.9:")) << local.to_string();
  });
}

TEST_P(ConnectorTest, WhatIsCancelledIsNotTold) {
  Waiting waiting;
  const std::size_t before = descriptors();
  for (const auto& [to, options] : waiting.all(names_)) {
    Outcome outcome;
    // At once, and after a while in which it got where it waits.
    thread_->run([&] {
      const ConnectId id = begin(to, outcome, options);
      EXPECT_TRUE(connector_->cancel(id));
      EXPECT_FALSE(connector_->cancel(id));
    });
    const std::uint64_t sockets = sockets_.calls(Call::kSocket);
    const ConnectId id = connect(to, outcome, options);
    await_calls(Call::kSocket, sockets + 1);
    for (int i = 0; i < 10; ++i) thread_->run([] {});
    EXPECT_TRUE(cancel(id));
    EXPECT_FALSE(cancel(id));
    thread_->run([&] { EXPECT_EQ(connector_->pending(), 0U); });
    EXPECT_EQ(outcome.told(), 0);
    EXPECT_EQ(descriptors(), before) << to;
  }
  PeerListener listener("tcp://127.0.0.1:0");
  Outcome done;
  const ConnectId id = connect(listener, done);
  EXPECT_EQ(done.await(), "");
  EXPECT_FALSE(cancel(id));
  EXPECT_FALSE(cancel({id.reactor + 1, id.serial}));
  EXPECT_FALSE(cancel({}));
}

TEST_P(ConnectorTest, DestroyedItCancelsAll) {
  Waiting waiting;
  const std::size_t before = descriptors();
  Outcome outcome;
  const std::uint64_t sockets = sockets_.calls(Call::kSocket);
  for (const auto& [to, options] : waiting.all(names_)) connect(to, outcome, options);
  await_calls(Call::kSocket, sockets + 4);
  for (int i = 0; i < 10; ++i) thread_->run([] {});
  thread_->run([&] {
    EXPECT_EQ(connector_->pending(), 4U);
    begin("tcp://127.0.0.1:1", outcome);
    connector_.reset();
  });
  EXPECT_EQ(outcome.told(), 0);
  EXPECT_EQ(descriptors(), before);
}

TEST_P(ConnectorTest, AStopFailsWhatIsUnderWay) {
  Waiting waiting;
  std::vector<std::unique_ptr<Outcome>> outcomes;
  std::vector<std::string> expected;
  const std::uint64_t sockets = sockets_.calls(Call::kSocket);
  for (const auto& [to, options] : waiting.all(names_)) {
    outcomes.push_back(std::make_unique<Outcome>());
    connect(to, *outcomes.back(), options);
    expected.push_back("cannot connect to " + to + ": its reactor is stopping");
  }
  await_calls(Call::kSocket, sockets + 4);
  // Who is told of the stop may want to try again, in vain.
  std::atomic<int> refused{0};
  Outcome stubborn;
  thread_->run([&] {
    const auto again = [&](const Result<Connection*>& result) {
      stubborn.done()(result);
      const Result<ConnectId> id = connector_->connect(
          {Endpoint::parse("tcp://127.0.0.1:1").value(), serve_echo(), {}, stubborn.done()});
      if (!id.is_ok()) ++refused;
    };
    EXPECT_TRUE(connector_
                    ->connect({Endpoint::parse("tcp://silent.test:1").value(),
                               serve_echo(),
                               {.timeout_ms = kNever},
                               again})
                    .is_ok());
  });
  const std::size_t before = descriptors();
  stop();
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    EXPECT_EQ(outcomes[i]->told(), 1);
    EXPECT_EQ(outcomes[i]->await(), expected[i]);
  }
  EXPECT_EQ(stubborn.told(), 1);
  EXPECT_EQ(refused.load(), 1);
  EXPECT_LT(descriptors(), before);
}

TEST_P(ConnectorTest, EveryFaultCostsOneTry) {
  PeerListener listener("tcp://127.0.0.1:0");
  const Dial::Options socket{.source = Address::parse("tcp://127.0.0.1:0").value()};
  const std::pair<Call, int> faults[] = {
      {Call::kSocket, EMFILE},        {Call::kSocket, ENFILE},       {Call::kSetOption, ENOBUFS},
      {Call::kBind, EADDRNOTAVAIL},   {Call::kConnect, EAGAIN},      {Call::kConnect, ENETUNREACH},
      {Call::kConnect, ECONNREFUSED}, {Call::kPeerAddress, ENOTCONN}};
  const std::size_t before = descriptors();
  for (const auto& [call, error] : faults) {
    Outcome failed, mended;
    sockets_.fail(call, error);
    connect(listener, failed, {.socket = socket});
    EXPECT_TRUE(failed.await().ends_with(Status::from_errno(error, "").message()));
    EXPECT_EQ(descriptors(), before);
    sockets_.fail(call, error, 2);
    connect(listener, mended,
            {.retries = 2, .first_backoff_ms = 1, .last_backoff_ms = 1, .socket = socket});
    EXPECT_EQ(mended.await(), "");
    thread_->run([&] { reactor().find(mended.id())->close(); });
    while (reactor().load().load() > 0) thread_->run([] {});
  }
  EXPECT_EQ(descriptors(), before);
}

TEST_P(ConnectorTest, WithoutMemoryToWatchItIsNoConnect) {
  PeerListener silent("tcp://127.0.0.1:0");
  silent.fill_up();
  const std::size_t before = descriptors();
  Outcome outcome;
  sockets_.fail(Call::kEpollControl, ENOMEM);
  connect(silent, outcome);
  EXPECT_EQ(outcome.await(), "cannot connect to " + silent.address().to_string() +
                                 ": cannot watch a descriptor: Cannot allocate memory");
  EXPECT_EQ(descriptors(), before);
}

// Loopback answers within connect(), but for the SYN that was dropped and is sent again after a
// second: then it is epoll who tells.
TEST_P(ConnectorTest, TheAnswerMayComeLate) {
  PeerListener accepting("tcp://127.0.0.1:0");
  PeerListener refusing("tcp://127.0.0.1:0");
  PeerListener failing("tcp://127.0.0.1:0");
  for (PeerListener* listener : {&accepting, &refusing, &failing}) listener->fill_up();
  Outcome accepted, refused;
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
  Outcome unreachable;
  connect(failing, unreachable, {.timeout_ms = Peer::kDeadlineMs});
  sockets_.fail(Call::kPendingError, EHOSTUNREACH);
  failing.make_room();
  EXPECT_TRUE(unreachable.await().ends_with(": connect: No route to host"));
}

TEST_P(ConnectorTest, ASignalDisturbsNothing) {
  PeerListener listener("tcp://127.0.0.1:0");
  sockets_.fail(Call::kConnect, EINTR, 3);
  Outcome outcome;
  connect(listener, outcome);
  EXPECT_EQ(outcome.await(), "");
}

TEST_P(ConnectorTest, ExceptionsAreContained) {
  set_log_level(LogLevel::kWarning);
  PeerListener listener("tcp://127.0.0.1:0");
  const std::string address = listener.address().to_string();
  Outcome service, closing;
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
  Outcome first, second;
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
    Outcome outcome;
    const Endpoint to = Endpoint::parse("tcp://127.0.0.1:1").value();
    EXPECT_FALSE(
        connector_->connect({to, serve_echo(), {.timeout_ms = 0}, outcome.done()}).is_ok());
    EXPECT_EQ(connector_->pending(), 0U);
  });
}

TEST_P(ConnectorTest, RefusesMoreThanItsBound) {
  PeerListener silent("tcp://127.0.0.1:0");
  silent.fill_up();
  Outcome outcome;
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
  EXPECT_EQ(outcome.told(), 0);
}

INSTANTIATE_TEST_SUITE_P(Backends, ConnectorTest,
                         testing::Values(BackendKind::kEpoll, BackendKind::kEpollEdge),
                         [](const auto& tested) {
                           return tested.param == BackendKind::kEpoll ? "Epoll" : "EpollEdge";
                         });

}  // namespace
}  // namespace weir
