// Memory at its limit: what goes under each policy, what stays, and what is refused.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "servers/redis/memory/heap_meter.h"
#include "tests/redis/redis_fixture.h"

namespace weir::redis {
namespace {

constexpr std::string_view kOom = "-OOM command not allowed when used memory > 'maxmemory'.";
// What commands may add after they were let in, and what the clients hold in the same process.
constexpr std::size_t kSlack = 128 * 1024;
const std::string kValue(100, 'v');

// The number of a field of INFO.
std::int64_t info(RedisClient& client, const std::string& field) {
  const std::string text = client.command("INFO");
  const std::size_t at = text.find("\\n" + field + ":");
  EXPECT_NE(at, std::string::npos) << field;
  return at == std::string::npos ? -1 : std::stoll(text.substr(at + field.size() + 3));
}

std::string key_name(int i) { return "key:" + std::to_string(i); }

class EvictionTest : public testing::TestWithParam<Setup> {
 protected:
  EvictionTest() : server_(GetParam()), client_(server_.port()) {}

  void set(std::string_view name, std::string_view value) {
    EXPECT_EQ(client_.command("CONFIG", "SET", name, value), "+OK") << name;
  }
  // From now on so many bytes more may be used.
  void limit(std::string_view policy, std::size_t room) {
    set("maxmemory-policy", policy);
    limit_ = HeapMeter::used_bytes() + room;
    set("maxmemory", std::to_string(limit_));
  }
  // Empties the server and forgets the counts, once all is freed.
  void start_anew() {
    set("maxmemory", "0");
    EXPECT_EQ(client_.command("FLUSHALL", "SYNC"), "+OK");
    EXPECT_TRUE(eventually([&] { return info(client_, "lazyfree_pending_objects") == 0; }));
    EXPECT_EQ(client_.command("CONFIG", "RESETSTAT"), "+OK");
  }
  void fill(int keys, const std::vector<std::string>& options = {}) {
    for (int i = 0; i < keys; ++i) set_key(key_name(i), options);
  }
  void set_key(const std::string& name, const std::vector<std::string>& options) {
    std::vector<std::string> words = {"SET", name, kValue};
    words.insert(words.end(), options.begin(), options.end());
    ASSERT_EQ(client_.command(words), "+OK") << name;
  }
  // Sets more keys until so many have been evicted.
  void evict(std::int64_t keys, const std::vector<std::string>& options = {}) {
    for (int i = 0; i % 50 != 0 || info(client_, "evicted_keys") < keys; ++i) {
      set_key("new:" + std::to_string(i), options);
      ASSERT_LT(i, 100'000);
    }
  }
  // How many of every `step`-th key from `begin` on, below `end`, are there.
  int survivors(int begin, int end, int step = 1) {
    int count = 0;
    for (int i = begin; i < end; i += step) {
      count += client_.command("EXISTS", key_name(i)) == ":1" ? 1 : 0;
    }
    return count;
  }
  void expect_within_limit() { EXPECT_LE(HeapMeter::used_bytes(), limit_ + kSlack); }

  RedisServer server_;
  RedisClient client_;
  std::size_t limit_ = 0;
};

TEST_P(EvictionTest, KeepsWithinTheLimitUnderEachPolicy) {
  constexpr int kKeys = 3000;
  for (const char* policy : {"allkeys-lru", "allkeys-lfu", "allkeys-random", "volatile-lru",
                             "volatile-lfu", "volatile-random", "volatile-ttl"}) {
    SCOPED_TRACE(policy);
    start_anew();
    limit(policy, 256 * 1024);
    for (int i = 0; i < kKeys; ++i) {
      set_key(key_name(i), {"EX", std::to_string(10'000 + i)});
      if (i % 100 == 0) expect_within_limit();
    }
    expect_within_limit();
    set("maxmemory", "0");  // what is asked below takes memory too
    const std::int64_t evicted = info(client_, "evicted_keys");
    EXPECT_GT(evicted, kKeys / 6);
    EXPECT_EQ(client_.command("DBSIZE"), ":" + std::to_string(kKeys - evicted));
    EXPECT_EQ(info(client_, "expired_keys"), 0);
  }
}

TEST_P(EvictionTest, KeepsWhatWasUsedLately) {
  constexpr int kKeys = 2000;
  fill(kKeys);
  ASSERT_TRUE(eventually(
      [&] { return client_.command("OBJECT", "IDLETIME", key_name(kKeys - 1)) >= ":1"; }));
  for (int i = 0; i < kKeys; i += 2) client_.command("GET", key_name(i));
  limit("allkeys-lru", 0);
  evict(kKeys / 4);
  // At random a quarter of either would be gone.
  EXPECT_GE(survivors(0, kKeys, 2), kKeys / 2 * 97 / 100);
  EXPECT_LE(survivors(1, kKeys, 2), kKeys / 2 * 55 / 100);
  expect_within_limit();
}

TEST_P(EvictionTest, KeepsWhatIsUsedOften) {
  constexpr int kKeys = 2000;
  set("maxmemory-policy", "allkeys-lfu");
  set("lfu-log-factor", "0");
  set("lfu-decay-time", "0");  // minutes go by while the test runs
  fill(kKeys);
  for (int use = 0; use < 3; ++use) {
    for (int i = 0; i < kKeys; i += 2) client_.command("GET", key_name(i));
  }
  EXPECT_EQ(client_.command("OBJECT", "FREQ", key_name(0)), ":8");
  limit("allkeys-lfu", 0);
  evict(kKeys / 4);
  EXPECT_GE(survivors(0, kKeys, 2), kKeys / 2 * 97 / 100);
  // New keys come and go with those that nobody uses.
  EXPECT_LE(survivors(1, kKeys, 2), kKeys / 2 * 95 / 100);
}

TEST_P(EvictionTest, TakesEveryKeyAlikeAtRandom) {
  constexpr int kKeys = 2000;
  fill(kKeys);
  EXPECT_EQ(client_.command("SELECT", "3"), "+OK");
  fill(kKeys);
  limit("allkeys-random", 0);
  evict(kKeys);
  set("maxmemory", "0");
  const int here = survivors(0, kKeys);
  EXPECT_EQ(client_.command("SELECT", "0"), "+OK");
  const int there = survivors(0, kKeys);
  // Databases take turns, and the new keys are all in one of them.
  EXPECT_LT(here, kKeys * 90 / 100);
  EXPECT_NEAR(there, kKeys / 2, kKeys / 5);
}

TEST_P(EvictionTest, TakesOnlyVolatileKeysWherePolicySaysSo) {
  constexpr int kKeys = 500;
  for (const char* policy : {"volatile-lru", "volatile-lfu", "volatile-random", "volatile-ttl"}) {
    SCOPED_TRACE(policy);
    start_anew();
    fill(kKeys);
    for (int i = 0; i < kKeys; ++i) set_key("volatile:" + std::to_string(i), {"EX", "1000"});
    limit(policy, 0);
    evict(kKeys / 2, {"EX", "1000"});
    EXPECT_EQ(survivors(0, kKeys), kKeys);
    expect_within_limit();
    // With the last of them what was room is gone.
    std::string reply = "+OK";
    for (int i = kKeys; i < 100 * kKeys && reply == "+OK"; ++i) {
      reply = client_.command("SET", key_name(i), kValue);
    }
    EXPECT_EQ(reply, kOom);
    EXPECT_NE(client_.command("INFO", "keyspace").find(",expires=0,"), std::string::npos);
    EXPECT_EQ(survivors(0, kKeys), kKeys);
    EXPECT_EQ(client_.command("GET", key_name(0)), "$100 " + kValue);
  }
}

TEST_P(EvictionTest, TakesWhatWouldExpireNext) {
  constexpr int kKeys = 2000;
  for (int i = 0; i < kKeys; ++i) set_key(key_name(i), {"EX", std::to_string(1000 + i)});
  limit("volatile-ttl", 0);
  evict(kKeys / 2, {"EX", "100000"});
  EXPECT_LE(survivors(0, kKeys / 4), kKeys / 100);
  EXPECT_GE(survivors(kKeys * 3 / 4, kKeys), kKeys / 4 * 99 / 100);
}

TEST_P(EvictionTest, MakesRoomForLargeValues) {
  constexpr std::size_t kSize = 1024 * 1024;
  const std::string value(kSize, 'v');
  limit("allkeys-lru", 8 * kSize);
  for (int i = 0; i < 40; ++i) {
    ASSERT_EQ(client_.command("SET", key_name(i), value), "+OK");
    // The one that was let in last, its copies on the way in, and the client's own.
    EXPECT_LE(HeapMeter::used_bytes(), limit_ + 6 * kSize);
  }
  EXPECT_GE(info(client_, "evicted_keys"), 30);
  EXPECT_EQ(client_.command("STRLEN", key_name(39)), ":" + std::to_string(kSize));
}

// A turn of the reactor evicts some keys, the next goes on: nobody has to ask for it.
TEST_P(EvictionTest, GoesOnByItself) {
  set("maxmemory-eviction-tenacity", "0");
  fill(5000);
  set("maxmemory-policy", "allkeys-lru");
  const std::size_t target = HeapMeter::used_bytes() - 400'000;
  set("maxmemory", std::to_string(target));
  EXPECT_TRUE(eventually([&] { return HeapMeter::used_bytes() <= target; }));
  EXPECT_GT(info(client_, "evicted_keys"), 1000);
  EXPECT_TRUE(eventually([&] { return info(client_, "current_eviction_exceeded_time") == 0; }));
}

TEST_P(EvictionTest, RefusesWhatNeedsMemoryWhereNothingMayGo) {
  fill(100);
  limit("noeviction", 0);
  std::string reply = "+OK";
  for (int i = 0; reply == "+OK"; ++i) reply = client_.command("SET", "new" + key_name(i), kValue);
  EXPECT_EQ(reply, kOom);
  EXPECT_EQ(client_.command("LPUSH", "list", "v"), kOom);
  EXPECT_EQ(client_.command("GET", key_name(0)), "$100 " + kValue);
  EXPECT_EQ(client_.command("EXPIRE", key_name(0), "100"), ":1");
  EXPECT_EQ(survivors(0, 100), 100);
  EXPECT_EQ(info(client_, "evicted_keys"), 0);
  EXPECT_GE(info(client_, "current_eviction_exceeded_time"), 0);
  EXPECT_NE(client_.command("INFO", "errorstats").find("errorstat_OOM:count=2"), std::string::npos);
  set("maxmemory", "0");
  EXPECT_EQ(client_.command("SET", "k", "v"), "+OK");
}

TEST_P(EvictionTest, RefusesTransactionsAsRedisDoes) {
  fill(10);
  RedisClient late(server_.port());
  EXPECT_EQ(late.command("MULTI"), "+OK");
  EXPECT_EQ(late.command("SET", "k", "v"), "+QUEUED");
  RedisClient reader(server_.port());
  EXPECT_EQ(reader.command("MULTI"), "+OK");
  EXPECT_EQ(reader.command("GET", key_name(0)), "+QUEUED");
  RedisClient ended(server_.port());
  EXPECT_EQ(ended.command("MULTI"), "+OK");
  set("maxmemory", "1");
  const std::string aborted =
      "-EXECABORT Transaction discarded because of: " + std::string(kOom.substr(1));
  EXPECT_EQ(late.command("EXEC"), aborted);
  EXPECT_EQ(reader.command("EXEC"), "*1 $100 " + kValue);
  // A queue takes memory, whatever is in it.
  EXPECT_EQ(ended.command("GET", key_name(0)), kOom);
  EXPECT_EQ(ended.command("EXEC"), "-EXECABORT Transaction discarded because of previous errors.");
  EXPECT_EQ(ended.command("MULTI"), "+OK");
  EXPECT_EQ(ended.command("PING"), kOom);
  EXPECT_EQ(ended.command("DISCARD"), "+OK");
}

TEST_P(EvictionTest, CountsAsAChangeOfTheKey) {
  EXPECT_EQ(client_.command("SET", "watched", "v"), "+OK");
  EXPECT_EQ(client_.command("XGROUP", "CREATE", "stream", "group", "$", "MKSTREAM"), "+OK");
  RedisClient watcher(server_.port());
  EXPECT_EQ(watcher.command("WATCH", "watched"), "+OK");
  EXPECT_EQ(watcher.command("MULTI"), "+OK");
  EXPECT_EQ(watcher.command("PING"), "+QUEUED");
  RedisClient reader(server_.port());
  reader.send_command("XREADGROUP", "GROUP", "group", "me", "BLOCK", "0", "STREAMS", "stream", ">");
  ASSERT_TRUE(eventually([&] { return info(client_, "blocked_clients") == 1; }));
  set("maxmemory-policy", "allkeys-random");
  set("maxmemory", "1");
  EXPECT_TRUE(eventually([&] { return client_.command("DBSIZE") == ":0"; }));
  set("maxmemory", "0");
  EXPECT_EQ(watcher.command("EXEC"), "*-1");
  EXPECT_EQ(reader.read(), "-UNBLOCKED the stream key no longer exists");
}

// A pause keeps the data as they are.
TEST_P(EvictionTest, WaitsForTheEndOfAPause) {
  fill(100);
  set("maxmemory-policy", "allkeys-random");
  EXPECT_EQ(client_.command("CLIENT", "PAUSE", "100000", "WRITE"), "+OK");
  set("maxmemory", "1");
  EXPECT_EQ(survivors(0, 100), 100);
  EXPECT_EQ(client_.command("CLIENT", "UNPAUSE"), "+OK");
  EXPECT_TRUE(eventually([&] { return client_.command("DBSIZE") == ":0"; }));
}

INSTANTIATE_TEST_SUITE_P(Setups, EvictionTest, testing::ValuesIn(each_model_once()),
                         [](const auto& tested) { return setup_name(tested.param); });

// Clients that write at the limit from all sides: with one key and with several, in transactions
// and waiting, and flushing. Each reactor evicts what the others use.
class CrowdedEvictionTest : public testing::TestWithParam<Setup> {};

void write_much(std::uint16_t port, int client_number) {
  const std::string value(1000, 'v');
  RedisClient client(port);
  for (int i = 0; i < 400; ++i) {
    const std::string a = key_name((i * 37 + client_number) % 3000);
    const std::string b = key_name((i * 61 + client_number) % 3000);
    EXPECT_EQ(client.command("SET", a, value), "+OK");
    EXPECT_EQ(client.command("MSET", a, value, b, value), "+OK");
    client.command("RPUSH", "list:" + a, value);
    client.command("LMOVE", "list:" + a, "list:" + b, "LEFT", "RIGHT");
    EXPECT_EQ(client.command("WATCH", a, b), "+OK");
    EXPECT_EQ(client.command("MULTI"), "+OK");
    EXPECT_EQ(client.command("SETEX", b, "1000", value), "+QUEUED");
    EXPECT_EQ(client.command("DEL", a), "+QUEUED");
    EXPECT_TRUE(client.command("EXEC").starts_with("*"));
    if (i == 200 + client_number) client.command("FLUSHALL");
  }
}

TEST_P(CrowdedEvictionTest, NeitherHangsNorOverflows) {
  RedisServer server(GetParam());
  RedisClient client(server.port());
  for (const char* policy : {"allkeys-lru", "allkeys-random", "allkeys-lfu"}) {
    SCOPED_TRACE(policy);
    constexpr int kClients = 6;
    EXPECT_EQ(client.command("CONFIG", "SET", "maxmemory-policy", policy), "+OK");
    const std::size_t limit = HeapMeter::used_bytes() + 1024 * 1024;
    EXPECT_EQ(client.command("CONFIG", "SET", "maxmemory", std::to_string(limit)), "+OK");
    std::vector<std::thread> threads;
    for (int i = 0; i < kClients; ++i) threads.emplace_back(write_much, server.port(), i);
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(client.command("PING"), "+PONG");
    EXPECT_LE(HeapMeter::used_bytes(), limit + kSlack);
    EXPECT_EQ(client.command("CONFIG", "SET", "maxmemory", "0"), "+OK");
  }
  EXPECT_GT(info(client, "evicted_keys"), 500);
}

INSTANTIATE_TEST_SUITE_P(Setups, CrowdedEvictionTest, testing::ValuesIn(parallel_setups()),
                         [](const auto& tested) { return setup_name(tested.param); });

}  // namespace
}  // namespace weir::redis
