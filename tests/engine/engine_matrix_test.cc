// What must hold under every threading model, back end, transport and number of threads.
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cmath>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <random>
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
#include "tests/fakes/sanitized.h"

namespace weir {
namespace {

using fakes::Call;
using fakes::Peer;
using fakes::serve;
using fakes::serve_echo;

enum class Transport { kTcp4, kTcp6, kUnix };

struct Model {
  const char* name;
  ThreadingModel model;
  HandoffNotify notify;
};
constexpr std::array<Model, 6> kModels = {{
    {"Single", ThreadingModel::kSingle, HandoffNotify::kPipe},
    {"HandoffPipe", ThreadingModel::kHandoff, HandoffNotify::kPipe},
    {"HandoffEventfd", ThreadingModel::kHandoff, HandoffNotify::kEventfd},
    {"Reuseport", ThreadingModel::kReuseport, HandoffNotify::kPipe},
    {"Exclusive", ThreadingModel::kExclusive, HandoffNotify::kPipe},
    {"IoThreads", ThreadingModel::kIoThreads, HandoffNotify::kPipe},
}};

using Place = std::tuple<Model, BackendKind, Transport, std::uint32_t>;

std::string place_name(const testing::TestParamInfo<Place>& test) {
  const auto& [model, backend, transport, threads] = test.param;
  constexpr std::array<const char*, 3> kTransports = {"Tcp4", "Tcp6", "Unix"};
  return std::string(model.name) + fakes::backend_word(backend) +
         kTransports[static_cast<std::size_t>(transport)] + std::to_string(threads);
}

void in_parallel(int threads, const std::function<void(int)>& work) {
  std::vector<std::thread> running;
  for (int i = 0; i < threads; ++i) running.emplace_back(work, i);
  for (std::thread& thread : running) thread.join();
}

// Sizes from 1 to 2^bits, small ones as often as large ones.
std::size_t random_size(std::mt19937& random, double bits) {
  return static_cast<std::size_t>(
      std::exp2(std::uniform_real_distribution<double>(0, bits)(random)));
}

std::string random_bytes(std::mt19937& random, std::size_t size) {
  std::string bytes;
  bytes.reserve(size + sizeof(std::uint32_t));
  while (bytes.size() < size) {
    const auto word = static_cast<std::uint32_t>(random());
    bytes.append(reinterpret_cast<const char*>(&word), sizeof word);
  }
  bytes.resize(size);
  return bytes;
}

class EngineMatrixTest : public testing::TestWithParam<Place> {
 protected:
  void SetUp() override {
    set_log_level(LogLevel::kWarning);
    ASSERT_NE(::mkdtemp(directory_), nullptr);
  }
  void TearDown() override {
    set_log_level(LogLevel::kNotice);
    engine_.reset();
    ::rmdir(directory_);
  }

  static Options options() {
    Options options;
    const Model& model = std::get<0>(GetParam());
    options.model = model.model;
    options.handoff_notify = model.notify;
    options.backend = std::get<1>(GetParam());
    options.threads = std::get<3>(GetParam());
    options.drain_ms = Peer::kDeadlineMs;
    return options;
  }

  void listen(Service service, Options with = options(), Sockets& sockets = Sockets::system()) {
    constexpr std::array<const char*, 2> kAddresses = {"tcp://127.0.0.1:0", "tcp://[::1]:0"};
    const auto transport = std::get<2>(GetParam());
    const std::string address = transport == Transport::kUnix
                                    ? "unix:" + std::string(directory_) + "/s"
                                    : kAddresses[static_cast<std::size_t>(transport)];
    engine_ = std::make_unique<RunningEngine>(with, address, std::move(service), sockets);
    if (transport == Transport::kTcp6 && !engine_->status().is_ok()) {
      GTEST_SKIP() << "no IPv6 on this machine: " << engine_->status().message();
    }
    ASSERT_TRUE(engine_->status().is_ok()) << engine_->status().message();
    engine_->start();
  }

  // Two random bodies, sent in random cuts. A connection that was refused is tried again.
  void converse(std::uint32_t seed, double size_bits) {
    std::mt19937 random(seed);
    for (int body = 0; body < 2; ++body) {
      const std::string sent = random_bytes(random, random_size(random, size_bits));
      std::string received;
      for (int attempt = 0; attempt < 100 && received.empty(); ++attempt) {
        Peer peer = engine_->connect();
        ASSERT_TRUE(peer.is_connected());
        received = peer.converse(sent, sent.size(), [&] { return random_size(random, 17); });
      }
      EXPECT_TRUE(received == sent)
          << "seed " << seed << ": " << received.size() << " bytes of " << sent.size();
    }
  }

