// What a client may take of the server, and how long it may say nothing; what CLIENT LIST tells of
// its buffers.
#include <gtest/gtest.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "tests/redis/redis_fixture.h"

namespace weir::redis {
namespace {

class LimitsTest : public testing::TestWithParam<Setup> {
 protected:
  RedisClient connect(const std::string& name) {
    RedisClient client(server_.port());
    EXPECT_EQ(client.command("CLIENT", "SETNAME", name), "+OK");
    return client;
  }
  void set(const std::string& parameter, const std::string& value) {
    EXPECT_EQ(admin_.command("CONFIG", "SET", parameter, value), "+OK");
  }
  // A client's line of CLIENT LIST; empty without one of this name.
  std::string line(const std::string& name) {
    const std::string list = admin_.command("CLIENT", "LIST");
    const std::size_t at = list.find(" name=" + name + " ");
    if (at == std::string::npos) return "";
    const std::size_t begin = list.rfind("id=", at);
    return list.substr(begin, list.find("\\n", at) - begin);
  }
  bool is_there(const std::string& name) { return !line(name).empty(); }
  std::size_t field(const std::string& name, const std::string& field) {
    return field_of(line(name), field);
  }
  static std::size_t field_of(const std::string& text, const std::string& field) {
    const std::size_t at = text.find(" " + field + "=");
    EXPECT_NE(at, std::string::npos) << text;
    return std::strtoull(text.c_str() + at + field.size() + 2, nullptr, 10);
  }
  std::string publish(std::size_t size) {
    return admin_.command("PUBLISH", "c", std::string(size, 'x'));
  }

