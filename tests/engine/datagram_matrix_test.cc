// Datagrams under every threading model, back end and number of threads.
#include <array>
#include <atomic>
#include <cmath>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

#include "core/log.h"
#include "gtest/gtest.h"
#include "tests/engine/running_engine.h"
#include "tests/fakes/backends.h"
#include "tests/fakes/datagram_client.h"
#include "tests/fakes/faulty_sockets.h"
#include "tests/fakes/hooked_datagram_session.h"
#include "tests/fakes/peer.h"

namespace weir {
namespace {

using fakes::DatagramClient;
using fakes::Peer;
using fakes::serve_datagrams;

enum class Reply { kInHandle, kFromAThread };
using Place = std::tuple<ThreadingModel, BackendKind, std::uint32_t, Reply>;

std::string place_name(const testing::TestParamInfo<Place>& test) {
  const auto& [model, backend, threads, reply] = test.param;
  return std::string(threading_model_name(model)) + "_" + fakes::backend_word(backend) + "_" +
         std::to_string(threads) + (reply == Reply::kInHandle ? "_in_handle" : "_from_a_thread");
}

// Sends back what it is given, from a thread of its own.
class Answerer {
 public:
  Answerer() : thread_([this] { run(); }) {}
  ~Answerer() { stop(); }

  void answer(Engine& engine, DatagramPeerId id, std::string datagram) {
    const std::lock_guard lock(mutex_);
    queue_.push_back([&engine, id, datagram = std::move(datagram)] { engine.send(id, datagram); });
    changed_.notify_one();
  }
  void stop() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
      changed_.notify_one();
    }
    if (thread_.joinable()) thread_.join();
  }

 private:
  void run() {
    std::unique_lock lock(mutex_);
    for (;;) {
      changed_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
      if (queue_.empty()) return;
      const std::function<void()> task = std::move(queue_.front());
      queue_.pop_front();
      lock.unlock();
      task();
      lock.lock();
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> queue_;
  bool stopping_ = false;
  std::thread thread_;
};

class DatagramMatrixTest : public testing::TestWithParam<Place> {
 protected:
  static constexpr std::size_t kNumberBytes = sizeof(std::uint32_t);

  void SetUp() override { set_log_level(LogLevel::kWarning); }
  void TearDown() override {
    answerer_.stop();
    engine_.reset();
    set_log_level(LogLevel::kNotice);
  }

  void serve(const DatagramOptions& datagrams, Sockets& sockets = Sockets::system()) {
    Options options;
    Reply reply{};
    std::tie(options.model, options.backend, options.threads, reply) = GetParam();
    options.drain_ms = Peer::kDeadlineMs;
    fakes::DatagramHooks hooks;
    if (reply == Reply::kFromAThread) {
      hooks.handle = [this](DatagramPeer& peer, std::string_view datagram) {
        answerer_.answer(engine_->engine(), peer.id(), std::string(datagram));
      };
    }
    hooks.closed = [this](DatagramPeer&, const Status& reason) {
      EXPECT_TRUE(reason.is_ok()) << reason.message();
      ++closed_;
    };
    engine_ = std::make_unique<RunningEngine>(
        options, "udp://127.0.0.1:0", serve_datagrams(std::move(hooks)), datagrams, sockets);
    ASSERT_TRUE(engine_->status().is_ok()) << engine_->status().message();
    engine_->start();
  }

  // A random body under a number; asked for again when it is lost on its way, as the kernel does
  // where a buffer is full.
  static void converse(const DatagramClient& client, std::mt19937& random, std::uint32_t number,
                       double size_bits) {
    const double bits = std::uniform_real_distribution<double>(2, size_bits)(random);
    std::string sent(std::min<std::size_t>(static_cast<std::size_t>(std::exp2(bits)), 65'507), 0);
    for (char& byte : sent) byte = static_cast<char>(random());
    std::memcpy(sent.data(), &number, kNumberBytes);
    for (int attempt = 0; attempt < 30; ++attempt) {
      client.send(sent);
      // An answer that was late is one to an earlier question.
      while (const auto received = client.receive(1000)) {
        ASSERT_GE(received->size(), kNumberBytes);
        std::uint32_t answered = 0;
        std::memcpy(&answered, received->data(), kNumberBytes);
        if (answered < number) continue;
        ASSERT_TRUE(*received == sent) << received->size() << " bytes of " << sent.size();
        return;
      }
    }
    FAIL() << "no answer to " << sent.size() << " bytes";
  }

  void converse_all(int clients, std::uint32_t datagrams, double size_bits) {
    std::vector<std::thread> threads;
    for (int i = 0; i < clients; ++i) {
      threads.emplace_back([this, i, datagrams, size_bits] {
        std::mt19937 random(static_cast<std::uint32_t>(i));
        const DatagramClient client(engine_->address());
        for (std::uint32_t n = 1; n <= datagrams && !HasFailure(); ++n) {
          converse(client, random, n, size_bits);
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
  }

  void expect_all_closed(std::uint64_t clients) {
    answerer_.stop();
    EXPECT_EQ(engine_->stop(), 0);
    std::uint64_t opened = 0;
    for (const auto& endpoint : engine_->engine().endpoints()) {
      opened += endpoint->counters().opened.value();
      EXPECT_EQ(endpoint->counters().opened.value(), endpoint->counters().closed.value());
    }
    // One session a client, wherever its datagrams went.
    EXPECT_EQ(opened, clients);
    EXPECT_EQ(closed_, clients);
  }

  std::atomic<std::uint64_t> closed_{0};
  Answerer answerer_;
  std::unique_ptr<RunningEngine> engine_;
};

TEST_P(DatagramMatrixTest, EchoesEveryByte) {
  serve({.idle_ms = 0});
  converse_all(10, 20, 16);
  expect_all_closed(10);
}

TEST_P(DatagramMatrixTest, EchoesEveryByteWithoutOffload) {
  serve({.idle_ms = 0, .offload = false});
  converse_all(4, 10, 16);
  expect_all_closed(4);
}

TEST_P(DatagramMatrixTest, EchoesEveryByteThroughAFaultyKernel) {
  constexpr fakes::FaultOdds kOdds{.interrupted = 100, .blocked = 100, .cut = 100, .reset = 20};
  static std::atomic<std::uint64_t> seed{1};
  fakes::FaultySockets sockets(seed++, kOdds);
  serve({.idle_ms = 0}, sockets);
  converse_all(4, 20, 14);
  expect_all_closed(4);
  engine_.reset();
}

INSTANTIATE_TEST_SUITE_P(
    , DatagramMatrixTest,
    testing::Combine(testing::Values(ThreadingModel::kSingle, ThreadingModel::kHandoff,
                                     ThreadingModel::kReuseport, ThreadingModel::kExclusive,
                                     ThreadingModel::kIoThreads),
                     fakes::every_backend(), testing::Values(1U, 2U),
                     testing::Values(Reply::kInHandle, Reply::kFromAThread)),
    place_name);

}  // namespace
}  // namespace weir
