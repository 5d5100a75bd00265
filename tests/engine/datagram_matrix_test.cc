// gnet's matrix of echoes over datagrams: every model and back end, one reactor and two, a reply in
// the handler or from another thread. Ten clients, random bodies up to the largest datagram, every
// byte compared.
#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <tuple>
#include <vector>

#include "core/log.h"
#include "gtest/gtest.h"
#include "tests/engine/running_engine.h"
#include "tests/fakes/datagram_client.h"
#include "tests/fakes/hooked_datagram_session.h"
#include "tests/fakes/hooked_session.h"

namespace weir {
namespace {

using fakes::DatagramClient;

constexpr std::size_t kLargest = 65'507;  // of IPv4: 65,535 less the headers

enum class Reply { kSync, kAsync, kWithoutSession };
using Place = std::tuple<ThreadingModel, BackendKind, std::uint32_t, Reply>;

std::string place_name(const testing::TestParamInfo<Place>& test) {
  const auto& [model, backend, threads, reply] = test.param;
  constexpr std::array<const char*, 3> kReplies = {"Sync", "Async", "WithoutSession"};
  std::string name(threading_model_name(model));
  std::erase(name, '_');
  return name + (backend == BackendKind::kEpoll ? "Level" : "Edge") + std::to_string(threads) +
         kReplies[static_cast<std::size_t>(reply)];
}

class DatagramMatrixTest : public testing::TestWithParam<Place> {
 protected:
  void SetUp() override {
    set_log_level(LogLevel::kWarning);
    Options options;
    options.model = std::get<ThreadingModel>(GetParam());
    options.backend = std::get<BackendKind>(GetParam());
    options.threads = std::get<std::uint32_t>(GetParam());
    options.drain_ms = fakes::Peer::kDeadlineMs;
    // Connections and datagrams side by side.
    running_ = std::make_unique<RunningEngine>(options, "tcp://127.0.0.1:0", fakes::serve_echo());
    ASSERT_TRUE(running_->status().is_ok());
    const Result<Address> bound = listen();
    ASSERT_TRUE(bound.is_ok()) << bound.status().message();
    address_ = bound.value();
    running_->start();
  }
  void TearDown() override {
    for (std::thread& thread : threads_) thread.join();
    EXPECT_EQ(running_->stop(), 0);
    running_.reset();
    EXPECT_EQ(opened_, closed_);
    set_log_level(LogLevel::kNotice);
  }

  Result<Address> listen() {
    const std::string any = "udp://127.0.0.1:0";
    if (std::get<Reply>(GetParam()) == Reply::kWithoutSession) {
      return running_->engine().listen_datagrams(
          any, [](DatagramEndpoint& endpoint, const DatagramRoute& from, std::string_view bytes) {
            endpoint.send(from, bytes);
          });
    }
    return running_->engine().listen_datagrams(any, [this](DatagramPeer&) {
      ++opened_;
      return std::make_unique<fakes::HookedDatagramSession>(fakes::DatagramHooks{
          .handle = [this](DatagramPeer& peer, std::string_view bytes) { reply(peer, bytes); },
          .closed = [this](DatagramPeer&, const Status&) { ++closed_; }});
    });
  }
  void reply(DatagramPeer& peer, std::string_view bytes) {
    EXPECT_TRUE(peer.reactor().in_thread());
    if (std::get<Reply>(GetParam()) == Reply::kSync) {
      peer.write(bytes);
      return;
    }
    const std::lock_guard lock(mutex_);
    threads_.emplace_back([this, id = peer.id(), answer = std::string(bytes)] {
      running_->engine().send(id, answer);
    });
  }

  // Loopback drops what the receiver has no room for: an answer that does not come is asked for
  // again, and one that comes late is recognized by its number.
  std::string ask(DatagramClient& client, const std::string& body) {
    for (int attempt = 0; attempt < 20; ++attempt) {
      client.send(body);
      for (;;) {
        const std::optional<std::string> answer = client.receive(1000);
        if (!answer) break;
        if (answer->size() < 4 || answer->substr(0, 4) == body.substr(0, 4)) return *answer;
      }
    }
    return "no answer";
  }
  void converse(std::uint32_t seed) {
    std::mt19937 random(seed);
    DatagramClient client(address_);
    for (char n = 0; n < 5; ++n) {
      const double bits = std::uniform_real_distribution<double>(2, 16)(random);
      std::string body(std::min(static_cast<std::size_t>(std::exp2(bits)), kLargest), '\0');
      for (char& byte : body) byte = static_cast<char>(random());
      body[0] = n;
      EXPECT_TRUE(ask(client, body) == body) << "seed " << seed << ", " << body.size() << " bytes";
    }
  }

  std::unique_ptr<RunningEngine> running_;
  Address address_;
  std::mutex mutex_;
  std::vector<std::thread> threads_;
  std::atomic<int> opened_{0};
  std::atomic<int> closed_{0};
};

TEST_P(DatagramMatrixTest, EveryByteComesBack) {
  std::vector<std::thread> clients;
  for (std::uint32_t client = 0; client < 10; ++client) {
    clients.emplace_back([this, client] { converse(client); });
  }
  for (std::thread& client : clients) client.join();
  fakes::Peer peer = running_->connect();
  peer.send("stream");
  EXPECT_EQ(peer.receive(6), "stream");
}

INSTANTIATE_TEST_SUITE_P(
    , DatagramMatrixTest,
    testing::Combine(testing::Values(ThreadingModel::kSingle, ThreadingModel::kHandoff,
                                     ThreadingModel::kReuseport, ThreadingModel::kExclusive,
                                     ThreadingModel::kIoThreads),
                     testing::Values(BackendKind::kEpoll, BackendKind::kEpollEdge),
                     testing::Values(1U, 2U),
                     testing::Values(Reply::kSync, Reply::kAsync, Reply::kWithoutSession)),
    place_name);

}  // namespace
}  // namespace weir
