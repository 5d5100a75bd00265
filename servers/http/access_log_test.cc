#include "servers/http/access_log.h"

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "gtest/gtest.h"

namespace weir::http {
namespace {

namespace fs = std::filesystem;

class AccessLogTest : public testing::Test {
 protected:
  AccessLogTest() {
    char name[] = "/tmp/weir_log_XXXXXX";
    directory_ = ::mkdtemp(name);
    path_ = directory_ / "access.log";
  }
  ~AccessLogTest() override { fs::remove_all(directory_); }

  static std::string read(const fs::path& path) {
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
  }

  fs::path directory_;
  fs::path path_;
};

TEST_F(AccessLogTest, EndsWithEverythingWritten) {
  {
    AccessLog log(path_.string());
    ASSERT_TRUE(log.open().is_ok());
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&] {
        for (int i = 0; i < 1000; ++i) log.write("a line\n");
      });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(log.dropped(), 0U);
  }
  EXPECT_EQ(read(path_).size(), 4 * 1000 * std::string("a line\n").size());
}

TEST_F(AccessLogTest, IsMadeAnewWhereItWasMovedAway) {
  AccessLog log(path_.string());
  ASSERT_TRUE(log.open().is_ok());
  log.write("before\n");
  while (read(path_).empty()) std::this_thread::yield();
  fs::rename(path_, directory_ / "old.log");
  while (!fs::exists(path_) || read(path_).empty()) {
    log.write("behind\n");
    std::this_thread::yield();
  }
  EXPECT_TRUE(read(path_).starts_with("behind\n"));
  EXPECT_TRUE(read(directory_ / "old.log").starts_with("before\n"));
}

TEST_F(AccessLogTest, ADiskThatIsFullIsCounted) {
  AccessLog log("/dev/full");
  ASSERT_TRUE(log.open().is_ok());
  log.write("one\ntwo\n");
  while (log.dropped() < 2) std::this_thread::yield();
  EXPECT_EQ(log.dropped(), 2U);
}

TEST_F(AccessLogTest, APathThatIsNone) {
  AccessLog log("/nowhere/at/all");
  EXPECT_EQ(log.open().message(),
            "can't write the access log '/nowhere/at/all': No such file or directory");
}

TEST(LogEntryTest, IsTheCombinedFormat) {
  const LogEntry entry = make_log_entry("127.0.0.1", 784111777, "GET /a HTTP/1.1", "", "curl/7");
  std::string lines;
  append_log_line(lines, entry, 200, 5);
  EXPECT_EQ(lines,
            "127.0.0.1 - - [06/Nov/1994:08:49:37 +0000] \"GET /a HTTP/1.1\" 200 5 \"-\" "
            "\"curl/7\"\n");
}

TEST(LogEntryTest, CantBeForged) {
  const LogEntry entry = make_log_entry("x", 0, "GET /\"\\\n\x80 HTTP/1.1", "a\tb", "\x7f");
  EXPECT_TRUE(entry.request.ends_with("\"GET /\\x22\\x5C\\x0A\\x80 HTTP/1.1\""));
  EXPECT_EQ(entry.client, "\"a\\x09b\" \"\\x7F\"");
}

}  // namespace
}  // namespace weir::http
