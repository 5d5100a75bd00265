// The example servers with frames, from outside: 10,000 frames in packets that split and merge them
// come back whole and in order, under every threading model.
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include <array>
#include <cmath>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "core/address.h"
#include "gtest/gtest.h"
#include "tests/engine/server_process.h"
#include "tests/fakes/peer.h"

namespace weir {
namespace {

using fakes::Peer;

constexpr int kClients = 4;     // at a time, on each address
constexpr int kFrames = 2'500;  // of each: 10,000 over TCP and as many over a unix socket
// The longest line that a server takes.
constexpr std::size_t kLongest = 64 * 1024;

struct Model {
  const char* name;
  std::vector<std::string> flags;
};
const std::array<Model, 6>& models() {
  static const std::array<Model, 6> kModels = {{
      {"Single", {"single"}},
      {"Edge", {"single", "--backend", "epoll-et"}},
      {"Handoff", {"handoff", "--threads", "2"}},
      {"Reuseport", {"reuseport", "--threads", "2"}},
      {"IoThreads", {"io_threads", "--threads", "2"}},
      {"Prefork", {"prefork", "--threads", "2"}},
  }};
  return kModels;
}

// 1 byte to 1 KiB mostly, sometimes as many as a line may have, sometimes none.
std::size_t random_size(std::mt19937& random) {
  if (random() % 1000 == 0) return kLongest;
  if (random() % 20 == 0) return 0;
  return static_cast<std::size_t>(std::exp2(std::uniform_real_distribution<double>(0, 10)(random)));
}

// No line feed, and no carriage return at the end.
std::string random_payload(std::mt19937& random) {
  std::string payload(random_size(random), '\0');
  for (char& byte : payload) byte = static_cast<char>(random());
  for (char& byte : payload) byte = byte == '\n' || byte == '\r' ? ' ' : byte;
  return payload;
}

struct Streams {
  std::string sent;
  std::string expected;
};

// Lines that end either way come back with both characters.
Streams make_lines(std::mt19937& random) {
  Streams streams;
  for (int i = 0; i < kFrames; ++i) {
    const std::string line = random_payload(random);
    streams.sent += line + (random() % 2 == 0 ? "\n" : "\r\n");
    streams.expected += line + "\r\n";
  }
  return streams;
}

Streams make_frames(std::mt19937& random) {
  Streams streams;
  for (int i = 0; i < kFrames; ++i) {
    const std::string payload = random_payload(random);
    for (const int shift : {24, 16, 8, 0}) {
      streams.sent += static_cast<char>(payload.size() >> shift);
    }
    streams.sent += payload;
  }
  streams.expected = streams.sent;
  return streams;
}

class StickyPacketsTest : public testing::TestWithParam<Model> {
 protected:
  void SetUp() override { ASSERT_NE(::mkdtemp(directory_), nullptr); }
  void TearDown() override { ::rmdir(directory_); }

  void run(const std::string& program, Streams (*make)(std::mt19937&)) {
    const std::string path = std::string(directory_) + "/s";
    std::vector<std::string> arguments = {program, "--port", "0", "--unixsocket", path, "--model"};
    arguments.insert(arguments.end(), GetParam().flags.begin(), GetParam().flags.end());
    ServerProcess server(arguments);
    const Address tcp = ServerProcess::address_in(server.start_line());
    const Address local = Address::parse("unix:" + path).value();
    std::vector<std::thread> clients;
    for (std::uint32_t seed = 0; seed < 2 * kClients; ++seed) {
      clients.emplace_back([&, seed] { converse(seed % 2 == 0 ? tcp : local, seed, make); });
    }
    for (std::thread& client : clients) client.join();
    ::kill(server.pid(), SIGTERM);
    EXPECT_EQ(ServerProcess::wait(server.pid()), 0);
  }

  static void converse(const Address& address, std::uint32_t seed, Streams (*make)(std::mt19937&)) {
    std::mt19937 random(seed);
    const Streams streams = make(random);
    Peer peer = Peer::connect(address);
    ASSERT_TRUE(peer.is_connected());
    // Runs of tiny packets, and large ones that hold many frames.
    bool tiny = true;
    const std::string received = peer.converse(streams.sent, streams.expected.size(), [&] {
      if (random() % 64 == 0) tiny = !tiny;
      return 1 + random() % (tiny ? 4 : 16'000);
    });
    EXPECT_TRUE(received == streams.expected)
        << received.size() << " bytes of " << streams.expected.size() << ", seed " << seed;
    peer.end();
    EXPECT_EQ(peer.receive_rest(), "");
  }

  char directory_[32] = "/tmp/weir_sticky_XXXXXX";
};

TEST_P(StickyPacketsTest, LinesComeBackInOrder) { run("servers/echo/line_echo", make_lines); }

TEST_P(StickyPacketsTest, FramesComeBackInOrder) {
  run("servers/echo/length_field_echo", make_frames);
}

INSTANTIATE_TEST_SUITE_P(, StickyPacketsTest, testing::ValuesIn(models()),
                         [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace weir
