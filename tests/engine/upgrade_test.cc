// A server gives way to its successor while clients go on: nothing they ask is lost.
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <filesystem>
#include <iterator>
#include <memory>
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

constexpr std::size_t kRecordBytes = 128;  // of what goes between a server and its successor

std::size_t count_descriptors(pid_t pid) {
  const std::filesystem::path directory = "/proc/" + std::to_string(pid) + "/fd";
  return static_cast<std::size_t>(
      std::distance(std::filesystem::directory_iterator(directory), {}));
}

// Clients that connect, ask some times and leave, again and again: every question has its answer.
class Clients {
 public:
  Clients(std::size_t clients, const Address& tcp, const Address& path) {
    for (std::size_t i = 0; i < clients; ++i) {
      threads_.emplace_back([this, i, address = i % 2 == 0 ? tcp : path] { talk(i, address); });
    }
  }
  ~Clients() { stop(); }
  void stop() {
    done_ = true;
    for (std::thread& thread : threads_) {
      if (thread.joinable()) thread.join();
    }
  }
  // When each has had some more answers.
  void go_on() {
    const std::size_t until = answered_ + 10 * threads_.size();
    while (answered_ < until && failed_ == 0) std::this_thread::yield();
  }
  std::size_t failed() const { return failed_; }

 private:
  void talk(std::size_t client, const Address& address) {
    for (std::size_t round = client; !done_; ++round) {
      Peer peer = Peer::connect(address);
      for (std::size_t n = 0; n < 1 + round % 20; ++n) {
        const std::string word = std::to_string(client) + "." + std::to_string(n);
        ++(ServerProcess::ask(peer, word) == word ? answered_ : failed_);
      }
      peer.reset();
    }
  }

  std::atomic<bool> done_{false};
  std::atomic<std::size_t> answered_{0};
  std::atomic<std::size_t> failed_{0};
  std::vector<std::thread> threads_;
};

TEST_P(UpgradeTest, NoRequestFailsUnderLoad) {
  start(arguments(GetParam()));
  Clients clients(fakes::kSanitized ? 50 : 200, address_,
                  Address::parse("unix:" + unix_path()).value());
  for (int i = 0; i < 3; ++i) {
    clients.go_on();
    const pid_t old = pid_;
    ::kill(old, SIGUSR2);
    meet(*servers_.back());
    EXPECT_NE(pid_, old);
    EXPECT_EQ(ServerProcess::wait(old), 0);
  }
  for (int i = 0; i < 3; ++i) {
    clients.go_on();
    const pid_t old = pid_;
    start(arguments(GetParam()));
    EXPECT_EQ(ServerProcess::wait(old), 0);
  }
  clients.go_on();
  clients.stop();
  EXPECT_EQ(clients.failed(), 0U);
  stop();
}

TEST_P(UpgradeTest, ConnectionsEndWhenTheyLike) {
  start(arguments(GetParam()));
  Peer early = Peer::connect(address_);
  EXPECT_EQ(ServerProcess::ask(early, "before"), "before");
  const pid_t old = pid_;
  start(arguments(GetParam()));
  for (int i = 0; i < 100; ++i) EXPECT_EQ(ServerProcess::ask(early, "after"), "after");
  EXPECT_EQ(::kill(old, 0), 0);
  EXPECT_EQ(ServerProcess::ask(address_, "new"), "new");
  early.end();
  EXPECT_EQ(ServerProcess::wait(old), 0);
  stop();
}

TEST_P(UpgradeTest, TheOldServerStopsAtItsDeadline) {
  Words words = arguments(GetParam());
  words.insert(words.end(), {"--upgrade-drain", "1ms", "--drain", "1h"});
  start(words);
  Peer idle = Peer::connect(address_);
  EXPECT_EQ(ServerProcess::ask(idle, "word"), "word");
  const pid_t old = pid_;
  start(words);
  EXPECT_EQ(idle.receive_rest(), "");
  EXPECT_EQ(ServerProcess::wait(old), 0);
  stop();
}

// A stop of a retiring server drains it, as any other.
TEST_P(UpgradeTest, ARetiringServerStops) {
  start(arguments(GetParam()));
  Peer idle = Peer::connect(address_);
  EXPECT_EQ(ServerProcess::ask(idle, "word"), "word");
  const pid_t old = pid_;
  const std::size_t descriptors = count_descriptors(old);
  start(arguments(GetParam()));
  // It retires when it has closed some of them: it lends more before.
  while (count_descriptors(old) >= descriptors) std::this_thread::yield();
  ::kill(old, SIGTERM);
  EXPECT_EQ(idle.receive_rest(), "");
  EXPECT_EQ(ServerProcess::wait(old), 0);
  EXPECT_EQ(ServerProcess::ask(address_, "word"), "word");
  stop();
}

// The signal and the successor's word are found by the same look.
TEST_P(UpgradeTest, AServerStopsThatIsToRetireAtOnce) {
  Words words = arguments(GetParam());
  words.insert(words.end(), {"--upgrade-drain", "1h"});
  start(words);
  Peer idle = Peer::connect(address_);
  EXPECT_EQ(ServerProcess::ask(idle, "word"), "word");
  Peer successor = Peer::connect(Address::parse("unix:" + upgrade_socket()).value());
  EXPECT_GE(successor.receive(3 * kRecordBytes).size(), 3U * kRecordBytes);
  ::kill(pid_, SIGSTOP);
  ::kill(pid_, SIGTERM);
  successor.send(std::string(kRecordBytes, '\0'));
  ::kill(pid_, SIGCONT);
  EXPECT_EQ(idle.receive_rest(), "");
  EXPECT_EQ(ServerProcess::wait(pid_), 0);
  // Its paths are its successor's.
  EXPECT_EQ(::unlink(unix_path().c_str()), 0);
  EXPECT_EQ(::unlink(upgrade_socket().c_str()), 0);
}

