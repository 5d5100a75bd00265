// Behaviours that separate a framework from a toy, one test each, over real sockets. Frames and
// their codecs have theirs in codec/, timers in core/timer_wheel_test.cc.
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <fstream>
#include <future>
#include <memory>
#include <mutex>
#include <random>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "core/clock.h"
#include "core/log.h"
#include "gtest/gtest.h"
#include "tests/engine/running_engine.h"
#include "tests/fakes/backends.h"
#include "tests/fakes/faulty_sockets.h"
#include "tests/fakes/hooked_session.h"
#include "tests/fakes/peer.h"

namespace weir {
namespace {

using fakes::Call;
using fakes::Hooks;
using fakes::Peer;
using fakes::serve;
using fakes::serve_echo;

#ifdef NDEBUG
constexpr std::uint64_t kPushed = 10'000'000'000;
constexpr int kRounds = 400;
constexpr std::uint64_t kMemoryAllowance = 64 * 1024 * 1024;
#else  // the sanitizers' builds
constexpr std::uint64_t kPushed = 300'000'000;
constexpr int kRounds = 60;
constexpr std::uint64_t kMemoryAllowance = 1024 * 1024 * 1024;  // ASan keeps what was freed
#endif

std::uint64_t resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  std::uint64_t total = 0;
  std::uint64_t resident = 0;
  statm >> total >> resident;
  return resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

class BehavioursTest : public testing::TestWithParam<BackendKind> {
 protected:
  void SetUp() override { set_log_level(LogLevel::kWarning); }
  void TearDown() override { set_log_level(LogLevel::kNotice); }

  RunningEngine& start(Service service, ThreadingModel model = ThreadingModel::kReuseport,
                       std::uint32_t threads = 2) {
    Options options;
    options.model = model;
    options.threads = threads;
    options.backend = GetParam();
    options.drain_ms = Peer::kDeadlineMs;
    engine_ =
        std::make_unique<RunningEngine>(options, "tcp://127.0.0.1:0", std::move(service), sockets_);
    EXPECT_TRUE(engine_->status().is_ok()) << engine_->status().message();
    engine_->start();
    return *engine_;
  }

