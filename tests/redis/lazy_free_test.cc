// What is removed is gone at once, and its memory soon after, while others are served.
#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "tests/redis/redis_fixture.h"

namespace weir::redis {
namespace {

// So many that a value of them always goes later, whatever its type.
constexpr int kElements = 70'000;

class LazyFreeTest : public testing::TestWithParam<Setup> {
 protected:
  RedisClient connect() { return RedisClient(server_.port()); }

  RedisServer server_{GetParam()};
};

std::int64_t memory_field(RedisClient& client, const std::string& name) {
  const std::string info = client.command("INFO", "memory");
  return std::stoll(info.substr(info.find(name + ":") + name.size() + 1));
}

std::int64_t freed(RedisClient& client) { return memory_field(client, "lazyfreed_objects"); }

bool becomes_free(RedisClient& client) {
  return eventually([&] { return memory_field(client, "lazyfree_pending_objects") == 0; });
}

// `words`, then `count` elements, "element:1" and so on, with `before` in front of each.
void add_elements(RedisClient& client, std::vector<std::string> words, const std::string& before,
                  int count) {
  for (int i = 0; i < count; ++i) {
    if (!before.empty()) words.push_back(before == "score" ? std::to_string(i) : before);
    words.push_back("element:" + std::to_string(i));
  }
  client.command(words);
}

void make_value(RedisClient& client, const std::string& type, int count) {
  if (type == "hash") return add_elements(client, {"HSET", "big"}, "field", count);
  if (type == "set") return add_elements(client, {"SADD", "big"}, "", count);
  if (type == "zset") return add_elements(client, {"ZADD", "big"}, "score", count);
  if (type == "list") return add_elements(client, {"RPUSH", "big"}, "", count);
  client.command("SETRANGE", "big", std::to_string(count * 64), "x");
}

// Every way in which a value goes.
TEST_P(LazyFreeTest, LargeValuesGoLater) {
  RedisClient a = connect();
  const std::vector<std::vector<std::string>> ways = {{"UNLINK", "big"},
                                                      {"DEL", "big"},
                                                      {"SET", "big", "v"},
                                                      {"RENAME", "other", "big"},
                                                      {"COPY", "other", "big", "REPLACE"},
                                                      {"SUNIONSTORE", "big", "members"},
                                                      {"PEXPIRE", "big", "1"}};
  std::int64_t expected = 0;
  for (const std::string type : {"set", "zset", "list", "string"}) {
    for (const auto& way : ways) {
      a.command("DEL", "big");
      make_value(a, type, type.ends_with("set") ? kElements / 14 : kElements);
      a.command("SET", "other", "v");
      a.command("SADD", "members", "m");
      const std::string reply = a.command(way);
      EXPECT_FALSE(reply.starts_with("-")) << way[0] << " " << reply;
      ++expected;
      EXPECT_TRUE(eventually([&] { return freed(a) == expected; })) << way[0] << " of a " << type;
      EXPECT_EQ(memory_field(a, "lazyfree_pending_objects"), 0);
    }
  }
}

// As in Redis: UNLINK leaves more than 64 elements for later, the others if they are told so.
TEST_P(LazyFreeTest, SwitchesSayFromWhichSizeOn) {
  RedisClient a = connect();
  const auto freed_by = [&](int elements, const std::vector<std::string>& way) {
    const std::int64_t before = freed(a);
    add_elements(a, {"SADD", "s"}, "", elements);
    a.command(way);
    EXPECT_TRUE(becomes_free(a));
    return freed(a) - before;
  };
  EXPECT_EQ(freed_by(64, {"UNLINK", "s"}), 0);
  EXPECT_EQ(freed_by(65, {"UNLINK", "s"}), 1);
  EXPECT_EQ(freed_by(500, {"DEL", "s"}), 0);
  EXPECT_EQ(freed_by(500, {"SET", "s", "v"}), 0);
  a.command("DEL", "s");
  a.command("CONFIG", "SET", "lazyfree-lazy-user-del", "yes");
  EXPECT_EQ(freed_by(500, {"DEL", "s"}), 1);
  EXPECT_EQ(freed_by(500, {"SET", "s", "v"}), 0);
  a.command("DEL", "s");
  a.command("CONFIG", "SET", "lazyfree-lazy-server-del", "yes");
  EXPECT_EQ(freed_by(500, {"SET", "s", "v"}), 1);
  a.command("DEL", "s");
  a.command("CONFIG", "SET", "lazyfree-lazy-expire", "yes");
  const std::int64_t before = freed(a);
  add_elements(a, {"SADD", "s"}, "", 500);
  a.command("PEXPIRE", "s", "2");
  EXPECT_TRUE(eventually([&] { return freed(a) == before + 1; }));
  EXPECT_EQ(a.command("CONFIG", "RESETSTAT"), "+OK");
  EXPECT_EQ(freed(a), 0);
}

TEST_P(LazyFreeTest, FlushedKeysAreCounted) {
  RedisClient a = connect();
  std::int64_t expected = 0;
  for (const std::vector<std::string>& way : std::vector<std::vector<std::string>>{
           {"FLUSHALL", "ASYNC"}, {"FLUSHALL"}, {"FLUSHDB", "SYNC"}, {"FLUSHDB"}}) {
    EXPECT_EQ(a.command("DEBUG", "POPULATE", "5000"), "+OK");
    make_value(a, "set", kElements);
    EXPECT_EQ(a.command("DBSIZE"), ":5001");
    EXPECT_EQ(a.command(way), "+OK");
    EXPECT_EQ(a.command("DBSIZE"), ":0");
    EXPECT_EQ(a.command("GET", "key:1"), "$-1");
    expected += 5001;
    EXPECT_TRUE(eventually([&] { return freed(a) == expected; })) << way[0];
    EXPECT_EQ(memory_field(a, "lazyfree_pending_objects"), 0);
  }
}

// What is written after a flush stays, while what was there before is being freed.
TEST_P(LazyFreeTest, WritersGoOnDuringFlushes) {
  RedisClient a = connect();
  std::atomic<bool> ends{false};
  std::thread writer([&] {
    RedisClient b = connect();
    for (int i = 0; !ends.load(); ++i) {
      const std::string name = "w" + std::to_string(i % 500);
      EXPECT_EQ(b.command("SET", name, "v", "EX", "100"), "+OK");
      b.command("SADD", "set" + name, "a", "b");
    }
  });
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(a.command("DEBUG", "POPULATE", "3000"), "+OK");
    EXPECT_EQ(a.command("FLUSHALL", "ASYNC"), "+OK");
  }
  ends.store(true);
  writer.join();
  EXPECT_EQ(a.command("FLUSHALL", "ASYNC"), "+OK");
  EXPECT_EQ(a.command("SET", "last", "v"), "+OK");
  EXPECT_TRUE(becomes_free(a));
  EXPECT_EQ(a.command("DBSIZE"), ":1");
  EXPECT_EQ(a.command("KEYS", "*"), "*1 $4 last");
  EXPECT_GE(freed(a), 20 * 3000);
}

// The server stops with all of it still to be freed; the leak checker sees whether it is.
TEST_P(LazyFreeTest, StopsWithGarbageLeft) {
  RedisClient a = connect();
  for (const std::string type : {"hash", "set", "zset", "list", "string"}) {
    make_value(a, type, kElements);
    a.command("UNLINK", "big");
  }
  a.command("DEBUG", "POPULATE", "50000");
  EXPECT_EQ(a.command("FLUSHALL", "ASYNC"), "+OK");
}

std::string name_of(const testing::TestParamInfo<Setup>& setup) { return setup_name(setup.param); }

INSTANTIATE_TEST_SUITE_P(All, LazyFreeTest, testing::ValuesIn(each_model_once()), name_of);

}  // namespace
}  // namespace weir::redis
