// The load generator against servers of its own: it counts what they answered, sees what is wrong,
// and in an open loop does not omit what a stall delays.
#include "tools/load/run.h"

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>

#include "core/engine.h"
#include "core/log.h"
#include "gtest/gtest.h"
#include "tests/engine/running_engine.h"
#include "tests/fakes/hooked_session.h"
#include "tools/load/echo_dialogue.h"
#include "tools/load/tally.h"

namespace weir::load {
namespace {

using fakes::Hooks;

weir::Options server_options() {
  weir::Options options;
  options.handle_signals = false;
  options.drain_ms = 1000;
  return options;
}

// An echo that stands still once, at its fiftieth request: what a load generator must not hide.
Service serve_with_stall(std::int64_t stall_ms) {
  auto asked = std::make_shared<int>(0);  // by all its sessions, on one thread
  return fakes::serve({.handle = [asked, stall_ms](Connection& connection) {
    if (++*asked == 50) std::this_thread::sleep_for(std::chrono::milliseconds(stall_ms));
    fakes::echo(connection);
  }});
}

class RunTest : public testing::Test {
 protected:
  ~RunTest() override { set_log_level(LogLevel::kNotice); }

  Options against(Service service) {
    server_ =
        std::make_unique<RunningEngine>(server_options(), "tcp://127.0.0.1:0", std::move(service));
    server_->start();
    Options options;
    options.server = server_->address().to_string();
    options.quiet = true;
    options.connections = 10;
    options.warm_up_ms = 0;
    options.duration_ms = 200;
    return options;
  }
  static Result<Measured> run(const Options& options) {
    return execute(
        options,
        [&options](std::size_t number) {
          return std::make_unique<EchoDialogue>(options.message_bytes, number);
        },
        "test");
  }

