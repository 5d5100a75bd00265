// INFO memory and MEMORY: what is told of the memory in use.
#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "servers/redis/memory/heap_meter.h"
#include "servers/redis/server.h"
#include "tests/redis/redis_fixture.h"

namespace weir::redis {
namespace {

class MemoryTest : public testing::TestWithParam<Setup> {
 protected:
  MemoryTest() : server_(GetParam()), client_(server_.port()) {}

  // INFO's lines on memory.
  std::map<std::string, std::string> fields() {
    const std::string text = client_.command("INFO", "memory");
    std::map<std::string, std::string> found;
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t end = std::min(text.find("\\r\\n", at), text.size());
      const std::string line = text.substr(at, end - at);
      const std::size_t colon = line.find(':');
      if (colon != std::string::npos) found[line.substr(0, colon)] = line.substr(colon + 1);
      at = end + 4;
    }
    return found;
  }
  std::int64_t number(const std::string& field) { return std::stoll(fields().at(field)); }
  // The memory in use once all that was removed is freed.
  std::int64_t settled() {
    EXPECT_TRUE(eventually([&] { return number("lazyfree_pending_objects") == 0; }));
    return number("used_memory");
  }
  // The integer that follows a name in MEMORY STATS.
  std::int64_t stat(const std::string& name) {
    const std::string reply = client_.command("MEMORY", "STATS");
    const std::size_t at = reply.find(" " + name + " :");
    EXPECT_NE(at, std::string::npos) << name << ": " << reply;
    return at == std::string::npos ? -1 : std::stoll(reply.substr(at + name.size() + 3));
  }

