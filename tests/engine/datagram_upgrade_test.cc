// A server gives its datagram sockets to its successor while clients go on: no datagram is lost.
#include <signal.h>

#include <array>
#include <atomic>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "gtest/gtest.h"
#include "tests/engine/server_process.h"
#include "tests/engine/upgrade_fixture.h"
#include "tests/fakes/datagram_client.h"
#include "tests/fakes/peer.h"
#include "tests/fakes/sanitized.h"

namespace weir {
namespace {

using fakes::Peer;

class DatagramUpgradeTest : public UpgradeTest {};

// Clients that ask one question after another by datagrams, from a new port after some, and send
// none twice: every question has its answer.
class DatagramClients {
 public:
  DatagramClients(std::size_t clients, const Address& address) {
    for (std::size_t i = 0; i < clients; ++i) {
      threads_.emplace_back([this, i, address] { talk(i, address); });
    }
  }
  ~DatagramClients() { stop(); }
  void stop() {
    done_ = true;
    for (std::thread& thread : threads_) {
      if (thread.joinable()) thread.join();
    }
  }
  void go_on() {
    const std::size_t until = answered_ + 20 * threads_.size();
    while (answered_ < until && failed_ == 0) std::this_thread::yield();
  }
  std::size_t failed() const { return failed_; }

 private:
  void talk(std::size_t client, const Address& address) {
    for (std::size_t round = 0; !done_ && failed_ == 0; ++round) {
      const fakes::DatagramClient socket(address);
      for (std::size_t n = 0; n < 10; ++n) {
        const std::string word = std::to_string(client) + "." + std::to_string(round * 10 + n);
        ++(socket.ask(word) == word ? answered_ : failed_);
      }
    }
  }

  std::atomic<bool> done_{false};
  std::atomic<std::size_t> answered_{0};
  std::atomic<std::size_t> failed_{0};
  std::vector<std::thread> threads_;
};

TEST_P(DatagramUpgradeTest, NoDatagramIsLost) {
  for (const std::string idle_ms : {"", "20"}) {
    if (fakes::kSanitized && idle_ms.empty()) continue;
    const Words words = with_datagrams(arguments(GetParam()), idle_ms);
    start(words);
    DatagramClients clients(20, datagrams_);
    for (int i = 0; i < 6; ++i) {
      clients.go_on();
      const pid_t old = pid_;
      if (i < 3) {
        ::kill(old, SIGUSR2);
        meet(*servers_.back());
      } else {
        start(words);
      }
      EXPECT_NE(pid_, old);
      EXPECT_EQ(ServerProcess::wait(old), 0);
    }
    clients.go_on();
    clients.stop();
    EXPECT_EQ(clients.failed(), 0U);
    stop();
    servers_.clear();
    address_ = datagrams_ = Address();
  }
}

INSTANTIATE_TEST_SUITE_P(, DatagramUpgradeTest, each_model(), model_name);

// From one model to another.
class DatagramModelsTest : public UpgradeTest {};

// More sockets than the successor has places, and fewer.
TEST_F(DatagramModelsTest, EachModelReadsAllDatagrams) {
  const std::array<Words, 7> models = {
      {{"--model", "reuseport", "--threads", "4"},
       {"--model", "single"},
       {"--model", "prefork", "--threads", "2"},
       {"--model", "single"},
       {"--model", "reuseport", "--threads", "5"},
       {"--model", "handoff", "--threads", "2"},
       {"--model", "prefork", "--threads", "6", "--prefork-accept", "mutex"}}};
  start(with_datagrams(arguments(models[0])));
  DatagramClients clients(20, datagrams_);
  for (int round = 0; round < (fakes::kSanitized ? 1 : 2); ++round) {
    for (const Words& model : models) {
      clients.go_on();
      const pid_t old = pid_;
      start(with_datagrams(arguments(model)));
      EXPECT_EQ(ServerProcess::wait(old), 0);
    }
  }
  clients.go_on();
  clients.stop();
  EXPECT_EQ(clients.failed(), 0U);
  stop();
}

// With one socket from its predecessor, the others join the port.
TEST_F(DatagramModelsTest, EveryPlaceHasASocketForDatagrams) {
  start(with_datagrams(arguments({"--model", "single"})));
  const pid_t old = pid_;
  start(with_datagrams(arguments({"--model", "prefork", "--threads", "3"})));
  EXPECT_EQ(ServerProcess::wait(old), 0);
  std::set<std::string> pids;
  for (int i = 0; i < 1000 && pids.size() < 3; ++i) {
    const std::optional<std::string> pid = fakes::DatagramClient(datagrams_).ask("pid");
    ASSERT_TRUE(pid.has_value());
    pids.insert(*pid);
  }
  EXPECT_EQ(pids.size(), 3U);
  EXPECT_EQ(pids.count(std::to_string(pid_)), 0U);
  stop();
}

// What arrives is the successor's; a session there was may still send.
TEST_F(DatagramModelsTest, DatagramSessionsMaySendOn) {
  const Words words = with_datagrams(arguments({"--model", "single"}), "3600000");
  start(words);
  const pid_t old = pid_;
  const fakes::DatagramClient client(datagrams_);
  EXPECT_EQ(client.ask("pid"), std::to_string(old));
  Peer early = Peer::connect(address_);
  EXPECT_EQ(ServerProcess::ask(early, "early"), "early");
  start(words);
  // The old server may take some before it hears of the new one.
  for (std::optional<std::string> pid; pid != std::to_string(pid_);) {
    pid = client.ask("pid");
    ASSERT_TRUE(pid.has_value());
  }
  EXPECT_EQ(ServerProcess::ask(early, "tell"), "tell");
  EXPECT_EQ(client.receive(), "told");
  ::kill(old, SIGTERM);
  EXPECT_EQ(ServerProcess::wait(old), 0);
  EXPECT_EQ(client.ask("pid"), std::to_string(pid_));
  stop();
}

// After the time that an upgrade gives to connections.
TEST_F(DatagramModelsTest, DatagramSessionsEndAtTheDeadline) {
  Words words = with_datagrams(arguments({"--model", "reuseport", "--threads", "2"}), "3600000");
  words.insert(words.end(), {"--upgrade-drain", "1ms", "--drain", "1h"});
  start(words);
  const fakes::DatagramClient client(datagrams_);
  EXPECT_EQ(client.ask("x"), "x");
  const pid_t old = pid_;
  start(words);
  EXPECT_EQ(ServerProcess::wait(old), 0);
  EXPECT_EQ(client.ask("pid"), std::to_string(pid_));
  stop();
}

}  // namespace
}  // namespace weir

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  weir::server_program = argc > 1 ? argv[1] : "";
  return RUN_ALL_TESTS();
}
