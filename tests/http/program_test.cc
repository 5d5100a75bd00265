// The program itself, under prefork: what servers disagree on, asked of its processes.
#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "codec/http_vectors.h"
#include "gtest/gtest.h"
#include "tests/engine/server_process.h"
#include "tests/fakes/peer.h"

namespace weir::http {
namespace {

std::string program;

class ProgramTest : public testing::TestWithParam<const char*> {
 protected:
  ProgramTest()
      : server_({program, "--demo", "--port", "0", "--model", "prefork", "--threads", "2",
                 "--prefork-accept", GetParam()}),
        address_(ServerProcess::address_in(server_.start_line())) {}
  ~ProgramTest() override {
    ::kill(server_.pid(), SIGTERM);
    EXPECT_EQ(ServerProcess::wait(server_.pid()), 0);
  }

  std::string exchange(std::string_view bytes) {
    fakes::Peer peer = fakes::Peer::connect(address_);
    peer.send(bytes);
    peer.end();
    return peer.receive_rest();
  }

  ServerProcess server_;
  Address address_;
};

TEST_P(ProgramTest, VectorsHaveTheirStatus) {
  for (const codec::HttpVector& vector : codec::kHttpVectors) {
    SCOPED_TRACE(vector.name);
    const std::string answer =
        exchange(std::string(vector.bytes) + "GET /plaintext HTTP/1.1\r\nHost: x\r\n\r\n");
    const int status = std::atoi(answer.c_str() + std::min<std::size_t>(9, answer.size()));
    const bool goes_on = answer.find("Hello, World!") != std::string::npos;
    if (vector.status == 200) {
      // Of these paths the demo has some, and not for every method.
      EXPECT_TRUE(status / 100 == 2 || status == 404 || status == 405) << answer;
    } else {
      EXPECT_EQ(status, vector.status) << answer;
      EXPECT_FALSE(goes_on) << answer;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Accept, ProgramTest, testing::Values("mutex", "exclusive", "reuseport"));

}  // namespace
}  // namespace weir::http

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  weir::http::program = argc > 1 ? argv[1] : "";
  return RUN_ALL_TESTS();
}