  RedisServer server_;
  RedisClient client_;
};

TEST_P(MemoryTest, CountsKeysAndValues) {
  constexpr int kKeys = 1000;
  constexpr std::int64_t kBytes = kKeys * 1000;
  // A command's first execution takes memory for its statistics.
  EXPECT_EQ(client_.command("DEBUG", "POPULATE", "1"), "+OK");
  EXPECT_EQ(client_.command("FLUSHALL"), "+OK");
  EXPECT_EQ(stat("keys.count"), 0);
  const std::int64_t before = settled();
  EXPECT_EQ(client_.command("DEBUG", "POPULATE", std::to_string(kKeys), "key", "1000"), "+OK");
  const std::int64_t full = number("used_memory");
  EXPECT_GE(full - before, kBytes);
  EXPECT_LE(full - before, kBytes * 5 / 4);
  EXPECT_GE(number("used_memory_dataset"), kBytes);
  EXPECT_GE(stat("dataset.bytes"), kBytes);
  EXPECT_EQ(stat("keys.count"), kKeys);
  EXPECT_GE(stat("keys.bytes-per-key"), 1000);
  // A pointer and a fingerprint a key at least.
  EXPECT_GE(stat("overhead.hashtable.main"), kKeys * 9);
  EXPECT_EQ(stat("overhead.hashtable.expires"), 0);
  EXPECT_GE(stat("overhead.total"), stat("startup.allocated") + kKeys * 9);
  EXPECT_EQ(client_.command("FLUSHALL"), "+OK");
  EXPECT_LE(settled() - before, kBytes / 20);
  EXPECT_GE(number("used_memory_peak"), full);
  EXPECT_EQ(stat("keys.count"), 0);
}

TEST_P(MemoryTest, CountsEveryType) {
  constexpr int kElements = 2000;
  const std::string suffix(20, 'e');
  for (const auto& [command, options] : std::map<std::string, std::vector<std::string>>{
           {"APPEND", {}},
           {"RPUSH", {}},
           {"SADD", {}},
           {"HSET", {"v"}},
           {"XADD", {}},
           {"ZADD", {}},
       }) {
    SCOPED_TRACE(command);
    const std::int64_t before = settled();
    for (int i = 0; i < kElements; ++i) {
      std::vector<std::string> words = {command, "key of " + command};
      if (command == "ZADD") words.push_back("1");
      if (command == "XADD") words.insert(words.end(), {"*", "field"});
      words.push_back(std::to_string(i) + suffix);
      words.insert(words.end(), options.begin(), options.end());
      ASSERT_FALSE(client_.command(words).starts_with("-"));
    }
    EXPECT_GE(number("used_memory") - before, kElements * 20);
    EXPECT_EQ(client_.command("DEL", "key of " + command), ":1");
  }
  // Short integers, that lie in one block.
  const std::int64_t before = settled();
  for (int i = 0; i < 500; ++i) client_.command("SADD", "integers", std::to_string(100'000 + i));
  EXPECT_EQ(client_.command("OBJECT", "ENCODING", "integers"), "$6 intset");
  EXPECT_GE(number("used_memory") - before, 500 * 4);
}

TEST_P(MemoryTest, CountsExpiries) {
  for (int i = 0; i < 100; ++i) {
    client_.command("SET", "k" + std::to_string(i), "v", "EX", "1000");
  }
  EXPECT_GE(stat("overhead.hashtable.expires"), 100 * 12);
}

TEST_P(MemoryTest, InfoHasTheFieldsOfRedis) {
  const auto found = fields();
  EXPECT_EQ(found.size(), 51U);
  EXPECT_EQ(found.at("used_memory_startup"),
            std::to_string(server_.server().memory_record().startup_bytes()));
  EXPECT_EQ(found.at("maxmemory"), "0");
  EXPECT_EQ(found.at("maxmemory_human"), "0B");
  EXPECT_TRUE(found.at("used_memory_peak_perc").ends_with("%"));
  EXPECT_GT(std::stod(found.at("mem_fragmentation_ratio")), 0.0);
  EXPECT_EQ(client_.command("CONFIG", "SET", "maxmemory", "100mb"), "+OK");
  EXPECT_EQ(fields().at("maxmemory"), "104857600");
  EXPECT_EQ(fields().at("maxmemory_human"), "100.00M");
  EXPECT_EQ(client_.command("CONFIG", "SET", "maxmemory-policy", "allkeys-lru"), "+OK");
  EXPECT_EQ(fields().at("maxmemory_policy"), "allkeys-lru");
}

TEST_P(MemoryTest, StatsAreAMap) {
  RedisClient other(server_.port(), 3);
  EXPECT_TRUE(other.command("MEMORY", "STATS").starts_with("%27 $14 peak.allocated :"));
  other.command("SET", "k", "v");
  other.command("SELECT", "9");
  other.command("SET", "k", "v");
  const std::string reply = other.command("MEMORY", "STATS");
  EXPECT_TRUE(reply.starts_with("%29 ")) << reply;
  EXPECT_NE(reply.find(" $4 db.0 %3 "), std::string::npos);
  EXPECT_NE(reply.find(" $4 db.9 %3 "), std::string::npos);
  EXPECT_EQ(other.command("MULTI"), "+OK");
  EXPECT_EQ(other.command("MEMORY", "STATS"), "+QUEUED");
  EXPECT_TRUE(other.command("EXEC").starts_with("*1 %29 "));
}

TEST_P(MemoryTest, DoctorFindsAPeak) {
  EXPECT_EQ(client_.command("DEBUG", "POPULATE", "10", "key", "4000000"), "+OK");
  EXPECT_EQ(client_.command("MEMORY", "DOCTOR").find("- Peak"), std::string::npos);
  EXPECT_GE(number("used_memory_peak"), 40'000'000);
  for (int i = 2; i < 10; ++i) client_.command("DEL", "key:" + std::to_string(i));
  EXPECT_NE(client_.command("MEMORY", "DOCTOR").find("- Peak"), std::string::npos);
  EXPECT_EQ(client_.command("MEMORY", "PURGE"), "+OK");
  EXPECT_TRUE(client_.command("MEMORY", "MALLOC-STATS").starts_with("$"));
}

INSTANTIATE_TEST_SUITE_P(Setups, MemoryTest, testing::ValuesIn(each_model_once()),
                         [](const auto& tested) { return setup_name(tested.param); });

}  // namespace
}  // namespace weir::redis
