// Channels across reactors: who hears what, in which order, and until when.
#include <gtest/gtest.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <future>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "core/engine.h"
#include "servers/redis/server.h"
#include "tests/redis/redis_fixture.h"

namespace weir::redis {
namespace {

class PubSubTest : public testing::TestWithParam<Setup> {
 protected:
  RedisClient connect(int protocol = 2) { return RedisClient(server_.port(), protocol); }
  std::size_t reactor_of(RedisClient& client) {
    const std::uint64_t id = std::stoull(client.command("CLIENT", "ID").substr(1));
    std::size_t reactor = 0;
    server_.server().clients().with_client(
        id, [&reactor](const Client& found) { reactor = found.connection.reactor(); });
    return reactor;
  }
  // Nothing where none is found: there is one reactor.
  std::optional<RedisClient> connect_to(std::size_t reactor) {
    return connect_until([reactor](std::size_t one) { return one == reactor; });
  }
  std::optional<RedisClient> connect_elsewhere(std::size_t than) {
    return connect_until([than](std::size_t one) { return one != than; });
  }
  template <class IsRight>
  std::optional<RedisClient> connect_until(IsRight&& is_right) {
    for (int i = 0; i < 50; ++i) {
      RedisClient client = connect();
      if (is_right(reactor_of(client))) return client;
      others_.push_back(std::move(client));
    }
    return std::nullopt;
  }
  std::string publish(const std::string& channel, const std::string& message) {
    return publisher_.command("PUBLISH", channel, message);
  }

