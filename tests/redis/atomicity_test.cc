// Commands of several keys, and transactions, are seen whole or not at all, whichever threads run
// them. Each test fails within its rounds when the shards' locks are not taken.
#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <set>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "tests/redis/redis_fixture.h"

namespace weir::redis {
namespace {

constexpr int kWriters = 8;
constexpr int kRounds = 300;
constexpr int kKeys = 10;

class AtomicityTest : public testing::TestWithParam<Setup> {
 protected:
  RedisServer server_{GetParam()};
};

// Clients on threads of their own, each of which runs `writer` some rounds; the destructor waits
// for them. Whoever made it may read meanwhile.
class Hammer {
 public:
  using Writer = std::function<void(RedisClient& client, int number, int round)>;

  Hammer(std::uint16_t port, int writers, const Writer& writer, int rounds = kRounds) {
    running_.store(writers);
    for (int number = 0; number < writers; ++number) {
      threads_.emplace_back([this, port, number, writer, rounds] {
        RedisClient client(port);
        for (int round = 0; round < rounds && !testing::Test::HasFailure(); ++round) {
          writer(client, number, round);
        }
        running_.fetch_sub(1);
      });
    }
  }
  ~Hammer() {
    for (std::thread& thread : threads_) thread.join();
  }

  bool running() const { return running_.load() > 0; }

