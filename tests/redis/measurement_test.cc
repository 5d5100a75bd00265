// What the server measures of commands: their counts by outcome, the slow log, latencies. On one
// reactor and on two: who asks may do so on another than who was measured.
#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "tests/redis/redis_fixture.h"

namespace weir::redis {
namespace {

class MeasurementTest : public testing::TestWithParam<Setup> {
 protected:
  RedisClient connect(int protocol = 2) { return RedisClient(server_.port(), protocol); }

  // INFO's line of this name; empty when there is none.
  std::string line(const std::string& section, const std::string& name) {
    const std::string text = reader_.command("INFO", section);
    const std::size_t begin = text.find("\\n" + name + ":");
    if (begin == std::string::npos) return {};
    const std::size_t value = begin + name.size() + 3;
    return text.substr(value, text.find("\\r", value) - value);
  }
  // "calls=2,rejected_calls=0,failed_calls=0" of a command.
  std::string counts(const std::string& command) {
    std::string text = line("commandstats", "cmdstat_" + command);
    const std::size_t usec = text.find(",usec=");
    if (usec == std::string::npos) return text;
    return text.erase(usec, text.find(",rejected_calls") - usec);
  }
  void await_blocked() {
    ASSERT_TRUE(eventually([&] {
      return reader_.command("INFO", "clients").find("blocked_clients:1\\r") != std::string::npos;
    }));
  }
  // What the latest entries of the slow log say was called: "*3 $3 set $1 a $1 b".
  std::vector<std::string> slow_requests() {
    std::vector<std::string> requests;
    const std::string reply = reader_.command("SLOWLOG", "GET", "-1");
    for (std::size_t at = reply.find("*6 :"); at != std::string::npos;) {
      const std::size_t begin = reply.find('*', at + 1);
      at = reply.find("*6 :", begin);
      const std::string entry = reply.substr(begin, at == std::string::npos ? at : at - begin);
      requests.push_back(entry.substr(0, entry.find(" $", entry.find("127.0.0.1") - 6)));
    }
    return requests;
  }

