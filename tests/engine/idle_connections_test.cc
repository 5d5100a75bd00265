// What 15,000 open connections without traffic cost: memory of the process, counted by its
// allocator. The clients live in a process of their own, as each end takes a descriptor.
#include <malloc.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "core/log.h"
#include "gtest/gtest.h"
#include "tests/engine/running_engine.h"
#include "tests/fakes/peer.h"

namespace weir {
namespace {

using fakes::Peer;

constexpr std::size_t kConnections = 15'000;
constexpr std::size_t kOtherDescriptors = 200;
constexpr std::size_t kMaxBytes = 512;  // a connection

// The smallest session there is, as the echo server's.
class Echo final : public Session {
  void handle(Connection& connection) override {
    connection.write(connection.unread());
    connection.consume_all();
  }
};

// What the program has asked malloc for and not given back, with malloc's own overhead.
std::size_t heap_bytes() {
  const struct mallinfo2 heap = ::mallinfo2();
  return heap.uordblks + heap.hblkhd;
}

void raise_descriptor_limit() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

std::size_t descriptor_limit() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  return limit.rlim_cur;
}

// A process that connects when it is told to where, and goes on a second byte. Forked before there
// are threads.
class Clients {
 public:
  explicit Clients(std::size_t connections) {
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends_), 0);
    process_ = ::fork();
    if (process_ == 0) ::_exit(live(connections));
    ::close(ends_[1]);
  }
  ~Clients() {
    ::close(ends_[0]);
    int status = 0;
    ::waitpid(process_, &status, 0);
    EXPECT_EQ(status, 0);
  }

  // Returns when every connection has been echoed a byte: how many.
  std::size_t connect(const Address& address) {
    const std::string text = address.to_string();
    EXPECT_GT(::send(ends_[0], text.data(), text.size(), 0), 0);
    std::size_t connected = 0;
    EXPECT_EQ(::recv(ends_[0], &connected, sizeof connected, 0), ssize_t{sizeof connected});
    return connected;
  }

 private:
  int live(std::size_t connections) {
    ::close(ends_[0]);
    char text[200];
    const ssize_t size = ::recv(ends_[1], text, sizeof text, 0);
    if (size <= 0) return 1;
    const Address address = Address::parse({text, static_cast<std::size_t>(size)}).value();
    std::vector<Peer> peers;
    while (peers.size() < connections) {
      Peer peer = Peer::connect(address);
      if (!peer.send("x") || peer.receive(1) != "x") break;
      peers.push_back(std::move(peer));
    }
    const std::size_t connected = peers.size();
    if (::send(ends_[1], &connected, sizeof connected, 0) < 0) return 1;
    // Until the other end closes.
    return ::recv(ends_[1], text, sizeof text, 0) == 0 ? 0 : 1;
  }

  int ends_[2] = {-1, -1};
  pid_t process_ = -1;
};

class IdleConnectionsTest : public testing::TestWithParam<BackendKind> {};

TEST_P(IdleConnectionsTest, EachHoldsAtMost512Bytes) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "a sanitizer has an allocator of its own";
#endif
  raise_descriptor_limit();
  const std::size_t limit = descriptor_limit();
  if (limit < 1000 + kOtherDescriptors) {
    GTEST_SKIP() << "only " << limit << " descriptors a process; the test wants "
                 << kConnections + kOtherDescriptors;
  }
  // As many as there may be: a hard limit below ours can't be raised from here.
  const std::size_t wanted = std::min(kConnections, limit - kOtherDescriptors);
  Clients clients(wanted);
  Options options;
  options.backend = GetParam();
  RunningEngine engine(options, "tcp://127.0.0.1:0",
                       [](Connection&) { return std::make_unique<Echo>(); });
  engine.start();
  // What the first connection makes the engine allocate for all.
  for (int i = 0; i < 3; ++i) {
    Peer first = engine.connect();
    first.send("x");
    EXPECT_EQ(first.receive(1), "x");
  }
  engine.settle();
  const std::size_t before = heap_bytes();
  const std::size_t connected = clients.connect(engine.address());
  ASSERT_EQ(connected, wanted);
  engine.settle();
  EXPECT_GE(engine.engine().connections(), wanted);
  const double each = static_cast<double>(heap_bytes() - before) / static_cast<double>(connected);
  std::printf("%zu idle connections: %.0f bytes each, a Connection %zu\n", connected, each,
              sizeof(Connection));
  RecordProperty("bytes_a_connection", static_cast<int>(each));
  EXPECT_LE(each, kMaxBytes);
}

INSTANTIATE_TEST_SUITE_P(, IdleConnectionsTest,
                         testing::Values(BackendKind::kEpoll, BackendKind::kEpollEdge),
                         [](const auto& test) {
                           return test.param == BackendKind::kEpoll ? "Level" : "Edge";
                         });

}  // namespace
}  // namespace weir
