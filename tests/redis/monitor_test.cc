// MONITOR: what is shown to whom, in which form and order.
#include <gtest/gtest.h>

#include <string>

#include "servers/redis/server.h"
#include "tests/redis/redis_fixture.h"

namespace weir::redis {
namespace {

class MonitorTest : public testing::TestWithParam<Setup> {
 protected:
  RedisClient connect(int protocol = 2) { return RedisClient(server_.port(), protocol); }
  // A client in MONITOR mode.
  RedisClient monitor(int protocol = 2) {
    RedisClient client = connect(protocol);
    EXPECT_EQ(client.command("MONITOR"), "+OK");
    return client;
  }
  // A line without its time, which has the form of one.
  static std::string next(RedisClient& client) {
    const std::string line = client.read();
    const std::size_t end = line.find(' ');
    EXPECT_EQ(line[0], '+') << line;
    EXPECT_EQ(end, std::string("+1234567890.123456").size()) << line;
    EXPECT_EQ(line.find('.'), 11U) << line;
    return end == std::string::npos ? line : line.substr(end + 1);
  }
  // How a line begins.
  static std::string head(const RedisClient& client, int database = 0) {
    return "[" + std::to_string(database) + " " + client.address() + "] ";
  }

  RedisServer server_{GetParam()};
};

TEST_P(MonitorTest, ShowsWhatIsExecuted) {
  RedisClient a = connect();
  RedisClient watching = monitor();
  a.command("set", "k", std::string("\0\xff\x7f \"\\\n\r\t\a\b\v~", 13));
  a.command("GET");  // refused
  a.command("nosuch");
  a.command("SELECT", "3");
  a.command("LPUSH", "l", "");
  a.command("INCR", "l");
  // The client shows a backslash as two.
  EXPECT_EQ(next(watching),
            head(a) + R"("set" "k" "\\x00\\xff\\x7f \\"\\\\\\n\\r\\t\\a\\b\\x0b~")");
  EXPECT_EQ(next(watching), head(a, 3) + R"("SELECT" "3")");
  EXPECT_EQ(next(watching), head(a, 3) + R"("LPUSH" "l" "")");
  EXPECT_EQ(next(watching), head(a, 3) + R"("INCR" "l")");
}

TEST_P(MonitorTest, TransactionsInTheirOrder) {
  RedisClient a = connect();
  RedisClient watching = monitor(3);
  a.command("MULTI");
  a.command("SELECT", "2");
  a.command("SET", "k", "v");
  a.command("EXEC");
  EXPECT_EQ(next(watching), head(a) + R"("MULTI")");
  EXPECT_EQ(next(watching), head(a, 2) + R"("SELECT" "2")");
  EXPECT_EQ(next(watching), head(a, 2) + R"("SET" "k" "v")");
  EXPECT_EQ(next(watching), head(a, 2) + R"("EXEC")");
}

TEST_P(MonitorTest, SecretsAndAdministrationAreNotShown) {
  RedisClient a = connect();
  RedisClient watching = monitor();
  a.command("CONFIG", "GET", "port");
  a.command("AUTH", "secret");
  a.command("HELLO", "2", "AUTH", "default", "secret");
  a.command("CLIENT", "LIST");
  a.command("CLIENT", "ID");
  EXPECT_EQ(next(watching), head(a) + R"-("AUTH" "(redacted)")-");
  EXPECT_EQ(next(watching), head(a) + R"-("HELLO" "2" "AUTH" "(redacted)" "(redacted)")-");
  EXPECT_EQ(next(watching), head(a) + R"("CLIENT" "ID")");
}

TEST_P(MonitorTest, SeveralSeeOneOrder) {
  constexpr int kCommands = 200;
  RedisClient a = connect();
  RedisClient b = connect();
  RedisClient first = monitor();
  RedisClient second = monitor();
  for (int i = 0; i < kCommands; ++i) {
    a.send_command("SET", "a", std::to_string(i));
    b.send_command("SET", "b", std::to_string(i));
  }
  for (int i = 0; i < 2 * kCommands; ++i) ASSERT_EQ(first.read(), second.read());
}

TEST_P(MonitorTest, ResetEndsIt) {
  RedisClient watching = monitor();
  EXPECT_NE(watching.command("CLIENT", "INFO").find(" flags=O "), std::string::npos);
  EXPECT_EQ(next(watching), head(watching) + R"("CLIENT" "INFO")");
  EXPECT_EQ(watching.command("RESET"), "+RESET");
  RedisClient a = connect();
  a.command("PING");
  EXPECT_NE(watching.command("CLIENT", "INFO").find(" flags=N "), std::string::npos);
  EXPECT_EQ(watching.command("GET", "k"), "$-1");
}

TEST_P(MonitorTest, TheEndOfAMonitorDisturbsNobody) {
  RedisClient a = connect();
  for (int round = 0; round < 20; ++round) {
    RedisClient watching = monitor();
    for (int i = 0; i < 10; ++i) a.send_command("PING");
    for (int i = 0; i < 10; ++i) EXPECT_EQ(a.read(), "+PONG");
  }
  EXPECT_TRUE(eventually([&] { return server_.server().monitors().empty(); }));
}

INSTANTIATE_TEST_SUITE_P(All, MonitorTest, testing::ValuesIn(all_setups()),
                         [](const testing::TestParamInfo<Setup>& test_param) {
                           return setup_name(test_param.param);
                         });

}  // namespace
}  // namespace weir::redis
