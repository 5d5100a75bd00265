// Commands of several keys, and transactions, are seen whole or not at all, whichever threads run
// them. Everything comes in pipelines, so that the reactors execute most of their time and meet:
// without the shards' locks most of these tests fail in most runs on two processors.
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
constexpr int kRounds = 150;
constexpr int kKeys = 10;
constexpr int kPipelined = 20;

class AtomicityTest : public testing::TestWithParam<Setup> {
 protected:
  RedisServer server_{GetParam()};
};

// Clients on threads of their own, each of which runs `writer` some rounds; the destructor waits
// for them. Whoever made it may read meanwhile.
class Hammer {
 public:
  using Writer = std::function<void(RedisClient& client, int number, int round)>;

  Hammer(std::uint16_t port, int writers, const Writer& writer) {
    running_.store(writers);
    for (int number = 0; number < writers; ++number) {
      threads_.emplace_back([this, port, number, writer] {
        RedisClient client(port);
        for (int round = 0; round < kRounds && !testing::Test::HasFailure(); ++round) {
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

// Sends `packet`, of kPipelined times `replies` requests, and returns the last reply of each time.
std::vector<std::string> pipeline(RedisClient& client, const std::string& packet, int replies = 1) {
  EXPECT_TRUE(client.send(packet));
  std::vector<std::string> last(kPipelined);
  for (std::string& reply : last) {
    for (int i = 0; i < replies; ++i) reply = client.read();
  }
  return last;
}

std::string repeat(const std::string& request) {
  std::string packet;
  for (int i = 0; i < kPipelined; ++i) packet += request;
  return packet;
}

// A writer of MSETs.
void set_all(RedisClient& client, int number, int round) {
  const std::string packet = repeat(RedisClient::encode(mset(number, round)));
  for (const std::string& reply : pipeline(client, packet)) EXPECT_EQ(reply, "+OK");
}

std::vector<std::string> join(std::vector<std::string> words,
                              const std::vector<std::string>& more) {
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

TEST_P(AtomicityTest, MsetIsSeenWholeByMget) {
  RedisClient reader(server_.port());
  reader.command(mset(0, 0));
  const std::string packet = repeat(RedisClient::encode(join({"MGET"}, key_names())));
  const Hammer hammer(server_.port(), kWriters, set_all);
  while (hammer.running()) {
    for (const std::string& reply : pipeline(reader, packet)) {
      ASSERT_EQ(values_of(reply).size(), 1U) << reply;
    }
  }
}

TEST_P(AtomicityTest, MsetIsSeenWholeByATransaction) {
  RedisClient reader(server_.port());
  reader.command(mset(0, 0));
  std::string gets = RedisClient::encode({"MULTI"});
  for (const std::string& name : key_names()) gets += RedisClient::encode({"GET", name});
  gets += RedisClient::encode({"EXEC"});
  const std::string packet = repeat(gets);
  const Hammer hammer(server_.port(), kWriters, set_all);
  while (hammer.running()) {
    for (const std::string& reply : pipeline(reader, packet, kKeys + 2)) {
      ASSERT_EQ(values_of(reply).size(), 1U) << reply;
    }
  }
}

// Two counters that move together: no reader sees one ahead of the other, and no step is lost.
TEST_P(AtomicityTest, TransactionsAreWhole) {
  const Hammer::Writer writer = [](RedisClient& client, int number, int) {
    const bool forward = number % 2 == 0;
    std::string transaction = RedisClient::encode({"MULTI"});
    transaction += RedisClient::encode({"INCR", forward ? "first" : "second"});
    transaction += RedisClient::encode({"PING"});
    transaction += RedisClient::encode({"INCR", forward ? "second" : "first"});
    transaction += RedisClient::encode({"EXEC"});
    for (const std::string& reply : pipeline(client, repeat(transaction), 5)) {
      std::istringstream words(reply);
      std::string header;
      std::string one;
      std::string pong;
      std::string two;
      words >> header >> one >> pong >> two;
      EXPECT_EQ(header, "*3");
      EXPECT_EQ(one, two);
    }
  };
  RedisClient reader(server_.port());
  reader.command("MSET", "first", "0", "second", "0");
  {
    const std::string packet = repeat(RedisClient::encode({"MGET", "first", "second"}));
    const Hammer hammer(server_.port(), kWriters, writer);
    while (hammer.running()) {
      for (const std::string& reply : pipeline(reader, packet)) {
        ASSERT_EQ(values_of(reply).size(), 1U) << reply;
      }
    }
  }
  EXPECT_EQ(values_of(reader.command("MGET", "first", "second")),
            std::set<std::string>{std::to_string(kWriters * kRounds * kPipelined)});
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
  const Hammer::Writer writer = [](RedisClient& client, int number, int) {
    const std::string request = number % 2 == 0 ? RedisClient::encode({"RENAME", "here", "there"})
                                                : RedisClient::encode({"RENAME", "there", "here"});
    for (const std::string& reply : pipeline(client, repeat(request))) {
      EXPECT_TRUE(reply == "+OK" || reply == "-ERR no such key") << reply;
    }
  };
  RedisClient reader(server_.port());
  reader.command("SET", "here", "v");
  const std::string packet = repeat(RedisClient::encode({"EXISTS", "here", "there"}));
  const Hammer hammer(server_.port(), kWriters, writer);
  while (hammer.running()) {
    for (const std::string& reply : pipeline(reader, packet)) ASSERT_EQ(reply, ":1");
  }
}

// One key and two databases.
TEST_P(AtomicityTest, MovesBothWays) {
  const Hammer::Writer writer = [](RedisClient& client, int number, int) {
    EXPECT_EQ(client.command("SELECT", number % 2 == 0 ? "0" : "1"), "+OK");
    const std::string request = RedisClient::encode({"MOVE", "key", number % 2 == 0 ? "1" : "0"});
    for (const std::string& reply : pipeline(client, repeat(request))) {
      EXPECT_TRUE(reply == ":0" || reply == ":1") << reply;
    }
  };
  RedisClient reader(server_.port());
  reader.command("SET", "key", "v");
  std::string looks = RedisClient::encode({"MULTI"});
  for (const char* other : {"1", "0"}) {
    looks += RedisClient::encode({"EXISTS", "key"});
    looks += RedisClient::encode({"SELECT", other});
  }
  looks += RedisClient::encode({"EXEC"});
  const std::string packet = repeat(looks);
  const Hammer hammer(server_.port(), kWriters, writer);
  while (hammer.running()) {
    for (const std::string& reply : pipeline(reader, packet, 6)) {
      ASSERT_TRUE(reply == "*4 :1 +OK :0 +OK" || reply == "*4 :0 +OK :1 +OK") << reply;
    }
  }
}

// A value of two parts, which are always written together, and its copy in another database.
TEST_P(AtomicityTest, CopiesAreWhole) {
  const Hammer::Writer writer = [](RedisClient& client, int number, int) {
    const std::string value = "writer" + std::to_string(number);
    std::string request = RedisClient::encode({"HSET", "hash", "a", value, "b", value});
    request += RedisClient::encode({"COPY", "hash", "hash", "DB", "1", "REPLACE"});
    for (const std::string& reply : pipeline(client, repeat(request), 2)) EXPECT_EQ(reply, ":1");
  };
  RedisClient reader(server_.port());
  reader.command("SELECT", "1");
  reader.command("HSET", "hash", "a", "first", "b", "first");
  const std::string packet = repeat(RedisClient::encode({"HVALS", "hash"}));
  const Hammer hammer(server_.port(), kWriters, writer);
  while (hammer.running()) {
    for (const std::string& reply : pipeline(reader, packet)) {
      ASSERT_EQ(values_of(reply).size(), 1U) << reply;
    }
  }
}

// Two databases, each full of keys of one value, change places meanwhile.
TEST_P(AtomicityTest, SwapsAreWhole) {
  const Hammer::Writer writer = [](RedisClient& client, int number, int round) {
    if (number == 0) {
      EXPECT_EQ(client.command("SWAPDB", "0", "1"), "+OK");
    } else {
      EXPECT_EQ(client.command("SELECT", number % 2 == 0 ? "0" : "1"), "+OK");
      set_all(client, number, round);
    }
  };
  RedisClient reader(server_.port());
  reader.command(mset(0, 0));
  reader.command("SELECT", "1");
  reader.command(mset(1, 0));
  const std::string packet = repeat(RedisClient::encode(join({"MGET"}, key_names())));
  const Hammer hammer(server_.port(), kWriters, writer);
  while (hammer.running()) {
    for (const std::string& reply : pipeline(reader, packet)) {
      ASSERT_EQ(values_of(reply).size(), 1U) << reply;
    }
  }
}

// SORT looks up keys that none of its arguments names.
TEST_P(AtomicityTest, MsetIsSeenWholeBySort) {
  RedisClient reader(server_.port());
  reader.command(mset(0, 0));
  for (int i = 0; i < kKeys; ++i) reader.command("RPUSH", "numbers", std::to_string(i));
  std::string request = RedisClient::encode({"SORT", "numbers", "GET", "shared:*", "STORE", "out"});
  request += RedisClient::encode({"LRANGE", "out", "0", "-1"});
  const std::string packet = repeat(request);
  const Hammer hammer(server_.port(), kWriters, set_all);
  while (hammer.running()) {
    for (const std::string& reply : pipeline(reader, packet, 2)) {
      ASSERT_EQ(values_of(reply).size(), 1U) << reply;
    }
  }
}

// Commands that want the same locks, named in opposite orders: without one order of locking they
// stop each other for ever.
TEST_P(AtomicityTest, NobodyWaitsInACircle) {
  constexpr int kManyKeys = 60;
  const Hammer::Writer writer = [](RedisClient& client, int number, int) {
    std::vector<std::string> words = {"DEL"};
    for (int i = 0; i < kManyKeys; ++i) {
      words.push_back("key:" + std::to_string(number % 2 == 0 ? i : kManyKeys - 1 - i));
    }
    const std::string packet = repeat(RedisClient::encode(words));
    for (const std::string& reply : pipeline(client, packet)) EXPECT_EQ(reply, ":0");
  };
  const Hammer hammer(server_.port(), kWriters, writer);
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
        set_all(client, number, round);
    }
  };
  RedisClient reader(server_.port());
  const std::string packet = repeat(RedisClient::encode(join({"EXISTS"}, key_names())));
  const Hammer hammer(server_.port(), kWriters, writer);
  while (hammer.running()) {
    for (const std::string& reply : pipeline(reader, packet)) {
      ASSERT_TRUE(reply == ":0" || reply == ":10") << reply;
    }
  }
}

std::string name_of(const testing::TestParamInfo<Setup>& setup) { return setup_name(setup.param); }

INSTANTIATE_TEST_SUITE_P(Parallel, AtomicityTest, testing::ValuesIn(parallel_setups()), name_of);

}  // namespace
}  // namespace weir::redis
