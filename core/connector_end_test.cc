// Connects that are ended from outside: cancelled, destroyed with their connector, stopped.
#include <atomic>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/connection.h"
#include "core/connector.h"
#include "core/endpoint.h"
#include "gtest/gtest.h"
#include "tests/fakes/backends.h"
#include "tests/fakes/connect_outcome.h"
#include "tests/fakes/connector_fixture.h"
#include "tests/fakes/descriptors.h"
#include "tests/fakes/faulty_sockets.h"
#include "tests/fakes/hooked_session.h"
#include "tests/fakes/name_server.h"
#include "tests/fakes/peer_listener.h"
#include "tests/fakes/reactor_thread.h"

namespace weir {
namespace {

using fakes::Call;
using fakes::ConnectOutcome;
using fakes::NameServer;
using fakes::open_descriptors;
using fakes::PeerListener;
using fakes::serve_echo;

constexpr int kNever = 3'600'000;

class ConnectorEndTest : public fakes::ConnectorFixture {};

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

TEST_P(ConnectorEndTest, WhatIsCancelledIsNotTold) {
  Waiting waiting;
  const std::size_t before = open_descriptors();
  for (const auto& [to, options] : waiting.all(names_)) {
    ConnectOutcome outcome;
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
    EXPECT_FALSE(outcome.told());
    EXPECT_EQ(open_descriptors(), before) << to;
  }
  PeerListener listener("tcp://127.0.0.1:0");
  ConnectOutcome done;
  const ConnectId id = connect(listener, done);
  EXPECT_EQ(done.await(), "");
  EXPECT_FALSE(cancel(id));
  EXPECT_FALSE(cancel({id.reactor + 1, id.serial}));
  EXPECT_FALSE(cancel({}));
}

TEST_P(ConnectorEndTest, DestroyedItCancelsAll) {
  Waiting waiting;
  const std::size_t before = open_descriptors();
  ConnectOutcome outcome;
  const std::uint64_t sockets = sockets_.calls(Call::kSocket);
  for (const auto& [to, options] : waiting.all(names_)) connect(to, outcome, options);
  await_calls(Call::kSocket, sockets + 4);
  for (int i = 0; i < 10; ++i) thread_->run([] {});
  thread_->run([&] {
    EXPECT_EQ(connector_->pending(), 4U);
    begin("tcp://127.0.0.1:1", outcome);
    connector_.reset();
  });
  EXPECT_FALSE(outcome.told());
  EXPECT_EQ(open_descriptors(), before);
}

TEST_P(ConnectorEndTest, AStopFailsWhatIsUnderWay) {
  Waiting waiting;
  std::vector<std::unique_ptr<ConnectOutcome>> outcomes;
  std::vector<std::string> expected;
  const std::uint64_t sockets = sockets_.calls(Call::kSocket);
  for (const auto& [to, options] : waiting.all(names_)) {
    outcomes.push_back(std::make_unique<ConnectOutcome>());
    connect(to, *outcomes.back(), options);
    expected.push_back("cannot connect to " + to + ": its reactor is stopping");
  }
  await_calls(Call::kSocket, sockets + 4);
  // Who is told of the stop may want to try again, in vain.
  std::atomic<int> refused{0};
  ConnectOutcome stubborn;
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
  const std::size_t before = open_descriptors();
  stop();
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    EXPECT_TRUE(outcomes[i]->told());
    EXPECT_EQ(outcomes[i]->await(), expected[i]);
  }
  EXPECT_TRUE(stubborn.told());
  EXPECT_EQ(refused.load(), 1);
  EXPECT_LT(open_descriptors(), before);
}

INSTANTIATE_TEST_SUITE_P(, ConnectorEndTest, fakes::every_backend(), fakes::backend_label);

}  // namespace
}  // namespace weir
