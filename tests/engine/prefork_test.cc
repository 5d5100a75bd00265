// The model prefork: processes that accept in each of the ways, die, and are replaced.
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/clock.h"
#include "gtest/gtest.h"
#include "tests/engine/server_process.h"
#include "tests/fakes/backends.h"
#include "tests/fakes/datagram_client.h"
#include "tests/fakes/peer.h"

namespace weir {
namespace {

using fakes::Peer;

std::string server_program;

class PreforkTest : public testing::TestWithParam<std::tuple<std::string, std::string>> {
 protected:
  void start(std::vector<std::string> more = {}, int workers = 3) {
    std::vector<std::string> arguments = {server_program,
                                          "--model",
                                          "prefork",
                                          "--threads",
                                          std::to_string(workers),
                                          "--prefork-accept",
                                          std::get<0>(GetParam()),
                                          "--backend",
                                          std::get<1>(GetParam()),
                                          "--datagrams",
                                          "udp://127.0.0.1:0",
                                          "--loglevel",
                                          "warning"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    server_ = std::make_unique<ServerProcess>(arguments);
    const std::string line = server_->start_line();
    ASSERT_NE(line, "");
    address_ = ServerProcess::address_in(line);
    datagrams_ = ServerProcess::datagram_address_in(line);
    ASSERT_EQ(ServerProcess::pid_in(line), server_->pid());
  }
  int stop() {
    ::kill(server_->pid(), SIGTERM);
    return ServerProcess::wait(server_->pid());
  }
  pid_t worker_of(Peer& peer) { return std::stoi(ServerProcess::ask(peer, "pid")); }

  // A connection to each worker; one that has died is followed by another within the deadline.
  std::set<pid_t> meet_workers(std::size_t workers, std::vector<Peer>& peers) {
    std::set<pid_t> pids;
    const std::int64_t deadline_ms = monotonic_ms() + Peer::kDeadlineMs;
    while (pids.size() < workers && monotonic_ms() < deadline_ms) {
      Peer peer = Peer::connect(address_);
      if (pids.insert(worker_of(peer)).second) {
        peers.push_back(std::move(peer));
      } else {
        peer.reset();  // leaves no port behind that has to wait
      }
    }
    return pids;
  }

  std::unique_ptr<ServerProcess> server_;
  Address address_;
  Address datagrams_;
};

TEST_P(PreforkTest, EveryWorkerServes) {
  start();
  std::vector<Peer> peers;
  const std::set<pid_t> pids = meet_workers(3, peers);
  EXPECT_EQ(pids.size(), 3U);
  EXPECT_EQ(pids.count(server_->pid()), 0U);
  for (Peer& peer : peers) EXPECT_EQ(ServerProcess::ask(peer, "again"), "again");
  EXPECT_EQ(stop(), 0);
  for (const pid_t pid : pids) EXPECT_EQ(::kill(pid, 0), -1);
  EXPECT_FALSE(Peer::connect(address_).is_connected());
}

TEST_P(PreforkTest, EveryWorkerServesDatagrams) {
  start();
  std::set<std::string> pids;
  // The kernel deals by the sender's port.
  for (int i = 0; i < 1000 && pids.size() < 3; ++i) {
    const fakes::DatagramClient client(datagrams_);
    const std::optional<std::string> first = client.ask("pid");
    ASSERT_TRUE(first.has_value());
    EXPECT_EQ(client.ask("pid"), first);
    pids.insert(*first);
  }
  EXPECT_EQ(pids.size(), 3U);
  // Its socket outlives a worker: who is dealt to it waits for the next.
  ::kill(std::stoi(*pids.begin()), SIGKILL);
  ServerProcess::await_end(std::stoi(*pids.begin()));
  for (int i = 0; i < 20; ++i) {
    EXPECT_TRUE(fakes::DatagramClient(datagrams_).ask("z").has_value());
  }
  EXPECT_EQ(stop(), 0);
}

// Also one that waits for its turn, or has it; the connections of others notice nothing.
TEST_P(PreforkTest, AWorkerThatDiedIsReplaced) {
  start();
  std::vector<Peer> peers;
  const std::set<pid_t> before = meet_workers(3, peers);
  Peer& survivor = peers.back();
  const pid_t surviving = worker_of(survivor);
  for (const pid_t pid : before) {
    if (pid == surviving) continue;
    ::kill(pid, SIGKILL);
    ServerProcess::await_end(pid);
    EXPECT_EQ(ServerProcess::ask(survivor, "here"), "here");
    EXPECT_EQ(ServerProcess::ask(address_, "served"), "served");
  }
  std::vector<Peer> later;
  const std::set<pid_t> after = meet_workers(3, later);
  EXPECT_EQ(after.size(), 3U);
  EXPECT_EQ(after.count(surviving), 1U);
  EXPECT_EQ(stop(), 0);
}

TEST_P(PreforkTest, ACrashCostsTheConnectionsOfOneWorker) {
  start();
  std::vector<Peer> peers;
  meet_workers(3, peers);
  Peer victim = Peer::connect(address_);
  const pid_t crashed = worker_of(victim);
  EXPECT_EQ(ServerProcess::ask(victim, "crash"), "");
  int served = 0;
  for (Peer& peer : peers) served += ServerProcess::ask(peer, "word") == "word" ? 1 : 0;
  EXPECT_GE(served, 2);
  Peer next = Peer::connect(address_);
  EXPECT_NE(worker_of(next), crashed);
  EXPECT_EQ(stop(), 0);
}

TEST_P(PreforkTest, AStopFromAHandlerStopsAll) {
  start();
  std::vector<Peer> peers;
  const std::set<pid_t> pids = meet_workers(3, peers);
  EXPECT_EQ(ServerProcess::ask(peers.front(), "stop"), "stop");
  EXPECT_EQ(ServerProcess::wait(server_->pid()), 0);
  for (Peer& peer : peers) EXPECT_EQ(peer.receive_rest(), "");
  for (const pid_t pid : pids) EXPECT_EQ(::kill(pid, 0), -1);
}

TEST_P(PreforkTest, WorkersEndWithTheirMaster) {
  start();
  std::vector<Peer> peers;
  const std::set<pid_t> pids = meet_workers(3, peers);
  ::kill(server_->pid(), SIGKILL);
  EXPECT_EQ(ServerProcess::wait(server_->pid()), -1);
  for (const pid_t pid : pids) ServerProcess::await_end(pid);
  for (Peer& peer : peers) EXPECT_EQ(peer.receive_rest(), "");
}

TEST_P(PreforkTest, ASecondSignalCutsTheDrainShort) {
  start({"--drain", "1h"});
  Peer held = Peer::connect(address_);
  const pid_t worker = worker_of(held);
  held.send("hold\n");
  Peer other = Peer::connect(address_);
  EXPECT_EQ(ServerProcess::ask(other, "word"), "word");
  ::kill(server_->pid(), SIGTERM);
  EXPECT_EQ(other.receive_rest(), "");  // the drain has begun
  EXPECT_EQ(::kill(worker, 0), 0);
  ::kill(server_->pid(), SIGTERM);
  EXPECT_EQ(ServerProcess::wait(server_->pid()), 0);
  EXPECT_EQ(held.receive_rest(), "");
}

TEST_P(PreforkTest, ConnectionsAreCountedOverAllProcesses) {
  start({"--max-connections", "4"});
  std::vector<Peer> peers;
  for (int i = 0; i < 4; ++i) {
    peers.push_back(Peer::connect(address_));
    EXPECT_EQ(ServerProcess::ask(peers.back(), "in"), "in");
  }
  EXPECT_EQ(ServerProcess::ask(address_, "out"), "");
  // A worker that dies takes its connections out of the count.
  const pid_t gone = worker_of(peers.front());
  ::kill(gone, SIGKILL);
  EXPECT_EQ(peers.front().receive_rest(), "");
  while (ServerProcess::ask(address_, "in") != "in") {
  }
  EXPECT_EQ(stop(), 0);
}

TEST_P(PreforkTest, AUnixPathIsRemovedByTheMasterAlone) {
  char directory[] = "/tmp/weir_prefork_XXXXXX";
  ASSERT_NE(::mkdtemp(directory), nullptr);
  const std::string path = std::string(directory) + "/s";
  start({"--unixsocket", path}, 2);
  const Address address = Address::parse("unix:" + path).value();
  Peer peer = Peer::connect(address);
  const pid_t worker = worker_of(peer);
  ::kill(worker, SIGTERM);  // drains this one, and another takes its place
  EXPECT_EQ(peer.receive_rest(), "");
  ServerProcess::await_end(worker);
  EXPECT_EQ(ServerProcess::ask(address, "word"), "word");
  EXPECT_EQ(stop(), 0);
  EXPECT_EQ(::rmdir(directory), 0);
}

std::vector<std::string> backends() {
  std::vector<std::string> backends = {"epoll", "epoll-et"};
  if (fakes::has_uring()) backends.push_back("io_uring");
  return backends;
}

INSTANTIATE_TEST_SUITE_P(, PreforkTest,
                         testing::Combine(testing::Values("mutex", "exclusive", "reuseport"),
                                          testing::ValuesIn(backends())),
                         [](const testing::TestParamInfo<PreforkTest::ParamType>& test) {
                           std::string name =
                               std::get<0>(test.param) + "_" + std::get<1>(test.param);
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

}  // namespace
}  // namespace weir

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  weir::server_program = argc > 1 ? argv[1] : "";
  return RUN_ALL_TESTS();
}
