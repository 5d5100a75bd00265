// What tests of upgrades have in common: a probe server in a directory of its own, and the one that
// takes its place.
//
// The test's thread.
#pragma once

#include <signal.h>
#include <stdlib.h>
#include <sys/types.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <vector>

#include "core/address.h"
#include "gtest/gtest.h"
#include "tests/engine/server_process.h"
#include "tests/fakes/sanitized.h"

namespace weir {

using Words = std::vector<std::string>;

inline std::string server_program;  // set by main()

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

inline Words with_datagrams(Words words, const std::string& idle_ms = "") {
  words.insert(words.end(), {"--datagrams", "udp://127.0.0.1:0"});
  if (!idle_ms.empty()) words.insert(words.end(), {"--datagram-idle", idle_ms});
  return words;
}

// A server's arguments for each model; under a sanitizer, where a process is slow to start and to
// end, for one of each kind: one that accepts alone, one that shares a port, one of processes.
inline auto each_model() {
  const std::vector<Words> models = {
      {"--model", "handoff", "--threads", "2"},
      {"--model", "reuseport", "--threads", "2"},
      {"--model", "prefork", "--threads", "2", "--prefork-accept", "mutex"},
      {"--model", "single"},
      {"--model", "exclusive", "--threads", "2"},
      {"--model", "io_threads", "--threads", "2"},
      {"--model", "prefork", "--threads", "2", "--prefork-accept", "exclusive"},
      {"--model", "prefork", "--threads", "2", "--prefork-accept", "reuseport"}};
  return testing::ValuesIn(models.begin(), fakes::kSanitized ? models.begin() + 3 : models.end());
}

inline std::string model_name(const testing::TestParamInfo<Words>& test) {
  std::string name = test.param[1] + (test.param.size() > 4 ? test.param[5] : "");
  std::erase(name, '_');
  return name;
}

}  // namespace weir
