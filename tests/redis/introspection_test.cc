// INFO, COMMAND, CONFIG RESETSTAT, TIME, SHUTDOWN: what a server tells of itself.
#include <gtest/gtest.h>

#include <map>
#include <sstream>
#include <string>

#include "core/clock.h"
#include "core/engine.h"
#include "servers/redis/server.h"
#include "tests/redis/redis_fixture.h"

namespace weir::redis {
namespace {

class IntrospectionTest : public testing::TestWithParam<Setup> {
 protected:
  RedisClient connect(int protocol = 2) { return RedisClient(server_.port(), protocol); }

  RedisServer server_{GetParam()};
};

// INFO's "name:value" lines.
std::map<std::string, std::string> info(RedisClient& client, const std::string& section = "all") {
  const std::string text = client.command("INFO", section);
  std::map<std::string, std::string> fields;
  std::size_t at = text.find(' ') + 1;
  while (at < text.size()) {
    const std::size_t end = std::min(text.find("\\r\\n", at), text.size());
    const std::string line = text.substr(at, end - at);
    const std::size_t colon = line.find(':');
    if (colon != std::string::npos) fields[line.substr(0, colon)] = line.substr(colon + 1);
    at = end + 4;
  }
  return fields;
}

TEST_P(IntrospectionTest, InfoHasWhatClientsAskFor) {
  RedisClient a = connect();
  a.command("MSET", "a", "1", "b", "2");
  a.command("EXPIRE", "a", "1000");
  a.command("SELECT", "4");
  a.command("SET", "c", "3");
  const auto fields = info(a);
  EXPECT_EQ(fields.at("redis_version"), "7.0.15");
  EXPECT_EQ(fields.at("redis_mode"), "standalone");
  EXPECT_EQ(fields.at("role"), "master");
  EXPECT_EQ(fields.at("loading"), "0");
  EXPECT_EQ(fields.at("connected_clients"), "1");
  EXPECT_EQ(fields.at("blocked_clients"), "0");
  EXPECT_EQ(fields.at("tcp_port"), std::to_string(server_.port()));
  EXPECT_EQ(fields.at("maxmemory_policy"), "noeviction");
  EXPECT_EQ(fields.at("run_id").size(), 40U);
  EXPECT_GT(std::stoull(fields.at("used_memory")), 100'000U);
  EXPECT_EQ(fields.at("db0"), "keys=2,expires=1,avg_ttl=0");
  EXPECT_EQ(fields.at("db4"), "keys=1,expires=0,avg_ttl=0");
  EXPECT_EQ(fields.count("db1"), 0U);
  EXPECT_EQ(info(a, "SERVER").count("redis_version"), 1U);
  EXPECT_EQ(info(a, "server").count("role"), 0U);
  EXPECT_TRUE(connect(3).command("INFO", "replication").starts_with("=")) << "verbatim in RESP3";
}

// As a module's section in Redis: by its name and with "everything", not unasked.
TEST_P(IntrospectionTest, InfoReactorsHasWhatTheEngineCounts) {
  RedisClient a = connect();
  const auto fields = info(a, "REACTORS");
  const std::size_t reactors = server_.server().engine().reactors().size();
  EXPECT_EQ(fields.at("reactors"), std::to_string(reactors));
  const std::string all = reactors > 1 ? "reactors" : "reactor0";
  EXPECT_TRUE(
      fields.at(all + "_connections").starts_with("open=1,accepted=1,connected=0,closed=0,"));
  EXPECT_TRUE(fields.at(all + "_tick_us").starts_with("count="));
  EXPECT_EQ(fields.count("redis_version"), 0U);
  EXPECT_EQ(fields.size(), 1 + 8 * (reactors > 1 ? reactors + 1 : 1));
  const auto everything = info(a, "everything");
  EXPECT_EQ(everything.count(all + "_tick_us"), 1U);
  EXPECT_EQ(everything.count("redis_version"), 1U);
  for (const char* section : {"all", "default", "server"}) {
    EXPECT_EQ(info(a, section).count(all + "_tick_us"), 0U) << section;
  }
  const std::string unasked = a.command("INFO");
  EXPECT_EQ(unasked.find("_tick_us"), std::string::npos);
  EXPECT_NE(unasked.find("redis_version"), std::string::npos);
}

TEST_P(IntrospectionTest, CountersCount) {
  RedisClient a = connect();
  RedisClient b = connect();
  b.command("PING");
  EXPECT_EQ(a.command("CONFIG", "RESETSTAT"), "+OK");
  b.command("SET", "k", "v");
  b.command("GET", "k");
  b.command("GET", "absent");
  a.command("MGET", "k", "absent", "absent");
  a.command("nosuch");
  a.command("INCR", "k");
  const auto fields = info(a, "stats");
  EXPECT_EQ(fields.at("keyspace_hits"), "2");
  EXPECT_EQ(fields.at("keyspace_misses"), "3");
  EXPECT_EQ(fields.at("total_error_replies"), "2");
  EXPECT_EQ(fields.at("total_connections_received"), "0");
  // RESETSTAT among them, but neither this INFO nor what is no command.
  EXPECT_EQ(fields.at("total_commands_processed"), "6");
  b.command("SET", "k", std::string(10'000, 'v'));
  // By who asks for the sum: another reactor counts a reply when its client may have it already.
  a.command("GET", "k");
  EXPECT_GT(std::stoi(info(a, "stats").at("total_net_input_bytes")), 10'000);
  EXPECT_GT(std::stoi(info(a, "stats").at("total_net_output_bytes")), 10'000);
  EXPECT_EQ(a.command("CONFIG", "RESETSTAT"), "+OK");
  EXPECT_EQ(info(a, "stats").at("keyspace_hits"), "0");
  EXPECT_LT(std::stoi(info(a, "stats").at("total_net_input_bytes")), 1'000);
  EXPECT_LT(std::stoi(info(a, "stats").at("total_net_output_bytes")), 5'000);
  RedisClient c = connect();
  c.command("PING");
  EXPECT_EQ(info(a, "stats").at("total_connections_received"), "1");
}

TEST_P(IntrospectionTest, EveryCommandIsDescribed) {
  RedisClient a = connect();
  const std::string count = a.command("COMMAND", "COUNT");
  ASSERT_TRUE(count.starts_with(":"));
  EXPECT_GT(std::stoi(count.substr(1)), 100);
  EXPECT_TRUE(a.command("COMMAND").starts_with("*" + count.substr(1) + " *10 "));
  EXPECT_TRUE(a.command("COMMAND", "INFO").starts_with("*" + count.substr(1) + " *10 "));
  const int doubled = 2 * std::stoi(count.substr(1));
  EXPECT_TRUE(a.command("COMMAND", "DOCS").starts_with("*" + std::to_string(doubled) + " $"));
  RedisClient b = connect(3);
  EXPECT_TRUE(b.command("COMMAND", "DOCS").starts_with("%" + count.substr(1) + " $"));
}

TEST_P(IntrospectionTest, CommandInfo) {
  RedisClient a = connect();
  EXPECT_EQ(
      a.command("COMMAND", "INFO", "get"),
      "*1 *10 $3 get :2 *2 +readonly +fast :1 :1 :1 *3 +@read +@string +@fast *0 *1 *6 $5 flags "
      "*2 +RO +access $12 begin_search *4 $4 type $5 index $4 spec *2 $5 index :1 $9 find_keys "
      "*4 $4 type $5 range $4 spec *6 $7 lastkey :0 $7 keystep :1 $5 limit :0 *0");
  const std::string two = a.command("COMMAND", "INFO", "MSET", "nosuch");
  EXPECT_TRUE(two.starts_with("*2 *10 $4 mset :-3 *2 +write +denyoom :1 :-1 :2 *3 +@write "));
  EXPECT_TRUE(two.ends_with(" *0 $-1"));
  EXPECT_TRUE(a.command("COMMAND", "INFO", "client|id").starts_with("*1 *10 $9 client|id :2 "));
  RedisClient b = connect(3);
  EXPECT_TRUE(
      b.command("COMMAND", "INFO", "get")
          .starts_with(
              "*1 *10 $3 get :2 ~2 +readonly +fast :1 :1 :1 ~3 +@read +@string +@fast ~0 ~1 "
              "%3 $5 flags ~2 +RO +access "));
}

TEST_P(IntrospectionTest, CommandDocs) {
  RedisClient a = connect(3);
  EXPECT_EQ(
      a.command("COMMAND", "DOCS", "get"),
      "%1 $3 get %3 $7 summary $28 Returns the string at a key. $5 since $5 1.0.0 $5 group $6 "
      "string");
  const std::string config = a.command("COMMAND", "DOCS", "config");
  EXPECT_NE(config.find("$11 subcommands %5 $10 config|get"), std::string::npos) << config;
}

// What redis-server would do, and this one says that it cannot.
TEST_P(IntrospectionTest, RefusesWhatItHasNot) {
  RedisClient a = connect();
  for (const char* command : {"SAVE", "BGSAVE", "BGREWRITEAOF"}) {
    EXPECT_EQ(a.command(command),
              "-ERR This server keeps its data in memory only: nothing can be saved");
  }
  EXPECT_EQ(a.command("ACL", "SETUSER", "alice", "on"),
            "-ERR This server has no other user than 'default'");
  EXPECT_EQ(a.command("ACL", "WHOAMI"), "$7 default");
}

TEST_P(IntrospectionTest, CommandListHasCommandsAndSubcommands) {
  RedisClient a = connect();
  const std::string all = a.command("COMMAND", "LIST");
  for (const char* name : {" $3 get ", " $6 client ", " $9 client|id ", " $11 config|help "}) {
    EXPECT_NE(all.find(name), std::string::npos) << name;
  }
  EXPECT_GT(std::stoi(all.substr(1)), std::stoi(a.command("COMMAND", "COUNT").substr(1)));
  const std::string connection = a.command("COMMAND", "LIST", "FILTERBY", "ACLCAT", "CONNECTION");
  EXPECT_NE(connection.find(" $12 command|list"), std::string::npos);
  EXPECT_EQ(connection.find(" $3 get "), std::string::npos);
}

// HELP is made of the rows.
TEST_P(IntrospectionTest, HelpNamesTheSubcommands) {
  RedisClient a = connect();
  for (const std::string container : {"CLIENT", "CONFIG", "COMMAND", "OBJECT"}) {
    const std::string help = a.command(container, "HELP");
    EXPECT_NE(
        help.find(" +" + container + " <subcommand> [<arg> [value] [opt] ...]. Subcommands are: +"),
        std::string::npos)
        << help;
    EXPECT_TRUE(help.ends_with(" +HELP +    Prints this help.")) << help;
  }
}

TEST_P(IntrospectionTest, LolwutDrawsWithinItsBounds) {
  RedisClient a = connect();
  const std::string drawing = a.command("LOLWUT");
  EXPECT_EQ(drawing.substr(0, 6), "$1452 ");
  EXPECT_TRUE(drawing.ends_with(" Redis ver. 7.0.15\\n")) << drawing;
  EXPECT_EQ(a.command("LOLWUT", "VERSION", "6", "0", "-5").substr(0, 4), "$49 ");
  const std::string largest = a.command("LOLWUT", "VERSION", "5", "9999999999", "9999999999");
  EXPECT_EQ(largest.substr(0, 8), "$201246 ");
  EXPECT_TRUE(connect(3).command("LOLWUT", "junk").starts_with("=1456 txt:"));
}

TEST_P(IntrospectionTest, TimeIsTheWallClock) {
  RedisClient a = connect();
  const std::int64_t before = wall_us();
  std::istringstream reply(a.command("TIME"));
  std::string type;
  std::string size;
  std::int64_t seconds = 0;
  std::int64_t microseconds = 0;
  reply >> type >> size >> seconds >> size >> microseconds;
  EXPECT_EQ(type, "*2");
  EXPECT_GE(seconds * 1'000'000 + microseconds, before);
  EXPECT_LE(seconds * 1'000'000 + microseconds, wall_us());
  EXPECT_LT(microseconds, 1'000'000);
}

TEST_P(IntrospectionTest, ShutdownEndsTheServer) {
  RedisClient a = connect();
  RedisClient b = connect();
  b.command("PING");
  a.send_command("SHUTDOWN", "NOSAVE");
  EXPECT_EQ(a.read(), "closed");
  EXPECT_EQ(b.read(), "closed");
}

std::string name_of(const testing::TestParamInfo<Setup>& setup) { return setup_name(setup.param); }

INSTANTIATE_TEST_SUITE_P(All, IntrospectionTest, testing::ValuesIn(each_model_once()), name_of);

}  // namespace
}  // namespace weir::redis