  RedisServer server_{GetParam()};
  RedisClient admin_{server_.port()};
};

TEST_P(LimitsTest, CutsOffASubscriberAtItsHardLimit) {
  set("client-output-buffer-limit", "pubsub 200000 0 0");
  RedisClient reads = connect("reads");
  RedisClient sleeps = connect("sleeps");
  reads.command("SUBSCRIBE", "c");
  sleeps.command("SUBSCRIBE", "c");
  EXPECT_TRUE(eventually([&] {
    publish(50'000);
    EXPECT_EQ(reads.read().substr(0, 13), "*3 $7 message");
    return !is_there("sleeps");
  }));
  EXPECT_EQ(publish(10), ":1");
  EXPECT_EQ(reads.read(), "*3 $7 message $1 c $10 xxxxxxxxxx");
  EXPECT_TRUE(is_there("reads"));
}

TEST_P(LimitsTest, CutsOffASubscriberThatIsOverItsSoftLimitForTooLong) {
  set("client-output-buffer-limit", "pubsub 0 200000 1");
  RedisClient sleeps = connect("sleeps");
  sleeps.command("SUBSCRIBE", "c");
  // Over the limit nothing more is sent: time alone does it. But the kernel may take some of it
  // yet.
  std::int64_t over_ms = 0;
  EXPECT_TRUE(eventually([&] {
    const std::string sleeper = line("sleeps");
    if (sleeper.empty()) return true;
    if (field_of(sleeper, "omem") <= 200'000) {
      over_ms = monotonic_ms();
      publish(50'000);
    }
    return false;
  }));
  EXPECT_GT(monotonic_ms() - over_ms, 1000);
}

TEST_P(LimitsTest, CutsOffWhoAsksForMoreThanItReads) {
  const std::string value(100'000, 'v');
  admin_.command("SET", "k", value);
  RedisClient asks = connect("asks");
  std::string pipeline;
  for (int i = 0; i < 200; ++i) pipeline += RedisClient::encode({"GET", "k"});
  set("client-output-buffer-limit", "normal 1000000 0 0");
  asks.send(pipeline);
  EXPECT_TRUE(eventually([&] { return !is_there("asks"); }));
  set("client-output-buffer-limit", "normal 0 0 0");
  RedisClient again = connect("again");
  again.send(pipeline);
  for (int i = 0; i < 200; ++i) EXPECT_EQ(again.read(), "$100000 " + value);
}

TEST_P(LimitsTest, ATransactionIsExecutedBeforeItsClientIsCutOff) {
  RedisClient client = connect("multi");
  client.command("SET", "k", std::string(100'000, 'v'));
  client.command("MULTI");
  client.command("GET", "k");
  client.command("SET", "after", "1");
  set("client-output-buffer-limit", "normal 50000 0 0");
  client.send_command("EXEC");
  EXPECT_TRUE(eventually([&] { return !is_there("multi"); }));
  EXPECT_EQ(admin_.command("GET", "after"), "$1 1");
}

TEST_P(LimitsTest, ClosesWhoSendsTooLargeARequestWithoutAWord) {
  set("client-query-buffer-limit", "1mb");
  RedisClient client = connect("large");
  client.send("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$2000000\r\n");
  EXPECT_EQ(client.read(), "closed");
}

TEST_P(LimitsTest, ClosesIdleClients) {
  RedisClient idle = connect("idle");
  RedisClient blocked = connect("blocked");
  RedisClient subscriber = connect("subscriber");
  RedisClient monitor = connect("monitor");
  RedisClient transaction = connect("transaction");
  blocked.send_command("BLPOP", "list", "0");
  subscriber.command("SUBSCRIBE", "c");
  monitor.command("MONITOR");
  transaction.command("MULTI");
  set("timeout", "1");
  // Who asks is not idle.
  EXPECT_TRUE(eventually([&] { return !is_there("idle") && !is_there("transaction"); }));
  EXPECT_EQ(idle.read(), "closed");
  EXPECT_EQ(transaction.read(), "closed");
  EXPECT_TRUE(is_there("monitor"));
  EXPECT_EQ(admin_.command("RPUSH", "list", "x"), ":1");
  EXPECT_EQ(blocked.read(), "*2 $4 list $1 x");
  EXPECT_EQ(publish(1), ":1");
  EXPECT_EQ(subscriber.read(), "*3 $7 message $1 c $1 x");
  set("timeout", "0");
}

// Sends so much of a request that does not end.
void fill(RedisClient& client, std::size_t size) {
  client.send("*2\r\n$3\r\nGET\r\n$100000000\r\n" + std::string(size, 'x'));
}

TEST_P(LimitsTest, EvictsThoseWhoseBuffersTakeMost) {
  RedisClient small = connect("small");
  RedisClient large = connect("large");
  RedisClient exempt = connect("exempt");
  exempt.command("CLIENT", "NO-EVICT", "ON");
  set("maxmemory-clients", "20000000");
  fill(exempt, 6'000'000);
  fill(large, 2'500'000);
  fill(small, 300'000);
  EXPECT_TRUE(eventually([&] {
    return field("exempt", "qbuf") >= 6'000'000 && field("large", "qbuf") >= 2'500'000 &&
           field("small", "qbuf") >= 300'000;
  }));
  set("maxmemory-clients", "2000000");
  EXPECT_EQ(large.read(), "closed");
  EXPECT_FALSE(is_there("large"));
  EXPECT_TRUE(is_there("small"));
  EXPECT_TRUE(is_there("exempt"));
  EXPECT_NE(admin_.command("INFO", "stats").find("evicted_clients:1\\r"), std::string::npos);
  set("maxmemory-clients", "0");
}

TEST_P(LimitsTest, KeepaliveConcernsNewConnections) {
  const auto option = [this](const std::string& name, int level, int option_name) {
    int value = -1;
    socklen_t size = sizeof value;
    EXPECT_EQ(::getsockopt(static_cast<int>(field(name, "fd")), level, option_name, &value, &size),
              0);
    return value;
  };
  RedisClient first = connect("first");
  set("tcp-keepalive", "60");
  RedisClient second = connect("second");
  set("tcp-keepalive", "0");
  RedisClient third = connect("third");
  EXPECT_EQ(option("first", IPPROTO_TCP, TCP_KEEPIDLE), 300);
  EXPECT_EQ(option("second", IPPROTO_TCP, TCP_KEEPIDLE), 60);
  EXPECT_EQ(option("second", IPPROTO_TCP, TCP_KEEPINTVL), 20);
  EXPECT_EQ(option("second", SOL_SOCKET, SO_KEEPALIVE), 1);
  EXPECT_EQ(option("third", SOL_SOCKET, SO_KEEPALIVE), 0);
}

TEST_P(LimitsTest, ListsWhatTheBuffersHold) {
  RedisClient client = connect("c");
  EXPECT_EQ(field("c", "qbuf"), 0U);
  client.send("*2\r\n$3\r\nGET\r\n$50000\r\n" + std::string(20'000, 'x'));
  EXPECT_TRUE(eventually([&] { return field("c", "qbuf") >= 20'000; }));
  client.send(std::string(30'000, 'x') + "\r\n");
  EXPECT_EQ(client.read(), "$-1");
  EXPECT_TRUE(eventually([&] { return field("c", "qbuf") == 0; }));
  client.command("MULTI");
  client.command("SET", "k", std::string(10'000, 'v'));
  EXPECT_GT(field("c", "multi-mem"), 10'000U);
  EXPECT_GT(field("c", "tot-mem"), 10'000U);
  client.command("EXEC");
  EXPECT_EQ(field("c", "multi-mem"), 0U);
}

TEST_P(LimitsTest, ListsWhatIsUnsentUntilItIsRead) {
  RedisClient client = connect("c");
  client.command("SUBSCRIBE", "c");
  int messages = 0;
  EXPECT_TRUE(eventually([&] {
    publish(100'000);
    ++messages;
    return field("c", "omem") > 6'000'000;  // what is no burst
  }));
  EXPECT_GT(field("c", "oll"), 100U);
  EXPECT_EQ(line("c").substr(line("c").find(" events="), 10), " events=rw");
  EXPECT_TRUE(eventually([&] {
    const std::string clients = admin_.command("INFO", "clients");
    const std::string name = "client_recent_max_output_buffer:";
    return std::strtoull(clients.c_str() + clients.find(name) + name.size(), nullptr, 10) >
           1'000'000;
  }));
  for (int i = 0; i < messages; ++i) EXPECT_EQ(client.read().size(), 100'027U);
  EXPECT_TRUE(eventually([&] { return field("c", "omem") == 0; }));
  EXPECT_NE(line("c").find(" obl=0 oll=0 "), std::string::npos);
}

TEST_P(LimitsTest, CountsThoseThatWaitForATime) {
  RedisClient a = connect("a");
  RedisClient b = connect("b");
  a.send_command("BLPOP", "list", "0");
  b.send_command("BLPOP", "list", "1000");
  EXPECT_TRUE(eventually([&] {
    return admin_.command("INFO", "clients").find("blocked_clients:2\\r\\n") != std::string::npos;
  }));
  EXPECT_NE(admin_.command("INFO", "clients").find("clients_in_timeout_table:1\\r\\n"),
            std::string::npos);
}

std::string name_of(const testing::TestParamInfo<Setup>& setup) { return setup_name(setup.param); }

INSTANTIATE_TEST_SUITE_P(All, LimitsTest, testing::ValuesIn(each_model_once()), name_of);

}  // namespace
}  // namespace weir::redis
