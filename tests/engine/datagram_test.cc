// Datagrams through an engine: where their sockets are, who gets which, and what a start or a stop
// leaves behind.

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <future>
#include <memory>
#include <mutex>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "core/log.h"
#include "gtest/gtest.h"
#include "tests/engine/running_engine.h"
#include "tests/fakes/datagram_client.h"
#include "tests/fakes/descriptors.h"
#include "tests/fakes/faulty_sockets.h"
#include "tests/fakes/hooked_datagram_session.h"
#include "tests/fakes/hooked_session.h"
#include "tests/fakes/peer.h"

namespace weir {
namespace {

using fakes::Call;
using fakes::DatagramClient;
using fakes::DatagramHooks;
using fakes::Peer;
using fakes::serve_datagrams;

constexpr char kAnyPort[] = "udp://127.0.0.1:0";

Options with_model(ThreadingModel model, std::uint32_t threads) {
  Options options;
  options.model = model;
  options.threads = threads;
  options.handle_signals = false;
  return options;
}

std::string text_of(const Address& address) { return "udp://" + address.to_ip_port(); }

class DatagramTest : public testing::Test {
 protected:
  void SetUp() override { set_log_level(LogLevel::kWarning); }
  void TearDown() override { set_log_level(LogLevel::kNotice); }
};

TEST_F(DatagramTest, DescribesWhereItListens) {
  Engine engine(with_model(ThreadingModel::kReuseport, 2));
  const Result<Address> one = engine.listen_datagrams(kAnyPort, serve_datagrams());
  const Result<Address> two = engine.listen_datagrams(kAnyPort, serve_datagrams());
  ASSERT_TRUE(one.is_ok() && two.is_ok());
  EXPECT_EQ(engine.endpoints().size(), 4U);
  EXPECT_TRUE(engine.describe().starts_with("listening on " + text_of(one.value()) + " " +
                                            text_of(two.value()) + " model=reuseport threads=2 "))
      << engine.describe();
}

TEST_F(DatagramTest, ErrorsNameTheAddressAndTheReason) {
  Engine engine(with_model(ThreadingModel::kReuseport, 2));
  const auto error_of = [&engine](const std::string& address, const DatagramOptions& options = {}) {
    return engine.listen_datagrams(address, serve_datagrams(), options).status().message();
  };
  EXPECT_EQ(engine.listen("udp://127.0.0.1:0", fakes::serve_echo()).status().message(),
            "address 'udp://127.0.0.1:0': datagrams have no connections to listen for; "
            "listen_datagrams() takes this address");
  EXPECT_EQ(error_of("tcp://127.0.0.1:0"), "address 'tcp://127.0.0.1:0': expected udp://host:port");
  EXPECT_EQ(error_of("udp://127.0.0.1"),
            "address 'udp://127.0.0.1': the port is missing, as in tcp://127.0.0.1:9000");
  EXPECT_EQ(error_of("udp://192.0.2.1:9000"),
            "udp://192.0.2.1:9000: cannot bind: Cannot assign requested address");
  EXPECT_EQ(error_of(kAnyPort, {.max_sessions = 0}), "max_sessions 0: expected at least 1");
  EXPECT_EQ(error_of("udp://239.1.2.3:9000"),
            "address 'udp://239.1.2.3:9000': a multicast group, which "
            "DatagramOptions::multicast.groups must name too, with the interface");
  DatagramOptions missing;
  missing.multicast.groups = {{"239.1.2.3", "nosuch0"}};
  EXPECT_EQ(error_of(kAnyPort, missing),
            "udp://127.0.0.1:0: cannot join the multicast group 239.1.2.3 on interface nosuch0: "
            "No such device");
  EXPECT_TRUE(engine.endpoints().empty());
}

// SO_REUSEPORT must not let a second server share the port unnoticed.
TEST_F(DatagramTest, ASecondServerOnThePortIsRefused) {
  for (const ThreadingModel model : {ThreadingModel::kSingle, ThreadingModel::kReuseport}) {
    RunningEngine first(with_model(model, 2), kAnyPort, serve_datagrams());
    ASSERT_TRUE(first.status().is_ok()) << first.status().message();
    first.start();
    const std::string address = text_of(first.address());
    Engine second(with_model(ThreadingModel::kReuseport, 2));
    EXPECT_EQ(second.listen_datagrams(address, serve_datagrams()).status().message(),
              address + ": cannot bind: Address already in use");
    EXPECT_EQ(DatagramClient(first.address()).ask("still here"), "still here");
    EXPECT_EQ(first.stop(), 0);
    // And it is free once the first has stopped.
    EXPECT_TRUE(second.listen_datagrams(address, serve_datagrams()).is_ok());
  }
}

TEST_F(DatagramTest, NothingHalfStartedStays) {
  for (const Call call : {Call::kSocket, Call::kBind, Call::kEpollControl}) {
    fakes::FaultySockets sockets;
    Engine engine(with_model(ThreadingModel::kReuseport, 3), sockets);
    const std::uint64_t closed = sockets.calls(Call::kClose);
    sockets.let_pass(call, 2);
    sockets.fail(call, ENOMEM);
    const Status status = engine.listen_datagrams(kAnyPort, serve_datagrams()).status();
    EXPECT_NE(status.message().find("Cannot allocate memory"), std::string::npos)
        << status.message();
    EXPECT_TRUE(engine.endpoints().empty());
    EXPECT_EQ(sockets.calls(Call::kClose) - closed, call == Call::kSocket ? 2U : 3U);
    // Nor is the engine worse for it.
    const Result<Address> bound = engine.listen_datagrams(kAnyPort, serve_datagrams());
    ASSERT_TRUE(bound.is_ok());
    std::thread running([&engine] { engine.run(); });
    EXPECT_EQ(DatagramClient(bound.value()).ask("x"), "x");
    engine.stop();
    running.join();
  }
}

// Where several reactors handle, each has its share of the peers, and a peer stays.
TEST_F(DatagramTest, ThePeersAreDealtAmongTheHandlingReactors) {
  const std::pair<ThreadingModel, std::set<std::string>> kExpected[] = {
      {ThreadingModel::kSingle, {"0"}},         {ThreadingModel::kIoThreads, {"0"}},
      {ThreadingModel::kHandoff, {"1", "2"}},   {ThreadingModel::kReuseport, {"0", "1"}},
      {ThreadingModel::kExclusive, {"0", "1"}},
  };
  for (const auto& [model, expected] : kExpected) {
    RunningEngine engine(with_model(model, 2), kAnyPort,
                         serve_datagrams({.handle = [](DatagramPeer& peer, std::string_view) {
                           EXPECT_TRUE(peer.reactor().in_thread());
                           peer.write(std::to_string(peer.reactor().index()));
                         }}));
    ASSERT_TRUE(engine.status().is_ok()) << engine.status().message();
    engine.start();
    std::set<std::string> reactors;
    for (int i = 0; i < 64; ++i) {
      const DatagramClient client(engine.address());
      const std::string reactor = client.ask("x").value_or("none");
      for (int again = 0; again < 5; ++again) EXPECT_EQ(client.ask("x"), reactor);
      reactors.insert(reactor);
    }
    EXPECT_EQ(reactors, expected) << threading_model_name(model);
    EXPECT_EQ(engine.stop(), 0);
  }
}

// However many sockets share the port, a group's datagram is handled once.
TEST_F(DatagramTest, AMulticastDatagramIsHandledOnce) {
  for (const char* address : {"udp://*:0", "udp://239.255.77.2:0"}) {
    DatagramOptions options;
    options.multicast.groups = {{"239.255.77.2", "lo"}};
    Engine engine(with_model(ThreadingModel::kReuseport, 3));
    const Result<Address> bound = engine.listen_datagrams(
        address,
        [](DatagramEndpoint& endpoint, const DatagramRoute& from, std::string_view datagram) {
          endpoint.send(from, datagram);
        },
        options);
    ASSERT_TRUE(bound.is_ok()) << bound.status().message();
    std::thread running([&engine] { engine.run(); });
    DatagramOptions from_loopback;
    from_loopback.multicast.interface = "lo";
    DatagramSocket client(Sockets::system());
    ASSERT_TRUE(client
                    .open(Address::parse(kAnyPort).value(), DatagramSocket::Port::kAlone,
                          SocketOptions(), from_loopback)
                    .is_ok());
    char question[] = "who is there?";
    const std::string group = "udp://239.255.77.2:" + std::to_string(bound.value().port());
    const DatagramRun run{{Address::parse(group).value()}, question, 13, 13, 1};
    EXPECT_EQ(client.send({&run, 1}), 1);
    engine.stop();  // after what has arrived was answered
    running.join();
    DatagramArena arena;
    ASSERT_EQ(client.receive(arena), 1);
    EXPECT_EQ(arena.received(0).bytes, question);
    EXPECT_EQ(client.receive(arena), -EAGAIN);
    std::uint64_t received = 0;
    for (const auto& endpoint : engine.endpoints()) {
      received += endpoint->counters().received.value();
    }
    EXPECT_EQ(received, 1U);
  }
}

TEST_F(DatagramTest, OtherThreadsReachAPeerByItsId) {
  std::promise<DatagramPeerId> met;
  std::promise<void> closed;
  RunningEngine engine(
      with_model(ThreadingModel::kHandoff, 2), kAnyPort,
      serve_datagrams(
          {.handle = [&](DatagramPeer& peer, std::string_view) { met.set_value(peer.id()); },
           .closed =
               [&](DatagramPeer&, const Status& reason) {
                 EXPECT_TRUE(reason.is_ok());
                 closed.set_value();
               }}));
  ASSERT_TRUE(engine.status().is_ok()) << engine.status().message();
  engine.start();
  const DatagramClient client(engine.address());
  client.send("x");
  const DatagramPeerId id = met.get_future().get();
  engine.engine().send(id, "from another thread");
  EXPECT_EQ(client.receive(), "from another thread");
  engine.engine().post(id, [&](DatagramPeer* peer) {
    ASSERT_NE(peer, nullptr);
    EXPECT_EQ(peer->id(), id);
    EXPECT_EQ(peer->address(), client.address());
    peer->write("posted");
  });
  EXPECT_EQ(client.receive(), "posted");
  engine.engine().close(id);
  closed.get_future().wait();
  std::promise<bool> found;
  engine.engine().post(id, [&found](DatagramPeer* peer) { found.set_value(peer != nullptr); });
  EXPECT_FALSE(found.get_future().get());
  engine.engine().send(id, "to nobody");
  engine.engine().close(id);
  EXPECT_EQ(engine.stop(), 0);
  EXPECT_FALSE(client.receive(0).has_value());
}

TEST_F(DatagramTest, ConnectionsAndDatagramsShareAnEngineAndAPort) {
  RunningEngine engine(with_model(ThreadingModel::kReuseport, 2), "tcp://127.0.0.1:0",
                       fakes::serve_echo());
  ASSERT_TRUE(engine.status().is_ok()) << engine.status().message();
  const Result<Address> bound =
      engine.engine().listen_datagrams(text_of(engine.address()), serve_datagrams());
  ASSERT_TRUE(bound.is_ok()) << bound.status().message();
  engine.start();
  Peer peer = engine.connect();
  const DatagramClient client(bound.value());
  for (int i = 0; i < 10; ++i) {
    ASSERT_TRUE(peer.send("stream"));
    EXPECT_EQ(peer.receive(6), "stream");
    EXPECT_EQ(client.ask("datagram"), "datagram");
  }
  EXPECT_EQ(engine.stop(), 0);
}

// Ids of sessions that come and go, known to threads that write to them and close them, through a
// kernel that fails now and then.
TEST_F(DatagramTest, ExactlyOneEndForEveryBeginningUnderAStorm) {
  constexpr fakes::FaultOdds kOdds{.interrupted = 20, .blocked = 50, .cut = 100, .reset = 20};
  for (const ThreadingModel model : {ThreadingModel::kSingle, ThreadingModel::kReuseport}) {
    fakes::FaultySockets sockets(7, kOdds);
    std::mutex mutex;
    std::vector<DatagramPeerId> ids;
    std::atomic<int> opened{0};
    std::atomic<int> closed{0};
    std::atomic<int> wrong{0};
    const DatagramService service = [&](DatagramPeer& peer) {
      const std::lock_guard lock(mutex);
      ids.push_back(peer.id());
      ++opened;
      auto over = std::make_shared<bool>(false);
      return std::make_unique<fakes::HookedDatagramSession>(
          DatagramHooks{.handle =
                            [&, over](DatagramPeer& same, std::string_view datagram) {
                              if (*over || !same.reactor().in_thread()) ++wrong;
                              same.write(datagram);
                              same.run_after(1, [](DatagramPeer* later) { later->write("later"); });
                            },
                        .closed =
                            [&, over](DatagramPeer&, const Status&) {
                              if (*over) ++wrong;
                              *over = true;
                              ++closed;
                            }});
    };
    RunningEngine engine(
        with_model(model, 2), kAnyPort, service,
        {.idle_ms = 5, .max_sessions = 20, .when_full = DatagramOptions::WhenFull::kReplaceIdle},
        sockets);
    ASSERT_TRUE(engine.status().is_ok()) << engine.status().message();
    engine.start();
    std::atomic<bool> done{false};
    std::atomic<int> posted{0};
    std::atomic<int> ran{0};
    const auto storm = [&](std::uint32_t seed) {
      std::mt19937 random(seed);
      while (!done) {
        DatagramPeerId id;
        {
          const std::lock_guard lock(mutex);
          // The last ones: most of them live.
          if (!ids.empty())
            id = ids[ids.size() - 1 - random() % std::min<std::size_t>(ids.size(), 40)];
        }
        const auto action = random() % 8;
        ++posted;
        engine.engine().post(id, [&, id, action](DatagramPeer* peer) {
          ++ran;
          if (peer == nullptr) return;
          if (!(peer->id() == id) || !peer->reactor().in_thread()) ++wrong;
          if (action == 0) peer->close();
          if (action > 0) peer->write("!");
        });
        if (posted - ran > 1000) engine.settle();
      }
    };
    std::vector<std::thread> storms;
    for (const std::uint32_t seed : {1U, 2U}) storms.emplace_back(storm, seed);
    std::vector<std::thread> clients;
    for (int i = 0; i < 3; ++i) {
      clients.emplace_back([&engine] {
        for (int round = 0; round < 10; ++round) {
          std::vector<DatagramClient> sources;
          for (int n = 0; n < 15; ++n) sources.emplace_back(engine.address());
          for (int n = 0; n < 5; ++n) {
            for (const DatagramClient& source : sources) source.send("ping");
            // In the end some are answered: the engine goes on. A peer that the storm closes takes
            // its answer along.
            bool answered = false;
            for (int tries = 0; tries < 30 && !answered; ++tries) {
              sources[0].send("ping");
              answered = sources[0].receive(1000).has_value();
            }
            EXPECT_TRUE(answered);
          }
        }
      });
    }
    for (std::thread& client : clients) client.join();
    done = true;
    for (std::thread& thread : storms) thread.join();
    engine.settle();
    EXPECT_EQ(ran, posted);
    EXPECT_EQ(engine.stop(), 0);
    EXPECT_EQ(wrong, 0);
    EXPECT_GT(opened, 20);
    EXPECT_EQ(opened, closed);
  }
}

TEST_F(DatagramTest, StartsAndStopsLeaveNothingOpen) {
  const std::size_t before = fakes::open_descriptors();
  for (int i = 0; i < 30; ++i) {
    RunningEngine engine(with_model(ThreadingModel::kHandoff, 2), kAnyPort, serve_datagrams());
    ASSERT_TRUE(engine.status().is_ok()) << engine.status().message();
    engine.start();
    EXPECT_EQ(DatagramClient(engine.address()).ask("x"), "x");
    EXPECT_EQ(engine.stop(), 0);
  }
  EXPECT_EQ(fakes::open_descriptors(), before);
}

}  // namespace
}  // namespace weir
