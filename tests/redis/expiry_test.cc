// Keys go when their time comes: when they are looked at, and by themselves.
#include <gtest/gtest.h>

#include <string>

#include "core/clock.h"
#include "tests/redis/redis_fixture.h"

namespace weir::redis {
namespace {

class ExpiryTest : public testing::TestWithParam<Setup> {
 protected:
  RedisClient connect() { return RedisClient(server_.port()); }

  RedisServer server_{GetParam()};
};

std::int64_t number(const std::string& reply) {
  EXPECT_TRUE(reply.starts_with(":")) << reply;
  return std::stoll(reply.substr(1));
}

std::int64_t expired_keys(RedisClient& client) {
  const std::string info = client.command("INFO", "stats");
  const std::string name = "expired_keys:";
  return std::stoll(info.substr(info.find(name) + name.size()));
}

TEST_P(ExpiryTest, RemainingTimes) {
  RedisClient a = connect();
  const std::int64_t before = wall_ms();
  EXPECT_EQ(a.command("SET", "k", "v", "EX", "100"), "+OK");
  const std::int64_t left = number(a.command("PTTL", "k"));
  const std::int64_t at = number(a.command("PEXPIRETIME", "k"));
  const std::int64_t after = wall_ms();
  EXPECT_GE(at, before + 100'000);
  EXPECT_LE(at, after + 100'000);
  EXPECT_LE(left, 100'000);
  EXPECT_GE(left, 100'000 - (after - before));
  // Seconds are rounded to the nearest.
  const std::int64_t seconds = number(a.command("TTL", "k"));
  EXPECT_LE(seconds, 100);
  EXPECT_GE(seconds, (at - wall_ms() + 500) / 1000);
  EXPECT_EQ(a.command("PEXPIRE", "k", "50400"), ":1");
  EXPECT_LE(number(a.command("TTL", "k")), 50);
  EXPECT_EQ(a.command("GETEX", "k", "PX", "20000"), "$1 v");
  EXPECT_LE(number(a.command("PTTL", "k")), 20'000);
  EXPECT_GT(number(a.command("PTTL", "k")), 0);
}

TEST_P(ExpiryTest, LookedAtKeysAreGoneInTime) {
  RedisClient a = connect();
  EXPECT_EQ(a.command("SET", "k", "v", "PX", "3"), "+OK");
  const std::int64_t due = wall_ms() + 3;
  EXPECT_TRUE(eventually([&a] { return a.command("EXISTS", "k") == ":0"; }));
  EXPECT_GE(wall_ms(), due - 3);
  EXPECT_EQ(a.command("GET", "k"), "$-1");
  EXPECT_EQ(a.command("TTL", "k"), ":-2");
  EXPECT_EQ(a.command("TYPE", "k"), "+none");
  EXPECT_EQ(a.command("DBSIZE"), ":0");
  EXPECT_EQ(a.command("SET", "k", "w"), "+OK");
  EXPECT_EQ(a.command("TTL", "k"), ":-1");
}

// A write finds an expired key absent.
TEST_P(ExpiryTest, WritesStartAnew) {
  RedisClient a = connect();
  RedisClient b = connect();
  for (int i = 0; i < 20; ++i) {
    const std::string n = "n" + std::to_string(i);
    a.command("SET", n, "41", "PX", "2");
    a.command("RPUSH", "list" + n, "old");
    a.command("PEXPIRE", "list" + n, "2");
  }
  a.command("SET", "last", "v", "PX", "2");
  EXPECT_TRUE(eventually([&b] { return b.command("EXISTS", "last") == ":0"; }));
  for (int i = 0; i < 20; ++i) {
    const std::string n = "n" + std::to_string(i);
    EXPECT_EQ(a.command("INCR", n), ":1");
    EXPECT_EQ(a.command("TTL", n), ":-1");
    EXPECT_EQ(a.command("RPUSH", "list" + n, "new"), ":1");
    EXPECT_EQ(a.command("TTL", "list" + n), ":-1");
  }
}

TEST_P(ExpiryTest, KeysNobodyLooksAtGoToo) {
  RedisClient a = connect();
  const std::int64_t before = expired_keys(a);
  std::string packet;
  for (int i = 0; i < 2000; ++i) {
    packet += RedisClient::encode({"SET", "key:" + std::to_string(i), "v", "PX", "1"});
  }
  packet += RedisClient::encode({"SELECT", "7"});
  packet += RedisClient::encode({"SET", "elsewhere", "v", "PX", "1"});
  packet += RedisClient::encode({"SET", "stays", "v"});
  ASSERT_TRUE(a.send(packet));
  for (int i = 0; i < 2003; ++i) ASSERT_EQ(a.read(), "+OK");
  EXPECT_TRUE(eventually([&a] { return a.command("DBSIZE") == ":1"; }));
  EXPECT_EQ(a.command("SELECT", "0"), "+OK");
  EXPECT_TRUE(eventually([&a] { return a.command("DBSIZE") == ":0"; }));
  EXPECT_EQ(expired_keys(a), before + 2001);
}

// Many keys of one moment: more than one go at a shard takes.
TEST_P(ExpiryTest, ManyAtOnce) {
  RedisClient a = connect();
  constexpr int kKeys = 10'000;
  const std::string at = std::to_string(wall_ms() + 100);
  std::string packet;
  for (int i = 0; i < kKeys; ++i) {
    packet += RedisClient::encode({"SET", "key:" + std::to_string(i), "v", "PXAT", at});
  }
  ASSERT_TRUE(a.send(packet));
  for (int i = 0; i < kKeys; ++i) ASSERT_EQ(a.read(), "+OK");
  EXPECT_TRUE(eventually([&a] { return a.command("DBSIZE") == ":0"; }));
  EXPECT_EQ(a.command("KEYS", "*"), "*0");
}

// Nobody looks at the keys, and the server has no reason to look before the far one's time.
TEST_P(ExpiryTest, AnEarlierTimeWakesTheServer) {
  RedisClient a = connect();
  a.command("SET", "far", "v", "EX", "1000");
  constexpr int kKeys = 10;
  std::int64_t late_ms = 0;
  for (int i = 0; i < kKeys; ++i) {
    a.command("SET", "near" + std::to_string(i), "v", "PX", "15");
    const std::int64_t due_ms = wall_ms() + 15;
    EXPECT_TRUE(eventually([&a] { return a.command("DBSIZE") == ":1"; }));
    late_ms += wall_ms() - due_ms;
  }
  // A tenth of a second is for busy machines: a server that looks once a second takes five times
  // as long on average.
  EXPECT_LT(late_ms, kKeys * 100);
}

TEST_P(ExpiryTest, ExpiriesMoveWithTheirDatabase) {
  RedisClient a = connect();
  a.command("SET", "k", "v", "PX", "30");
  EXPECT_EQ(a.command("SWAPDB", "0", "9"), "+OK");
  EXPECT_EQ(a.command("SELECT", "9"), "+OK");
  EXPECT_TRUE(eventually([&a] { return a.command("DBSIZE") == ":0"; }));
}

TEST_P(ExpiryTest, ChangedExpiriesHold) {
  RedisClient a = connect();
  a.command("MULTI");  // one moment: however busy the machine, nothing expires before it is changed
  a.command("SET", "persisted", "v", "PX", "5");
  a.command("PERSIST", "persisted");
  a.command("SET", "later", "v", "PX", "5");
  a.command("EXPIRE", "later", "1000");
  a.command("SET", "overwritten", "v", "PX", "5");
  a.command("SET", "overwritten", "w");
  a.command("SET", "renamed", "v", "PX", "5");
  a.command("RENAME", "renamed", "new name");
  EXPECT_EQ(a.command("EXEC"), "*8 +OK :1 +OK :1 +OK +OK +OK +OK");
  a.command("SET", "probe", "v", "PX", "5");
  EXPECT_TRUE(eventually([&a] { return a.command("DBSIZE") == ":3"; }));
  EXPECT_EQ(a.command("MGET", "persisted", "later", "overwritten", "new name", "probe"),
            "*5 $1 v $1 v $1 w $-1 $-1");
}

// Watches a key that is about to expire; returns when it does. On a busy machine it may be gone
// before it is watched: then with more time.
std::int64_t watch_expiring(RedisClient& client, const std::string& key) {
  for (int ms = 5;; ms *= 2) {
    client.command("SET", key, "v", "PX", std::to_string(ms));
    const std::int64_t due = number(client.command("PEXPIRETIME", key));
    EXPECT_EQ(client.command("WATCH", key), "+OK");
    if (wall_ms() < due) return due;
    EXPECT_EQ(client.command("UNWATCH"), "+OK");
  }
}

TEST_P(ExpiryTest, ExpiryBreaksAWatch) {
  RedisClient a = connect();
  RedisClient b = connect();
  watch_expiring(a, "k");
  EXPECT_TRUE(eventually([&b] { return b.command("EXISTS", "k") == ":0"; }));
  a.command("MULTI");
  a.command("SET", "k", "w");
  EXPECT_EQ(a.command("EXEC"), "*-1");
  EXPECT_EQ(a.command("EXISTS", "k"), ":0");
}

// A key that was set to a time of the past was there for no time, and has changed all the same.
TEST_P(ExpiryTest, ASetThatExpiresAtOnceBreaksAWatch) {
  RedisClient a = connect();
  EXPECT_EQ(a.command("WATCH", "k"), "+OK");
  EXPECT_EQ(a.command("SET", "k", "v", "PXAT", "1"), "+OK");
  a.command("MULTI");
  EXPECT_EQ(a.command("EXEC"), "*-1");
}

// What stands behind a slow command in one packet is executed after it, in time as well.
TEST_P(ExpiryTest, TimePassesWithinAPipeline) {
  RedisClient a = connect();
  ASSERT_TRUE(a.send(RedisClient::encode({"SET", "k", "v", "PX", "20"}) +
                     RedisClient::encode({"DEBUG", "SLEEP", "0.1"}) +
                     RedisClient::encode({"GET", "k"})));
  EXPECT_EQ(a.read(), "+OK");
  EXPECT_EQ(a.read(), "+OK");
  EXPECT_EQ(a.read(), "$-1");
}

// Also where nobody has looked at the key since.
TEST_P(ExpiryTest, ExpiryUnnoticedBreaksAWatch) {
  RedisClient a = connect();
  const std::int64_t due = watch_expiring(a, "k");
  EXPECT_TRUE(eventually([due] { return wall_ms() > due; }));
  a.command("MULTI");
  EXPECT_EQ(a.command("EXEC"), "*-1");
}

// A key that was gone when it was watched does not go again.
TEST_P(ExpiryTest, AKeyExpiredBeforeItIsWatchedIsAbsent) {
  RedisClient a = connect();
  a.command("SET", "k", "v", "PX", "2");
  const std::int64_t due = wall_ms() + 2;
  EXPECT_TRUE(eventually([due] { return wall_ms() > due; }));
  EXPECT_EQ(a.command("WATCH", "k"), "+OK");
  EXPECT_TRUE(eventually([&a] { return a.command("DBSIZE") == ":0"; }));
  a.command("MULTI");
  EXPECT_EQ(a.command("EXEC"), "*0");
}

// One time for all that a transaction does.
TEST_P(ExpiryTest, TimeStandsStillInATransaction) {
  RedisClient a = connect();
  std::string packet = RedisClient::encode({"MULTI"});
  packet += RedisClient::encode({"SET", "k", "v", "PX", "1"});
  for (int i = 0; i < 1000; ++i) packet += RedisClient::encode({"EXISTS", "k"});
  packet += RedisClient::encode({"PTTL", "k"});
  packet += RedisClient::encode({"EXEC"});
  ASSERT_TRUE(a.send(packet));
  for (int i = 0; i < 1003; ++i) a.read();
  std::string expected = "*1002 +OK";
  for (int i = 0; i < 1001; ++i) expected += " :1";
  EXPECT_EQ(a.read(), expected);
}

// What lies beyond what an entry can hold is held as the last moment that it can.
TEST_P(ExpiryTest, FarTimes) {
  RedisClient a = connect();
  for (const std::string at : {"9223372036854770000", "140737488355328"}) {
    EXPECT_EQ(a.command("SET", "k", "v"), "+OK");
    EXPECT_EQ(a.command("PEXPIREAT", "k", at), ":1");
    EXPECT_EQ(a.command("PEXPIRETIME", "k"), ":140737488355327");
    EXPECT_EQ(a.command("SET", "k", "v", "PXAT", at), "+OK");
    EXPECT_EQ(a.command("PEXPIRETIME", "k"), ":140737488355327");
    EXPECT_EQ(a.command("GET", "k"), "$1 v");
  }
}

std::string name_of(const testing::TestParamInfo<Setup>& setup) { return setup_name(setup.param); }

INSTANTIATE_TEST_SUITE_P(All, ExpiryTest, testing::ValuesIn(all_setups()), name_of);

}  // namespace
}  // namespace weir::redis
