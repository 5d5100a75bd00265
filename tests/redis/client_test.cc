// What clients learn of each other and do to each other, on one reactor and across two.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/redis/redis_fixture.h"

namespace weir::redis {
namespace {

class ClientTest : public testing::TestWithParam<Setup> {
 protected:
  RedisClient connect(int protocol = 2) { return RedisClient(server_.port(), protocol); }

  RedisServer server_{GetParam()};
};

// The value of `name` in a line of CLIENT LIST; "absent" when it is not there.
std::string field(const std::string& line, const std::string& name) {
  const std::size_t at = line.find(" " + name + "=");
  if (at == std::string::npos) return "absent";
  const std::size_t begin = at + name.size() + 2;
  return line.substr(begin, line.find_first_of(" \\", begin) - begin);
}

std::string id_of(RedisClient& client) {
  const std::string reply = client.command("CLIENT", "ID");
  EXPECT_TRUE(reply.starts_with(":")) << reply;
  return reply.substr(1);
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t times = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) {
    ++times;
  }
  return times;
}

TEST_P(ClientTest, IdsRise) {
  RedisClient a = connect();
  const int first = std::stoi(id_of(a));
  RedisClient b = connect();
  EXPECT_GT(std::stoi(id_of(b)), first);
  EXPECT_EQ(std::stoi(id_of(a)), first);
}

TEST_P(ClientTest, InfoTellsOfOneself) {
  RedisClient a = connect();
  a.command("CLIENT", "SETNAME", "alice");
  a.command("SELECT", "3");
  a.command("WATCH", "k", "l", "k");
  std::string info = a.command("CLIENT", "INFO");
  EXPECT_TRUE(info.ends_with("\\n")) << info;
  EXPECT_EQ(field(info, "addr"), a.address());
  EXPECT_EQ(field(info, "laddr"), "127.0.0.1:" + std::to_string(server_.port()));
  EXPECT_EQ(field(info, "name"), "alice");
  EXPECT_EQ(field(info, "db"), "3");
  EXPECT_EQ(field(info, "multi"), "-1");
  EXPECT_EQ(field(info, "flags"), "N");
  EXPECT_EQ(field(info, "resp"), "2");
  EXPECT_EQ(field(info, "user"), "default");
  EXPECT_EQ(field(info, "cmd"), "client|info");
  a.command("MULTI");
  a.command("GET", "k");
  a.command("CLIENT", "INFO");
  RedisClient b = connect(3);
  const std::string list = b.command("CLIENT", "LIST", "ID", field(" " + info.substr(4), "id"));
  EXPECT_EQ(field(b.command("CLIENT", "INFO"), "resp"), "3");
  const std::string other = b.command("CLIENT", "LIST");
  const std::string line = other.substr(other.find("addr=" + a.address()) - 1);
  EXPECT_EQ(field(line, "multi"), "2");
  EXPECT_EQ(field(line, "flags"), "x");
  a.command("DISCARD");
  a.command("WATCH", "k");
  b.command("SELECT", "3");
  b.command("SET", "k", "v");
  EXPECT_EQ(field(a.command("CLIENT", "INFO"), "flags"), "d");
  a.command("UNWATCH");
  a.command("CLIENT", "NO-EVICT", "ON");
  EXPECT_EQ(field(a.command("CLIENT", "INFO"), "flags"), "e");
}

TEST_P(ClientTest, ListHasEveryClient) {
  RedisClient a = connect();
  std::vector<RedisClient> others;
  for (int i = 0; i < 6; ++i) {
    others.push_back(connect());
    others.back().command("CLIENT", "SETNAME", "other-" + std::to_string(i));
  }
  const std::string list = a.command("CLIENT", "LIST");
  EXPECT_EQ(count(list, "addr="), 2 * 7U);  // addr and laddr
  for (const RedisClient& other : others) EXPECT_EQ(count(list, " addr=" + other.address()), 1U);
  EXPECT_EQ(count(list, "name=other-"), 6U);
  EXPECT_EQ(count(a.command("CLIENT", "LIST", "TYPE", "normal"), " addr="), 7U);
  const std::string first = id_of(others[0]);
  const std::string second = id_of(others[1]);
  // In the order asked for, as often as asked for.
  const std::string some = a.command("CLIENT", "LIST", "ID", second, "999999", first, second);
  EXPECT_EQ(count(some, " addr="), 3U);
  EXPECT_LT(some.find("id=" + second + " "), some.find("id=" + first + " "));
}

TEST_P(ClientTest, KillsOthers) {
  RedisClient a = connect();
  std::vector<RedisClient> others;
  for (int i = 0; i < 4; ++i) {
    others.push_back(connect());
    others.back().command("PING");
  }
  EXPECT_EQ(a.command("CLIENT", "KILL", others[0].address()), "+OK");
  EXPECT_EQ(others[0].read(), "closed");
  // Dead already, so that nobody can be killed twice.
  EXPECT_EQ(a.command("CLIENT", "KILL", others[0].address()), "-ERR No such client");
  EXPECT_EQ(a.command("CLIENT", "KILL", "ID", id_of(others[1])), ":1");
  EXPECT_EQ(others[1].read(), "closed");
  EXPECT_EQ(a.command("CLIENT", "KILL", "ADDR", others[2].address(), "USER", "default"), ":1");
  EXPECT_EQ(others[2].read(), "closed");
  EXPECT_EQ(a.command("CLIENT", "KILL", "TYPE", "normal"), ":1");
  EXPECT_EQ(others[3].read(), "closed");
  EXPECT_EQ(a.command("PING"), "+PONG");
  EXPECT_EQ(count(a.command("CLIENT", "LIST"), " addr="), 1U);
}

TEST_P(ClientTest, KillsOneself) {
  RedisClient a = connect();
  RedisClient b = connect();
  // The reply comes, what stands behind it is not executed.
  EXPECT_TRUE(a.send(RedisClient::encode({"CLIENT", "KILL", a.address()}) +
                     RedisClient::encode({"SET", "k", "v"})));
  EXPECT_EQ(a.read(), "+OK");
  EXPECT_EQ(a.read(), "closed");
  EXPECT_EQ(b.command("GET", "k"), "$-1");
  RedisClient c = connect();
  EXPECT_EQ(c.command("CLIENT", "KILL", "ID", id_of(c), "SKIPME", "yes"), ":0");
  EXPECT_EQ(c.command("CLIENT", "KILL", "ID", id_of(c), "SKIPME", "no"), ":1");
  EXPECT_EQ(c.read(), "closed");
}

TEST_P(ClientTest, TheKilledForgetWhatTheyWatch) {
  RedisClient a = connect();
  RedisClient b = connect();
  b.command("WATCH", "k");
  b.command("MULTI");
  b.command("SET", "k", "from b");
  EXPECT_EQ(a.command("CLIENT", "KILL", "ADDR", b.address()), ":1");
  EXPECT_EQ(b.read(), "closed");
  EXPECT_EQ(a.command("SET", "k", "from a"), "+OK");
  EXPECT_EQ(a.command("GET", "k"), "$6 from a");
}

TEST_P(ClientTest, QuitClosesInSilenceToo) {
  RedisClient a = connect();
  a.send_command("CLIENT", "REPLY", "OFF");
  a.send_command("QUIT");
  EXPECT_EQ(a.read(), "closed");
}

TEST_P(ClientTest, SilenceHoldsWithinOnePacket) {
  RedisClient a = connect();
  std::string packet;
  for (int i = 0; i < 100; ++i) {
    packet += RedisClient::encode({"CLIENT", "REPLY", "SKIP"});
    packet += RedisClient::encode({"INCR", "n"});
    packet += RedisClient::encode({"INCR", "n"});
  }
  EXPECT_TRUE(a.send(packet));
  for (int i = 1; i <= 100; ++i) EXPECT_EQ(a.read(), ":" + std::to_string(2 * i));
  EXPECT_EQ(a.command("PING"), "+PONG");
}

TEST_P(ClientTest, TransactionInSilence) {
  RedisClient a = connect();
  std::string packet = RedisClient::encode({"CLIENT", "REPLY", "OFF"});
  packet += RedisClient::encode({"MULTI"});
  packet += RedisClient::encode({"SET", "k", "v"});
  packet += RedisClient::encode({"EXEC"});
  packet += RedisClient::encode({"CLIENT", "REPLY", "ON"});
  EXPECT_TRUE(a.send(packet));
  EXPECT_EQ(a.read(), "+OK");
  EXPECT_EQ(a.command("GET", "k"), "$1 v");
}

TEST_P(ClientTest, ATransactionMayQueueUpToTheQueryLimit) {
  RedisClient a = connect();
  RedisClient b = connect();
  EXPECT_EQ(a.command("CONFIG", "SET", "client-query-buffer-limit", "1mb"), "+OK");
  const std::string value(100 * 1000, 'v');
  b.command("MULTI");
  for (int i = 0; i < 10; ++i) EXPECT_EQ(b.command("SET", "k", value), "+QUEUED");
  b.send_command("SET", "k", value);
  EXPECT_EQ(b.read(), "closed");
  EXPECT_EQ(a.command("EXISTS", "k"), ":0");
  a.command("MULTI");
  for (int i = 0; i < 10; ++i) EXPECT_EQ(a.command("SET", "k", value), "+QUEUED");
  EXPECT_EQ(a.command("EXEC").substr(0, 7), "*10 +OK");
}

TEST_P(ClientTest, MoreThanMaxclientsAreRefused) {
  RedisServer small(GetParam(), {{"maxclients", "3"}});
  std::vector<RedisClient> clients;
  for (int i = 0; i < 3; ++i) {
    clients.emplace_back(small.port());
    EXPECT_EQ(clients.back().command("PING"), "+PONG");
  }
  RedisClient refused(small.port());
  EXPECT_EQ(refused.read(), "-ERR max number of clients reached");
  EXPECT_EQ(refused.read(), "closed");
  clients.pop_back();
  // The place is free once the server has seen the end.
  EXPECT_TRUE(
      eventually([&small] { return RedisClient(small.port()).command("PING") == "+PONG"; }));
}

TEST_P(ClientTest, AMaxclientsSetLaterCounts) {
  RedisClient a = connect();
  RedisClient b = connect();
  b.command("PING");
  EXPECT_EQ(a.command("CONFIG", "SET", "maxclients", "1"), "+OK");
  RedisClient refused = connect();
  EXPECT_EQ(refused.read(), "-ERR max number of clients reached");
  EXPECT_EQ(a.command("CONFIG", "SET", "maxclients", "100"), "+OK");
  EXPECT_EQ(connect().command("PING"), "+PONG");
  EXPECT_EQ(b.command("PING"), "+PONG");
}

std::string name_of(const testing::TestParamInfo<Setup>& setup) { return setup_name(setup.param); }

// The replies to what a paused client has sent come when the pause ends.
TEST_P(ClientTest, PausesWrites) {
  RedisClient a = connect();
  RedisClient b = connect();
  EXPECT_EQ(a.command("CLIENT", "PAUSE", "1000000", "WRITE"), "+OK");
  EXPECT_EQ(b.command("GET", "k"), "$-1");
  b.send(RedisClient::encode({"PING"}) + RedisClient::encode({"SET", "k", "1"}) +
         RedisClient::encode({"GET", "k"}) + "PING\r\nPI");
  EXPECT_EQ(b.read(), "+PONG");
  EXPECT_TRUE(eventually([&] {
    return a.command("INFO", "clients").find("blocked_clients:1\\r") != std::string::npos;
  }));
  EXPECT_EQ(a.command("GET", "k"), "$-1");
  EXPECT_EQ(a.command("CLIENT", "UNPAUSE"), "+OK");
  EXPECT_EQ(b.read(), "+OK");
  EXPECT_EQ(b.read(), "$1 1");
  EXPECT_EQ(b.read(), "+PONG");
  b.send("NG\r\n");
  EXPECT_EQ(b.read(), "+PONG");
}

TEST_P(ClientTest, PausesTransactionsThatWrite) {
  RedisClient a = connect();
  RedisClient b = connect();
  for (const std::string name : {"GET", "INCR"}) {
    b.command("MULTI");
    b.command(name, "k");
    EXPECT_EQ(a.command("CLIENT", "PAUSE", "1000000", "WRITE"), "+OK");
    b.send_command("EXEC");
    if (name == "GET") {
      EXPECT_EQ(b.read(), "*1 $-1");
    } else {
      EXPECT_TRUE(eventually([&] {
        return a.command("INFO", "clients").find("blocked_clients:1\\r") != std::string::npos;
      }));
    }
    EXPECT_EQ(a.command("CLIENT", "UNPAUSE"), "+OK");
  }
  EXPECT_EQ(b.read(), "*1 :1");
}

// Whoever queues its commands while the pause ends, on any reactor, is served in its order.
TEST_P(ClientTest, TheEndOfAPauseMissesNobody) {
  constexpr int kClients = 6;
  constexpr int kRounds = 100;
  RedisClient pauser = connect();
  std::vector<RedisClient> clients;
  for (int i = 0; i < kClients; ++i) clients.push_back(connect());
  for (int round = 0; round < kRounds; ++round) {
    EXPECT_EQ(pauser.command("CLIENT", "PAUSE", "1000000", "WRITE"), "+OK");
    for (RedisClient& client : clients) {
      client.send(RedisClient::encode({"INCR", "k"}) + RedisClient::encode({"ECHO", "between"}) +
                  RedisClient::encode({"INCR", "k"}));
    }
    EXPECT_EQ(pauser.command("CLIENT", "UNPAUSE"), "+OK");
    for (RedisClient& client : clients) {
      EXPECT_TRUE(client.read().starts_with(":"));
      ASSERT_EQ(client.read(), "$7 between");
      EXPECT_TRUE(client.read().starts_with(":"));
    }
  }
  EXPECT_EQ(pauser.command("INCRBY", "k", "0"), ":" + std::to_string(2 * kClients * kRounds));
}

TEST_P(ClientTest, APauseEnds) {
  RedisClient a = connect();
  EXPECT_EQ(a.command("CLIENT", "PAUSE", "30"), "+OK");
  EXPECT_EQ(a.command("PING"), "+PONG");
  EXPECT_EQ(a.command("CLIENT", "PAUSE", "1000000"), "+OK");
  a.send_command("PING");
  a.finish_sending();
  EXPECT_EQ(a.read(), "closed");
}

INSTANTIATE_TEST_SUITE_P(All, ClientTest, testing::ValuesIn(all_setups()), name_of);

}  // namespace
}  // namespace weir::redis