TEST_P(UpgradeTest, AServerThatStopsLeavesItsPathsToWhoMayServeThere) {
  start(arguments(GetParam()));
  Peer successor = Peer::connect(Address::parse("unix:" + upgrade_socket()).value());
  EXPECT_GE(successor.receive(3 * kRecordBytes).size(), 3U * kRecordBytes);
  ::kill(pid_, SIGTERM);
  EXPECT_EQ(ServerProcess::wait(pid_), 0);
  EXPECT_EQ(::unlink(unix_path().c_str()), 0);
  EXPECT_EQ(::unlink(upgrade_socket().c_str()), 0);
}

TEST_P(UpgradeTest, ASuccessorThatGivesUpChangesNothing) {
  start(arguments(GetParam()));
  const Address upgrade = Address::parse("unix:" + upgrade_socket()).value();
  {
    Peer curious = Peer::connect(upgrade);
    EXPECT_GE(curious.receive(3 * kRecordBytes).size(), 3U * kRecordBytes);
  }
  {
    Peer rude = Peer::connect(upgrade);
    rude.send("x");
  }
  // Its port is taken by the second address: it ends before it serves.
  Words failing = arguments(GetParam());
  failing.insert(failing.end(), {"--bind", "127.0.0.1", "256.0.0.1"});
  ServerProcess process(failing);
  EXPECT_EQ(ServerProcess::wait(process.pid()), 1);
  EXPECT_EQ(ServerProcess::ask(address_, "word"), "word");
  EXPECT_EQ(ServerProcess::ask(Address::parse("unix:" + unix_path()).value(), "word"), "word");
  stop();
}

TEST_P(UpgradeTest, OnlyItsUserMayTakeItsPlace) {
  start(arguments(GetParam()));
  struct stat found {};
  ASSERT_EQ(::stat(upgrade_socket().c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777, 0600U);
  stop();
}

INSTANTIATE_TEST_SUITE_P(, UpgradeTest, each_model(), model_name);

// Each takes over what the one before had, whatever their models.
class ModelsTest : public UpgradeTest {};

TEST_F(ModelsTest, EachModelFollowsEachOther) {
  const std::array<Words, 6> models = {
      {{"--model", "reuseport", "--threads", "3"},
       {"--model", "single"},
       {"--model", "prefork", "--threads", "2"},
       {"--model", "reuseport", "--threads", "2"},
       {"--model", "exclusive", "--threads", "2"},
       {"--model", "prefork", "--threads", "3", "--prefork-accept", "mutex"}}};
  start(arguments(models[0]));
  Clients clients(20, address_, Address::parse("unix:" + unix_path()).value());
  for (int round = 0; round < (fakes::kSanitized ? 1 : 2); ++round) {
    for (const Words& model : models) {
      clients.go_on();
      const pid_t old = pid_;
      start(arguments(model));
      EXPECT_EQ(ServerProcess::wait(old), 0);
    }
  }
  clients.go_on();
  clients.stop();
  EXPECT_EQ(clients.failed(), 0U);
  stop();
}

// Its master could fork, but its workers do not serve.
TEST_F(ModelsTest, ASuccessorWhoseWorkersEndChangesNothing) {
  const Words words = with_datagrams(arguments({"--model", "prefork", "--threads", "2"}));
  start(words);
  Peer early = Peer::connect(address_);
  Words failing = words;
  failing.insert(failing.end(), {"--fork-fails", "yes"});
  ServerProcess process(failing);
  EXPECT_EQ(ServerProcess::wait(process.pid()), 1);
  EXPECT_EQ(ServerProcess::ask(early, "word"), "word");
  EXPECT_EQ(ServerProcess::ask(address_, "word"), "word");
  EXPECT_EQ(ServerProcess::ask(Address::parse("unix:" + unix_path()).value(), "word"), "word");
  EXPECT_EQ(fakes::DatagramClient(datagrams_).ask("word"), "word");
  early.end();
  const pid_t old = pid_;
  start(words);
  EXPECT_EQ(ServerProcess::wait(old), 0);
  stop();
}

// The first that was asked for is the first again.
TEST_F(ModelsTest, EachOfTwoAddressesWithOneTextIsItselfAgain) {
  Words words = arguments({"--model", "reuseport", "--threads", "2"});
  words.insert(words.end(), {"--bind", "127.0.0.1", "127.0.0.1"});
  const auto addresses = [](const std::string& line) {
    return line.substr(0, line.find(" model="));
  };
  servers_.push_back(std::make_unique<ServerProcess>(words));
  std::string line = servers_.back()->start_line();
  const std::string first = addresses(line);
  for (int i = 0; i < 3; ++i) {
    const pid_t old = ServerProcess::pid_in(line);
    servers_.push_back(std::make_unique<ServerProcess>(words));
    line = servers_.back()->start_line();
    EXPECT_EQ(addresses(line), first);
    EXPECT_EQ(ServerProcess::wait(old), 0);
  }
  pid_ = ServerProcess::pid_in(line);
  stop();
}

TEST_F(ModelsTest, SaysWhatIsWrongWithAnUpgradeSocket) {
  const auto fails = [this](const std::string& path) {
    Words words = arguments({"--model", "single"});
    words[4] = path;
    ServerProcess process(words);
    return ServerProcess::wait(process.pid());
  };
  EXPECT_EQ(fails(std::string(200, 'x')), 1);
  EXPECT_EQ(fails("/proc/nowhere/upgrade"), 1);
}

}  // namespace
}  // namespace weir

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  weir::server_program = argc > 1 ? argv[1] : "";
  return RUN_ALL_TESTS();
}
