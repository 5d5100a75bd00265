// An engine's life: it starts or says what the kernel refused, stops by a call or a signal, gives
// way, and leaves nothing behind.
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <future>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

#include "core/address.h"
#include "core/bequest.h"
#include "core/engine.h"
#include "core/log.h"
#include "core/sockets.h"
#include "gtest/gtest.h"
#include "tests/engine/running_engine.h"
#include "tests/fakes/faulty_sockets.h"
#include "tests/fakes/hooked_session.h"
#include "tests/fakes/peer.h"

namespace weir {
namespace {

using fakes::Call;
using fakes::Peer;
using fakes::serve;
using fakes::serve_echo;

constexpr const char* kAnyPort = "tcp://127.0.0.1:0";

Options options(ThreadingModel model, std::uint32_t threads) {
  Options options;
  options.model = model;
  options.threads = threads;
  options.handle_signals = false;
  return options;
}

std::size_t count_entries(const char* directory) {
  return static_cast<std::size_t>(
      std::distance(std::filesystem::directory_iterator(directory), {}));
}

Address local_address(int fd) {
  sockaddr_storage bound{};
  socklen_t length = sizeof bound;
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&bound), &length);
  return Address::from_sockaddr(reinterpret_cast<sockaddr*>(&bound), length);
}

// All listening sockets that a server hands over at `stream`, but its upgrade socket; none where it
// gives up before it has handed over all.
std::vector<int> receive_bequests(int stream) {
  std::vector<int> all;
  for (Bequest bequest;;) {
    pollfd polled{stream, POLLIN, 0};
    EXPECT_EQ(::poll(&polled, 1, Peer::kDeadlineMs), 1);
    bequest.descriptors.clear();
    const int error = Bequest::receive(Sockets::system(), stream, bequest);
    const bool is_done = error < 0 || bequest.address.empty();
    if (!is_done && !bequest.address.starts_with("upgrade:")) {
      all.insert(all.end(), bequest.descriptors.begin(), bequest.descriptors.end());
    } else {
      bequest.close(Sockets::system());
    }
    if (is_done) return all;
  }
}

// Whatever the kernel refuses at the start: one sentence, exit status 1, nothing left open.
TEST(EngineLifeTest, SaysWhatTheKernelRefused) {
  set_log_level(LogLevel::kWarning);
  const std::size_t descriptors = count_entries("/proc/self/fd");
  for (const Call call : {Call::kEpollCreate, Call::kMakeEventfd, Call::kMakePipe}) {
    fakes::FaultySockets sockets;
    sockets.fail(call, EMFILE);
    Engine engine(options(ThreadingModel::kHandoff, 2), sockets);
    const std::string message = engine.listen(kAnyPort, serve_echo()).status().message();
    EXPECT_TRUE(message.starts_with("cannot create a")) << message;
    EXPECT_TRUE(message.ends_with(": Too many open files")) << message;
    EXPECT_EQ(engine.run(), 1);
  }
  for (const Call call : {Call::kSocket, Call::kBind, Call::kListen, Call::kEpollControl}) {
    fakes::FaultySockets sockets;
    Engine engine(options(ThreadingModel::kReuseport, 2), sockets);
    sockets.fail(call, ENOBUFS);
    EXPECT_FALSE(engine.listen(kAnyPort, serve_echo()).is_ok());
    // The next try may have more luck.
    EXPECT_TRUE(engine.listen(kAnyPort, serve_echo()).is_ok());
    engine.stop();
    EXPECT_EQ(engine.run(), 0);
  }
  EXPECT_EQ(count_entries("/proc/self/fd"), descriptors);
  set_log_level(LogLevel::kNotice);
}

TEST(EngineLifeTest, StoppedBeforeItRuns) {
  Engine engine(options(ThreadingModel::kReuseport, 2));
  ASSERT_TRUE(engine.listen(kAnyPort, serve_echo()).is_ok());
  engine.stop();
  EXPECT_EQ(engine.run(), 0);
}

TEST(EngineLifeTest, NeverRun) {
  Engine engine(options(ThreadingModel::kHandoff, 2));
  ASSERT_TRUE(engine.listen(kAnyPort, serve_echo()).is_ok());
  engine.post(ConnectionId::kNone, [](Connection*) {});
}

TEST(EngineLifeTest, TheBacklogIsServedWhenItRuns) {
  RunningEngine running(options(ThreadingModel::kHandoff, 1), kAnyPort, serve_echo());
  Peer early = running.connect();
  early.send("early");
  running.start();
  EXPECT_EQ(early.receive(5), "early");
}

TEST(EngineLifeTest, AListenThatFailsHalfwayLeavesNothing) {
  fakes::FaultySockets sockets;
  Engine engine(options(ThreadingModel::kExclusive, 3), sockets);
  ASSERT_TRUE(engine.listen(kAnyPort, serve_echo()).is_ok());
  const std::size_t descriptors = count_entries("/proc/self/fd");
  for (const Call call : {Call::kDuplicate, Call::kEpollControl}) {
    sockets.fail(call, ENOMEM);
    EXPECT_FALSE(engine.listen(kAnyPort, serve_echo()).is_ok());
    EXPECT_EQ(count_entries("/proc/self/fd"), descriptors);
  }
  EXPECT_EQ(engine.addresses().size(), 1U);
  engine.stop();
  EXPECT_EQ(engine.run(), 0);
}

