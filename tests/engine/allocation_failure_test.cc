// Every allocation of a connection's life fails once, and the engine goes on: whoever it was for is
// gone, everybody else is served, and nothing is left behind.
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "core/buffer_budget.h"
#include "core/log.h"
#include "gtest/gtest.h"
#include "tests/engine/running_engine.h"
#include "tests/fakes/backends.h"
#include "tests/fakes/descriptors.h"
#include "tests/fakes/hooked_session.h"
#include "tests/fakes/peer.h"
#include "tests/fakes/shortage.h"

namespace weir {
namespace {

using fakes::Hooks;
using fakes::Peer;
using fakes::Shortage;

// Larger than a chunk: formatted in place each takes an allocation of its own, and what is written
// some chunks that the pool has only once there were as many.
const std::string kPiece(9000, 'p');
constexpr int kPieces = 40;
constexpr std::size_t kReply = 9000 * (kPieces + 1);

struct Life {
  std::atomic<int> opened{0};
  std::atomic<int> closed{0};
};

// Uses what allocates: kept input, output, timers, deadlines, a close after the last reply.
void answer(Connection& connection) {
  const std::string_view unread = connection.unread();
  if (unread.size() < 10) return;
  const bool last = unread[9] == 'C';
  connection.consume(10);
  connection.set_deadlines({.idle_ms = 600'000, .write_ms = 600'000});
  connection.run_after(600'000, [](Connection*) {});
  connection.write(kPiece);
  for (int i = 0; i < kPieces; ++i) {
    std::copy(kPiece.begin(), kPiece.end(), connection.output().reserve(kPiece.size()));
    connection.output().commit(kPiece.size());
  }
  if (last) connection.close_after_flush();
}

class Counted final : public Session {
 public:
  explicit Counted(Life& life) : life_(life) { ++life_.opened; }

 private:
  void handle(Connection& connection) override { answer(connection); }
  void closed(Connection& connection, const Status& reason) override {
    ++life_.closed;
    connection.run_after(1, [text = reason.message()](Connection*) {});  // may throw here too
  }

  Life& life_;
};

struct Way {
  const char* name;
  ThreadingModel model;
  std::uint32_t threads;
  bool is_unix;
};

// A client whose name takes memory: more than an address holds in place.
Peer connect_named(const Address& server, const std::string& path) {
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un own{};
  own.sun_family = AF_UNIX;
  std::copy(path.begin(), path.end(), own.sun_path);
  ::unlink(path.c_str());
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size() + 1);
  EXPECT_EQ(::bind(fd, reinterpret_cast<const sockaddr*>(&own), length), 0);
  EXPECT_EQ(::connect(fd, server.data(), server.length()), 0);
  return Peer(fd);
}

class AllocationFailureTest : public testing::TestWithParam<std::tuple<BackendKind, Way>> {
 protected:
  void SetUp() override {
    Shortage::exempt_this_thread();
    char directory[] = "/tmp/weir-XXXXXX";
    ASSERT_NE(::mkdtemp(directory), nullptr);
    directory_ = directory;
    set_log_level(LogLevel::kWarning);
    start();
  }
  void TearDown() override {
    engine_.reset();
    std::filesystem::remove_all(directory_);
    set_log_level(LogLevel::kNotice);
  }

  void start() {
    const Way& way = std::get<Way>(GetParam());
    Options options;
    options.backend = std::get<BackendKind>(GetParam());
    options.model = way.model;
    options.threads = way.threads;
    engine_.reset();
    engine_ = std::make_unique<RunningEngine>(
        options, way.is_unix ? "unix:" + directory_ + "/s" : "tcp://127.0.0.1:0",
        [this](Connection&) { return std::make_unique<Counted>(life_); });
    ASSERT_TRUE(engine_->status().is_ok()) << engine_->status().message();
    engine_->start();
  }

  Peer connect() {
    return std::get<Way>(GetParam()).is_unix
               ? connect_named(engine_->address(), directory_ + "/a-client-with-a-name")
               : engine_->connect();
  }

