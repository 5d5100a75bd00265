#include "core/options.h"

#include <initializer_list>
#include <string>
#include <vector>

#include "core/log.h"
#include "gtest/gtest.h"

namespace weir {
namespace {

class OptionsTest : public testing::Test {
 protected:
  void TearDown() override { set_log_level(LogLevel::kNotice); }

  // The sentence for the user, "" for success.
  std::string parse(std::initializer_list<const char*> arguments) {
    std::vector<const char*> argv = {"server"};
    argv.insert(argv.end(), arguments);
    FlagSet flags;
    options_.add_flags(flags);
    return flags.parse(static_cast<int>(argv.size()), argv.data()).message();
  }

  Options options_;
};

TEST_F(OptionsTest, EveryFlagSetsItsOption) {
  EXPECT_EQ(parse({"--bind",
                   "10.0.0.1",
                   "::1",
                   "--port",
                   "65535",
                   "--unixsocket",
                   "/tmp/s",
                   "--model",
                   "reuseport",
                   "--threads=255",
                   "--backend=epoll-et",
                   "--handoff-notify",
                   "eventfd",
                   "--balancer",
                   "least_connections",
                   "--idle-poll=50",
                   "--tcp-backlog",
                   "7",
                   "--buffer-budget",
                   "256mb",
                   "--drain",
                   "1h",
                   "--loglevel",
                   "warning"}),
            "");
  EXPECT_EQ(options_.bind, (std::vector<std::string>{"10.0.0.1", "::1"}));
  EXPECT_EQ(options_.port, 65535);
  EXPECT_EQ(options_.unix_socket, "/tmp/s");
  EXPECT_EQ(options_.model, ThreadingModel::kReuseport);
  EXPECT_EQ(options_.threads, 255U);
  EXPECT_EQ(options_.backend, BackendKind::kEpollEdge);
  EXPECT_EQ(options_.handoff_notify, HandoffNotify::kEventfd);
  EXPECT_EQ(options_.balancer, BalancerPolicy::kLeastConnections);
  EXPECT_EQ(options_.idle_poll_us, 50);
  EXPECT_EQ(options_.backlog, 7);
  EXPECT_EQ(options_.buffer_budget, 256U << 20);
  EXPECT_EQ(options_.drain_ms, 3'600'000);
  EXPECT_EQ(log_level(), LogLevel::kWarning);
}

// Every bad value ends in one sentence: flag, value, what is accepted.
TEST_F(OptionsTest, RefusesBadValues) {
  EXPECT_EQ(parse({"--port", "65536"}), "--port 65536: expected a whole number from 0 to 65535");
  EXPECT_EQ(parse({"--port", "-1"}), "--port -1: expected a whole number from 0 to 65535");
  EXPECT_EQ(parse({"--port"}), "--port: expected a value, N");
  EXPECT_EQ(parse({"--threads", "0"}), "--threads 0: expected a whole number from 1 to 255");
  EXPECT_EQ(parse({"--threads", "256"}), "--threads 256: expected a whole number from 1 to 255");
  EXPECT_EQ(parse({"--threads", "two"}), "--threads two: expected a whole number from 1 to 255");
  EXPECT_EQ(parse({"--model", "fork"}),
            "--model fork: expected single, handoff, reuseport, exclusive, io_threads or "
            "prefork");
  EXPECT_EQ(parse({"--backend", "kqueue"}),
            "--backend kqueue: expected epoll, epoll-et, io_uring or auto");
  EXPECT_EQ(parse({"--handoff-notify="}), "--handoff-notify '': expected pipe or eventfd");
  EXPECT_EQ(parse({"--balancer", "best"}),
            "--balancer best: expected round_robin, least_connections, source_ip_hash, random, "
            "two_choices or "
            "consistent_hash");
  EXPECT_EQ(parse({"--socket-option", "nodelay=1", "fastopen=-1"}),
            "--socket-option nodelay=1 fastopen=-1: fastopen=-1: expected a whole number from 0 to "
            "65535");
  EXPECT_EQ(parse({"--socket-option", "nodelay"}), "--socket-option nodelay: expected NAME=VALUE");
  EXPECT_EQ(parse({"--cpus", "0", "x"}), "--cpus 0 x: expected a whole number from 0 to 1023");
  EXPECT_EQ(parse({"--read-budget", "1mb"}), "");
  EXPECT_EQ(parse({"--read-budget", "1000"}), "--read-budget 1000: expected 1kb to 1gb");
  EXPECT_EQ(parse({"--idle-poll", "1ms"}),
            "--idle-poll 1ms: expected a whole number from 0 to 1000000");
  EXPECT_EQ(parse({"--upgrade-drain", "2h"}), "--upgrade-drain 2h: expected at most 1h");
  EXPECT_EQ(parse({"--prefork-accept", "all"}),
            "--prefork-accept all: expected mutex, exclusive or reuseport");
  EXPECT_EQ(parse({"--tcp-backlog", "0"}),
            "--tcp-backlog 0: expected a whole number from 1 to 65535");
  EXPECT_EQ(parse({"--drain", "5"}), "--drain 5: expected a duration such as 250ms, 10s, 5m or 2h");
  EXPECT_EQ(parse({"--drain", "61m"}), "--drain 61m: expected at most 1h");
  EXPECT_EQ(parse({"--loglevel", "loud"}),
            "--loglevel loud: expected debug, verbose, notice or warning");
  EXPECT_EQ(parse({"--modle", "single"}), "unknown flag --modle: did you mean --model?");
}

TEST_F(OptionsTest, AddressesAreWhatTheEngineTakes) {
  EXPECT_EQ(options_.addresses(), std::vector<std::string>{"tcp://127.0.0.1:0"});
  ASSERT_EQ(
      parse({"--bind", "*", "::1", "[::1]", "localhost", "--port", "9", "--unixsocket", "/tmp/s"}),
      "");
  EXPECT_EQ(options_.addresses(),
            (std::vector<std::string>{"tcp://*:9", "tcp://[::1]:9", "tcp://[::1]:9",
                                      "tcp://localhost:9", "unix:/tmp/s"}));
  EXPECT_EQ(options_.datagram_addresses(),
            (std::vector<std::string>{"udp://*:9", "udp://[::1]:9", "udp://[::1]:9",
                                      "udp://localhost:9"}));
}

// Without a TCP address only the unix socket is left.
TEST_F(OptionsTest, BindMayBeEmpty) {
  ASSERT_EQ(parse({"--bind", "--unixsocket", "/tmp/s"}), "");
  EXPECT_EQ(options_.addresses(), std::vector<std::string>{"unix:/tmp/s"});
}

TEST_F(OptionsTest, BackendNames) {
  EXPECT_EQ(backend_name(BackendKind::kEpoll), "epoll");
  EXPECT_EQ(backend_name(BackendKind::kEpollEdge), "epoll-et");
  EXPECT_EQ(backend_name(BackendKind::kUring), "io_uring");
}

Options from_flags(std::initializer_list<const char*> arguments) {
  std::vector<const char*> argv = {"server"};
  argv.insert(argv.end(), arguments);
  return Options::from_flags(static_cast<int>(argv.size()), argv.data(), Options());
}

TEST(OptionsFromFlagsTest, TakesDefaultsAndFlags) {
  const Options options = from_flags({"--port", "5"});
  EXPECT_EQ(options.port, 5);
  EXPECT_EQ(options.threads, 1U);
}

TEST(OptionsFromFlagsDeathTest, EndsWithOneSentence) {
  EXPECT_EXIT(from_flags({"--port", "x"}), testing::ExitedWithCode(2),
              "^server: --port x: expected a whole number from 0 to 65535\n$");
  EXPECT_EXIT(from_flags({"8080"}), testing::ExitedWithCode(2),
              "^server: unexpected argument '8080'; see --help\n$");
  EXPECT_EXIT(from_flags({"--bind"}), testing::ExitedWithCode(2),
              "^server: nothing to listen on: give --bind an address, or --unixsocket a path\n$");
  EXPECT_EXIT(from_flags({"--help"}), testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace weir