TEST(EngineLifeTest, StaleIdsNameNobody) {
  std::promise<ConnectionId> promise;
  std::promise<void> closed;
  RunningEngine running(
      options(ThreadingModel::kHandoff, 1), kAnyPort,
      serve({.handle =
                 [&promise](Connection& connection) {
                   fakes::echo(connection);
                   promise.set_value(connection.id());
                 },
             .closed = [&closed](Connection&, const Status&) { closed.set_value(); }}));
  running.start();
  Peer peer = running.connect();
  peer.send("x");
  EXPECT_EQ(peer.receive(1), "x");
  const ConnectionId id = promise.get_future().get();
  const auto is_there = [&running](ConnectionId asked) {
    std::promise<bool> answer;
    running.engine().post(
        asked, [&answer](Connection* connection) { answer.set_value(connection != nullptr); });
    return answer.get_future().get();
  };
  EXPECT_TRUE(is_there(id));
  peer.close();
  closed.get_future().wait();
  EXPECT_FALSE(is_there(id));
  EXPECT_FALSE(is_there(ConnectionId::kNone));
}

// A server that starts and stops for ever: no descriptor and no thread stays behind.
TEST(EngineLifeTest, AThousandCyclesLeakNothing) {
  std::size_t descriptors = 0;
  std::size_t threads = 0;
  for (int cycle = 0; cycle < 1000; ++cycle) {
    const auto model = static_cast<ThreadingModel>(cycle % 5);
    RunningEngine running(options(model, 1 + static_cast<std::uint32_t>(cycle % 2)), kAnyPort,
                          serve_echo());
    ASSERT_TRUE(running.status().is_ok()) << running.status().message();
    running.start();
    if (cycle % 4 == 0) {
      Peer peer = running.connect();
      peer.send("x");
      EXPECT_EQ(peer.receive(1), "x");
    }
    EXPECT_EQ(running.stop(), 0);
    // After the first rounds everything that stays for good is there.
    if (cycle == 10) {
      descriptors = count_entries("/proc/self/fd");
      threads = count_entries("/proc/self/task");
    } else if (cycle % 60 == 10) {  // the same model, the same number of threads
      ASSERT_EQ(count_entries("/proc/self/fd"), descriptors);
      // A thread that was joined may be listed for a moment longer.
      for (int i = 0; i < 100'000 && count_entries("/proc/self/task") > threads; ++i) {
        std::this_thread::yield();
      }
      ASSERT_LE(count_entries("/proc/self/task"), threads);
    }
  }
}

// What a successor gets while the server stops on other threads is its sockets or nothing, and no
// number that is another's by then.
TEST(EngineLifeTest, AStopAndASuccessorAtOnce) {
  set_log_level(LogLevel::kWarning);
  char directory[] = "/tmp/weir_life_XXXXXX";
  ASSERT_NE(::mkdtemp(directory), nullptr);
  const std::string path = std::string(directory) + "/upgrade";
  const Address upgrade = Address::parse("unix:" + path).value();
  for (int round = 0; round < 50; ++round) {
    Options with = options(ThreadingModel::kReuseport, 4);
    with.upgrade_socket = path;
    RunningEngine running(with, kAnyPort, serve_echo());
    running.start();
    std::promise<void> first;
    std::thread successors([&] {
      for (bool waits = true;; waits = false) {
        Peer peer = Peer::connect(upgrade);
        if (!peer.is_connected()) return;
        for (const int fd : receive_bequests(peer.fd())) {
          EXPECT_EQ(local_address(fd), running.address());
          ::close(fd);
        }
        if (waits) first.set_value();
      }
    });
    first.get_future().wait();
    EXPECT_EQ(running.stop(), 0);
    successors.join();
  }
  ::unlink(path.c_str());  // left to those who might have become successors
  EXPECT_EQ(::rmdir(directory), 0);
  set_log_level(LogLevel::kNotice);
}

// Signals, in processes of their own: they belong to the process.

class EngineSignalDeathTest : public testing::Test {
 protected:
  void SetUp() override { GTEST_FLAG_SET(death_test_style, "threadsafe"); }
  void TearDown() override { GTEST_FLAG_SET(death_test_style, "fast"); }

  // Serves until `signals` have come, all at once, with one client that does not read.
  [[noreturn]] static void serve_until(std::vector<int> signals, ThreadingModel model) {
    Options with = options(model, 2);
    with.handle_signals = true;
    with.drain_ms = signals.size() > 1 ? 3'600'000 : 5000;
    Engine engine(with);
    const Result<Address> bound =
        engine.listen(kAnyPort, serve({.handle = [&engine, &signals](Connection& connection) {
                        connection.consume_all();
                        if (signals.size() > 1) connection.write(std::string(20'000'000, 'x'));
                        engine.reactors()[0]->post([&signals] {
                          for (const int signal : signals) ::kill(::getpid(), signal);
                        });
                      }}));
    Peer peer = Peer::connect(bound.value());
    peer.send("x");
    const int status = engine.run();
    std::_Exit(status);
  }
};

TEST_F(EngineSignalDeathTest, ASignalDrains) {
  for (const ThreadingModel model :
       {ThreadingModel::kSingle, ThreadingModel::kHandoff, ThreadingModel::kReuseport,
        ThreadingModel::kExclusive, ThreadingModel::kIoThreads}) {
    EXPECT_EXIT(serve_until({SIGTERM}, model), testing::ExitedWithCode(0),
                "signal 15 received, draining connections");
  }
  EXPECT_EXIT(serve_until({SIGINT}, ThreadingModel::kSingle), testing::ExitedWithCode(0),
              "signal 2 received, draining connections");
}

TEST_F(EngineSignalDeathTest, ASecondSignalCutsTheDrainShort) {
  EXPECT_EXIT(serve_until({SIGTERM, SIGINT}, ThreadingModel::kHandoff), testing::ExitedWithCode(0),
              "stopping at once(.|\n)*1 connections had not drained by the deadline");
}

}  // namespace
}  // namespace weir
