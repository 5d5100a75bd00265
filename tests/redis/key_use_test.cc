// When keys were used last: which commands are uses of their keys, and what tells of it. How often
// they were used is in transcripts/memory_limit.txt.
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "tests/redis/redis_fixture.h"

namespace weir::redis {
namespace {

using Words = std::vector<std::string>;

// The bytes of a reply "$n ..." that escape() has made printable.
std::string unescape(std::string_view reply) {
  std::string bytes;
  for (std::size_t i = reply.find(' ') + 1; i < reply.size(); ++i) {
    if (reply[i] != '\\') {
      bytes += reply[i];
      continue;
    }
    switch (reply[++i]) {
      case 'r':
        bytes += '\r';
        break;
      case 'n':
        bytes += '\n';
        break;
      case 't':
        bytes += '\t';
        break;
      case 'x':
        bytes += static_cast<char>(std::stoi(std::string(reply.substr(i + 1, 2)), nullptr, 16));
        i += 2;
        break;
      default:
        bytes += reply[i];
    }
  }
  return bytes;
}

class KeyUseTest : public testing::TestWithParam<Setup> {
 protected:
  static constexpr int kIdle = 1000;

  KeyUseTest() : server_(GetParam()), client_(server_.port()) {}

  // Sets the key to what `words` make of it, as if that had been long ago.
  void make_idle(const Words& words) {
    client_.command("DEL", "k");
    client_.command(words);
    const std::string payload = unescape(client_.command("DUMP", "k"));
    EXPECT_EQ(
        client_.command("RESTORE", "k", "0", payload, "REPLACE", "IDLETIME", std::to_string(kIdle)),
        "+OK");
  }
  int idle_time(const std::string& key = "k") {
    const std::string reply = client_.command("OBJECT", "IDLETIME", key);
    EXPECT_TRUE(reply.starts_with(":")) << reply;
    return std::stoi(reply.substr(1));
  }