 private:
  std::atomic<int> running_{0};
  std::vector<std::thread> threads_;
};

std::vector<std::string> key_names() {
  std::vector<std::string> names;
  for (int i = 0; i < kKeys; ++i) names.push_back("shared:" + std::to_string(i));
  return names;
}

// MSET of the same keys, in another order each time, each writer with its own value.
std::vector<std::string> mset(int number, int round) {
  std::vector<std::string> words = {"MSET"};
  const std::vector<std::string> names = key_names();
  for (int i = 0; i < kKeys; ++i) {
    const int place = number % 2 == 0 ? i : kKeys - 1 - i;
    words.push_back(names[static_cast<std::size_t>((place + round) % kKeys)]);
    words.push_back("writer" + std::to_string(number));
  }
  return words;
}

// The distinct values of an array of bulk strings.
std::set<std::string> values_of(const std::string& reply) {
  std::istringstream words(reply);
  std::string word;
  words >> word;
  std::set<std::string> values;
  for (std::string size; words >> size >> word;) values.insert(word);
  return values;
}

std::vector<std::string> join(std::vector<std::string> words,
                              const std::vector<std::string>& more) {
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

TEST_P(AtomicityTest, MsetIsSeenWholeByMget) {
  RedisClient reader(server_.port());
  reader.command(mset(0, 0));
  const std::vector<std::string> mget = join({"MGET"}, key_names());
  const Hammer hammer(server_.port(), kWriters, [](RedisClient& client, int number, int round) {
    EXPECT_EQ(client.command(mset(number, round)), "+OK");
  });
  while (hammer.running()) {
    const std::string reply = reader.command(mget);
    ASSERT_EQ(values_of(reply).size(), 1U) << reply;
  }
}

TEST_P(AtomicityTest, MsetIsSeenWholeByATransaction) {
  RedisClient reader(server_.port());
  reader.command(mset(0, 0));
  std::string gets = RedisClient::encode({"MULTI"});
  for (const std::string& name : key_names()) gets += RedisClient::encode({"GET", name});
  gets += RedisClient::encode({"EXEC"});
  const Hammer hammer(server_.port(), kWriters, [](RedisClient& client, int number, int round) {
    EXPECT_EQ(client.command(mset(number, round)), "+OK");
  });
  while (hammer.running()) {
    ASSERT_TRUE(reader.send(gets));
    for (int i = 0; i < kKeys + 1; ++i) reader.read();
    const std::string reply = reader.read();
    ASSERT_EQ(values_of(reply).size(), 1U) << reply;
  }
}

// Two counters that move together: no reader sees one ahead of the other, and no step is lost.
TEST_P(AtomicityTest, TransactionsAreWhole) {
  const Hammer::Writer writer = [](RedisClient& client, int number, int) {
    const bool forward = number % 2 == 0;
    std::string packet = RedisClient::encode({"MULTI"});
    packet += RedisClient::encode({"INCR", forward ? "first" : "second"});
    packet += RedisClient::encode({"PING"});
    packet += RedisClient::encode({"INCR", forward ? "second" : "first"});
    packet += RedisClient::encode({"EXEC"});
    EXPECT_TRUE(client.send(packet));
    for (int i = 0; i < 4; ++i) client.read();
    std::istringstream reply(client.read());
    std::string header;
    std::string one;
    std::string pong;
    std::string two;
    reply >> header >> one >> pong >> two;
    EXPECT_EQ(header, "*3");
    EXPECT_EQ(one, two);
  };
  RedisClient reader(server_.port());
  reader.command("MSET", "first", "0", "second", "0");
  {
    const Hammer hammer(server_.port(), kWriters, writer);
    while (hammer.running()) {
      const std::string reply = reader.command("MGET", "first", "second");
      ASSERT_EQ(values_of(reply).size(), 1U) << reply;
    }
  }
  EXPECT_EQ(values_of(reader.command("MGET", "first", "second")),
            std::set<std::string>{std::to_string(kWriters * kRounds)});
}

// WATCH, read, write: what optimistic clients do. No increment is lost.
TEST_P(AtomicityTest, WatchedCountersLoseNothing) {
  const Hammer::Writer writer = [](RedisClient& client, int, int) {
    for (bool done = false; !done && !testing::Test::HasFailure();) {
      EXPECT_EQ(client.command("WATCH", "n"), "+OK");
      const std::string value = client.command("GET", "n");
      const int next = std::stoi(value.substr(value.find(' ') + 1)) + 1;
      client.command("MULTI");
      client.command("SET", "n", std::to_string(next));
      const std::string reply = client.command("EXEC");
      done = reply == "*1 +OK";
      EXPECT_TRUE(done || reply == "*-1") << reply;
    }
  };
  RedisClient reader(server_.port());
  reader.command("SET", "n", "0");
  { const Hammer hammer(server_.port(), 4, writer); }
  EXPECT_EQ(values_of("* " + reader.command("GET", "n")),
            std::set<std::string>{std::to_string(4 * kRounds)});
}

// One key and two names: whoever looks finds it under exactly one of them.
TEST_P(AtomicityTest, RenamesBothWays) {
  RedisClient reader(server_.port());
  reader.command("SET", "here", "v");
  const Hammer hammer(server_.port(), kWriters, [](RedisClient& client, int number, int) {
    const std::string reply = number % 2 == 0 ? client.command("RENAME", "here", "there")
                                              : client.command("RENAME", "there", "here");
    EXPECT_TRUE(reply == "+OK" || reply == "-ERR no such key") << reply;
  });
  while (hammer.running()) ASSERT_EQ(reader.command("EXISTS", "here", "there"), ":1");
}

// Commands that want the same locks, named in opposite orders, as fast as two reactors can: without
// one order of locking they stop each other for ever.
TEST_P(AtomicityTest, NobodyWaitsInACircle) {
  constexpr int kPipelined = 100;
  const Hammer::Writer writer = [](RedisClient& client, int number, int round) {
    std::string packet;
    for (int i = 0; i < kPipelined; ++i) packet += RedisClient::encode(mset(number, round));
    EXPECT_TRUE(client.send(packet));
    for (int i = 0; i < kPipelined; ++i) EXPECT_EQ(client.read(), "+OK");
  };
  constexpr int kPipelines = 30;
  const Hammer hammer(server_.port(), kWriters, writer, kPipelines);
}

// Commands that walk over the keyspace, or stop it, beside those that lock a few shards: inside
// transactions and outside. Nothing may wait for ever, nothing may be seen half.
TEST_P(AtomicityTest, WalksAndFlushesMeanwhile) {
  const Hammer::Writer writer = [](RedisClient& client, int number, int round) {
    switch (number) {
      case 0:
        EXPECT_EQ(client.command(round % 2 == 0 ? "FLUSHALL" : "FLUSHDB"), "+OK");
        break;
      case 1:
        client.command("MULTI");
        client.command(mset(number, round));
        client.command("DBSIZE");
        client.command("KEYS", "shared:*");
        client.command("FLUSHALL");
        client.command("DBSIZE");
        EXPECT_TRUE(client.command("EXEC").ends_with(" +OK :0"));
        break;
      case 2:
        EXPECT_TRUE(client.command("INFO").starts_with("$"));
        break;
      case 3:
        EXPECT_TRUE(client.command("KEYS", "*").starts_with("*"));
        EXPECT_TRUE(client.command("RANDOMKEY").starts_with("$"));
        break;
      case 4:
        EXPECT_TRUE(client.command("SCAN", "0", "COUNT", "1000").starts_with("*2 "));
        EXPECT_TRUE(client.command("DBSIZE").starts_with(":"));
        break;
      case 5:
        EXPECT_EQ(client.command("CONFIG", "SET", "hash-max-listpack-entries", "64"), "+OK");
        EXPECT_EQ(client.command("CONFIG", "RESETSTAT"), "+OK");
        break;
      default:
        EXPECT_EQ(client.command(mset(number, round)), "+OK");
    }
  };
  RedisClient reader(server_.port());
  const std::vector<std::string> exists = join({"EXISTS"}, key_names());
  const Hammer hammer(server_.port(), kWriters, writer);
  while (hammer.running()) {
    const std::string reply = reader.command(exists);
    ASSERT_TRUE(reply == ":0" || reply == ":10") << reply;
  }
}

std::string name_of(const testing::TestParamInfo<Setup>& setup) { return setup_name(setup.param); }

INSTANTIATE_TEST_SUITE_P(Parallel, AtomicityTest, testing::ValuesIn(parallel_setups()), name_of);

}  // namespace
}  // namespace weir::redis