  char directory_[32] = "/tmp/weir_engine_XXXXXX";
  std::unique_ptr<RunningEngine> engine_;
};

TEST_P(EngineMatrixTest, EchoesEveryByte) {
  listen(serve_echo());
  if (IsSkipped()) return;
  in_parallel(10, [this](int client) { converse(static_cast<std::uint32_t>(client), 20); });
  EXPECT_EQ(engine_->stop(), 0);
  EXPECT_EQ(engine_->engine().connections(), 0U);
  EXPECT_EQ(engine_->stragglers(), 0U);
}

TEST_P(EngineMatrixTest, EchoesEveryByteThroughAFaultyKernel) {
  constexpr fakes::FaultOdds kOdds{.interrupted = 50, .blocked = 50, .cut = 100, .refused = 100};
  static std::atomic<std::uint64_t> seed{1};
  fakes::FaultySockets sockets(seed++, kOdds);
  listen(serve_echo(), options(), sockets);
  if (IsSkipped()) return;
  in_parallel(4, [this](int client) { converse(static_cast<std::uint32_t>(client), 14); });
  EXPECT_EQ(engine_->stop(), 0);
  EXPECT_EQ(engine_->stragglers(), 0U);
  engine_.reset();
}

// Connections break at any point: what came before is right, and others go on.
TEST_P(EngineMatrixTest, AResetCostsOneConnection) {
  constexpr fakes::FaultOdds kOdds{.cut = 100, .reset = 50};
  static std::atomic<std::uint64_t> seed{1000};
  fakes::FaultySockets sockets(seed++, kOdds);
  std::atomic<int> opened{0};
  std::atomic<int> closed{0};
  listen(
      [&](Connection&) {
        ++opened;
        return std::make_unique<fakes::HookedSession>(fakes::Hooks{
            .handle = fakes::echo, .closed = [&](Connection&, const Status&) { ++closed; }});
      },
      options(), sockets);
  if (IsSkipped()) return;
  in_parallel(4, [this](int client) {
    std::mt19937 random(static_cast<std::uint32_t>(client));
    const std::string sent = random_bytes(random, 10'000);
    for (int i = 0; i < 5; ++i) {
      Peer peer = engine_->connect();
      const std::string received = peer.converse(sent, sent.size(), [] { return 1000U; });
      EXPECT_EQ(received, sent.substr(0, received.size()));
    }
  });
  EXPECT_EQ(engine_->stop(), 0);
  EXPECT_EQ(opened, closed);
  EXPECT_EQ(engine_->engine().connections(), 0U);
  engine_.reset();
}

TEST_P(EngineMatrixTest, SurvivesTheWantOfDescriptors) {
  fakes::FaultySockets sockets;
  sockets.never_accept_ahead();
  listen(serve_echo(), options(), sockets);
  if (IsSkipped()) return;
  sockets.fail(Call::kAccept, EMFILE);
  std::atomic<int> served{0};
  std::atomic<int> refused{0};
  in_parallel(4, [&](int) {
    for (int i = 0; i < 5; ++i) {
      Peer peer = engine_->connect();
      peer.send("x");
      const std::string received = peer.receive(1);
      EXPECT_NE(peer.stream(), Peer::Stream::kLate);
      ++(received == "x" ? served : refused);
    }
  });
  EXPECT_GE(served, 19);
  EXPECT_LE(refused, 1);
  EXPECT_EQ(engine_->stop(), 0);
  engine_.reset();
}

// Clients that talk without a pause. The server keeps count of what it has answered to each; the
// stop may come at any byte, and not one that was answered is lost.
class AnsweredBytes {
 public:
  static constexpr std::size_t kClients = 6;

  // The first byte of a connection names its client.
  Service service(std::function<void(std::size_t total)> on_progress) {
    return [this, on_progress = std::move(on_progress)](Connection&) {
      return std::make_unique<fakes::HookedSession>(fakes::Hooks{
          .handle = [this, on_progress, client = kClients](Connection& connection) mutable {
            const std::string_view bytes = connection.unread();
            if (client == kClients) client = static_cast<std::size_t>(bytes.front() - '0');
            connection.write(bytes);
            answered_[client] += bytes.size();
            const std::size_t total = total_ += bytes.size();
            connection.consume_all();
            on_progress(total);
          }});
    };
  }
  // Talks until the server ends the connection; checks what came.
  void talk(RunningEngine& engine, std::size_t client) const {
    std::mt19937 random(static_cast<std::uint32_t>(client));
    std::string sent = random_bytes(random, 100'000);
    while (sent.size() < 2'000'000) sent += sent;
    sent.front() = static_cast<char>('0' + client);
    Peer peer = engine.connect();
    if (!peer.is_connected()) return;  // the stop came first
    // A byte more than there will be: a client that has all its answers waits for the stop too.
    const std::string received =
        peer.converse(sent, sent.size() + 1, [&] { return random() % 20'000; });
    EXPECT_NE(peer.stream(), Peer::Stream::kLate);
    EXPECT_EQ(received.size(), answered_[client]);
    EXPECT_TRUE(received == std::string_view(sent).substr(0, received.size()));
  }

 private:
  std::array<std::atomic<std::size_t>, kClients> answered_{};
  std::atomic<std::size_t> total_{0};
};

TEST_P(EngineMatrixTest, AStopUnderLoadLosesNoAnswer) {
  for (const bool from_handler : {false, true}) {
    AnsweredBytes answered;
    std::promise<void> busy;
    std::atomic<bool> told{false};
    listen(answered.service([&](std::size_t total) {
      if (total < 200'000 || told.exchange(true)) return;
      if (from_handler) engine_->engine().stop();
      busy.set_value();
    }));
    if (IsSkipped()) return;
    std::thread stop([&] {
      busy.get_future().wait();
      if (!from_handler) engine_->engine().stop();
    });
    in_parallel(AnsweredBytes::kClients,
                [&](int client) { answered.talk(*engine_, static_cast<std::size_t>(client)); });
    stop.join();
    EXPECT_TRUE(engine_->engine().stopping());
    EXPECT_EQ(engine_->join(), 0);
    EXPECT_EQ(engine_->stragglers(), 0U);
    EXPECT_EQ(engine_->engine().connections(), 0U);
  }
}

TEST_P(EngineMatrixTest, TheDrainDeadlineCutsStragglersOff) {
  Options with = options();
  with.drain_ms = 20;
  const std::string reply(10'000'000, 'x');
  std::promise<void> replied;
  listen(serve({.handle =
                    [&](Connection& connection) {
                      connection.consume_all();
                      connection.write(reply);
                      replied.set_value();
                    }}),
         with);
  if (IsSkipped()) return;
  Peer idle = engine_->connect();
  Peer deaf = engine_->connect(4096);
  deaf.send("x");
  replied.get_future().wait();
  EXPECT_EQ(engine_->stop(), 0);
  EXPECT_EQ(engine_->stragglers(), 1U);
  EXPECT_EQ(idle.receive_rest(), "");
  EXPECT_LT(deaf.receive_rest().size(), reply.size());
}

// Ids of connections that come and go, known to threads that write to them and close them.
TEST_P(EngineMatrixTest, PostsThroughIdsUnderAStorm) {
  std::mutex mutex;
  std::vector<ConnectionId> ids;
  std::atomic<int> closed{0};
  std::atomic<int> opened{0};
  listen([&](Connection& connection) {
    const std::lock_guard lock(mutex);
    ids.push_back(connection.id());
    ++opened;
    return std::make_unique<fakes::HookedSession>(fakes::Hooks{
        .handle = fakes::echo, .closed = [&](Connection&, const Status&) { ++closed; }});
  });
  if (IsSkipped()) return;

  std::atomic<bool> done{false};
  std::atomic<std::size_t> posted{0};
  std::atomic<std::size_t> ran{0};
  std::atomic<std::size_t> wrong{0};
  const auto storm = [&](std::uint32_t seed) {
    std::mt19937 random(seed);
    while (!done) {
      ConnectionId id;
      {
        const std::lock_guard lock(mutex);
        if (!ids.empty()) id = ids[random() % ids.size()];
      }
      const auto action = random() % 16;
      ++posted;
      engine_->engine().post(id, [&, id, action](Connection* connection) {
        ++ran;
        if (connection == nullptr) return;
        if (connection->id() != id || !connection->reactor().in_thread()) ++wrong;
        if (action == 0) connection->close();
        if (action == 1) connection->close_after_flush();
        if (action > 1) connection->write("!");
      });
      // In step with the reactors: a queue that only grows tests nothing but memory.
      if (posted - ran > 1000) engine_->settle();
    }
  };
  std::vector<std::thread> storms;
  for (const std::uint32_t seed : {1U, 2U}) storms.emplace_back(storm, seed);
  in_parallel(3, [this](int) {
    for (int i = 0; i < 20; ++i) {
      Peer peer = engine_->connect();
      for (int ping = 0; ping < 3 && peer.send("ping"); ++ping) peer.receive(4);
    }
  });
  done = true;
  for (std::thread& thread : storms) thread.join();
  engine_->settle();
  EXPECT_EQ(ran, posted);
  EXPECT_EQ(wrong, 0U);
  EXPECT_EQ(engine_->stop(), 0);
  EXPECT_EQ(opened, closed);
}

INSTANTIATE_TEST_SUITE_P(, EngineMatrixTest,
                         testing::Combine(testing::ValuesIn(kModels), fakes::every_backend_or_one(),
                                          testing::Values(Transport::kTcp4, Transport::kTcp6,
                                                          Transport::kUnix),
                                          testing::Range(fakes::kSanitized ? 2U : 1U, 3U)),
                         place_name);

}  // namespace
}  // namespace weir
