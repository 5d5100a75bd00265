// Clients that wait for keys, and those that write them, on one reactor and on two.
#include <gtest/gtest.h>

#include <atomic>
#include <set>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "tests/redis/redis_fixture.h"

namespace weir::redis {
namespace {

class BlockingTest : public testing::TestWithParam<Setup> {
 protected:
  RedisClient connect(int protocol = 2) { return RedisClient(server_.port(), protocol); }

  // Returns when so many clients wait.
  void await_blocked(int clients) {
    const std::string wanted = "blocked_clients:" + std::to_string(clients) + "\\r";
    ASSERT_TRUE(eventually([&] {
      return monitor_.command("INFO", "clients").find(wanted) != std::string::npos;
    })) << monitor_.command("INFO", "clients");
  }

  // A client that has sent the command, and waits.
  template <class... Words>
  RedisClient waiting(const Words&... words) {
    RedisClient client = connect();
    client.send_command(words...);
    await_blocked(++blocked_);
    return client;
  }
  void forget(int clients) { blocked_ -= clients; }

  RedisServer server_{GetParam()};
  RedisClient monitor_{server_.port()};
  int blocked_ = 0;
};

TEST_P(BlockingTest, ServesInTheOrderOfArrival) {
  std::vector<RedisClient> waiters;
  for (int i = 0; i < 10; ++i) waiters.push_back(waiting("BLPOP", "q", "0"));
  RedisClient writer = connect();
  EXPECT_EQ(writer.command("RPUSH", "q", "0", "1", "2", "3", "4"), ":5");
  EXPECT_EQ(writer.command("LLEN", "q"), ":0");
  for (int i = 5; i < 10; ++i) EXPECT_EQ(writer.command("RPUSH", "q", std::to_string(i)), ":1");
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(waiters[static_cast<std::size_t>(i)].read(), "*2 $1 q $1 " + std::to_string(i));
  }
  await_blocked(0);
}

// What is pushed is taken before anybody else sees it, the pusher too.
TEST_P(BlockingTest, NobodySlipsIn) {
  RedisClient waiter = waiting("BLPOP", "q", "0");
  RedisClient writer = connect();
  writer.send_command("RPUSH", "q", "x");
  writer.send_command("LPOP", "q");
  writer.send_command("EXISTS", "q");
  EXPECT_EQ(writer.read(), ":1");
  EXPECT_EQ(writer.read(), "$-1");
  EXPECT_EQ(writer.read(), ":0");
  EXPECT_EQ(waiter.read(), "*2 $1 q $1 x");
}

TEST_P(BlockingTest, AnotherTypeIsNotWhatItWaitsFor) {
  RedisClient waiter = waiting("BLPOP", "a", "b", "0");
  RedisClient writer = connect();
  EXPECT_EQ(writer.command("SET", "a", "text"), "+OK");
  EXPECT_EQ(writer.command("DEL", "a"), ":1");
  EXPECT_EQ(writer.command("ZADD", "a", "1", "m"), ":1");
  EXPECT_EQ(writer.command("RPUSH", "b", "x"), ":1");
  EXPECT_EQ(waiter.read(), "*2 $1 b $1 x");
}

TEST_P(BlockingTest, TheKeyWrittenFirstIsTaken) {
  RedisClient waiter = waiting("BLPOP", "a", "b", "0");
  RedisClient writer = connect();
  writer.command("MULTI");
  writer.command("RPUSH", "b", "2");
  writer.command("RPUSH", "a", "1");
  EXPECT_EQ(writer.command("EXEC"), "*2 :1 :1");
  EXPECT_EQ(waiter.read(), "*2 $1 b $1 2");
  EXPECT_EQ(writer.command("LRANGE", "a", "0", "-1"), "*1 $1 1");
}

TEST_P(BlockingTest, ATransactionIsWhole) {
  RedisClient waiter = waiting("BLPOP", "q", "0");
  RedisClient writer = connect();
  writer.command("MULTI");
  writer.command("RPUSH", "q", "gone");
  writer.command("DEL", "q");
  EXPECT_EQ(writer.command("EXEC"), "*2 :1 :1");
  writer.command("MULTI");
  writer.command("RPUSH", "q", "1");
  writer.command("LPUSH", "q", "0");
  EXPECT_EQ(writer.command("EXEC"), "*2 :1 :2");
  EXPECT_EQ(waiter.read(), "*2 $1 q $1 0");
}

TEST_P(BlockingTest, ARenamedKeyIsWritten) {
  RedisClient waiter = waiting("BLPOP", "q", "0");
  RedisClient writer = connect();
  writer.command("RPUSH", "other", "x");
  EXPECT_EQ(writer.command("RENAME", "other", "q"), "+OK");
  EXPECT_EQ(waiter.read(), "*2 $1 q $1 x");
}

// Moves whose source is another's target: keys of many shards, so that some are not held.
TEST_P(BlockingTest, MovesPassOn) {
  constexpr int kLinks = 20;
  std::vector<RedisClient> links;
  for (int i = 0; i < kLinks; ++i) {
    links.push_back(waiting("BLMOVE", "link" + std::to_string(i), "link" + std::to_string(i + 1),
                            "LEFT", "RIGHT", "0"));
  }
  RedisClient last = waiting("BRPOP", "link" + std::to_string(kLinks), "0");
  RedisClient writer = connect();
  EXPECT_EQ(writer.command("RPUSH", "link0", "x"), ":1");
  for (RedisClient& link : links) EXPECT_EQ(link.read(), "$1 x");
  EXPECT_EQ(last.read(), "*2 $6 link20 $1 x");
  await_blocked(0);
}

// From one key to keys of many shards, none of which the writer holds.
TEST_P(BlockingTest, MovesPartWays) {
  constexpr int kWays = 20;
  std::vector<RedisClient> movers;
  for (int i = 0; i < kWays; ++i) {
    movers.push_back(waiting("BLMOVE", "q", "way" + std::to_string(i), "LEFT", "RIGHT", "0"));
  }
  RedisClient writer = connect();
  // What nobody waits for: all stay.
  EXPECT_EQ(writer.command("SET", "q", "text"), "+OK");
  EXPECT_EQ(writer.command("DEL", "q"), ":1");
  std::vector<std::string> push = {"RPUSH", "q"};
  for (int i = 0; i < kWays; ++i) push.push_back(std::to_string(i));
  EXPECT_EQ(writer.command(push), ":20");
  for (int i = 0; i < kWays; ++i) {
    const std::string text = std::to_string(i);
    EXPECT_EQ(movers[static_cast<std::size_t>(i)].read(),
              "$" + std::to_string(text.size()) + " " + text);
    EXPECT_EQ(writer.command("LLEN", "way" + text), ":1");
  }
  await_blocked(0);
}

TEST_P(BlockingTest, AMoveToAnotherTypeIsAnError) {
  RedisClient waiter = waiting("BLMOVE", "q", "text", "LEFT", "LEFT", "0");
  RedisClient next = waiting("BLPOP", "q", "0");
  RedisClient writer = connect();
  writer.command("SET", "text", "x");
  EXPECT_EQ(writer.command("RPUSH", "q", "1"), ":1");
  EXPECT_TRUE(waiter.read().starts_with("-WRONGTYPE"));
  EXPECT_EQ(next.read(), "*2 $1 q $1 1");
}

TEST_P(BlockingTest, SortedSetsToo) {
  RedisClient low = waiting("BZPOPMIN", "z", "0");
  RedisClient high = waiting("BZMPOP", "0", "2", "y", "z", "MAX", "COUNT", "2");
  RedisClient writer = connect();
  EXPECT_EQ(writer.command("ZADD", "z", "1", "a", "2", "b", "3", "c"), ":3");
  EXPECT_EQ(low.read(), "*3 $1 z $1 a $1 1");
  EXPECT_EQ(high.read(), "*2 $1 z *2 *2 $1 c $1 3 *2 $1 b $1 2");
  EXPECT_EQ(writer.command("EXISTS", "z"), ":0");
}

TEST_P(BlockingTest, StreamsAreReadByAll) {
  RedisClient writer = connect();
  writer.command("XADD", "s", "1-1", "f", "old");
  RedisClient last = waiting("XREAD", "BLOCK", "0", "STREAMS", "s", "$");
  RedisClient both = waiting("XREAD", "COUNT", "1", "BLOCK", "0", "STREAMS", "t", "s", "0", "1-1");
  RedisClient later = waiting("XREAD", "BLOCK", "0", "STREAMS", "s", "5-0");
  EXPECT_EQ(writer.command("XADD", "s", "2-1", "f", "v"), "$3 2-1");
  EXPECT_EQ(last.read(), "*1 *2 $1 s *1 *2 $3 2-1 *2 $1 f $1 v");
  EXPECT_EQ(both.read(), "*1 *2 $1 s *1 *2 $3 2-1 *2 $1 f $1 v");
  writer.command("DEL", "s");
  writer.command("SET", "s", "text");
  writer.command("DEL", "s");
  EXPECT_EQ(writer.command("XADD", "s", "6-1", "f", "v"), "$3 6-1");
  EXPECT_EQ(later.read(), "*1 *2 $1 s *1 *2 $3 6-1 *2 $1 f $1 v");
}

// One entry goes to one consumer.
TEST_P(BlockingTest, GroupsShareAStream) {
  RedisClient writer = connect();
  writer.command("XGROUP", "CREATE", "s", "g", "$", "MKSTREAM");
  RedisClient a = waiting("XREADGROUP", "GROUP", "g", "a", "BLOCK", "0", "STREAMS", "s", ">");
  RedisClient b = waiting("XREADGROUP", "GROUP", "g", "b", "BLOCK", "0", "STREAMS", "s", ">");
  writer.command("XADD", "s", "1-1", "f", "1");
  EXPECT_EQ(a.read(), "*1 *2 $1 s *1 *2 $3 1-1 *2 $1 f $1 1");
  writer.command("XADD", "s", "1-2", "f", "2");
  EXPECT_EQ(b.read(), "*1 *2 $1 s *1 *2 $3 1-2 *2 $1 f $1 2");
  EXPECT_EQ(writer.command("XACK", "s", "g", "1-1", "1-2"), ":2");
}

// Who reads for a group that goes, or whose stream goes, is told; others wait on.
TEST_P(BlockingTest, GroupsEnd) {
  RedisClient writer = connect();
  writer.command("XGROUP", "CREATE", "s", "g", "$", "MKSTREAM");
  writer.command("XGROUP", "CREATE", "s", "h", "$");
  const auto read = [this](const char* group) {
    return waiting("XREADGROUP", "GROUP", group, "a", "BLOCK", "0", "STREAMS", "s", ">");
  };
  RedisClient alone = waiting("XREAD", "BLOCK", "0", "STREAMS", "s", "0");
  RedisClient of_g = read("g");
  RedisClient of_h = read("h");
  EXPECT_EQ(writer.command("XGROUP", "DESTROY", "s", "g"), ":1");
  EXPECT_EQ(of_g.read(), "-NOGROUP the consumer group this client was blocked on no longer exists");
  EXPECT_EQ(writer.command("DEL", "s"), ":1");
  EXPECT_EQ(of_h.read(), "-UNBLOCKED the stream key no longer exists");
  forget(2);
  for (const std::vector<std::string>& end : std::vector<std::vector<std::string>>{
           {"SET", "s", "text"}, {"FLUSHDB"}, {"SWAPDB", "0", "1"}, {"PEXPIRE", "s", "1"}}) {
    writer.command("DEL", "s");
    writer.command("XGROUP", "CREATE", "s", "g", "$", "MKSTREAM");
    RedisClient reader = read("g");
    writer.command(end);
    EXPECT_EQ(reader.read(), "-UNBLOCKED the stream key no longer exists") << end[0];
    forget(1);
  }
  writer.command("XADD", "s", "1-1", "f", "v");
  EXPECT_EQ(alone.read(), "*1 *2 $1 s *1 *2 $3 1-1 *2 $1 f $1 v");
}

TEST_P(BlockingTest, TheProtocolIsTheWaiters) {
  RedisClient waiter = connect(3);
  waiter.send_command("BZPOPMIN", "z", "0");
  await_blocked(1);
  RedisClient writer = connect();
  writer.command("ZADD", "z", "1.5", "a");
  EXPECT_EQ(waiter.read(), "*3 $1 z $1 a ,1.5");
  EXPECT_EQ(waiter.command("BLPOP", "none", "0.001"), "_");
}

TEST_P(BlockingTest, WhatFollowsWaitsToo) {
  RedisClient waiter = connect();
  std::string pipeline = RedisClient::encode({"BLPOP", "q", "0"});
  for (int i = 0; i < 100; ++i) pipeline += RedisClient::encode({"INCR", "n"});
  pipeline += RedisClient::encode({"BLPOP", "q", "0"}) + "*2\r\n$4\r\nEC";
  waiter.send(pipeline);
  await_blocked(1);
  waiter.send("HO\r\n$3\r\nend\r\n");
  RedisClient writer = connect();
  EXPECT_EQ(writer.command("GET", "n"), "$-1");
  writer.command("RPUSH", "q", "1");
  EXPECT_EQ(waiter.read(), "*2 $1 q $1 1");
  for (int i = 1; i <= 100; ++i) EXPECT_EQ(waiter.read(), ":" + std::to_string(i));
  await_blocked(1);
  writer.command("RPUSH", "q", "2");
  EXPECT_EQ(waiter.read(), "*2 $1 q $1 2");
  EXPECT_EQ(waiter.read(), "$3 end");
}

TEST_P(BlockingTest, UnblocksOthers) {
  RedisClient waiter = connect();
  const std::string id = waiter.command("CLIENT", "ID").substr(1);
  EXPECT_EQ(monitor_.command("CLIENT", "UNBLOCK", id), ":0");
  waiter.send_command("BLPOP", "q", "r", "0");
  await_blocked(1);
  EXPECT_NE(monitor_.command("CLIENT", "LIST").find("flags=b"), std::string::npos);
  EXPECT_EQ(monitor_.command("CLIENT", "UNBLOCK", id, "ERROR"), ":1");
  EXPECT_EQ(waiter.read(), "-UNBLOCKED client unblocked via CLIENT UNBLOCK");
  waiter.send_command("BLPOP", "q", "r", "0");
  await_blocked(1);
  EXPECT_EQ(monitor_.command("CLIENT", "UNBLOCK", id), ":1");
  EXPECT_EQ(waiter.read(), "*-1");
  EXPECT_EQ(monitor_.command("RPUSH", "q", "x"), ":1");
  EXPECT_EQ(monitor_.command("LLEN", "q"), ":1");
}

// Elements are not given to who has gone.
TEST_P(BlockingTest, TheGoneGetNothing) {
  { RedisClient gone = waiting("BLPOP", "q", "0"); }
  await_blocked(0);
  RedisClient killed = connect();
  const std::string id = killed.command("CLIENT", "ID").substr(1);
  killed.send_command("BLPOP", "q", "0");
  await_blocked(1);
  EXPECT_EQ(monitor_.command("CLIENT", "KILL", "ID", id), ":1");
  EXPECT_EQ(killed.read(), "closed");
  await_blocked(0);
  EXPECT_EQ(monitor_.command("RPUSH", "q", "x"), ":1");
  EXPECT_EQ(monitor_.command("LLEN", "q"), ":1");
}

// Not even before its reactor knows.
TEST_P(BlockingTest, TheKilledGetNothing) {
  RedisClient killed = connect();
  const std::string id = killed.command("CLIENT", "ID").substr(1);
  killed.send_command("BLPOP", "q", "0");
  await_blocked(1);
  RedisClient next = connect();
  next.send_command("BLPOP", "q", "0");
  await_blocked(2);
  monitor_.send(RedisClient::encode({"CLIENT", "KILL", "ID", id}) +
                RedisClient::encode({"RPUSH", "q", "x"}));
  EXPECT_EQ(monitor_.read(), ":1");
  EXPECT_EQ(monitor_.read(), ":1");
  EXPECT_EQ(next.read(), "*2 $1 q $1 x");
  EXPECT_EQ(killed.read(), "closed");
}

TEST_P(BlockingTest, WhatWasEarnedBeforeComes) {
  RedisClient client = connect();
  client.send(RedisClient::encode({"SET", "k", "1"}) + RedisClient::encode({"BLPOP", "q", "0"}));
  client.finish_sending();
  EXPECT_EQ(client.read(), "+OK");
  EXPECT_EQ(client.read(), "closed");
  await_blocked(0);
  EXPECT_EQ(monitor_.command("RPUSH", "q", "x"), ":1");
  EXPECT_EQ(monitor_.command("LLEN", "q"), ":1");
}

TEST_P(BlockingTest, SilenceIsKept) {
  RedisClient waiter = connect();
  waiter.send_command("CLIENT", "REPLY", "OFF");
  waiter.send_command("BLPOP", "q", "0");
  waiter.send_command("CLIENT", "REPLY", "ON");
  await_blocked(1);
  monitor_.command("RPUSH", "q", "x");
  EXPECT_EQ(waiter.read(), "+OK");
}

TEST_P(BlockingTest, AStopLetsThemGo) {
  RedisClient waiter = waiting("BLPOP", "q", "0");
  monitor_.send_command("SHUTDOWN", "NOSAVE");
  EXPECT_EQ(waiter.read(), "closed");
}

// A watched key that a waiting client takes from has changed.
TEST_P(BlockingTest, ServingIsAChange) {
  RedisClient watcher = connect();
  RedisClient waiter = waiting("BLMOVE", "q", "target", "LEFT", "LEFT", "0");
  watcher.command("WATCH", "target");
  monitor_.command("RPUSH", "q", "x");
  EXPECT_EQ(waiter.read(), "$1 x");
  watcher.command("MULTI");
  EXPECT_EQ(watcher.command("EXEC"), "*-1");
}

// Producers and consumers of several lists, with timeouts, moves, and clients that go: each element
// is taken once, or is still there.
TEST_P(BlockingTest, AStormLosesNothing) {
  constexpr int kConsumers = 6;
  constexpr int kElements = 1500;
  std::atomic<bool> done{false};
  std::vector<std::vector<std::string>> taken(kConsumers);
  std::vector<std::thread> threads;
  for (int number = 0; number < kConsumers; ++number) {
    threads.emplace_back([&, number] {
      const std::vector<std::vector<std::string>> commands = {
          {"BLPOP", "a", "b", "0.01"},
          {"BRPOP", "b", "c", "a", "0.002"},
          {"BLMPOP", "0.01", "3", "c", "a", "b", "LEFT", "COUNT", "3"},
          {"BLMOVE", "a", "b", "LEFT", "RIGHT", "0.01"}};
      RedisClient client(server_.port());
      for (std::size_t round = 0; !done; ++round) {
        const auto& command = commands[(round + static_cast<std::size_t>(number)) % 4];
        std::istringstream words(client.command(command));
        if (command[0] == "BLMOVE") continue;
        for (std::string word; words >> word;) {
          if (word[0] == 'e') taken[static_cast<std::size_t>(number)].push_back(word);
        }
      }
    });
  }
  std::vector<std::thread> producers;
  for (int number = 0; number < 3; ++number) {
    producers.emplace_back([&, number] {
      RedisClient client(server_.port());
      for (int i = number; i < kElements; i += 3) {
        client.send_command("RPUSH", std::string(1, static_cast<char>('a' + i % 3)),
                            "e" + std::to_string(i));
        EXPECT_TRUE(client.read().starts_with(":"));
      }
    });
  }
  for (std::thread& producer : producers) producer.join();
  EXPECT_TRUE(eventually([&] { return monitor_.command("EXISTS", "a", "b", "c") == ":0"; }));
  done = true;
  for (std::thread& thread : threads) thread.join();
  std::multiset<std::string> all;
  for (const auto& some : taken) all.insert(some.begin(), some.end());
  EXPECT_EQ(all.size(), static_cast<std::size_t>(kElements));
  for (int i = 0; i < kElements; ++i) {
    ASSERT_EQ(all.count("e" + std::to_string(i)), 1U) << "element " << i;
  }
}

// Who waits for many keys costs those who write or remove them all nothing to speak of: with a
// search through the others for each, or a try of the whole command, it would be minutes.
TEST_P(BlockingTest, ManyKeysAreAwaited) {
  constexpr int kKeys = 20'000;
  std::vector<std::string> keys;
  for (int i = 0; i < kKeys; ++i) keys.push_back("s" + std::to_string(i));
  std::vector<std::string> wait{"XREAD", "BLOCK", "0", "STREAMS"};
  wait.insert(wait.end(), keys.begin(), keys.end());
  wait.insert(wait.end(), kKeys, "5-0");
  std::vector<std::string> remove{"DEL"};
  remove.insert(remove.end(), keys.begin(), keys.end());
  RedisClient writer = connect();
  const auto add_all = [&] {
    for (const std::string& key : keys) writer.send_command("XADD", key, "1-1", "f", "v");
    for (int i = 0; i < kKeys; ++i) ASSERT_EQ(writer.read(), "$3 1-1");
  };
  add_all();
  RedisClient waiter = connect();
  waiter.send(RedisClient::encode(wait));
  await_blocked(1);
  EXPECT_EQ(writer.command(remove), ":" + std::to_string(kKeys));
  EXPECT_EQ(writer.command("XADD", "s0", "1-1", "f", "v"), "$3 1-1");
  EXPECT_EQ(writer.command("FLUSHALL"), "+OK");
  EXPECT_EQ(writer.command("XADD", "s7", "5-1", "f", "v"), "$3 5-1");
  EXPECT_EQ(waiter.read(), "*1 *2 $2 s7 *1 *2 $3 5-1 *2 $1 f $1 v");
}

INSTANTIATE_TEST_SUITE_P(All, BlockingTest, testing::ValuesIn(all_setups()),
                         [](const testing::TestParamInfo<Setup>& test_param) {
                           return setup_name(test_param.param);
                         });

}  // namespace
}  // namespace weir::redis
