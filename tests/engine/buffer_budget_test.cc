// The buffer budget of a process, over real sockets: who waits, who is closed, who notices nothing.
#include "core/buffer_budget.h"

#include <sys/socket.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <future>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

#include "core/log.h"
#include "gtest/gtest.h"
#include "tests/engine/running_engine.h"
#include "tests/fakes/backends.h"
#include "tests/fakes/hooked_session.h"
#include "tests/fakes/peer.h"

namespace weir {
namespace {

using fakes::Peer;
using fakes::serve;

constexpr std::size_t kMiB = 1024 * 1024;
constexpr std::size_t kLimit = 16 * kMiB;

struct Way {
  const char* name;
  ThreadingModel model;
  std::uint32_t threads;
};

// Requests of 10 bytes: "mmmmmmmmm." is answered by so many MiB in one write, "part......" by
// nothing as the input behind it is kept, "echo......" by itself.
void answer(Connection& connection) {
  while (connection.is_open() && !connection.output_full()) {
    const std::string_view unread = connection.unread();
    if (unread.size() < 10 || unread.starts_with("part")) return;
    if (unread.starts_with("echo")) {
      connection.write(unread.substr(0, 10));
    } else {
      const auto size = static_cast<std::size_t>(unread[0] - '0') * kMiB / 4;
      connection.write(std::string(size, 'r'));
    }
    connection.consume(10);
  }
}

class BufferBudgetEngineTest : public testing::TestWithParam<std::tuple<BackendKind, Way>> {
 protected:
  void SetUp() override { set_log_level(LogLevel::kWarning); }
  void TearDown() override {
    engine_.reset();
    BufferBudget::process().set_limit(0);
    set_log_level(LogLevel::kNotice);
  }

  void start() {
    const Way& way = std::get<Way>(GetParam());
    Options options;
    options.backend = std::get<BackendKind>(GetParam());
    options.model = way.model;
    options.threads = way.threads;
    options.buffer_budget = kLimit;
    engine_ = std::make_unique<RunningEngine>(
        options, "tcp://127.0.0.1:0",
        serve({.handle = answer, .closed = [this](Connection&, const Status& reason) {
                 const std::lock_guard lock(mutex_);
                 reasons_.push_back(reason.message());
               }}));
    ASSERT_TRUE(engine_->status().is_ok()) << engine_->status().message();
    engine_->start();
  }

  static std::uint64_t in_use() { return BufferBudget::process().in_use(); }

  static bool is_served(Peer& peer) {
    return peer.send("echo......") && peer.receive(10) == "echo......";
  }

  void await_connections(std::size_t expected) {
    while (engine_->engine().connections() != expected) engine_->settle();
    engine_->settle();  // their ticks have ended
  }

  void await_input(std::size_t bytes) {
    for (std::size_t received = 0; received < bytes;) {
      engine_->settle();
      received = 0;
      for (const auto& reactor : engine_->engine().reactors()) {
        received += reactor->counters().bytes_received.value();
      }
    }
    engine_->settle();
  }

  std::vector<std::string> reasons() {
    const std::lock_guard lock(mutex_);
    return reasons_;
  }