  std::unique_ptr<RunningEngine> server_;
};

TEST_F(RunTest, AsksSoOftenAsItIsTold) {
  for (const std::uint32_t threads : {1U, 3U}) {
    for (const std::size_t depth : {std::size_t{1}, std::size_t{7}}) {
      Options options = against(fakes::serve_echo());
      options.threads = threads;
      options.depth = depth;
      options.requests = 1001;
      const Result<Measured> measured = run(options);
      ASSERT_TRUE(measured.is_ok()) << measured.status().message();
      EXPECT_EQ(measured.value().replies, 1001U);
      EXPECT_EQ(server_->engine().reactors()[0]->counters().accepted.value(), 10U);
      EXPECT_TRUE(measured.value().is_right()) << measured.value().first_failure;
      EXPECT_GT(measured.value().latencies.max(), 0U);
    }
  }
}

TEST_F(RunTest, EndsWhenItsTimeIsOver) {
  Options options = against(fakes::serve_echo());
  options.warm_up_ms = 50;
  const Result<Measured> measured = run(options);
  ASSERT_TRUE(measured.is_ok()) << measured.status().message();
  EXPECT_TRUE(measured.value().is_right()) << measured.value().first_failure;
  EXPECT_GE(measured.value().seconds, 0.19);  // a tick's time is some microseconds old
  EXPECT_GT(measured.value().replies, 0U);
}

TEST_F(RunTest, KeepsToItsRate) {
  Options options = against(fakes::serve_echo());
  options.threads = 2;
  options.rate = 2000;
  options.requests = 400;
  const Result<Measured> measured = run(options);
  ASSERT_TRUE(measured.is_ok()) << measured.status().message();
  EXPECT_EQ(measured.value().replies, 400U);
  EXPECT_GE(measured.value().seconds, 0.19);  // the last is due then
}

// The server stands still once, for so long that a hundred requests are due meanwhile.
TEST_F(RunTest, AnOpenLoopCountsWhatAStallDelays) {
  constexpr std::int64_t kStallMs = 200;
  Options options = against(serve_with_stall(kStallMs));
  options.rate = 500;
  options.requests = 250;
  const Result<Measured> measured = run(options);
  ASSERT_TRUE(measured.is_ok()) << measured.status().message();
  // Half of those that were due in the stall waited for half of it or longer.
  const std::uint64_t half = kStallMs * 1'000'000 / 2 / Tally::kUnitNs;
  EXPECT_GE(measured.value().replies - measured.value().latencies.count_to(half), 45U);
}

// So long that the end comes meanwhile: what was due by then is sent, and counts.
TEST_F(RunTest, AStallAtTheEndCountsToo) {
  Options options = against(serve_with_stall(400));
  options.rate = 500;
  options.duration_ms = 300;
  const Result<Measured> measured = run(options);
  ASSERT_TRUE(measured.is_ok()) << measured.status().message();
  EXPECT_TRUE(measured.value().is_right()) << measured.value().first_failure;
  EXPECT_GE(measured.value().latencies.count(), 140U);
  EXPECT_LT(measured.value().replies, 140U);  // the others came after the end
}

TEST_F(RunTest, FewerRequestsThanThreads) {
  Options options = against(fakes::serve_echo());
  options.threads = 3;
  options.requests = 2;
  const Result<Measured> measured = run(options);
  ASSERT_TRUE(measured.is_ok()) << measured.status().message();
  EXPECT_EQ(measured.value().replies, 2U);
}

// More than both sides' watermarks.
TEST_F(RunTest, ReadsOnWhateverIsOutstanding) {
  Options options = against(fakes::serve_echo());
  options.connections = 1;
  options.message_bytes = 64 * 1024;
  options.depth = 400;
  options.requests = 1000;
  const Result<Measured> measured = run(options);
  ASSERT_TRUE(measured.is_ok()) << measured.status().message();
  EXPECT_EQ(measured.value().replies, 1000U);
}

TEST_F(RunTest, SaysWhatIsWrong) {
  Options options = against(fakes::serve({.handle = [](Connection& connection) {
    connection.write(std::string(connection.unread().size(), '!'));
    connection.consume_all();
  }}));
  options.requests = 100;
  const Result<Measured> measured = run(options);
  ASSERT_TRUE(measured.is_ok()) << measured.status().message();
  EXPECT_EQ(measured.value().failures, 10U);
  EXPECT_EQ(measured.value().losses, 0U);
  EXPECT_TRUE(measured.value().first_failure.starts_with("not what was sent: \"!!!"));
}

TEST_F(RunTest, CountsConnectionsThatTheServerEnds) {
  Options options =
      against(fakes::serve({.handle = [](Connection& connection) { connection.close(); }}));
  options.requests = 100;
  const Result<Measured> measured = run(options);
  ASSERT_TRUE(measured.is_ok()) << measured.status().message();
  EXPECT_EQ(measured.value().replies, 0U);
  EXPECT_EQ(measured.value().losses, 10U);
  EXPECT_FALSE(measured.value().first_failure.empty());
}

// Before a single request is due.
TEST_F(RunTest, EndsWithoutConnections) {
  for (const double rate : {0.0, 1.0}) {
    Options options = against([](Connection& connection) {
      connection.close();
      return fakes::serve_echo()(connection);
    });
    options.connections = 300;
    options.rate = rate;
    options.requests = 1000;
    const Result<Measured> measured = run(options);
    ASSERT_TRUE(measured.is_ok()) << measured.status().message();
    EXPECT_EQ(measured.value().replies, 0U);
    EXPECT_EQ(measured.value().losses, 300U);
    EXPECT_LT(measured.value().seconds, 30);
  }
}

TEST_F(RunTest, SaysWhyItCannotConnect) {
  Options options = against(fakes::serve_echo());
  server_->stop();
  server_.reset();
  const Result<Measured> measured = run(options);
  ASSERT_FALSE(measured.is_ok());
  EXPECT_NE(measured.status().message().find("cannot connect to tcp://127.0.0.1:"),
            std::string::npos);
}

}  // namespace
}  // namespace weir::load
