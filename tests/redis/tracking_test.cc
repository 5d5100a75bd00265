// Client side caching across reactors: who is told of which change, when, and that none is missed.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/redis/redis_fixture.h"

namespace weir::redis {
namespace {

std::string bulk(const std::string& text) {
  return " $" + std::to_string(text.size()) + " " + text;
}

std::string keys_text(const std::vector<std::string>& keys) {
  std::string text = "*" + std::to_string(keys.size());
  for (const std::string& key : keys) text += bulk(key);
  return text;
}

// What a client reads in RESP3, and who it names in RESP2.
std::string invalidation(const std::vector<std::string>& keys) {
  return ">2 $10 invalidate " + keys_text(keys);
}
std::string message(const std::vector<std::string>& keys) {
  return "*3 $7 message $20 __redis__:invalidate " + keys_text(keys);
}

class TrackingTest : public testing::TestWithParam<Setup> {
 protected:
  RedisClient connect(int protocol = 3) { return RedisClient(server_.port(), protocol); }
  template <class... Words>
  RedisClient connect_tracking(const Words&... options) {
    RedisClient client = connect();
    EXPECT_EQ(client.command("CLIENT", "TRACKING", "ON", options...), "+OK");
    return client;
  }
  std::string info(const std::string& name) {
    const std::string text = writer_.command("INFO");
    const std::size_t begin = text.find("\\n" + name + ":") + 3 + name.size();
    return text.substr(begin, text.find("\\r", begin) - begin);
  }
  std::string id_of(RedisClient& client) { return client.command("CLIENT", "ID").substr(1); }

