// A server gives way to its successor while clients go on: nothing they ask is lost.
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <filesystem>
#include <iterator>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "gtest/gtest.h"
#include "tests/engine/server_process.h"
#include "tests/fakes/datagram_client.h"
#include "tests/fakes/peer.h"

namespace weir {
namespace {

using fakes::Peer;
using Words = std::vector<std::string>;

constexpr std::size_t kRecordBytes = 128;  // of what goes between a server and its successor

std::string server_program;

std::size_t count_descriptors(pid_t pid) {
  const std::filesystem::path directory = "/proc/" + std::to_string(pid) + "/fd";
  return static_cast<std::size_t>(
      std::distance(std::filesystem::directory_iterator(directory), {}));
}

class UpgradeTest : public testing::TestWithParam<Words> {
 protected:
  void SetUp() override { ASSERT_NE(::mkdtemp(directory_), nullptr); }
  void TearDown() override {
    servers_.clear();
    ::rmdir(directory_);
  }

  std::string upgrade_socket() const { return std::string(directory_) + "/upgrade"; }
  std::string unix_path() const { return std::string(directory_) + "/s"; }

  Words arguments(const Words& model) const {
    Words words = {server_program,   "--unixsocket", unix_path(), "--upgrade-socket",
                   upgrade_socket(), "--loglevel",   "warning"};
    words.insert(words.end(), model.begin(), model.end());
    return words;
  }
  // What its start line says becomes the server.
  void start(const Words& words) {
    servers_.push_back(std::make_unique<ServerProcess>(words));
    meet(*servers_.back());
  }
  void meet(ServerProcess& process) {
    const std::string line = process.start_line();
    ASSERT_NE(line, "");
    const Address address = ServerProcess::address_in(line);
    EXPECT_TRUE(address_.port() == 0 || address == address_);
    address_ = address;
    if (line.find("udp=") != std::string::npos) {
      const Address datagrams = ServerProcess::datagram_address_in(line);
      EXPECT_TRUE(datagrams_.port() == 0 || datagrams == datagrams_);
      datagrams_ = datagrams;
    }
    pid_ = ServerProcess::pid_in(line);
  }
  void stop() {
    ::kill(pid_, SIGTERM);
    EXPECT_EQ(ServerProcess::wait(pid_), 0);
    EXPECT_NE(::access(unix_path().c_str(), F_OK), 0);
    EXPECT_NE(::access(upgrade_socket().c_str(), F_OK), 0);
  }

  char directory_[32] = "/tmp/weir_upgrade_XXXXXX";
  std::vector<std::unique_ptr<ServerProcess>> servers_;
  Address address_;
  Address datagrams_;
  pid_t pid_ = 0;
};

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
  Clients clients(200, address_, Address::parse("unix:" + unix_path()).value());
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

INSTANTIATE_TEST_SUITE_P(
    , UpgradeTest,
    testing::Values(Words{"--model", "single"}, Words{"--model", "handoff", "--threads", "2"},
                    Words{"--model", "reuseport", "--threads", "2"},
                    Words{"--model", "exclusive", "--threads", "2"},
                    Words{"--model", "io_threads", "--threads", "2"},
                    Words{"--model", "prefork", "--threads", "2", "--prefork-accept", "mutex"},
                    Words{"--model", "prefork", "--threads", "2", "--prefork-accept", "exclusive"},
                    Words{"--model", "prefork", "--threads", "2", "--prefork-accept", "reuseport"}),
    [](const testing::TestParamInfo<Words>& test) {
      std::string name = test.param[1] + (test.param.size() > 4 ? test.param[5] : "");
      std::erase(name, '_');
      return name;
    });

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

Words with_datagrams(Words words, const std::string& idle_ms = "") {
  words.insert(words.end(), {"--datagrams", "udp://127.0.0.1:0"});
  if (!idle_ms.empty()) words.insert(words.end(), {"--datagram-idle", idle_ms});
  return words;
}

TEST_P(UpgradeTest, NoDatagramIsLost) {
  for (const std::string idle_ms : {"", "20"}) {
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
  for (int round = 0; round < 2; ++round) {
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

// More sockets than the successor has places, and fewer.
TEST_F(ModelsTest, EachModelReadsAllDatagrams) {
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
  for (int round = 0; round < 2; ++round) {
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
TEST_F(ModelsTest, EveryPlaceHasASocketForDatagrams) {
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
TEST_F(ModelsTest, DatagramSessionsMaySendOn) {
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
TEST_F(ModelsTest, DatagramSessionsEndAtTheDeadline) {
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