  std::mutex mutex_;
  std::vector<std::string> reasons_;
  std::unique_ptr<RunningEngine> engine_;
};

// Some keep input, some do not take their replies: those go, the largest first, and the others are
// served all the time.
TEST_P(BufferBudgetEngineTest, TheLargestAreClosedAndTheOthersServed) {
  start();
  std::vector<Peer> small;
  for (int i = 0; i < 8; ++i) small.push_back(engine_->connect());
  std::vector<Peer> large;
  for (int i = 0; i < 40; ++i) {
    large.push_back(Peer::connect(engine_->address(), 4096));
    // 4 MiB of replies that nobody takes, or as much input that holds no request.
    if (i % 2 == 0) {
      large.back().send(":.........");
    } else {
      large.back().send("part......" + std::string(4 * kMiB, 'i'));
    }
    for (Peer& peer : small) ASSERT_TRUE(is_served(peer)) << i;
    engine_->settle();
    EXPECT_LE(in_use(), kLimit * 5 / 4);  // with what a tick brings
  }
  for (int i = 0; i < 100; ++i) engine_->settle();
  EXPECT_LE(in_use(), kLimit);
  EXPECT_GE(reasons().size(), 10U);
  for (const std::string& reason : reasons()) {
    EXPECT_NE(reason.find("passed the buffer budget of 16777216 bytes"), std::string::npos)
        << reason;
  }
  for (Peer& peer : small) EXPECT_TRUE(is_served(peer));
  large.clear();
  small.clear();
  await_connections(0);
  EXPECT_EQ(in_use(), 0U);
}

// Whoever has much to send is held back while the budget is tight, whatever his own marks; when it
// has eased he goes on, and lost nothing. His peer sends all before it takes anything.
TEST_P(BufferBudgetEngineTest, WhileItIsTightWhoHasMuchToSendWaits) {
  start();
  std::vector<Peer> ballast;  // in small pieces: tight, not over
  std::size_t sent = 0;
  while (in_use() < kLimit * 3 / 4) {
    ballast.push_back(engine_->connect());
    ballast.back().send("part......" + std::string(kMiB / 2, 'b'));
    sent += kMiB / 2 + 10;
    await_input(sent);
    ASSERT_LT(ballast.size(), 40U);
  }
  constexpr int kRequests = 60;  // of a quarter MiB each
  const std::uint64_t before = in_use();
  Peer peer = Peer::connect(engine_->address(), 4096);
  for (int i = 0; i < kRequests; ++i) peer.send("1.........");
  for (int i = 0; i < 100; ++i) engine_->settle();
  // Not the high watermark, nor four times a quarter.
  EXPECT_LE(in_use() - before, 600'000U);
  ballast.clear();
  const std::string received = peer.receive(kRequests * kMiB / 4);
  EXPECT_EQ(received.size(), kRequests * kMiB / 4);
  EXPECT_TRUE(is_served(peer));
}

// The one who must go sleeps on another reactor than the one who grows.
TEST_P(BufferBudgetEngineTest, ASleepingConnectionIsClosedForOthers) {
  start();
  std::vector<Peer> sleepers;
  std::size_t sent = 0;
  const auto send = [this, &sent](Peer& peer, std::size_t bytes) {
    peer.send("part......" + std::string(bytes, 's'));
    sent += 10 + bytes;
  };
  sleepers.push_back(engine_->connect());
  send(sleepers.back(), 6 * kMiB);
  await_input(sent);
  std::vector<Peer> growing;
  while (reasons().empty()) {
    growing.push_back(engine_->connect());
    send(growing.back(), kMiB / 2);
    await_input(sent);  // one at a time, so that one that goes is enough
    ASSERT_LT(growing.size(), 100U);
  }
  EXPECT_LE(in_use(), kLimit);
  EXPECT_EQ(reasons().size(), 1U);
  EXPECT_EQ(sleepers.back().receive_rest(), "");
  for (Peer& peer : growing) EXPECT_TRUE(peer.send("."));
}

TEST_P(BufferBudgetEngineTest, AfterAStormNothingIsInUse) {
  start();
  std::vector<std::thread> threads;
  for (unsigned seed = 0; seed < 4; ++seed) {
    threads.emplace_back([this, seed] {
      std::mt19937 random(seed);
      for (int i = 0; i < 60; ++i) {
        Peer peer = engine_->connect();
        std::vector<char> room(200'000);
        for (auto step = random() % 5; step < 5; ++step) {
          switch (random() % 4) {  // whatever goes at once
            case 0:
              peer.send_some("part......" + std::string(random() % 1'000'000, 'i'));
              break;
            case 1:
              peer.send_some(std::string(1, static_cast<char>('1' + random() % 9)) + ".........");
              break;
            case 2:
              peer.send_some("echo......");
              break;
            default:
              ::recv(peer.fd(), room.data(), room.size(), 0);
          }
        }
        if (random() % 2 == 0) peer.reset();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  await_connections(0);
  EXPECT_EQ(in_use(), 0U);
}

// Nothing else happens then that would make the reactor look.
TEST(BufferBudgetTest, WhoClosesWhenItGoesOnIsGoneAtOnce) {
  BufferBudget::process().set_limit(kLimit);
  Options options;
  options.handle_signals = false;
  ASSERT_TRUE(options.sockets.set("send_buffer", "4096").is_ok());
  std::promise<void> gone;
  const auto service = serve({
      .handle =
          [](Connection& connection) {
            const bool much = connection.unread() == "much";
            connection.consume_all();
            connection.output().append(std::string(much ? 13 * kMiB : kMiB / 5, 'r'));
          },
      .writable = [](Connection& connection) { connection.close(); },
      .closed =
          [&gone](Connection&, const Status& why) {
            if (why.is_ok()) gone.set_value();
          },
  });
  RunningEngine running(options, "tcp://127.0.0.1:0", service);
  running.start();
  Peer much = running.connect(4096);
  much.send("much");
  while (BufferBudget::process().in_use() < 12 * kMiB) running.settle();
  Peer little = running.connect(4096);
  little.send("little");
  while (BufferBudget::process().in_use() < 13 * kMiB + kMiB / 20) running.settle();
  running.settle();
  much.reset();
  EXPECT_EQ(gone.get_future().wait_for(std::chrono::milliseconds(Peer::kDeadlineMs)),
            std::future_status::ready);
  BufferBudget::process().set_limit(0);
}

INSTANTIATE_TEST_SUITE_P(
    , BufferBudgetEngineTest,
    testing::Combine(fakes::every_backend_or_one(),
                     testing::Values(Way{"Single", ThreadingModel::kSingle, 1},
                                     Way{"Handoff", ThreadingModel::kHandoff, 2},
                                     Way{"Reuseport", ThreadingModel::kReuseport, 2},
                                     Way{"IoThreads", ThreadingModel::kIoThreads, 2})),
    [](const auto& test) {
      const BackendKind backend = std::get<BackendKind>(test.param);
      return std::get<Way>(test.param).name + fakes::backend_word(backend);
    });

}  // namespace
}  // namespace weir
