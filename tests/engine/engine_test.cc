// The engine from outside: where it listens, what its options do, and what it says when something
// is wrong with either.
#include "core/engine.h"

#include <sched.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "core/log.h"
#include "gtest/gtest.h"
#include "tests/engine/running_engine.h"
#include "tests/fakes/hooked_session.h"
#include "tests/fakes/peer.h"

namespace weir {
namespace {

using fakes::Peer;
using fakes::serve;
using fakes::serve_echo;

constexpr const char* kAnyPort = "tcp://127.0.0.1:0";

Options options(ThreadingModel model, std::uint32_t threads) {
  Options options;
  options.model = model;
  options.threads = threads;
  options.handle_signals = false;
  return options;
}

TEST(EngineTest, DescribesItself) {
  Engine engine(options(ThreadingModel::kHandoff, 3));
  const Result<Address> first = engine.listen(kAnyPort, serve_echo());
  const Result<Address> second = engine.listen(kAnyPort, serve_echo());
  ASSERT_TRUE(first.is_ok() && second.is_ok());
  EXPECT_EQ(engine.describe(),
            "listening on " + first.value().to_string() + " " + second.value().to_string() +
                " model=handoff threads=3 backend=epoll pid=" + std::to_string(::getpid()));
  EXPECT_EQ(engine.addresses().size(), 2U);
  EXPECT_EQ(engine.connections(), 0U);
  EXPECT_FALSE(engine.stopping());
}

TEST(EngineTest, SaysWhatIsWrongWithAnAddress) {
  Engine engine(options(ThreadingModel::kSingle, 1));
  EXPECT_EQ(engine.listen("localhost:80", serve_echo()).status().message(),
            "address 'localhost:80': expected tcp://host:port or unix:/path");
  const Result<Address> bound = engine.listen(kAnyPort, serve_echo());
  ASSERT_TRUE(bound.is_ok());
  EXPECT_EQ(engine.listen(bound.value().to_string(), serve_echo()).status().message(),
            "cannot bind " + bound.value().to_string() + ": Address already in use");
  EXPECT_EQ(engine.listen("unix:/nowhere/at/all", serve_echo()).status().message(),
            "cannot bind unix:/nowhere/at/all: No such file or directory");
  EXPECT_EQ(engine.addresses().size(), 1U);
}

TEST(EngineTest, SaysWhatIsWrongWithThreads) {
  for (const std::uint32_t threads : {0U, 256U, 1'000'000U}) {
    Engine engine(options(ThreadingModel::kReuseport, threads));
    EXPECT_EQ(engine.listen(kAnyPort, serve_echo()).status().message(),
              "threads " + std::to_string(threads) + ": expected a number from 1 to 255");
    EXPECT_EQ(engine.run(), 1);
  }
}

TEST(EngineTest, SeveralAddressesEachWithItsService) {
  Engine engine(options(ThreadingModel::kReuseport, 2));
  std::vector<Address> addresses;
  for (const std::string greeting : {"one", "two"}) {
    Result<Address> bound = engine.listen(kAnyPort, [greeting](Connection& connection) {
      connection.write(greeting);
      return std::make_unique<fakes::HookedSession>(fakes::Hooks{});
    });
    ASSERT_TRUE(bound.is_ok());
    addresses.push_back(bound.value());
  }
  std::thread thread([&engine] { engine.run(); });
  EXPECT_EQ(Peer::connect(addresses[0]).receive(3), "one");
  EXPECT_EQ(Peer::connect(addresses[1]).receive(3), "two");
  engine.stop();
  thread.join();
}

// Every worker gets its share, the acceptor nothing.
TEST(EngineTest, HandoffDealsToTheWorkers) {
  RunningEngine running(options(ThreadingModel::kHandoff, 2), kAnyPort,
                        serve({.handle = [](Connection& connection) {
                          connection.write(std::to_string(connection.id().reactor()));
                          connection.consume_all();
                        }}));
  running.start();
  std::vector<Peer> peers;
  std::string workers;
  for (int i = 0; i < 4; ++i) {
    peers.push_back(running.connect());
    peers.back().send("who?");
    workers += peers.back().receive(1);
  }
  EXPECT_EQ(workers, "1212");
  EXPECT_EQ(running.engine().connections(), 4U);
}

// The kernel alone would wake the same reactor for every connection to an idle server.
TEST(EngineTest, ExclusiveWakesOneAfterTheOther) {
  char directory[] = "/tmp/weir_engine_XXXXXX";
  ASSERT_NE(::mkdtemp(directory), nullptr);
  for (const std::string& address :
       {std::string(kAnyPort), "unix:" + std::string(directory) + "/s"}) {
    RunningEngine running(options(ThreadingModel::kExclusive, 2), address,
                          serve({.handle = [](Connection& connection) {
                            connection.write(std::to_string(connection.id().reactor()));
                            connection.consume_all();
                          }}));
    running.start();
    running.settle();  // both run
    // A reactor that has no CPU for a while gets none meanwhile.
    std::string workers;
    const auto of = [&workers](char reactor) {
      return std::count(workers.begin(), workers.end(), reactor);
    };
    while ((of('0') < 10 || of('1') < 10) && workers.size() < 10'000) {
      Peer peer = running.connect();
      peer.send("who?");
      workers += peer.receive(1);
    }
    EXPECT_GE(of('0'), 10);
    EXPECT_GE(of('1'), 10);
  }
  ::rmdir(directory);
}

// Many readable connections in one tick: I/O threads receive, decode and send for them, the reactor
// alone handles, in order; one that throws in decode() costs itself.
TEST(EngineTest, IoThreadsShareATicksWork) {
  set_log_level(LogLevel::kWarning);
  std::atomic<std::size_t> decoded{0};
  std::atomic<std::size_t> strangers{0};
  RunningEngine running(options(ThreadingModel::kIoThreads, 4), kAnyPort,
                        serve({.decode =
                                   [&](InputBuffer& input) {
                                     ++decoded;
                                     if (input.unread().front() == '!') throw 42;
                                     return input.unread().size() < 4 ? Decoded::kNeedMore
                                                                      : Decoded::kReady;
                                   },
                               .handle =
                                   [&](Connection& connection) {
                                     if (!connection.reactor().in_thread()) ++strangers;
                                     connection.write(connection.unread().substr(0, 4));
                                     connection.consume(4);
                                   }}));
  running.start();
  const Reactor& reactor = *running.engine().reactors()[0];
  std::vector<Peer> peers;
  for (int i = 0; i < 40; ++i) {
    peers.push_back(running.connect());
    peers.back().send("ping");
    EXPECT_EQ(peers.back().receive(4), "ping");
  }
  for (int round = 0; round < 20; ++round) {
    const std::uint64_t before = reactor.counters().shared_rounds.value();
    std::promise<void> go;
    running.engine().reactors()[0]->post([&go] { go.get_future().wait(); });
    for (Peer& peer : peers) peer.send("onetwothre");
    go.set_value();
    for (Peer& peer : peers) EXPECT_EQ(peer.receive(8), "onetwoth");
    for (Peer& peer : peers) peer.send("e3");
    for (Peer& peer : peers) EXPECT_EQ(peer.receive(4), "ree3");
    EXPECT_GT(reactor.counters().shared_rounds.value(), before);
  }
  peers[7].send("!");
  EXPECT_EQ(peers[7].receive_rest(), "");
  peers[8].send("ping");
  EXPECT_EQ(peers[8].receive(4), "ping");
  EXPECT_EQ(strangers, 0U);
  EXPECT_EQ(running.engine().connections(), 39U);
  set_log_level(LogLevel::kNotice);
}

TEST(EngineTest, ConnectionsBeyondTheirNumberAreClosedAtOnce) {
  Options limited = options(ThreadingModel::kHandoff, 2);
  limited.max_connections = 3;
  RunningEngine running(limited, kAnyPort, serve_echo());
  running.start();
  std::vector<Peer> peers;
  for (int i = 0; i < 3; ++i) {
    peers.push_back(running.connect());
    peers.back().send("x");
    EXPECT_EQ(peers.back().receive(1), "x");
  }
  EXPECT_EQ(running.connect().receive_rest(), "");
  peers.pop_back();
  while (running.engine().connections() > 2) running.settle();
  Peer next = running.connect();
  next.send("x");
  EXPECT_EQ(next.receive(1), "x");
}

// What was decoded ahead is handled once, whatever the handlers before do to its connection.
TEST(EngineTest, IoThreadsDecodeAndHandleInTurn) {
  std::vector<ConnectionId> ids;
  std::atomic<int> wrong{0};
  Engine* engine = nullptr;
  RunningEngine running(
      options(ThreadingModel::kIoThreads, 2), kAnyPort, [&](Connection& connection) {
        ids.push_back(connection.id());
        auto decoded = std::make_shared<int>(0);
        return std::make_unique<fakes::HookedSession>(
            fakes::Hooks{.decode =
                             [decoded, &wrong](InputBuffer& input) {
                               if (++*decoded != 1) ++wrong;
                               return input.empty() ? Decoded::kNeedMore : Decoded::kReady;
                             },
                         .handle =
                             [&, decoded](Connection& one) {
                               if (--*decoded != 0) ++wrong;
                               fakes::echo(one);
                               for (const ConnectionId id : ids) {
                                 Connection* other = engine->reactors()[0]->find(id);
                                 if (other != nullptr && other != &one) other->wake();
                               }
                             }});
      });
  engine = &running.engine();
  running.start();
  std::vector<Peer> peers;
  for (int i = 0; i < 8; ++i) {
    peers.push_back(running.connect());
    peers.back().send("x");
    EXPECT_EQ(peers.back().receive(1), "x");
  }
  for (int round = 0; round < 50; ++round) {
    std::promise<void> go;
    running.engine().reactors()[0]->post([&go] { go.get_future().wait(); });
    for (Peer& peer : peers) peer.send("ping");
    go.set_value();
    for (Peer& peer : peers) EXPECT_EQ(peer.receive(4), "ping");
  }
  EXPECT_EQ(running.stop(), 0);
  EXPECT_EQ(wrong, 0);
}

// The input that was decoded for a connection lasts no longer than its round.
TEST(EngineTest, IoThreadsForgetTheInputOfWhoIsClosedByAnother) {
  constexpr std::size_t kPeers = 8;
  std::atomic<std::size_t> closed{0};
  std::atomic<std::size_t> left{0};
  const auto close_others = [](Connection& connection) {
    connection.consume_all();
    connection.reactor().for_each_connection([&connection](Connection& other) {
      if (&other != &connection) other.close();
    });
  };
  RunningEngine running(
      options(ThreadingModel::kIoThreads, 2), kAnyPort,
      serve({.handle = close_others, .closed = [&](Connection& connection, const Status&) {
               left += connection.unread().size();
               ++closed;
             }}));
  running.start();
  std::vector<Peer> peers;
  for (std::size_t i = 0; i < kPeers; ++i) peers.push_back(running.connect());
  while (running.engine().connections() < kPeers) running.settle();
  std::promise<void> all_sent;
  running.engine().reactors()[0]->post([&all_sent] { all_sent.get_future().wait(); });
  for (Peer& peer : peers) peer.send("input");
  all_sent.set_value();
  while (closed < kPeers - 1) running.settle();
  EXPECT_EQ(left, 0U);
}

// With one thread, or little to do, nobody is woken.
TEST(EngineTest, IoThreadsSleepWhereThereIsLittleToDo) {
  for (const std::uint32_t threads : {1U, 3U}) {
    RunningEngine running(options(ThreadingModel::kIoThreads, threads), kAnyPort, serve_echo());
    running.start();
    Peer peer = running.connect();
    for (int i = 0; i < 100; ++i) {
      peer.send("x");
      EXPECT_EQ(peer.receive(1), "x");
    }
    EXPECT_EQ(running.engine().reactors()[0]->counters().shared_rounds.value(), 0U);
  }
}

// A unix path has one socket: under reuseport reactor 0 accepts for all.
TEST(EngineTest, ReuseportDealsAUnixPathToAll) {
  char directory[] = "/tmp/weir_engine_XXXXXX";
  ASSERT_NE(::mkdtemp(directory), nullptr);
  {
    RunningEngine running(options(ThreadingModel::kReuseport, 2),
                          "unix:" + std::string(directory) + "/s",
                          serve({.handle = [](Connection& connection) {
                            connection.write(std::to_string(connection.id().reactor()));
                            connection.consume_all();
                          }}));
    running.start();
    std::vector<Peer> peers;
    std::string reactors;
    for (int i = 0; i < 4; ++i) {
      peers.push_back(running.connect());
      peers.back().send("who?");
      reactors += peers.back().receive(1);
    }
    EXPECT_EQ(reactors, "0101");
  }
  EXPECT_EQ(::rmdir(directory), 0);  // the path went with the engine
}

TEST(EngineTest, ReactorsRunOnTheirCpus) {
  cpu_set_t allowed;
  ASSERT_EQ(::sched_getaffinity(0, sizeof allowed, &allowed), 0);
  Options bound = options(ThreadingModel::kReuseport, 3);
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (CPU_ISSET(static_cast<std::size_t>(cpu), &allowed)) bound.cpus.push_back(cpu);
  }
  RunningEngine running(bound, kAnyPort, serve_echo());
  running.start();
  for (std::size_t i = 0; i < 3; ++i) {
    std::promise<cpu_set_t> set;
    running.engine().reactors()[i]->post([&set] {
      cpu_set_t mine;
      ::sched_getaffinity(0, sizeof mine, &mine);
      set.set_value(mine);
    });
    const cpu_set_t mine = set.get_future().get();
    EXPECT_EQ(CPU_COUNT(&mine), 1);
    EXPECT_TRUE(CPU_ISSET(static_cast<std::size_t>(bound.cpus[i % bound.cpus.size()]), &mine));
  }
}

}  // namespace
}  // namespace weir