  fakes::FaultySockets sockets_;
  std::unique_ptr<RunningEngine> engine_;
};

// A reader stalls while the server has far more to send than memory: what is held stays under the
// watermark, and then every byte arrives.
TEST_P(BehavioursTest, BoundedMemoryWithBackpressure) {
  auto produced = std::make_shared<std::atomic<std::uint64_t>>(0);
  auto held = std::make_shared<std::size_t>(0);
  const std::string piece(64 * 1024, 'p');
  const auto produce = [produced, held, &piece](Connection& connection) {
    while (!connection.output_full() && *produced < kPushed) {
      const std::uint64_t size = std::min<std::uint64_t>(piece.size(), kPushed - *produced);
      connection.write(std::string_view(piece).substr(0, size));
      *produced += size;
      *held = std::max(*held, connection.output().size());
    }
  };
  RunningEngine& engine = start(serve({.handle =
                                           [produce](Connection& connection) {
                                             connection.consume_all();
                                             produce(connection);
                                           },
                                       .writable = produce}));
  const std::uint64_t before = resident_bytes();
  Peer peer = engine.connect();
  peer.send("all of it");
  // Stalled: the production stops by itself.
  std::uint64_t last = 1;
  for (int same = 0; same < 100; same = *produced == last ? same + 1 : 0) {
    last = *produced;
    engine.settle();
  }
  EXPECT_LT(last, kPushed);
  std::vector<char> room(1 << 20);
  std::uint64_t received = 0;
  std::uint64_t most = resident_bytes();
  while (received < kPushed) {
    const ssize_t size = ::recv(peer.fd(), room.data(), room.size(), 0);
    if (size == 0) break;
    if (size > 0) received += static_cast<std::uint64_t>(size);
    if (received % 1024 == 0) most = std::max(most, resident_bytes());
  }
  EXPECT_EQ(received, kPushed);
  EXPECT_LT(most, before + kMemoryAllowance);
  EXPECT_LE(*held, Connection::kOutputHigh + piece.size());
  engine_.reset();  // before what its handlers refer to
}

TEST_P(BehavioursTest, CloseWithoutLoss) {
  const std::string reply(64 * 1024 * 1024, 'r');
  RunningEngine& engine = start(serve({.handle = [&](Connection& connection) {
    const bool reset = connection.unread() == "reset";
    connection.write(reply);
    reset ? connection.abort() : connection.close_after_flush();
  }}));
  Peer slow = Peer::connect(engine.address(), 4096);
  slow.send("all");
  std::string received;
  while (received.size() < reply.size()) {
    const std::string part =
        slow.receive(std::min<std::size_t>(50'000, reply.size() - received.size()));
    if (part.empty()) break;
    received += part;
  }
  EXPECT_TRUE(received == reply);
  EXPECT_EQ(slow.receive_rest(), "");
  EXPECT_EQ(slow.stream(), Peer::Stream::kEnded);
  Peer cut = engine.connect();
  cut.send("reset");
  EXPECT_LT(cut.receive_rest().size(), reply.size());
  EXPECT_EQ(cut.stream(), Peer::Stream::kBroken);
  engine_.reset();  // before what its handlers refer to
}

// The client has ended its side; the reply comes from another thread, much later.
TEST_P(BehavioursTest, HalfClose) {
  const std::string reply(1'000'000, 'r');
  std::promise<ConnectionId> asked;
  RunningEngine& engine = start(serve({.handle = [&](Connection& connection) {
    connection.consume_all();
    connection.hold();
    asked.set_value(connection.id());
  }}));
  Peer peer = engine.connect();
  peer.send("request");
  peer.end();
  const ConnectionId id = asked.get_future().get();
  std::promise<void> later;
  engine.engine().reactors()[0]->post(
      [&] { engine.engine().reactors()[0]->schedule(100, [&later] { later.set_value(); }); });
  later.get_future().wait();
  engine.engine().post(id, [reply](Connection* connection) {
    ASSERT_NE(connection, nullptr);
    connection->write(reply);
    connection->release();
  });
  EXPECT_TRUE(peer.receive_rest() == reply);
  EXPECT_EQ(peer.stream(), Peer::Stream::kEnded);
  engine_.reset();  // before what its handlers refer to
}

// Descriptors run out under a flood of connects: no exit, no spin, and afterwards all is well.
TEST_P(BehavioursTest, ExhaustionSurvival) {
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit tight{100, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &tight), 0);
  RunningEngine& engine = start(serve_echo());
  Peer early = engine.connect();
  early.send("early");
  EXPECT_EQ(early.receive(5), "early");
  // The clients are another process: they have descriptors of their own.
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    char byte = 0;
    if (::setrlimit(RLIMIT_NOFILE, &before) != 0) ::_exit(2);
    if (::read(ready[0], &byte, 1) != 1) ::_exit(2);
    std::vector<Peer> peers;
    for (int i = 0; i < 500; ++i) peers.push_back(Peer::connect(engine.address()));
    int served = 0;
    for (Peer& peer : peers) {
      peer.send("x");
      served += peer.receive(1) == "x" ? 1 : 0;
    }
    ::_exit(served > 0 && served < 500 ? 0 : 1);
  }
  const std::uint64_t waits = sockets_.waits();
  ASSERT_EQ(::write(ready[1], "g", 1), 1);
  int status = -1;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  EXPECT_LT(sockets_.waits() - waits, 5000U);
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  ::close(ready[0]);
  ::close(ready[1]);
  early.send("still");
  EXPECT_EQ(early.receive(5), "still");
  while (engine.engine().connections() > 1) engine.settle();
  Peer late = engine.connect();
  late.send("late");
  EXPECT_EQ(late.receive(4), "late");
}

// Threads write, wake, close, abort and set timers through ids while connections come and go: each
// is closed once, on its own reactor, with nothing after it.
TEST_P(BehavioursTest, ExactlyOnceLifecycle) {
  struct Life {
    std::atomic<int> closed{0};
  };
  std::mutex mutex;
  std::vector<ConnectionId> ids;
  std::vector<std::shared_ptr<Life>> lives;
  std::atomic<int> wrong{0};
  RunningEngine& engine = start([&](Connection& connection) {
    auto life = std::make_shared<Life>();
    const std::lock_guard lock(mutex);
    ids.push_back(connection.id());
    lives.push_back(life);
    const auto check = [life, &wrong](Connection& one) {
      if (life->closed > 0 || !one.reactor().in_thread()) ++wrong;
    };
    return std::make_unique<fakes::HookedSession>(
        Hooks{.handle =
                  [check](Connection& one) {
                    check(one);
                    fakes::echo(one);
                  },
              .flushed = check,
              .writable = check,
              .closed =
                  [check, life](Connection& one, const Status&) {
                    check(one);
                    ++life->closed;
                  }});
  });
  std::atomic<bool> done{false};
  std::vector<std::thread> storms;
  for (std::uint32_t seed = 0; seed < 3; ++seed) {
    storms.emplace_back([&, seed] {
      std::mt19937 random(seed);
      for (int n = 0; !done; ++n) {
        ConnectionId id;
        {
          const std::lock_guard lock(mutex);
          if (!ids.empty())
            id = ids[ids.size() - 1 - random() % std::min<std::size_t>(ids.size(), 8)];
        }
        const auto action = random() % 12;
        engine.engine().post(id, [action](Connection* connection) {
          if (connection == nullptr) return;
          if (action == 0) connection->close();
          if (action == 1) connection->abort();
          if (action == 2) connection->close_after_flush();
          if (action == 3) connection->run_after(1, [](Connection* one) { one->write("t"); });
          if (action == 4) connection->wake();
          if (action == 5) throw std::runtime_error("a task's");
          if (action > 5) connection->write("w");
        });
        if (n % 100 == 99) engine.settle();
      }
    });
  }
  std::vector<std::thread> clients;
  for (int client = 0; client < 3; ++client) {
    clients.emplace_back([&engine] {
      for (int i = 0; i < kRounds; ++i) {
        Peer peer = engine.connect();
        peer.send("ping");
        peer.receive(1);
        if (i % 3 == 0) peer.reset();
      }
    });
  }
  for (std::thread& client : clients) client.join();
  done = true;
  for (std::thread& storm : storms) storm.join();
  engine.stop();
  EXPECT_EQ(wrong, 0);
  for (const auto& life : lives) EXPECT_EQ(life->closed, 1);
}

// Descriptor numbers and slots recur at once; whoever kept an old id reaches nobody.
TEST_P(BehavioursTest, DescriptorReuseSafety) {
  std::mutex mutex;
  std::vector<ConnectionId> ids;
  std::set<int> numbers;
  RunningEngine& engine = start(
      [&](Connection& connection) {
        const std::lock_guard lock(mutex);
        ids.push_back(connection.id());
        numbers.insert(connection.fd());
        return std::make_unique<fakes::HookedSession>(Hooks{.handle = fakes::echo});
      },
      ThreadingModel::kSingle, 1);
  constexpr int kConnections = 200;
  for (int i = 0; i < kConnections; ++i) {
    Peer peer = engine.connect();
    peer.send("x");
    ASSERT_EQ(peer.receive(1), "x");
    for (std::size_t old = 0; old + 1 < ids.size(); ++old) engine.engine().send(ids[old], "stale");
    engine.settle();
    peer.send("y");
    ASSERT_EQ(peer.receive(1), "y");
    peer.reset();
    while (engine.engine().connections() > 0) engine.settle();
  }
  EXPECT_LT(numbers.size(), 20U);
  engine_.reset();  // before what its handlers refer to
}

// A connection that sends without a pause, one that is written to without a pause, and a hundred
// that ask now and then: those are answered in bounded time.
TEST_P(BehavioursTest, Fairness) {
  std::promise<ConnectionId> flooded;
  RunningEngine& engine = start(serve({.handle =
                                           [&](Connection& connection) {
                                             const std::string_view bytes = connection.unread();
                                             if (bytes.front() == 'f')
                                               flooded.set_value(connection.id());
                                             if (bytes.front() == 'p') connection.write(bytes);
                                             connection.consume_all();
                                           }}),
                                ThreadingModel::kSingle, 1);
  std::atomic<bool> done{false};
  Peer hose = engine.connect();
  std::thread firehose([&] {
    const std::string bytes(256 * 1024, 'x');
    while (!done) hose.send_some(bytes);
  });
  Peer reader = engine.connect();
  reader.send("f");
  const ConnectionId id = flooded.get_future().get();
  std::thread flood([&] {
    for (int n = 0; !done; ++n) {
      engine.engine().send(id, std::string(1000, 'y'));
      if (n % 64 == 63) engine.settle();
    }
  });
  std::thread drain([&] {
    std::vector<char> room(1 << 20);
    while (!done) {
      if (::recv(reader.fd(), room.data(), room.size(), 0) <= 0) std::this_thread::yield();
    }
  });
  std::vector<Peer> pingers;
  for (int i = 0; i < 100; ++i) pingers.push_back(engine.connect());
  std::vector<std::int64_t> times_ms;
  for (int round = 0; round < 10; ++round) {
    for (Peer& pinger : pingers) {
      const std::int64_t start_ms = monotonic_ms();
      pinger.send("p");
      ASSERT_EQ(pinger.receive(1), "p");
      times_ms.push_back(monotonic_ms() - start_ms);
    }
  }
  done = true;
  firehose.join();
  flood.join();
  drain.join();
  std::sort(times_ms.begin(), times_ms.end());
  // Far above what a fair server needs on a busy machine, far below what starving means.
  EXPECT_LT(times_ms[times_ms.size() * 99 / 100], 1000);
  engine_.reset();  // before what its handlers refer to
}

// A stop under load answers what it has taken; a handler that throws costs its own connection.
TEST_P(BehavioursTest, ShutdownAndContainment) {
  std::atomic<std::uint64_t> answered{0};
  RunningEngine& engine = start(serve({.handle = [&](Connection& connection) {
    if (connection.unread().front() == '!') throw std::runtime_error("oops");
    answered += connection.unread().size();
    fakes::echo(connection);
  }}));
  Peer bad = engine.connect();
  bad.send("!");
  EXPECT_EQ(bad.receive_rest(), "");
  std::atomic<std::uint64_t> received{0};
  std::vector<std::thread> clients;
  for (int i = 0; i < 8; ++i) {
    clients.emplace_back([&] {
      Peer peer = engine.connect();
      while (peer.send("ping") && peer.stream() == Peer::Stream::kOpen) {
        received += peer.receive(4).size();
      }
      received += peer.receive_rest().size();
    });
  }
  while (answered < 10'000) engine.settle();
  engine.engine().stop();
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(engine.join(), 0);
  EXPECT_EQ(engine.stragglers(), 0U);
  EXPECT_EQ(received, answered);
}

INSTANTIATE_TEST_SUITE_P(, BehavioursTest, fakes::every_backend(), fakes::backend_label);

}  // namespace
}  // namespace weir
