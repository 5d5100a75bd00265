// What clients that wait see of the engine's stop: nobody will write for them any more, so they go
// at once, long before the deadline of the drain.
#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "core/engine.h"
#include "tests/redis/redis_fixture.h"

namespace weir::redis {
namespace {

Setup patient(Setup setup) {
  setup.drain_ms = 10 * RedisClient::kDeadlineMs;
  return setup;
}

class StopTest : public testing::TestWithParam<Setup> {
 protected:
  RedisClient connect() { return RedisClient(server_.port()); }
  std::vector<RedisClient> connect(int count) {
    std::vector<RedisClient> clients;
    for (int i = 0; i < count; ++i) clients.push_back(connect());
    return clients;
  }

  void await_blocked(std::size_t clients) {
    RedisClient monitor = connect();
    const std::string wanted = "blocked_clients:" + std::to_string(clients) + "\\r";
    ASSERT_TRUE(eventually(
        [&] { return monitor.command("INFO", "clients").find(wanted) != std::string::npos; }));
  }

  RedisServer server_{patient(GetParam())};
};

// A write that waits for the end of a pause is not done: its client sees no reply.
TEST_P(StopTest, PausedClientsGo) {
  RedisClient pauser = connect();
  std::vector<RedisClient> clients = connect(4);
  EXPECT_EQ(pauser.command("CLIENT", "PAUSE", "1000000", "WRITE"), "+OK");
  for (RedisClient& client : clients) {
    client.send(RedisClient::encode({"INCR", "k"}) + RedisClient::encode({"PING"}));
  }
  await_blocked(clients.size());
  server_.engine().stop();
  for (RedisClient& client : clients) EXPECT_EQ(client.read(), "closed");
}

// Some begin to wait before the stop and some after it, on every reactor.
TEST_P(StopTest, NobodyIsForgotten) {
  std::vector<RedisClient> clients = connect(40);
  std::thread stopper([this] { server_.engine().stop(); });
  for (RedisClient& client : clients) {
    client.send(RedisClient::encode({"PING"}) + RedisClient::encode({"BLPOP", "q", "0"}));
  }
  stopper.join();
  for (RedisClient& client : clients) {
    const std::string reply = client.read();
    EXPECT_EQ(reply == "+PONG" ? client.read() : reply, "closed");
  }
}

std::string name_of(const testing::TestParamInfo<Setup>& setup) { return setup_name(setup.param); }

INSTANTIATE_TEST_SUITE_P(All, StopTest, testing::ValuesIn(all_setups()), name_of);

}  // namespace
}  // namespace weir::redis
