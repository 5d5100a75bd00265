// gnet's matrix of echoes over streams: how readiness is told, the transport, how the handler
// replies, the number of reactors, who accepts. Ten clients, random bodies up to 1 MiB, every byte
// compared. Datagrams have theirs in datagram_matrix_test.cc.
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <tuple>
#include <utility>
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

enum class Transport { kTcp, kUnix };
enum class Reply {
  kSync,   // in the handler
  kAsync,  // from another thread, through the connection's id
  kPieces  // in the handler, in thousands of pieces that leave in few sends
};
struct Readiness {
  const char* name;
  BackendKind backend;
  std::size_t read_budget;
  std::int64_t idle_poll_us = 0;
};
constexpr std::array<Readiness, 6> kReadiness = {{
    {"Level", BackendKind::kEpoll, kReadBytes},
    {"Edge", BackendKind::kEpollEdge, kReadBytes},
    {"EdgeChunked", BackendKind::kEpollEdge, 1024 * 1024},
    {"Polling", BackendKind::kEpoll, kReadBytes, 100},
    {"Uring", BackendKind::kUring, kReadBytes},
    {"UringPollingChunked", BackendKind::kUring, 1024 * 1024, 100},
}};
std::vector<Readiness> readiness() {
  std::vector<Readiness> all(kReadiness.begin(), kReadiness.end());
  std::erase_if(all, [](const Readiness& one) {
    return one.backend == BackendKind::kUring && !fakes::has_uring();
  });
  return all;
}
using Place = std::tuple<Readiness, Transport, Reply, std::uint32_t, ThreadingModel>;

std::string place_name(const testing::TestParamInfo<Place>& test) {
  const auto& [readiness, transport, reply, reactors, model] = test.param;
  constexpr std::array<const char*, 3> kReplies = {"Sync", "Async", "Pieces"};
  std::string name(threading_model_name(model));
  name[0] = static_cast<char>(name[0] - 'a' + 'A');
  return name + std::to_string(reactors) + readiness.name +
         (transport == Transport::kTcp ? "Tcp" : "Unix") +
         kReplies[static_cast<std::size_t>(reply)];
}

// A thread that does what it is given in order, as a pool of one.
class Worker {
 public:
  ~Worker() {
    post(nullptr);
    thread_.join();
  }
  void post(std::function<void()> task) {
    {
      const std::lock_guard lock(mutex_);
      tasks_.push_back(std::move(task));
    }
    changed_.notify_one();
  }

 private:
  void run() {
    for (;;) {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return !tasks_.empty(); });
      const std::function<void()> task = std::move(tasks_.front());
      tasks_.pop_front();
      lock.unlock();
      if (task == nullptr) return;
      task();
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> tasks_;
  std::thread thread_{[this] { run(); }};
};

class EchoMatrixTest : public testing::TestWithParam<Place> {
 protected:
  void SetUp() override {
    set_log_level(LogLevel::kWarning);
    ASSERT_NE(::mkdtemp(directory_), nullptr);
  }
  void TearDown() override {
    set_log_level(LogLevel::kNotice);
    ::rmdir(directory_);
  }

  void reply(Connection& connection) {
    const std::string_view bytes = connection.unread();
    switch (std::get<Reply>(GetParam())) {
      case Reply::kSync:
        connection.write(bytes);
        break;
      case Reply::kAsync:
        // The peer may have ended its side before the answer comes.
        connection.hold();
        worker_.post([this, id = connection.id(), answer = std::string(bytes)] {
          engine_->engine().post(id, [answer](Connection* one) {
            if (one == nullptr) return;
            one->write(answer);
            one->release();
          });
        });
        break;
      case Reply::kPieces:
        for (std::size_t at = 0; at < bytes.size(); at += 7) connection.write(bytes.substr(at, 7));
        break;
    }
    connection.consume_all();
  }

  void start() {
    const auto& [readiness, transport, how, reactors, model] = GetParam();
    Options options;
    options.model = model;
    options.threads = reactors;
    options.backend = readiness.backend;
    options.read_budget = readiness.read_budget;
    options.idle_poll_us = readiness.idle_poll_us;
    options.drain_ms = Peer::kDeadlineMs;
    const std::string address = transport == Transport::kTcp
                                    ? "tcp://127.0.0.1:0"
                                    : "unix:" + std::string(directory_) + "/s";
    engine_ = std::make_unique<RunningEngine>(
        options, address,
        fakes::serve({.handle = [this](Connection& connection) { reply(connection); }}));
    ASSERT_TRUE(engine_->status().is_ok()) << engine_->status().message();
    engine_->start();
  }

  void converse(std::uint32_t seed) {
    std::mt19937 random(seed);
    const auto draw = [&random](double bits) {
      return static_cast<std::size_t>(
          std::exp2(std::uniform_real_distribution<double>(0, bits)(random)));
    };
    std::string body(draw(20), '\0');
    std::generate(body.begin(), body.end(), [&random] { return static_cast<char>(random()); });
    Peer peer = engine_->connect();
    const std::string echo = peer.converse(body, body.size(), [&] { return draw(17); });
    EXPECT_TRUE(echo == body) << "seed " << seed << ": " << echo.size() << " of " << body.size();
    peer.end();
    EXPECT_EQ(peer.receive_rest(), "");
  }

  char directory_[32] = "/tmp/weir_echo_XXXXXX";
  std::unique_ptr<RunningEngine> engine_;
  Worker worker_;  // ends before the engine
};

TEST_P(EchoMatrixTest, EveryByteComesBack) {
  start();
  std::vector<std::thread> clients;
  for (std::uint32_t client = 0; client < 10; ++client) {
    clients.emplace_back([this, client] { converse(client); });
  }
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(engine_->stop(), 0);
  EXPECT_EQ(engine_->stragglers(), 0U);
  EXPECT_EQ(engine_->engine().connections(), 0U);
}

INSTANTIATE_TEST_SUITE_P(
    , EchoMatrixTest,
    testing::Combine(testing::ValuesIn(readiness()),
                     testing::Values(Transport::kTcp, Transport::kUnix),
                     testing::Values(Reply::kSync, Reply::kAsync, Reply::kPieces),
                     testing::Values(1U, 3U),
                     testing::Values(ThreadingModel::kHandoff, ThreadingModel::kReuseport,
                                     ThreadingModel::kExclusive)),
    place_name);

}  // namespace
}  // namespace weir
