// Keyspace notifications across reactors: each subscriber hears of a key's changes in the order in
// which they were made. Which command tells what is in transcripts/key_event*.txt.
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tests/redis/redis_fixture.h"

namespace weir::redis {
namespace {

class KeyEventTest : public testing::TestWithParam<Setup> {
 protected:
  // Hears of all keys in database 0.
  RedisClient listen() {
    RedisClient listener(server_.port());
    EXPECT_EQ(listener.command("PSUBSCRIBE", "__keyspace@0__:*"),
              "*3 $10 psubscribe $16 __keyspace@0__:* :1");
    return listener;
  }

  // One client more waits.
  void wait_with(RedisClient& other, std::vector<RedisClient>& waiters,
                 const std::vector<std::string>& words) {
    waiters.emplace_back(server_.port()).send(RedisClient::encode(words));
    const std::string all = "blocked_clients:" + std::to_string(waiters.size()) + "\\r";
    EXPECT_TRUE(eventually(
        [&] { return other.command("INFO", "clients").find(all) != std::string::npos; }));
  }

  RedisServer server_{GetParam(), {{"notify-keyspace-events", "KA"}}};
};

std::string told(const std::string& key, const std::string& event) {
  const std::string channel = "__keyspace@0__:" + key;
  return "*4 $8 pmessage $16 __keyspace@0__:* $" + std::to_string(channel.size()) + " " + channel +
         " $" + std::to_string(event.size()) + " " + event;
}

// Two commands count in one field: the reply says which of all changes it was, the event by which
// command.
TEST_P(KeyEventTest, EachHearsAllInTheOrderOfTheValues) {
  constexpr int kWriters = 4;
  constexpr int kChanges = 200;
  std::vector<RedisClient> listeners;
  for (int i = 0; i < 4; ++i) listeners.push_back(listen());

  std::vector<std::map<std::string, std::string>> made(kWriters);  // by the value
  std::vector<std::thread> threads;
  for (int number = 0; number < kWriters; ++number) {
    threads.emplace_back([this, number, &made] {
      RedisClient writer(server_.port());
      for (int i = 0; i < kChanges; ++i) {
        const bool is_float = (i * (number + 1)) % 3 == 0;
        const std::string reply =
            writer.command(is_float ? "HINCRBYFLOAT" : "HINCRBY", "h", "f", "1");
        const std::string value = reply.substr(is_float ? reply.find(' ') + 1 : 1);
        made[number][value] = is_float ? "hincrbyfloat" : "hincrby";
      }
    });
  }
  for (std::thread& thread : threads) thread.join();

  std::map<std::string, std::string> all;
  for (auto& one : made) all.merge(one);
  ASSERT_EQ(all.size(), std::size_t{kWriters * kChanges});
  for (RedisClient& listener : listeners) {
    for (int value = 1; value <= kWriters * kChanges; ++value) {
      ASSERT_EQ(listener.read(), told("h", all[std::to_string(value)])) << "value " << value;
    }
  }
}

// What is done for clients that waited comes between the write and the next one.
TEST_P(KeyEventTest, WhatWaitersTakeIsTold) {
  RedisClient listener = listen();
  RedisClient writer(server_.port());
  std::vector<RedisClient> waiters;
  for (int i = 0; i < 3; ++i) wait_with(writer, waiters, {"BLPOP", "l", "0"});
  EXPECT_EQ(writer.command("RPUSH", "l", "a", "b", "c", "d"), ":4");
  EXPECT_EQ(writer.command("LPUSH", "l", "e"), ":2");
  for (RedisClient& waiter : waiters) waiter.read();
  for (const char* event : {"rpush", "lpop", "lpop", "lpop", "lpush"}) {
    EXPECT_EQ(listener.read(), told("l", event));
  }
}

// One waiter's element is what the next one waits for. Recorded from Redis 7.0.15.
TEST_P(KeyEventTest, WhatMovesOnIsTold) {
  RedisClient listener = listen();
  RedisClient writer(server_.port());
  std::vector<RedisClient> waiters;
  wait_with(writer, waiters, {"BLMOVE", "l", "m", "LEFT", "RIGHT", "0"});
  wait_with(writer, waiters, {"BRPOP", "l", "m", "0"});
  EXPECT_EQ(writer.command("RPUSH", "l", "c"), ":1");
  EXPECT_EQ(waiters[1].read(), "*2 $1 m $1 c");
  const std::pair<const char*, const char*> events[] = {
      {"l", "rpush"}, {"m", "rpush"}, {"l", "lpop"}, {"l", "del"}, {"m", "rpop"}, {"m", "del"}};
  for (const auto& [key, event] : events) EXPECT_EQ(listener.read(), told(key, event));
}

TEST_P(KeyEventTest, AReadersNewConsumerIsTold) {
  RedisClient listener = listen();
  RedisClient writer(server_.port());
  writer.command("XGROUP", "CREATE", "s", "g", "$", "MKSTREAM");
  std::vector<RedisClient> waiters;
  wait_with(writer, waiters,
            {"XREADGROUP", "GROUP", "g", "alice", "BLOCK", "0", "STREAMS", "s", ">"});
  EXPECT_EQ(writer.command("XADD", "s", "1-1", "f", "v"), "$3 1-1");
  for (const char* event : {"xgroup-create", "xadd", "xgroup-createconsumer"}) {
    EXPECT_EQ(listener.read(), told("s", event));
  }
}

TEST_P(KeyEventTest, TransactionsTellInTheirOrder) {
  RedisClient listener = listen();
  RedisClient writer(server_.port());
  writer.command("MULTI");
  writer.command("SET", "k", "1", "EX", "100");
  writer.command("INCR", "k");
  writer.command("RENAME", "k", "other");
  writer.command("RENAME", "other", "k");
  writer.command("DEL", "k");
  writer.command("EXEC");
  const std::pair<const char*, const char*> events[] = {
      {"k", "set"},           {"k", "expire"},          {"k", "incrby"},    {"k", "rename_from"},
      {"other", "rename_to"}, {"other", "rename_from"}, {"k", "rename_to"}, {"k", "del"}};
  for (const auto& [key, event] : events) EXPECT_EQ(listener.read(), told(key, event));
}

// Nobody looks at the key.
TEST_P(KeyEventTest, ExpiryIsTold) {
  RedisClient listener = listen();
  RedisClient writer(server_.port());
  writer.command("SET", "k", "v", "PX", "20");
  for (const char* event : {"set", "expire", "expired"}) {
    EXPECT_EQ(listener.read(), told("k", event));
  }
}

// As with PUBLISH: first the reply, then the message.
TEST_P(KeyEventTest, OneMayHearOneself) {
  RedisClient client(server_.port(), 3);
  client.command("PSUBSCRIBE", "__key*");
  EXPECT_EQ(client.command("SET", "k", "v"), "+OK");
  EXPECT_EQ(client.read(), ">4 $8 pmessage $6 __key* $16 __keyspace@0__:k $3 set");
}

INSTANTIATE_TEST_SUITE_P(AllSetups, KeyEventTest, testing::ValuesIn(all_setups()),
                         [](const auto& test) { return setup_name(test.param); });

}  // namespace
}  // namespace weir::redis