  RedisServer server_{GetParam()};
  RedisClient reader_{server_.port()};
};

TEST_P(MeasurementTest, CallsAreCountedByOutcome) {
  RedisClient a = connect();
  RedisClient b = connect();
  EXPECT_EQ(a.command("CONFIG", "RESETSTAT"), "+OK");
  a.command("SET", "k", "v");
  b.command("SET", "k", "v");
  b.command("SET", "k");
  b.command("LPUSH", "k", "v");
  b.command("CLIENT", "ID");
  b.command("nosuch");
  EXPECT_EQ(counts("set"), "calls=2,rejected_calls=1,failed_calls=0");
  EXPECT_EQ(counts("lpush"), "calls=1,rejected_calls=0,failed_calls=1");
  EXPECT_EQ(counts("client|id"), "calls=1,rejected_calls=0,failed_calls=0");
  EXPECT_EQ(counts("config|resetstat"), "calls=1,rejected_calls=0,failed_calls=0");
  EXPECT_EQ(counts("get"), "");
  EXPECT_EQ(line("errorstats", "errorstat_ERR"), "count=2");
  EXPECT_EQ(line("errorstats", "errorstat_WRONGTYPE"), "count=1");
  EXPECT_TRUE(line("latencystats", "latency_percentiles_usec_set").starts_with("p50="));
  EXPECT_EQ(line("default", "cmdstat_set"), "");
  EXPECT_NE(line("all", "cmdstat_set"), "");
  a.command("CONFIG", "RESETSTAT");
  EXPECT_EQ(counts("set"), "");
  EXPECT_EQ(line("errorstats", "errorstat_ERR"), "");
  EXPECT_EQ(line("latencystats", "latency_percentiles_usec_set"), "");
}

TEST_P(MeasurementTest, TransactionsAreCountedCommandByCommand) {
  RedisClient a = connect();
  a.command("CONFIG", "RESETSTAT");
  a.command("MULTI");
  a.command("SET", "k", "v");
  a.command("AUTH", "x");
  EXPECT_EQ(counts("set"), "") << "queued";
  a.command("EXEC");
  EXPECT_EQ(counts("set"), "calls=1,rejected_calls=0,failed_calls=0");
  EXPECT_EQ(counts("auth"), "calls=1,rejected_calls=0,failed_calls=1");
  EXPECT_EQ(counts("exec"), "calls=1,rejected_calls=0,failed_calls=0");
  a.command("EXEC");
  a.command("MULTI");
  a.command("EXEC", "x");
  EXPECT_EQ(counts("exec"), "calls=2,rejected_calls=1,failed_calls=1");
  EXPECT_EQ(line("errorstats", "errorstat_EXECABORT"), "count=1");
}

TEST_P(MeasurementTest, AWaitCountsOnceAndIsLoggedWhenItEnds) {
  RedisClient a = connect();
  RedisClient b = connect();
  a.command("CONFIG", "SET", "slowlog-log-slower-than", "0");
  a.command("CONFIG", "RESETSTAT");
  a.command("CLIENT", "SETNAME", "waiter");
  a.send_command("BLPOP", "l", "0");
  await_blocked();
  EXPECT_EQ(counts("blpop"), "calls=1,rejected_calls=0,failed_calls=0");
  EXPECT_EQ(line("latencystats", "latency_percentiles_usec_blpop"), "");
  b.command("SLOWLOG", "RESET");
  b.command("RPUSH", "l", "x");
  EXPECT_EQ(a.read(), "*2 $1 l $1 x");
  EXPECT_EQ(counts("blpop"), "calls=1,rejected_calls=0,failed_calls=0");
  EXPECT_NE(line("latencystats", "latency_percentiles_usec_blpop"), "");
  const std::string log = reader_.command("SLOWLOG", "GET", "-1");
  EXPECT_NE(log.find("*3 $5 BLPOP $1 l $1 0 $" + std::to_string(a.address().size()) + " " +
                     a.address() + " $6 waiter"),
            std::string::npos)
      << log;
}

TEST_P(MeasurementTest, AnUnblockedClientHasFailed) {
  RedisClient a = connect();
  const std::string id = a.command("CLIENT", "ID").substr(1);
  a.command("CONFIG", "RESETSTAT");
  a.send_command("BLPOP", "l", "0");
  await_blocked();
  EXPECT_EQ(reader_.command("CLIENT", "UNBLOCK", id, "ERROR"), ":1");
  EXPECT_TRUE(a.read().starts_with("-UNBLOCKED"));
  EXPECT_EQ(counts("blpop"), "calls=1,rejected_calls=0,failed_calls=1");
  EXPECT_EQ(line("errorstats", "errorstat_UNBLOCKED"), "count=1");
  a.send_command("BLPOP", "l", "0.001");
  EXPECT_EQ(a.read(), "*-1");
  EXPECT_EQ(counts("blpop"), "calls=2,rejected_calls=0,failed_calls=1");
}

TEST_P(MeasurementTest, TheSlowLogHasWhatWasCalled) {
  RedisClient a = connect();
  a.command("CONFIG", "SET", "slowlog-log-slower-than", "1000000000");
  a.command("SLOWLOG", "RESET");
  a.command("PING");
  EXPECT_EQ(a.command("SLOWLOG", "LEN"), ":0");
  a.command("CONFIG", "SET", "slowlog-log-slower-than", "0");
  a.command("SLOWLOG", "RESET");
  a.command("SET", "k", std::string(129, 'x'));
  a.command("MULTI");
  a.command("GETDEL", "k");
  a.command("EXEC");
  a.command("AUTH", "secret");
  a.command("CONFIG", "SET", "requirepass", "secret", "slowlog-max-len", "100");
  a.command("CONFIG", "SET", "requirepass", "");
  a.command("CONFIG", "SET", "slowlog-log-slower-than", "-1");
  const std::vector<std::string> requests = slow_requests();
  ASSERT_EQ(requests.size(), 7U) << reader_.command("SLOWLOG", "GET", "-1");
  EXPECT_EQ(requests[6], "*2 $7 SLOWLOG $5 RESET");
  EXPECT_EQ(requests[5], "*3 $3 SET $1 k $146 " + std::string(128, 'x') + "... (1 more bytes)");
  EXPECT_EQ(requests[4], "*1 $5 MULTI");
  EXPECT_EQ(requests[3], "*2 $6 GETDEL $1 k") << "EXEC itself is not logged";
  EXPECT_EQ(requests[2], "*2 $4 AUTH $10 (redacted)");
  EXPECT_EQ(requests[1],
            "*6 $6 CONFIG $3 SET $11 requirepass $10 (redacted) $15 slowlog-max-len $3 100");
}

TEST_P(MeasurementTest, LatenciesOverTheThresholdAreEvents) {
  RedisClient a = connect();
  a.command("CONFIG", "SET", "latency-monitor-threshold", "20");
  a.command("LATENCY", "RESET");
  a.command("DEBUG", "SLEEP", "0.03");
  EXPECT_TRUE(reader_.command("LATENCY", "HISTORY", "command").starts_with("*1 *2 :"));
  EXPECT_NE(reader_.command("LATENCY", "LATEST").find("*4 $7 command :"), std::string::npos);
  EXPECT_NE(reader_.command("LATENCY", "DOCTOR").find("1. command: 1 latency spikes (average "),
            std::string::npos);
  EXPECT_NE(reader_.command("LATENCY", "GRAPH", "command").find("command - high "),
            std::string::npos);
  EXPECT_EQ(reader_.command("LATENCY", "RESET", "Command"), ":1");
  EXPECT_EQ(reader_.command("LATENCY", "HISTORY", "command"), "*0");
}

TEST_P(MeasurementTest, HistogramsOfCommands) {
  RedisClient a = connect();
  a.command("CONFIG", "RESETSTAT");
  EXPECT_TRUE(reader_.command("LATENCY", "HISTOGRAM").starts_with("*2 $16 config|resetstat *4 "));
  a.command("CLIENT", "ID");
  a.command("CLIENT", "GETNAME");
  a.command("DEBUG", "SLEEP", "0.01");
  EXPECT_TRUE(reader_.command("LATENCY", "HISTOGRAM", "nosuch", "client").starts_with("*4 "));
  EXPECT_TRUE(reader_.command("LATENCY", "HISTOGRAM", "client|id")
                  .starts_with("*2 $9 client|id *4 $5 calls :1 $14 histogram_usec *2 :"));
  const std::string slept = reader_.command("LATENCY", "HISTOGRAM", "debug");
  EXPECT_EQ(slept.find("*2 $5 debug *4 $5 calls :1 $14 histogram_usec *2 :"), 0U) << slept;
  // 10 ms lie between 8.4 and 16.9, or above.
  EXPECT_GE(std::stoi(slept.substr(slept.rfind("*2 :") + 4)), 16908) << slept;
}

INSTANTIATE_TEST_SUITE_P(All, MeasurementTest, testing::ValuesIn(each_model_once()),
                         [](const testing::TestParamInfo<Setup>& test_param) {
                           return setup_name(test_param.param);
                         });

}  // namespace
}  // namespace weir::redis