  RedisServer server_;
  RedisClient client_;
};

TEST_P(KeyUseTest, CommandsThatAreUses) {
  const Words text = {"SET", "k", "abc"};
  const Words list = {"RPUSH", "k", "a", "b", "c"};
  const Words hash = {"HSET", "k", "f", "v"};
  const Words set = {"SADD", "k", "a", "b"};
  const Words sorted_set = {"ZADD", "k", "1", "a"};
  const Words stream = {"XADD", "k", "*", "f", "v"};
  const struct {
    Words make;
    Words use;
  } cases[] = {
      {text, {"GET", "k"}},
      {text, {"MGET", "none", "k"}},
      {text, {"STRLEN", "k"}},
      {text, {"GETRANGE", "k", "0", "1"}},
      {text, {"SETRANGE", "k", "0", "x"}},
      {text, {"APPEND", "k", "d"}},
      {text, {"SET", "k", "v"}},
      {text, {"SET", "k", "v", "XX"}},
      {text, {"SETNX", "k", "v"}},
      {text, {"GETBIT", "k", "0"}},
      {text, {"TOUCH", "k"}},
      {text, {"DUMP", "k"}},
      {text, {"EXPIRE", "k", "1000"}},
      {text, {"PERSIST", "k"}},
      {{"SET", "k", "5"}, {"INCR", "k"}},
      {list, {"LRANGE", "k", "0", "-1"}},
      {list, {"LLEN", "k"}},
      {list, {"RPUSH", "k", "d"}},
      {list, {"LPOP", "k"}},
      {hash, {"HGET", "k", "f"}},
      {hash, {"HSET", "k", "g", "v"}},
      {set, {"SISMEMBER", "k", "a"}},
      {set, {"SUNION", "k", "none"}},
      {sorted_set, {"ZSCORE", "k", "a"}},
      {sorted_set, {"ZADD", "k", "2", "b"}},
      {stream, {"XLEN", "k"}},
      {stream, {"XADD", "k", "*", "f", "v"}},
      {text, {"COPY", "k", "copy"}},
      {text, {"LPUSH", "k", "of another type"}},
  };
  for (const auto& [make, use] : cases) {
    SCOPED_TRACE(testing::PrintToString(use));
    make_idle(make);
    EXPECT_GE(idle_time(), kIdle);
    client_.command(use);
    EXPECT_LT(idle_time(), kIdle / 2);
  }
}

TEST_P(KeyUseTest, CommandsThatAreNone) {
  for (const Words& words : std::vector<Words>{
           {"EXISTS", "k"},
           {"TYPE", "k"},
           {"TTL", "k"},
           {"PTTL", "k"},
           {"EXPIRETIME", "k"},
           {"OBJECT", "ENCODING", "k"},
           {"OBJECT", "REFCOUNT", "k"},
           {"OBJECT", "IDLETIME", "k"},
           {"MEMORY", "USAGE", "k"},
           {"DEBUG", "OBJECT", "k"},
           {"DEBUG", "DIGEST-VALUE", "k"},
           {"WATCH", "k"},
           {"KEYS", "*"},
           {"SCAN", "0", "TYPE", "string"},
           {"RANDOMKEY"},
           {"SET", "other", "v"},
       }) {
    SCOPED_TRACE(testing::PrintToString(words));
    make_idle({"SET", "k", "v"});
    const std::string reply = client_.command(words);
    EXPECT_FALSE(reply.starts_with("-")) << reply;
    EXPECT_GE(idle_time(), kIdle);
  }
}

TEST_P(KeyUseTest, StaysWithAKeyThatMoves) {
  make_idle({"SET", "k", "v"});
  EXPECT_EQ(client_.command("COPY", "k", "copy"), ":1");
  EXPECT_EQ(idle_time("copy"), 0);
  // Renaming is a use, and what is not: the stay in another database.
  EXPECT_EQ(client_.command("RENAME", "k", "l"), "+OK");
  EXPECT_LT(idle_time("l"), kIdle / 2);
  make_idle({"SET", "k", "v"});
  EXPECT_EQ(client_.command("SWAPDB", "0", "1"), "+OK");
  EXPECT_EQ(client_.command("SELECT", "1"), "+OK");
  EXPECT_GE(idle_time(), kIdle);
}

TEST_P(KeyUseTest, GrowsBySeconds) {
  client_.command("SET", "k", "v");
  EXPECT_TRUE(eventually([this] { return idle_time() >= 1; }));
  client_.command("GET", "k");
  EXPECT_EQ(idle_time(), 0);
  const std::string described = client_.command("DEBUG", "OBJECT", "k");
  EXPECT_NE(described.find(" serializedlength:2 lru:"), std::string::npos) << described;
  EXPECT_NE(described.find(" lru_seconds_idle:0"), std::string::npos) << described;
}

TEST_P(KeyUseTest, ClientsThatDoNotTouch) {
  RedisClient quiet(server_.port());
  EXPECT_EQ(quiet.command("CLIENT", "NO-TOUCH"),
            "-ERR wrong number of arguments for 'client|no-touch' command");
  EXPECT_EQ(quiet.command("CLIENT", "NO-TOUCH", "maybe"), "-ERR syntax error");
  EXPECT_EQ(quiet.command("CLIENT", "NO-TOUCH", "ON"), "+OK");
  EXPECT_NE(quiet.command("CLIENT", "INFO").find(" flags=T "), std::string::npos);
  for (const Words& words : std::vector<Words>{
           {"GET", "k"}, {"SET", "k", "w"}, {"APPEND", "k", "w"}, {"EXPIRE", "k", "1000"}}) {
    SCOPED_TRACE(testing::PrintToString(words));
    make_idle({"SET", "k", "v"});
    quiet.command(words);
    EXPECT_GE(idle_time(), kIdle);
  }
  quiet.command("TOUCH", "k");
  EXPECT_LT(idle_time(), kIdle / 2);
  make_idle({"SET", "k", "v"});
  EXPECT_EQ(quiet.command("CLIENT", "NO-TOUCH", "off"), "+OK");
  quiet.command("GET", "k");
  EXPECT_LT(idle_time(), kIdle / 2);
  EXPECT_EQ(quiet.command("CLIENT", "NO-TOUCH", "on"), "+OK");
  EXPECT_EQ(quiet.command("RESET"), "+RESET");
  make_idle({"SET", "k", "v"});
  quiet.command("GET", "k");
  EXPECT_LT(idle_time(), kIdle / 2);
}

INSTANTIATE_TEST_SUITE_P(Setups, KeyUseTest, testing::ValuesIn(each_model_once()),
                         [](const auto& tested) { return setup_name(tested.param); });

}  // namespace
}  // namespace weir::redis