  RedisServer server_{GetParam()};
  RedisClient publisher_{server_.port()};
  std::vector<RedisClient> others_;
};

std::string message(const std::string& channel, const std::string& text) {
  return "*3 $7 message $" + std::to_string(channel.size()) + " " + channel + " $" +
         std::to_string(text.size()) + " " + text;
}

TEST_P(PubSubTest, ReachesEverybody) {
  constexpr int kSubscribers = 50;
  std::vector<RedisClient> subscribers;
  for (int i = 0; i < kSubscribers; ++i) {
    subscribers.push_back(connect());
    EXPECT_EQ(subscribers.back().command("SUBSCRIBE", "news"), "*3 $9 subscribe $4 news :1");
  }
  EXPECT_EQ(publish("news", "hello"), ":50");
  for (RedisClient& subscriber : subscribers) {
    EXPECT_EQ(subscriber.read(), message("news", "hello"));
  }
}

TEST_P(PubSubTest, EachProtocolHasItsOwnForm) {
  RedisClient resp3 = connect(3);
  EXPECT_EQ(resp3.command("SUBSCRIBE", "c"), ">3 $9 subscribe $1 c :1");
  EXPECT_EQ(resp3.command("GET", "k"), "_");
  EXPECT_EQ(publish("c", "x"), ":1");
  EXPECT_EQ(resp3.read(), ">3 $7 message $1 c $1 x");
}

// Also one that publishes to itself: first the reply, then the message.
TEST_P(PubSubTest, OneMayHearOneself) {
  RedisClient client = connect(3);
  client.command("SUBSCRIBE", "c");
  EXPECT_EQ(client.command("PUBLISH", "c", "x"), ":1");
  EXPECT_EQ(client.read(), ">3 $7 message $1 c $1 x");
}

TEST_P(PubSubTest, SilentClientsHear) {
  RedisClient client = connect();
  client.send_command("CLIENT", "REPLY", "OFF");
  EXPECT_EQ(client.command("SUBSCRIBE", "c"), "*3 $9 subscribe $1 c :1");
  EXPECT_EQ(publish("c", "x"), ":1");
  EXPECT_EQ(client.read(), message("c", "x"));
}

TEST_P(PubSubTest, TheGoneAreNotCounted) {
  {
    RedisClient gone = connect();
    gone.command("SUBSCRIBE", "c");
    gone.command("PSUBSCRIBE", "*");
    gone.command("SSUBSCRIBE", "s");
    EXPECT_EQ(publish("c", "x"), ":2");
  }
  EXPECT_TRUE(eventually([&] { return publish("c", "x") == ":0"; }));
  EXPECT_EQ(publisher_.command("PUBSUB", "CHANNELS"), "*0");
  EXPECT_EQ(publisher_.command("PUBSUB", "NUMPAT"), ":0");
  EXPECT_EQ(publisher_.command("PUBSUB", "SHARDCHANNELS"), "*0");
}

// All subscribers see the messages of all publishers in one order.
TEST_P(PubSubTest, ThereIsOneOrder) {
  constexpr int kPublishers = 3;
  constexpr int kMessages = 300;
  constexpr int kSubscribers = 4;
  std::vector<RedisClient> subscribers;
  for (int i = 0; i < kSubscribers; ++i) {
    subscribers.push_back(connect());
    subscribers.back().command("SUBSCRIBE", "c0", "c1", "c2");
    subscribers.back().read();
    subscribers.back().read();
  }
  std::vector<std::thread> threads;
  for (int number = 0; number < kPublishers; ++number) {
    threads.emplace_back([this, number] {
      RedisClient client(server_.port());
      const std::string channel = "c" + std::to_string(number);
      std::string pipeline;
      for (int i = 0; i < kMessages; ++i) {
        pipeline += RedisClient::encode({"PUBLISH", channel, std::to_string(i)});
      }
      client.send(pipeline);
      for (int i = 0; i < kMessages; ++i) EXPECT_EQ(client.read(), ":4");
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (int i = 0; i < kPublishers * kMessages; ++i) {
    const std::string first = subscribers[0].read();
    for (std::size_t other = 1; other < kSubscribers; ++other) {
      ASSERT_EQ(subscribers[other].read(), first) << "message " << i;
    }
  }
}

// No message comes behind the confirmation that ends its subscription.
TEST_P(PubSubTest, NothingComesAfterTheEnd) {
  std::atomic<bool> done{false};
  std::thread flood([this, &done] {
    RedisClient client(server_.port());
    while (!done) client.command("PUBLISH", "c", "x");
  });
  RedisClient client = connect();
  for (int round = 0; round < 200; ++round) {
    client.send_command("SUBSCRIBE", "c");
    client.send_command("UNSUBSCRIBE", "c");
    client.send_command("PING");
    EXPECT_EQ(client.read(), "*3 $9 subscribe $1 c :1");
    std::string next = client.read();
    while (next == message("c", "x")) next = client.read();
    EXPECT_EQ(next, "*3 $11 unsubscribe $1 c :0");
    EXPECT_EQ(client.read(), "+PONG");
  }
  done = true;
  flood.join();
}

// Who reads nothing is closed before its messages fill the memory.
TEST_P(PubSubTest, TheDeafAreClosed) {
  RedisClient deaf = connect();
  deaf.command("SUBSCRIBE", "c");
  const std::string megabyte(1'000'000, 'm');
  EXPECT_TRUE(eventually([&] { return publish("c", megabyte) == ":0"; }));
}

// Nor does it gather for a reactor that does not come round to delivering: who publishes waits, and
// so does everybody but who may end what keeps the reactor. What waits is executed in the end, even
// of one who has said that he sends no more; what is under way to one who has gone is dropped.
TEST_P(PubSubTest, PublishersWaitForABusyReactor) {
  constexpr int kMessages = 80;
  const std::string large(1 << 16, 'm');
  RedisClient subscriber = connect();
  const std::size_t busy = reactor_of(subscriber);
  subscriber.command("SUBSCRIBE", "c");
  std::optional<RedisClient> publisher = connect_elsewhere(busy);
  std::optional<RedisClient> last = connect_elsewhere(busy);
  std::optional<RedisClient> judge = connect_elsewhere(busy);
  std::optional<RedisClient> gone = connect_to(busy);
  if (!publisher || !last || !judge || !gone) return;  // there is one reactor
  gone->send_command("PSUBSCRIBE", "h", "h*", "*h", "[h]", "[g-i]", "**h", "h**", "[^c]");
  for (int i = 0; i < 8; ++i) gone->read();
  std::promise<void> release;
  server_.engine().reactors()[busy]->post([&release] { release.get_future().wait(); });
  std::atomic<int> published{0};
  std::thread thread([&] {
    for (int i = 0; i < kMessages; ++i) {
      publisher->command("PUBLISH", "h", large);
      ASSERT_EQ(publisher->command("PUBLISH", "c", std::to_string(i)), ":1");
      ++published;
    }
  });
  EXPECT_TRUE(eventually([&] { return server_.server().outbox().is_full(); }));
  EXPECT_LT(published, kMessages);
  last->send(RedisClient::encode({"SET", "k", "v"}));
  last->finish_sending();
  EXPECT_EQ(judge->command("SCRIPT", "KILL").substr(0, 8), "-NOTBUSY");
  gone.reset();
  release.set_value();
  for (int i = 0; i < kMessages; ++i) {
    ASSERT_EQ(subscriber.read(), message("c", std::to_string(i)));
  }
  thread.join();
  EXPECT_EQ(last->read(), "+OK");
  EXPECT_EQ(last->read(), "closed");
  EXPECT_EQ(judge->command("GET", "k"), "$1 v");
  EXPECT_FALSE(server_.server().outbox().is_full());
}

TEST_P(PubSubTest, TheListTellsOfSubscribers) {
  RedisClient client = connect();
  client.command("CLIENT", "SETNAME", "listener");
  client.send_command("SUBSCRIBE", "a", "b");
  client.read();
  client.read();
  client.command("PSUBSCRIBE", "*");
  client.command("SSUBSCRIBE", "s");
  const std::string list = publisher_.command("CLIENT", "LIST", "TYPE", "PUBSUB");
  EXPECT_NE(list.find("name=listener"), std::string::npos) << list;
  EXPECT_NE(list.find("flags=P "), std::string::npos) << list;
  EXPECT_NE(list.find("sub=2 psub=1 ssub=1 "), std::string::npos) << list;
  EXPECT_EQ(publisher_.command("CLIENT", "LIST", "TYPE", "NORMAL").find("listener"),
            std::string::npos);
  EXPECT_EQ(publisher_.command("CLIENT", "KILL", "TYPE", "PUBSUB"), ":1");
  EXPECT_EQ(client.read(), "closed");
}

INSTANTIATE_TEST_SUITE_P(All, PubSubTest, testing::ValuesIn(all_setups()),
                         [](const testing::TestParamInfo<Setup>& test_param) {
                           return setup_name(test_param.param);
                         });

}  // namespace
}  // namespace weir::redis