  bool is_served(Peer& peer) {
    return peer.send("request--L") && peer.receive(kReply).size() == kReply;
  }

  // A connection's whole life. What came back, which may be less than there was to come.
  std::size_t live() {
    Peer peer = connect();
    if (!peer.is_connected()) return 0;
    std::size_t received = 0;
    if (peer.send("requ")) {
      engine_->settle();  // most often read by then, and kept
      if (peer.send("est--L")) received += peer.receive(kReply).size();
      if (peer.send("request--C")) received += peer.receive_rest().size();
    }
    EXPECT_NE(peer.stream(), Peer::Stream::kLate);
    return received;
  }

  void await_connections(std::size_t expected) {
    while (engine_->engine().connections() != expected) engine_->settle();
    engine_->settle();  // their ticks have ended
  }

  // For each n until the life needs no n-th allocation.
  void fail_each(bool all) {
    Peer other = connect();
    ASSERT_TRUE(is_served(other));
    for (int i = 0; i < 3; ++i) ASSERT_EQ(live(), 2 * kReply);
    await_connections(1);
    const std::size_t descriptors = fakes::open_descriptors();
    int cut_short = 0;
    int untouched = 0;
    std::int64_t n = 0;
    // Where threads share the work another number of allocations may be made the next time.
    for (; untouched < 3; ++n) {
      Shortage shortage(n, all);
      const std::size_t received = live();
      shortage.end();
      await_connections(1);
      untouched = shortage.count() == 0 ? untouched + 1 : 0;
      if (received != 2 * kReply) ++cut_short;
      EXPECT_TRUE(shortage.count() > 0 || received == 2 * kReply) << n;
      ASSERT_TRUE(is_served(other)) << n;
      ASSERT_EQ(fakes::open_descriptors(), descriptors) << n;
    }
    EXPECT_GT(n, 40);
    EXPECT_GT(cut_short, 20);
    other.close();
    await_connections(0);
    EXPECT_EQ(life_.opened, life_.closed);
    EXPECT_EQ(BufferBudget::process().in_use(), 0U);
  }

  std::string directory_;
  Life life_;
  std::unique_ptr<RunningEngine> engine_;
};

// What an engine allocates for its first connections: tables, lists, lasting buffers.
TEST_P(AllocationFailureTest, InAFreshEngine) {
  std::uint64_t last = 1;
  for (std::int64_t n = 0; last > 0; ++n) {
    start();
    engine_->settle();
    Shortage shortage(n, n % 2 == 0);
    const std::size_t received = live();
    shortage.end();
    last = shortage.count();
    EXPECT_TRUE(last > 0 || received == 2 * kReply) << n;
    Peer other = connect();
    ASSERT_TRUE(is_served(other)) << n;
    other.close();
    await_connections(0);
    EXPECT_EQ(life_.opened, life_.closed);
  }
  EXPECT_EQ(BufferBudget::process().in_use(), 0U);
}

TEST_P(AllocationFailureTest, OneOfThem) { fail_each(false); }

TEST_P(AllocationFailureTest, AllFromOneOn) { fail_each(true); }

INSTANTIATE_TEST_SUITE_P(
    , AllocationFailureTest,
    testing::Combine(fakes::every_backend_or_one(),
                     testing::Values(Way{"Single", ThreadingModel::kSingle, 1, false},
                                     Way{"SingleUnix", ThreadingModel::kSingle, 1, true},
                                     Way{"Handoff", ThreadingModel::kHandoff, 1, false},
                                     Way{"Exclusive", ThreadingModel::kExclusive, 2, false},
                                     Way{"IoThreads", ThreadingModel::kIoThreads, 2, false})),
    [](const auto& test) {
      const BackendKind backend = std::get<BackendKind>(test.param);
      return std::get<Way>(test.param).name + fakes::backend_word(backend);
    });

}  // namespace
}  // namespace weir
