// The engine as a client: Engine::connect() from any thread, under every model.
#include <atomic>
#include <cerrno>
#include <chrono>
#include <future>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "core/connector.h"
#include "core/engine.h"
#include "core/log.h"
#include "gtest/gtest.h"
#include "tests/engine/running_engine.h"
#include "tests/fakes/backends.h"
#include "tests/fakes/connect_outcome.h"
#include "tests/fakes/descriptors.h"
#include "tests/fakes/faulty_sockets.h"
#include "tests/fakes/hooked_session.h"
#include "tests/fakes/name_server.h"
#include "tests/fakes/peer.h"
#include "tests/fakes/peer_listener.h"

namespace weir {
namespace {

using fakes::Call;
using fakes::ConnectOutcome;
using fakes::Hooks;
using fakes::NameServer;
using fakes::open_descriptors;
using fakes::Peer;
using fakes::PeerListener;
using fakes::serve;
using fakes::serve_echo;

constexpr const char* kAnyPort = "tcp://127.0.0.1:0";
constexpr auto kLimit = std::chrono::milliseconds(Peer::kDeadlineMs);

Options options(ThreadingModel model, std::uint32_t threads, BackendKind backend) {
  Options options;
  options.model = model;
  options.threads = threads;
  options.backend = backend;
  options.drain_ms = Peer::kDeadlineMs;
  return options;
}

class ConnectTest : public testing::TestWithParam<BackendKind> {
 protected:
  ConnectTest() { set_log_level(LogLevel::kWarning); }
  ~ConnectTest() override { set_log_level(LogLevel::kNotice); }
};

// Behaviour 9 of the ten that separate an engine from a toy.
TEST_P(ConnectTest, ConnectThatGetsNoAnswerTimesOut) {
  PeerListener silent(kAnyPort);  // drops every SYN
  silent.fill_up();
  RunningEngine running(options(ThreadingModel::kReuseport, 2, GetParam()), kAnyPort, serve_echo());
  running.start();
  running.settle();
  const std::size_t before = open_descriptors();
  ConnectOutcome outcome;
  const auto start = std::chrono::steady_clock::now();
  const std::string address = silent.address().to_string();
  ASSERT_TRUE(
      running.engine().connect(address, serve_echo(), {.timeout_ms = 100}, outcome.done()).is_ok());
  EXPECT_EQ(outcome.await(), "cannot connect to " + address + ": no answer, for 100 ms");
  EXPECT_GE(std::chrono::steady_clock::now() - start, std::chrono::milliseconds(90));
  EXPECT_EQ(open_descriptors(), before);
  EXPECT_EQ(running.engine().connections(), 0U);
}

// Each connection of the engine's, to its own listener, is counted twice.
TEST_P(ConnectTest, EveryModelConnects) {
  constexpr std::size_t kConnects = 12;
  for (const ThreadingModel model :
       {ThreadingModel::kSingle, ThreadingModel::kHandoff, ThreadingModel::kReuseport,
        ThreadingModel::kExclusive, ThreadingModel::kIoThreads}) {
    RunningEngine running(options(model, 3, GetParam()), kAnyPort, serve_echo());
    running.start();
    std::atomic<std::size_t> echoed{0};
    std::promise<void> all;
    const Service ask = [&](Connection& connection) {
      connection.write("ping");
      return std::make_unique<fakes::HookedSession>(Hooks{.handle = [&](Connection& one) {
        if (one.unread().size() < 4) return;
        EXPECT_EQ(one.unread(), "ping");
        one.consume_all();
        if (++echoed == kConnects) all.set_value();
      }});
    };
    std::vector<ConnectOutcome> outcomes(kConnects);
    for (ConnectOutcome& outcome : outcomes) {
      ASSERT_TRUE(
          running.engine().connect(running.address().to_string(), ask, {}, outcome.done()).is_ok());
    }
    std::set<std::uint32_t> used;
    for (ConnectOutcome& outcome : outcomes) {
      EXPECT_EQ(outcome.await(), "");
      used.insert(outcome.id().reactor());
    }
    EXPECT_EQ(all.get_future().wait_for(kLimit), std::future_status::ready);
    EXPECT_EQ(running.engine().connections(), 2 * kConnects);
    // All that have connections, and only those.
    const std::size_t first = model == ThreadingModel::kHandoff ? 1 : 0;
    EXPECT_EQ(used.size(), running.engine().reactors().size() - first);
    EXPECT_FALSE(first == 1 && used.contains(0));
    EXPECT_EQ(running.stop(), 0);
    EXPECT_EQ(running.stragglers(), 0U);
  }
}

TEST_P(ConnectTest, OnTheReactorThatIsAskedFor) {
  for (const ThreadingModel model : {ThreadingModel::kHandoff, ThreadingModel::kReuseport}) {
    RunningEngine running(options(model, 2, GetParam()), kAnyPort, serve_echo());
    running.start();
    Engine& engine = running.engine();
    for (std::uint32_t i = 0; i < engine.reactors().size(); ++i) {
      ConnectOutcome outcome;
      const Result<ConnectId> id =
          engine.connect(running.address().to_string(), serve_echo(), {}, outcome.done(), i);
      ASSERT_TRUE(id.is_ok());
      EXPECT_EQ(id.value().reactor, i);
      EXPECT_EQ(outcome.await(), "");
      EXPECT_EQ(outcome.id().reactor(), i);
    }
    ConnectOutcome never;
    EXPECT_EQ(
        engine.connect("tcp://127.0.0.1:1", serve_echo(), {}, never.done(), 77).status().message(),
        "reactor 77: there are " + std::to_string(engine.reactors().size()));
  }
}

TEST_P(ConnectTest, ByNameOfTheEnginesNameServers) {
  NameServer names;
  names.add("one.test", {"127.0.0.1"});
  Options with_names = options(ThreadingModel::kHandoff, 2, GetParam());
  with_names.name_servers = names.address();
  RunningEngine running(with_names, kAnyPort, serve_echo());
  running.start();
  const std::string port = std::to_string(running.address().port());
  ConnectOutcome known, local, unknown;
  Engine& engine = running.engine();
  ASSERT_TRUE(engine.connect("tcp://one.test:" + port, serve_echo(), {}, known.done()).is_ok());
  ASSERT_TRUE(engine.connect("tcp://localhost:" + port, serve_echo(), {}, local.done()).is_ok());
  ASSERT_TRUE(engine.connect("tcp://two.test:" + port, serve_echo(), {}, unknown.done()).is_ok());
  EXPECT_EQ(known.await(), "");
  EXPECT_EQ(local.await(), "");
  EXPECT_EQ(unknown.await(), "cannot connect to tcp://two.test:" + port +
                                 ": cannot resolve 'two.test': Domain name not found");
}

TEST_P(ConnectTest, SaysWhatIsWrongAtOnce) {
  RunningEngine running(options(ThreadingModel::kSingle, 1, GetParam()), kAnyPort, serve_echo());
  ConnectOutcome never;
  Engine& engine = running.engine();
  EXPECT_EQ(engine.connect("localhost:80", serve_echo(), {}, never.done()).status().message(),
            "address 'localhost:80': expected tcp://host:port or unix:/path");
  EXPECT_EQ(engine.connect("tcp://a:1", serve_echo(), {.timeout_ms = -1}, never.done())
                .status()
                .message(),
            "connect timeout -1: expected at least 1 ms");
  Engine broken(options(ThreadingModel::kReuseport, 0, GetParam()));
  EXPECT_EQ(broken.connect("tcp://a:1", serve_echo(), {}, never.done()).status().message(),
            "threads 0: expected a number from 1 to 255");
}

// Before run() it waits; an engine that never runs tells nobody, and leaves nothing.
TEST_P(ConnectTest, BeforeTheEngineRuns) {
  PeerListener listener(kAnyPort);
  const std::string address = listener.address().to_string();
  const std::size_t before = open_descriptors();
  {
    RunningEngine idle(options(ThreadingModel::kReuseport, 2, GetParam()), kAnyPort, serve_echo());
    const auto told = [](const Result<Connection*>&) { ADD_FAILURE() << "told"; };
    for (int i = 0; i < 4; ++i) {
      ASSERT_TRUE(idle.engine().connect(address, serve_echo(), {}, told).is_ok());
    }
  }
  EXPECT_EQ(open_descriptors(), before);
  RunningEngine running(options(ThreadingModel::kReuseport, 2, GetParam()), kAnyPort, serve_echo());
  ConnectOutcome outcome;
  ASSERT_TRUE(running.engine().connect(address, serve_echo(), {}, outcome.done()).is_ok());
  running.start();
  EXPECT_EQ(outcome.await(), "");
  Peer peer = listener.accept();
  EXPECT_TRUE(peer.send("hi"));
  EXPECT_EQ(peer.receive(2), "hi");
}

TEST_P(ConnectTest, CancelledFromAnotherThread) {
  PeerListener silent(kAnyPort);
  silent.fill_up();
  RunningEngine running(options(ThreadingModel::kHandoff, 2, GetParam()), kAnyPort, serve_echo());
  running.start();
  running.settle();
  const std::size_t before = open_descriptors();
  std::atomic<int> told{0};
  for (int i = 0; i < 100; ++i) {
    const Result<ConnectId> id =
        running.engine().connect(silent.address().to_string(), serve_echo(), {},
                                 [&told](const Result<Connection*>&) { ++told; });
    ASSERT_TRUE(id.is_ok());
    if (i % 2 == 0) running.settle();
    running.engine().cancel(id.value());
    running.engine().cancel(id.value());
  }
  running.settle();
  EXPECT_EQ(open_descriptors(), before);
  EXPECT_EQ(running.stop(), 0);
  EXPECT_EQ(told.load(), 0);
}

// What a connection has written is sent before the stop ends it.
TEST_P(ConnectTest, AStopDrainsWhatWasConnected) {
  PeerListener listener(kAnyPort);
  RunningEngine running(options(ThreadingModel::kSingle, 1, GetParam()), kAnyPort, serve_echo());
  running.start();
  const std::string last_words(8 * 1024 * 1024, 'w');
  ConnectOutcome outcome;
  ASSERT_TRUE(running.engine()
                  .connect(
                      listener.address().to_string(),
                      [&](Connection& connection) {
                        connection.write(last_words);
                        return serve_echo()(connection);
                      },
                      {}, outcome.done())
                  .is_ok());
  EXPECT_EQ(outcome.await(), "");
  Peer peer = listener.accept();
  running.engine().stop();
  EXPECT_TRUE(peer.receive_rest() == last_words);
  peer.close();
  EXPECT_EQ(running.join(), 0);
  EXPECT_EQ(running.stragglers(), 0U);
}

// Calls of one kind that many threads make, each of which must end exactly once.
struct Tally {
  std::atomic<int> begun{0};
  std::atomic<int> refused{0};
  std::atomic<int> connected{0};
  std::atomic<int> failed{0};
  std::atomic<int> twice{0};

