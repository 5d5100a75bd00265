// SCAN's promise: a key that is there from the first call to the last is returned, whatever comes
// and goes meanwhile.
#include <gtest/gtest.h>

#include <atomic>
#include <set>
#include <sstream>
#include <string>
#include <thread>

#include "tests/redis/redis_fixture.h"

namespace weir::redis {
namespace {

class ScanTest : public testing::TestWithParam<Setup> {
 protected:
  static constexpr int kStable = 2000;

  RedisClient connect() { return RedisClient(server_.port()); }

  void set_many(RedisClient& client, const std::string& prefix, int count) {
    run_many(client, "SET", prefix, count);
  }
  void delete_many(RedisClient& client, const std::string& prefix, int count) {
    run_many(client, "DEL", prefix, count);
  }

  RedisServer server_{GetParam()};

 private:
  static void run_many(RedisClient& client, const std::string& command, const std::string& prefix,
                       int count) {
    std::string packet;
    for (int i = 0; i < count; ++i) {
      const std::string key = prefix + std::to_string(i);
      packet += command == "SET" ? RedisClient::encode({command, key, "v"})
                                 : RedisClient::encode({command, key});
    }
    ASSERT_TRUE(client.send(packet));
    for (int i = 0; i < count; ++i) client.read();
  }
};

// A walk: the keys it returned, and what stood between two calls.
class Walk {
 public:
  explicit Walk(RedisClient& client) : client_(client) {}

  // One call; false when the walk is complete.
  bool step(const std::vector<std::string>& options) {
    std::vector<std::string> words = {"SCAN", cursor_};
    words.insert(words.end(), options.begin(), options.end());
    std::istringstream reply(client_.command(words));
    std::string word;
    std::string size;
    reply >> word >> size >> cursor_ >> word;
    EXPECT_TRUE(word.starts_with("*")) << word;
    for (std::string key; reply >> size >> key;) keys_.insert(key);
    ++calls_;
    return cursor_ != "0";
  }

  const std::set<std::string>& keys() const { return keys_; }
  int calls() const { return calls_; }

 private:
  RedisClient& client_;
  std::string cursor_ = "0";
  std::set<std::string> keys_;
  int calls_ = 0;
};

void expect_stable(const Walk& walk, int count) {
  for (int i = 0; i < count; ++i) {
    ASSERT_EQ(walk.keys().count("stable:" + std::to_string(i)), 1U) << i;
  }
}

TEST_P(ScanTest, AnUnchangingKeyspaceIsReturnedOnce) {
  RedisClient a = connect();
  set_many(a, "stable:", kStable);
  for (const char* count : {"1", "10", "100000"}) {
    Walk walk(a);
    while (walk.step({"COUNT", count})) {
    }
    EXPECT_EQ(walk.keys().size(), static_cast<std::size_t>(kStable));
    expect_stable(walk, kStable);
  }
}

TEST_P(ScanTest, OptionsChoose) {
  RedisClient a = connect();
  set_many(a, "stable:", 200);
  a.command("RPUSH", "list", "v");
  Walk lists(a);
  while (lists.step({"TYPE", "list"})) {
  }
  EXPECT_EQ(lists.keys(), std::set<std::string>{"list"});
  Walk some(a);
  while (some.step({"MATCH", "*:1?", "COUNT", "7"})) {
  }
  EXPECT_EQ(some.keys().size(), 10U);
}

TEST_P(ScanTest, ACallIsBounded) {
  RedisClient a = connect();
  set_many(a, "stable:", kStable);
  Walk walk(a);
  walk.step({"COUNT", "10"});
  EXPECT_LT(walk.keys().size(), 50U);
  while (walk.step({"COUNT", "10"})) {
  }
  EXPECT_GT(walk.calls(), kStable / 50);
}

TEST_P(ScanTest, StableKeysAreSeenWhileTheKeyspaceGrows) {
  RedisClient a = connect();
  RedisClient b = connect();
  set_many(a, "stable:", kStable);
  Walk walk(a);
  for (int i = 0; walk.step({"COUNT", "50"}); ++i) {
    set_many(b, "new:" + std::to_string(i) + ":", 100);
  }
  expect_stable(walk, kStable);
}

TEST_P(ScanTest, StableKeysAreSeenWhileTheKeyspaceShrinks) {
  RedisClient a = connect();
  RedisClient b = connect();
  for (int i = 0; i < 40; ++i) set_many(a, "old:" + std::to_string(i) + ":", 200);
  set_many(a, "stable:", kStable);
  Walk walk(a);
  for (int i = 0; walk.step({"COUNT", "200"}); ++i) {
    if (i < 40) delete_many(b, "old:" + std::to_string(i) + ":", 200);
  }
  expect_stable(walk, kStable);
}

TEST_P(ScanTest, StableKeysAreSeenWhileOthersComeAndGo) {
  RedisClient a = connect();
  set_many(a, "stable:", kStable);
  std::atomic<bool> done{false};
  std::thread other([this, &done] {
    RedisClient b = connect();
    while (!done.load()) {
      set_many(b, "flood:", 3000);
      delete_many(b, "flood:", 3000);
    }
  });
  for (int round = 0; round < 3; ++round) {
    Walk walk(a);
    while (walk.step({"COUNT", "100"})) {
    }
    expect_stable(walk, kStable);
  }
  done.store(true);
  other.join();
}

TEST_P(ScanTest, AnyCursorIsTaken) {
  RedisClient a = connect();
  set_many(a, "stable:", 100);
  for (const std::string cursor :
       {"1", "63", "64", "18446744073709551615", "9223372036854775808"}) {
    const std::string reply = a.command("SCAN", cursor, "COUNT", "1000");
    EXPECT_TRUE(reply.starts_with("*2 $")) << reply;
  }
}

std::string name_of(const testing::TestParamInfo<Setup>& setup) { return setup_name(setup.param); }

INSTANTIATE_TEST_SUITE_P(All, ScanTest, testing::ValuesIn(each_model_once()), name_of);

}  // namespace
}  // namespace weir::redis
