#include "core/log.h"

#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "gtest/gtest.h"

namespace weir {
namespace {

// The text with every digit as 9.
std::string shape(std::string text) {
  for (char& c : text) {
    if (c >= '0' && c <= '9') c = '9';
  }
  return text;
}

// Stands in for standard error with a datagram socket: what one write(2) wrote is one record.
class LogTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_DGRAM, 0, sockets_), 0);
    stderr_ = ::dup(STDERR_FILENO);
    ASSERT_GE(::dup2(sockets_[1], STDERR_FILENO), 0);
  }

  void TearDown() override {
    ::dup2(stderr_, STDERR_FILENO);
    for (const int fd : {sockets_[0], sockets_[1], stderr_}) ::close(fd);
    set_log_level(LogLevel::kNotice);
  }

  // The next record, or "" if nothing was written; waits for one with flags 0.
  std::string record(int flags = MSG_DONTWAIT) {
    char bytes[4096];
    const ssize_t size = ::recv(sockets_[0], bytes, sizeof(bytes), flags);
    return size < 0 ? "" : std::string(bytes, static_cast<size_t>(size));
  }

 private:
  int sockets_[2] = {-1, -1};
  int stderr_ = -1;
};

TEST_F(LogTest, ALineIsOneWriteInTheDocumentedForm) {
  WEIR_LOG(kWarning, "listening on %s, %d reactors", "tcp://127.0.0.1:9000", 4);
  const std::string line = record();
  EXPECT_EQ(shape(line.substr(line.find(' '))),
            " 9999-99-99 99:99:99.999 warning listening on tcp://999.9.9.9:9999, 9 reactors\n");
  EXPECT_TRUE(line.starts_with(std::to_string(::getpid()) + ":" + std::to_string(::gettid()) + " "))
      << line;
  EXPECT_EQ(record(), "");
}

TEST_F(LogTest, DropsWhatIsBelowTheLevelWithoutEvaluatingIt) {
  int evaluated = 0;
  set_log_level(LogLevel::kWarning);
  WEIR_LOG(kNotice, "%d", ++evaluated);
  EXPECT_EQ(record(), "");
  EXPECT_EQ(evaluated, 0);

  set_log_level(LogLevel::kDebug);
  WEIR_LOG(kDebug, "%d", ++evaluated);
  EXPECT_NE(record().find("debug 1\n"), std::string::npos);
  EXPECT_EQ(log_level(), LogLevel::kDebug);
}

TEST_F(LogTest, APeersBytesCannotForgeALine) {
  WEIR_LOG(kNotice, "unknown command '%s'", "x\r\n1:1 forged\x1b[0m\x7f\t\xc3\xa9");
  const std::string line = record();
  EXPECT_NE(line.find("'x??1:1 forged?[0m??\xc3\xa9'\n"), std::string::npos) << line;
}

TEST_F(LogTest, CutsLongLines) {
  WEIR_LOG(kNotice, "%s", std::string(10000, 'x').c_str());
  const std::string line = record();
  EXPECT_EQ(line.size(), 1024U);
  EXPECT_TRUE(line.ends_with("xx\n"));
}

TEST_F(LogTest, KeepsErrno) {
  errno = ENOENT;
  WEIR_LOG(kNotice, "open");
  EXPECT_EQ(errno, ENOENT);

  ASSERT_EQ(::close(STDERR_FILENO), 0);
  WEIR_LOG(kNotice, "lost");
  EXPECT_EQ(errno, ENOENT);
}

// Whatever the process does with SIGPIPE, and whether one was on its way already.
TEST_F(LogTest, SurvivesAReaderThatHasGone) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  ::close(ends[0]);
  EXPECT_EXIT(
      {
        ::signal(SIGPIPE, SIG_DFL);
        ::dup2(ends[1], STDERR_FILENO);
        WEIR_LOG(kWarning, "nobody reads this");
        std::_Exit(0);
      },
      testing::ExitedWithCode(0), "");
  EXPECT_EXIT(
      {
        ::signal(SIGPIPE, SIG_DFL);
        sigset_t pipe;
        ::sigemptyset(&pipe);
        ::sigaddset(&pipe, SIGPIPE);
        ::sigprocmask(SIG_BLOCK, &pipe, nullptr);
        ::raise(SIGPIPE);  // somebody else's
        ::dup2(ends[1], STDERR_FILENO);
        WEIR_LOG(kWarning, "nobody reads this");
        ::sigprocmask(SIG_UNBLOCK, &pipe, nullptr);
        std::_Exit(0);
      },
      testing::KilledBySignal(SIGPIPE), "");
  ::close(ends[1]);
}

TEST_F(LogTest, LinesOfSeveralThreadsDoNotMix) {
  constexpr int kThreads = 4;
  constexpr int kLines = 20;
  std::vector<std::thread> threads;
  std::vector<std::string> lines;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([] {
      for (int line = 0; line < kLines; ++line) WEIR_LOG(kNotice, "%s", "0123456789");
    });
  }
  // A datagram socket's queue is short: reads while the threads write.
  while (lines.size() < kThreads * kLines) lines.push_back(record(0));
  for (std::thread& thread : threads) thread.join();
  for (const std::string& line : lines) EXPECT_TRUE(line.ends_with(" notice 0123456789\n")) << line;
}

TEST(LogLevelTest, NamesGoBothWays) {
  for (const LogLevel level :
       {LogLevel::kDebug, LogLevel::kVerbose, LogLevel::kNotice, LogLevel::kWarning}) {
    Result<LogLevel> parsed = parse_log_level(log_level_name(level));
    ASSERT_TRUE(parsed.is_ok());
    EXPECT_EQ(*parsed, level);
  }
  EXPECT_EQ(parse_log_level("loud").status().message(),
            "expected debug, verbose, notice or warning");
}

}  // namespace
}  // namespace weir