  RedisServer server_{GetParam()};
  RedisClient writer_{server_.port()};
};

TEST_P(TrackingTest, AReaderIsToldOnceForEachRead) {
  RedisClient reader = connect_tracking();
  reader.command("GET", "k");
  writer_.command("SET", "k", "1");
  writer_.command("SET", "k", "2");
  EXPECT_EQ(reader.read(), invalidation({"k"}));
  EXPECT_EQ(reader.command("GET", "k"), "$1 2");
  EXPECT_EQ(writer_.command("DEL", "k"), ":1");
  EXPECT_EQ(reader.read(), invalidation({"k"}));
  EXPECT_EQ(reader.command("PING"), "+PONG");
}

TEST_P(TrackingTest, EveryReaderIsTold) {
  std::vector<RedisClient> readers;
  for (int i = 0; i < 40; ++i) readers.push_back(connect_tracking());
  for (RedisClient& reader : readers) reader.command("MGET", "a", "b");
  EXPECT_EQ(info("tracking_clients"), "40");
  EXPECT_EQ(info("tracking_total_keys"), "2");
  EXPECT_EQ(info("tracking_total_items"), "80");
  writer_.command("MSET", "a", "1", "b", "2");
  for (RedisClient& reader : readers) {
    EXPECT_EQ(reader.read(), invalidation({"a"}));
    EXPECT_EQ(reader.read(), invalidation({"b"}));
  }
  EXPECT_EQ(info("tracking_total_keys"), "0");
  EXPECT_EQ(info("tracking_total_items"), "0");
}

// In one pipeline: behind the reply of the command that did it, and before the next.
TEST_P(TrackingTest, OwnChangesComeBehindTheirReply) {
  RedisClient client = connect_tracking();
  client.command("MGET", "a", "b", "c");
  client.send(RedisClient::encode({"MSET", "a", "1", "b", "1"}) +
              RedisClient::encode({"GET", "x"}) + RedisClient::encode({"MULTI"}) +
              RedisClient::encode({"INCR", "c"}) + RedisClient::encode({"GET", "a"}) +
              RedisClient::encode({"EXEC"}) + RedisClient::encode({"PING"}));
  for (const std::string& expected :
       {std::string("+OK"), invalidation({"a"}), invalidation({"b"}), std::string("_"),
        std::string("+OK"), std::string("+QUEUED"), std::string("+QUEUED"),
        std::string("*2 :1 $1 1"), invalidation({"c"}), std::string("+PONG")}) {
    EXPECT_EQ(client.read(), expected);
  }
}

TEST_P(TrackingTest, NoLoopSparesOwnChanges) {
  RedisClient client = connect_tracking("NOLOOP");
  client.command("MGET", "mine", "theirs");
  client.command("SET", "mine", "1");
  writer_.command("SET", "theirs", "1");
  EXPECT_EQ(client.read(), invalidation({"theirs"}));
  RedisClient broadcast = connect_tracking("BCAST", "NOLOOP");
  broadcast.command("SET", "mine", "2");
  writer_.command("SET", "theirs", "2");
  EXPECT_EQ(broadcast.read(), invalidation({"theirs"}));
}

TEST_P(TrackingTest, ABlockedClientGetsItsReplyFirst) {
  RedisClient client = connect_tracking();
  client.command("LRANGE", "target", "0", "-1");
  client.send_command("BLMOVE", "source", "target", "LEFT", "LEFT", "0");
  EXPECT_TRUE(eventually([&] { return info("blocked_clients") == "1"; }));
  writer_.command("RPUSH", "source", "x");
  EXPECT_EQ(client.read(), "$1 x");
  EXPECT_EQ(client.read(), invalidation({"target"}));
}

TEST_P(TrackingTest, MessagesGoToWhoIsNamed) {
  RedisClient target = connect(2);
  const std::string id = id_of(target);
  target.command("SUBSCRIBE", "__redis__:invalidate");
  RedisClient first = connect_tracking("REDIRECT", id);
  RedisClient second = connect_tracking("REDIRECT", id);
  EXPECT_EQ(first.command("CLIENT", "GETREDIR"), ":" + id);
  first.command("GET", "a");
  second.command("GET", "b");
  writer_.command("SET", "a", "1");
  EXPECT_EQ(target.read(), message({"a"}));
  writer_.command("SET", "b", "1");
  EXPECT_EQ(target.read(), message({"b"}));
  writer_.command("FLUSHALL");
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(target.read(), "*3 $7 message $20 __redis__:invalidate $-1");
  }
  EXPECT_EQ(first.command("PING"), "+PONG");
}

TEST_P(TrackingTest, OneLearnsThatWhoItNamedIsGone) {
  RedisClient target = connect();
  const std::string id = id_of(target);
  RedisClient client = connect_tracking("REDIRECT", id);
  const std::string own_id = id_of(client);
  client.command("GET", "k");
  EXPECT_EQ(target.command("QUIT"), "+OK");
  writer_.command("SET", "k", "1");
  EXPECT_EQ(client.read(), ">2 $21 tracking-redir-broken :" + id);
  const std::string list = writer_.command("CLIENT", "LIST", "ID", own_id);
  EXPECT_NE(list.find("flags=tR "), std::string::npos) << list;
  EXPECT_NE(list.find("redir=" + id + " "), std::string::npos) << list;
  EXPECT_EQ(client.command("CLIENT", "TRACKING", "ON", "REDIRECT", id),
            "-ERR The client ID you want redirect to does not exist");
}

TEST_P(TrackingTest, BroadcastsGoByPrefix) {
  RedisClient client = connect_tracking("BCAST", "PREFIX", "a:", "PREFIX", "b:");
  writer_.send(RedisClient::encode({"MULTI"}) +
               RedisClient::encode({"MSET", "b:2", "x", "a:1", "x", "c:1", "x", "b:1", "x"}) +
               RedisClient::encode({"INCR", "a:2"}) + RedisClient::encode({"EXEC"}));
  EXPECT_EQ(client.read(), invalidation({"a:1", "a:2"}));
  EXPECT_EQ(client.read(), invalidation({"b:1", "b:2"}));
  EXPECT_EQ(client.command("CLIENT", "TRACKING", "OFF"), "+OK");
  RedisClient all = connect_tracking("BCAST");
  RedisClient flushed = connect(2);
  EXPECT_EQ(flushed.command("FLUSHDB"), "+OK");
  EXPECT_EQ(all.read(), ">2 $10 invalidate _");
  EXPECT_EQ(client.command("PING"), "+PONG");
}

TEST_P(TrackingTest, ExpiryIsTold) {
  RedisClient reader = connect_tracking();
  RedisClient broadcast = connect_tracking("BCAST");
  broadcast.command("SET", "k", "1", "PX", "20");
  EXPECT_EQ(broadcast.read(), invalidation({"k"}));
  reader.command("TTL", "k");
  EXPECT_EQ(reader.read(), invalidation({"k"}));
  EXPECT_EQ(broadcast.read(), invalidation({"k"}));
}

// Where no room is left a key is forgotten, and whoever has read it drops it.
TEST_P(TrackingTest, TheTableHasABound) {
  writer_.command("CONFIG", "SET", "tracking-table-max-keys", "10");
  RedisClient reader = connect_tracking();
  constexpr int kKeys = 300;
  std::set<std::string> told;
  for (int i = 0; i < kKeys; ++i) reader.send_command("GET", "key" + std::to_string(i));
  for (int i = 0; i < kKeys + kKeys - 10; ++i) {
    const std::string text = reader.read();
    if (text == "_") continue;
    EXPECT_TRUE(told.insert(text).second) << text;
  }
  EXPECT_EQ(told.size(), std::size_t{kKeys - 10});
  EXPECT_EQ(info("tracking_total_keys"), "10");
  writer_.command("CONFIG", "SET", "tracking-table-max-keys", "1");
  for (int i = 0; i < 9; ++i) EXPECT_TRUE(told.insert(reader.read()).second);
  EXPECT_EQ(info("tracking_total_keys"), "1");
  EXPECT_EQ(info("tracking_total_items"), "1");
  EXPECT_EQ(reader.command("PING"), "+PONG");
}

TEST_P(TrackingTest, TheGoneLeaveNothingBehind) {
  {
    RedisClient reader = connect_tracking();
    RedisClient broadcast = connect_tracking("BCAST", "PREFIX", "a", "PREFIX", "b");
    EXPECT_EQ(info("tracking_clients"), "2");
    EXPECT_EQ(info("tracking_total_prefixes"), "2");
  }
  EXPECT_TRUE(eventually([&] { return info("tracking_clients") == "0"; }));
  EXPECT_EQ(info("tracking_total_prefixes"), "0");
  RedisClient client = connect_tracking("BCAST");
  EXPECT_EQ(client.command("RESET"), "+RESET");
  EXPECT_EQ(info("tracking_clients"), "0");
}

// Clients that come, read the same key and go.
TEST_P(TrackingTest, TheGoneTakeNoRoomInTheTable) {
  for (int i = 0; i < 100; ++i) {
    connect_tracking().command("GET", "k");
    ASSERT_TRUE(eventually([&] { return info("tracking_clients") == "0"; }));
  }
  EXPECT_LE(std::stoi(info("tracking_total_items")), 16);
}

// Who reads nothing is closed at the limit of its class.
TEST_P(TrackingTest, TheDeafAreClosed) {
  writer_.command("CONFIG", "SET", "client-output-buffer-limit", "normal 8mb 0 0");
  const RedisClient deaf = connect_tracking("BCAST");
  const std::string long_key(500'000, 'k');
  EXPECT_TRUE(eventually([&] {
    writer_.command("INCR", long_key);
    return info("tracking_clients") == "0";
  }));
}

// What a caching client library does. All keys are of one letter.
class Cache {
 public:
  explicit Cache(RedisClient client) : client_(std::move(client)) {}

  // Asks for the keys, and later takes what came.
  void ask(const std::vector<std::string>& keys) {
    std::string pipeline;
    for (const std::string& key : keys) pipeline += RedisClient::encode({"GET", key});
    client_.send(pipeline);
  }
  void take(const std::vector<std::string>& keys) {
    for (const std::string& key : keys) {
      std::string reply = client_.read();
      for (; reply.starts_with(">"); reply = client_.read()) drop(reply);
      values_[key] = reply;
    }
  }
  // Waits for invalidations until all that it holds is `value`.
  bool becomes_true(const std::string& value) {
    const auto differs = [&value](const auto& entry) { return entry.second != value; };
    while (std::any_of(values_.begin(), values_.end(), differs)) {
      const std::string push = client_.read();
      if (!push.starts_with(">")) return false;  // none came
      drop(push);
    }
    return true;
  }

 private:
  void drop(const std::string& push) {
    for (std::size_t at = push.find(" $1 "); at != std::string::npos;
         at = push.find(" $1 ", at + 1)) {
      values_.erase(push.substr(at + 4, 1));
    }
  }

  RedisClient client_;
  std::map<std::string, std::string> values_;
};

// Readers and writers on all reactors go over the same keys at the same time. In each round a key
// is written once by each writer, so that an invalidation that is missed has no successor.
void check_that_caches_are_true(std::uint16_t port, const std::vector<std::string>& tracking) {
  constexpr int kRounds = 300;
  std::vector<std::string> keys;
  for (char letter = 'a'; letter <= 'z'; ++letter) keys.emplace_back(1, letter);
  std::string increments;
  for (const std::string& key : keys) increments += RedisClient::encode({"INCR", key});
  std::vector<Cache> caches;
  std::vector<RedisClient> writers;
  for (int i = 0; i < 2; ++i) {
    RedisClient client(port, 3);
    EXPECT_EQ(client.command(tracking), "+OK");
    caches.emplace_back(std::move(client));
    writers.emplace_back(port);
  }
  for (int round = 1; round <= kRounds; ++round) {
    for (Cache& cache : caches) cache.ask(keys);
    for (RedisClient& writer : writers) writer.send(increments);
    for (Cache& cache : caches) cache.take(keys);
    for (RedisClient& writer : writers) {
      for (std::size_t i = 0; i < keys.size(); ++i) EXPECT_EQ(writer.read()[0], ':');
    }
    const std::string last = bulk(std::to_string(2 * round)).substr(1);
    for (Cache& cache : caches) ASSERT_TRUE(cache.becomes_true(last)) << round;
  }
}

TEST_P(TrackingTest, NoChangeOfWhatWasReadIsMissed) {
  check_that_caches_are_true(server_.port(), {"CLIENT", "TRACKING", "ON"});
}

TEST_P(TrackingTest, NoBroadcastIsMissed) {
  check_that_caches_are_true(server_.port(), {"CLIENT", "TRACKING", "ON", "BCAST"});
}

// The table forgets keys all the time.
TEST_P(TrackingTest, NoForgottenKeyIsMissed) {
  writer_.command("CONFIG", "SET", "tracking-table-max-keys", "8");
  check_that_caches_are_true(server_.port(), {"CLIENT", "TRACKING", "ON"});
}

// A message that comes while a reply is still unread is not lost. The same whatever the threads.
TEST(Tracking, ALargeReplyIsNoFault) {
  const RedisServer server;
  RedisClient writer(server.port());
  RedisClient client(server.port(), 3);
  client.command("CLIENT", "TRACKING", "ON");
  writer.command("SET", "large", std::string(40'000'000, 'v'));
  client.send_command("GET", "large");
  EXPECT_TRUE(eventually([&] {
    return writer.command("INFO", "stats").find("tracking_total_keys:1") != std::string::npos;
  }));
  writer.command("APPEND", "large", "v");
  EXPECT_EQ(client.read().size(), 40'000'000 + std::string("$40000000 ").size());
  EXPECT_EQ(client.read(), invalidation({"large"}));
}

INSTANTIATE_TEST_SUITE_P(All, TrackingTest, testing::ValuesIn(all_setups()),
                         [](const testing::TestParamInfo<Setup>& test_param) {
                           return setup_name(test_param.param);
                         });

}  // namespace
}  // namespace weir::redis
