// What 15,000 open connections without traffic cost: memory of the process, counted by its
// allocator. The clients live in a process of their own, as each end takes a descriptor.
#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <memory>

#include "core/log.h"
#include "gtest/gtest.h"
#include "tests/engine/running_engine.h"
#include "tests/fakes/backends.h"
#include "tests/fakes/many_clients.h"
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

class IdleConnectionsTest : public testing::TestWithParam<BackendKind> {};

TEST_P(IdleConnectionsTest, EachHoldsAtMost512Bytes) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "a sanitizer has an allocator of its own";
#endif
  const std::size_t limit = fakes::raise_descriptor_limit();
  if (limit < 1000 + kOtherDescriptors) {
    GTEST_SKIP() << "only " << limit << " descriptors a process; the test wants "
                 << kConnections + kOtherDescriptors;
  }
  // As many as there may be: a hard limit below ours can't be raised from here.
  const std::size_t wanted = std::min(kConnections, limit - kOtherDescriptors);
  fakes::ManyClients clients(wanted, "x", 1);
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
  const std::size_t before = fakes::heap_bytes();
  const std::size_t connected = clients.connect(engine.address());
  ASSERT_EQ(connected, wanted);
  engine.settle();
  EXPECT_GE(engine.engine().connections(), wanted);
  const double each =
      static_cast<double>(fakes::heap_bytes() - before) / static_cast<double>(connected);
  std::printf("%zu idle connections: %.0f bytes each, a Connection %zu\n", connected, each,
              sizeof(Connection));
  RecordProperty("bytes_a_connection", static_cast<int>(each));
  EXPECT_LE(each, kMaxBytes);
}

INSTANTIATE_TEST_SUITE_P(, IdleConnectionsTest, fakes::every_backend(), fakes::backend_label);

}  // namespace
}  // namespace weir