  Connector::Done done() {
    return [this, told = std::make_shared<std::atomic<int>>(0)](const Result<Connection*>& result) {
      if (++*told > 1) ++twice;
      if (!result.is_ok()) {
        ++failed;
        return;
      }
      ++connected;
      result.value()->close();
    };
  }
  int ended() const { return connected.load() + failed.load(); }
};

TEST_P(ConnectTest, AStormFromSeveralThreadsIsToldOnceEach) {
  constexpr int kThreads = 4;
  constexpr int kEach = 250;
  PeerListener refusing(kAnyPort, false);
  for (const ThreadingModel model : {ThreadingModel::kHandoff, ThreadingModel::kReuseport}) {
    fakes::FaultySockets sockets;
    RunningEngine running(options(model, 2, GetParam()), kAnyPort, serve_echo(), sockets);
    running.start();
    running.settle();
    const std::size_t before = open_descriptors();
    const std::string ours = running.address().to_string();
    const std::string by_name = "tcp://localhost:" + std::to_string(running.address().port());
    const std::string nobody = refusing.address().to_string();
    Tally good, bad;
    std::vector<std::thread> threads;
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([&, t] {
        const Connector::Options patient{
            .retries = 100, .first_backoff_ms = 1, .last_backoff_ms = 50};
        for (int i = 0; i < kEach; ++i) {
          if (i % 50 == 0) sockets.fail(Call::kSocket, EMFILE);
          const bool well = i % 5 != 0;
          const std::string& to = !well ? nobody : (i + t) % 10 == 1 ? by_name : ours;
          Tally& tally = well ? good : bad;
          const Result<ConnectId> id = running.engine().connect(
              to, serve_echo(), well ? patient : Connector::Options{}, tally.done());
          ASSERT_TRUE(id.is_ok());
          ++tally.begun;
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    const auto limit = std::chrono::steady_clock::now() + kLimit;
    while (good.ended() + bad.ended() < kThreads * kEach || running.engine().connections() > 0) {
      ASSERT_LT(std::chrono::steady_clock::now(), limit);
      running.settle();
    }
    EXPECT_EQ(running.stop(), 0);
    EXPECT_EQ(good.connected.load(), good.begun.load());
    EXPECT_EQ(good.failed.load(), 0);
    EXPECT_EQ(bad.failed.load(), bad.begun.load());
    EXPECT_EQ(good.twice.load() + bad.twice.load(), 0);
    EXPECT_LE(open_descriptors(), before);
  }
}

// What connect() took is told exactly once, however the stop comes between; what it refused never.
TEST_P(ConnectTest, AStopAmongConnectsTellsEachOnce) {
  PeerListener silent(kAnyPort);
  silent.fill_up();
  for (int round = 0; round < 5; ++round) {
    const std::size_t before = open_descriptors();
    Tally tally;
    {
      RunningEngine running(options(ThreadingModel::kHandoff, 2, GetParam()), kAnyPort,
                            serve_echo());
      running.start();
      const std::string ours = running.address().to_string();
      std::atomic<bool> over{false};
      std::vector<std::thread> threads;
      for (int t = 0; t < 3; ++t) {
        threads.emplace_back([&, t] {
          for (int i = 0; !over.load(); ++i) {
            const Connector::Options options{.retries = i % 2 == 0 ? Connector::kEndless : 0};
            const std::string to = (i + t) % 3 == 0 ? silent.address().to_string() : ours;
            const bool taken =
                running.engine().connect(to, serve_echo(), options, tally.done()).is_ok();
            ++(taken ? tally.begun : tally.refused);
            // Bounded by descriptors, not by luck.
            while (taken && tally.begun.load() - tally.ended() > 200 && !over.load()) {
              std::this_thread::yield();
            }
          }
        });
      }
      while (tally.connected.load() < 50) std::this_thread::yield();
      running.engine().stop();
      EXPECT_EQ(running.join(), 0);
      while (tally.refused.load() == 0) std::this_thread::yield();
      over.store(true);
      for (std::thread& thread : threads) thread.join();
    }
    EXPECT_GT(tally.failed.load(), 0);
    EXPECT_EQ(tally.ended(), tally.begun.load());
    EXPECT_EQ(tally.twice.load(), 0);
    EXPECT_EQ(open_descriptors(), before);
  }
}

INSTANTIATE_TEST_SUITE_P(, ConnectTest, fakes::every_backend(), fakes::backend_label);

}  // namespace
}  // namespace weir
