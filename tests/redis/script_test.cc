// Scripts of clients on several reactors: each is seen whole, all know what one has sent, and one
// that takes too long can be stopped. What a script may do and replies: transcripts/script.txt.
#include <gtest/gtest.h>

#include <cstdint>
#include <deque>
#include <string>
#include <thread>
#include <vector>

#include "servers/redis/server.h"
#include "tests/redis/redis_fixture.h"

namespace weir::redis {
namespace {

class ScriptTest : public testing::TestWithParam<Setup> {
 protected:
  RedisServer server_{GetParam()};
  RedisClient client_{server_.port()};
};

INSTANTIATE_TEST_SUITE_P(Setups, ScriptTest, testing::ValuesIn(each_model_once()),
                         [](const auto& setup) { return setup_name(setup.param); });

// The second counter is named in the script alone.
constexpr char kMove[] =
    "local a = tonumber(redis.call('get', KEYS[1]) or 0) "
    "local b = tonumber(redis.call('get', 'b') or 0) "
    "redis.call('set', KEYS[1], a + 1) redis.call('set', 'b', b + 1) return a - b";

TEST_P(ScriptTest, RunsWhole) {
  constexpr int kClients = 4;
  constexpr int kRuns = 200;
  std::vector<std::thread> threads;
  for (int i = 0; i < kClients; ++i) {
    threads.emplace_back([this] {
      RedisClient client(server_.port());
      for (int run = 0; run < kRuns; ++run) {
        ASSERT_EQ(client.command("EVAL", kMove, "1", "a"), ":0");
        ASSERT_EQ(
            client.command("EVAL", "return redis.call('get', 'a') - redis.call('get', 'b')", "0"),
            ":0");
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(client_.command("MGET", "a", "b"), "*2 $3 800 $3 800");
}

TEST_P(ScriptTest, IsKnownToAllClients) {
  const std::string digest = "e0e1f9fabfc9d4800c877a703b823ac0578ff8db";  // return 1
  EXPECT_EQ(client_.command("SCRIPT", "LOAD", "return 1"), "$40 " + digest);
  std::vector<RedisClient> clients;
  for (int i = 0; i < 4; ++i) clients.emplace_back(server_.port());
  for (RedisClient& client : clients) {
    EXPECT_EQ(client.command("EVALSHA", digest, "0"), ":1");
    EXPECT_EQ(client.command("SCRIPT", "EXISTS", digest), "*1 :1");
  }
  EXPECT_NE(client_.command("INFO", "memory").find("number_of_cached_scripts:1"),
            std::string::npos);
  EXPECT_EQ(client_.command("SCRIPT", "FLUSH"), "+OK");
  for (RedisClient& client : clients) {
    EXPECT_EQ(client.command("EVALSHA", digest, "0"),
              "-NOSCRIPT No matching script. Please use EVAL.");
  }
}

TEST_P(ScriptTest, CountsAnErrorOnce) {
  client_.command("CONFIG", "RESETSTAT");
  EXPECT_EQ(client_.command("SET", "k", "text"), "+OK");
  EXPECT_TRUE(client_.command("EVAL", "return redis.call('incr', 'k')", "0").starts_with("-ERR"));
  const std::string stats = client_.command("INFO", "errorstats");
  EXPECT_NE(stats.find("errorstat_ERR:count=1\\r\\n"), std::string::npos) << stats;
  const std::string commands = client_.command("INFO", "commandstats");
  EXPECT_NE(commands.find("cmdstat_incr:calls=1,"), std::string::npos) << commands;
  EXPECT_NE(commands.find("cmdstat_eval:calls=1,"), std::string::npos) << commands;
}

TEST_P(ScriptTest, IsShownToMonitorsBeforeItsCommands) {
  RedisClient monitor(server_.port());
  EXPECT_EQ(monitor.command("MONITOR"), "+OK");
  client_.command("EVAL", "return redis.call('set', 'k', 'v')", "0");
  EXPECT_NE(monitor.read().find("\"EVAL\""), std::string::npos);
  const std::string inner = monitor.read();
  EXPECT_NE(inner.find("[0 lua] \"set\" \"k\" \"v\""), std::string::npos) << inner;
}

TEST_P(ScriptTest, ItsKeysAreTrackedOnceItReads) {
  RedisClient reader(server_.port(), 3);
  EXPECT_EQ(reader.command("CLIENT", "TRACKING", "ON"), "+OK");
  client_.command("SET", "k", "v");
  EXPECT_EQ(reader.command("EVAL", "return redis.call('set', 'other', 'x')", "1", "k"), "+OK");
  client_.command("SET", "k", "untracked");
  EXPECT_EQ(reader.command("EVAL", "return redis.call('get', KEYS[1])", "1", "k"), "$9 untracked");
  client_.command("EVAL", "return redis.call('set', 'k', 'w')", "0");
  EXPECT_EQ(reader.read(), ">2 $10 invalidate *1 $1 k");
}

// Where Redis has mended its copy of a library, ours refuses: see script/lua_guards.h.
TEST_P(ScriptTest, RefusesWhatWouldOverrunMemory) {
  for (const char* script : {
           "cjson.encode_max_depth(5000) local t = 'x' for i = 1, 1100 do t = {t} end "
           "return cjson.encode(t)",
           "cjson.encode_sparse_array(false, 0) return 1",
           "cjson.encode_sparse_array(false, 2, 2^30) return 1",
           "local t = {} for i = 1, 40 do t = {t, t} end return cjson.encode(t)",
           "return string.find(('a'):rep(300000), ('a?'):rep(300000))",
           "return cmsgpack.unpack(('\\145'):rep(5000))",
       }) {
    EXPECT_TRUE(client_.command("EVAL", script, "0").starts_with("-ERR")) << script;
  }
  EXPECT_EQ(client_.command("EVAL", "return cjson.encode({1, {}})", "0"), "$6 [1,{}]");
}

// Garbage is collected, in this test's 20,000 tables of 10 kB.
TEST_P(ScriptTest, LeavesNoGarbage) {
  for (int i = 0; i < 200; ++i) {
    client_.command(
        "EVAL", "for i = 1, 100 do local t = {} for j = 1, 600 do t[j] = j end end return 1", "0");
  }
  const std::string memory = client_.command("INFO", "memory");
  const std::string field = "used_memory_lua:";
  const std::size_t at = memory.find(field);
  ASSERT_NE(at, std::string::npos);
  EXPECT_LT(std::stoll(memory.substr(at + field.size())), 4 << 20);
}

// Whoever waits for the server's end need not wait for a script's.
TEST_P(ScriptTest, EndsWithTheServer) {
  client_.send_command("EVAL", "while true do end", "0");
  ASSERT_TRUE(eventually([&] {
    return server_.server().scripting().running().state() == RunningScript::State::kReads;
  }));
}

class ScriptStopTest : public ScriptTest {
 protected:
  std::uint32_t reactor_of(RedisClient& client) {
    EXPECT_EQ(client.command("PING"), "+PONG");  // then the server knows it
    std::uint32_t reactor = 0;
    server_.server().clients().for_each([&](const Client& found) {
      if (found.peer == client.address()) reactor = found.connection.reactor();
    });
    return reactor;
  }
  // A client on another reactor than `busy`: nobody can say where a new one comes to be.
  RedisClient& apart_from(RedisClient& busy) {
    const std::uint32_t reactor = reactor_of(busy);
    do {
      clients_.emplace_back(server_.port());
    } while (reactor_of(clients_.back()) == reactor && clients_.size() < 1000);
    return clients_.back();
  }
  // The script has begun, and done what it does first, once this says so.
  bool is_running(RunningScript::State state) {
    return eventually([&] { return server_.server().scripting().running().state() == state; });
  }

  std::deque<RedisClient> clients_;
};

// Under `exclusive` the kernel may give one reactor all clients of a server that has little to do.
std::vector<Setup> spreading_setups() {
  std::vector<Setup> setups = parallel_setups();
  std::erase_if(setups,
                [](const Setup& setup) { return setup.model == ThreadingModel::kExclusive; });
  return setups;
}

INSTANTIATE_TEST_SUITE_P(Setups, ScriptStopTest, testing::ValuesIn(spreading_setups()),
                         [](const auto& setup) { return setup_name(setup.param); });

TEST_P(ScriptStopTest, EndlessReadersCanBeKilled) {
  RedisClient& killer = apart_from(client_);
  for (const char* script : {"while true do end", "while true do redis.call('get', 'k') end",
                             "while true do pcall(function() while true do end end) end"}) {
    SCOPED_TRACE(script);
    client_.send_command("EVAL", script, "0");
    ASSERT_TRUE(is_running(RunningScript::State::kReads));
    EXPECT_EQ(killer.command("SCRIPT", "KILL"), "+OK");
    const std::string reply = client_.read();
    EXPECT_NE(reply.find("Script killed by user with SCRIPT KILL"), std::string::npos) << reply;
    EXPECT_EQ(client_.command("EVAL", "return 'alive'", "0"), "$5 alive");
  }
}

TEST_P(ScriptStopTest, WritersGoOn) {
  RedisClient& killer = apart_from(client_);
  client_.send_command("EVAL",
                       "redis.call('set', 'k', 'v') for i = 1, 20000000 do local x = i end "
                       "return redis.call('get', 'k')",
                       "0");
  ASSERT_TRUE(is_running(RunningScript::State::kHasWritten));
  const std::string refusal = killer.command("SCRIPT", "KILL");
  EXPECT_TRUE(refusal.starts_with("-UNKILLABLE")) << refusal;
  EXPECT_EQ(client_.read(), "$1 v");
}

}  // namespace
}  // namespace weir::redis
