// Input that no honest client sends, or not so: too long, too much, in the smallest pieces, cut
// off. What is short enough to write down stands in transcripts/bad_input.txt.
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <string>
#include <vector>

#include "core/connection.h"
#include "tests/redis/redis_fixture.h"

namespace weir::redis {
namespace {

class BadInputTest : public testing::TestWithParam<Setup> {
 protected:
  RedisClient connect() { return RedisClient(server_.port()); }

  RedisServer server_{GetParam()};
};

std::int64_t resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  std::int64_t total = 0;
  std::int64_t resident = 0;
  statm >> total >> resident;
  return resident * ::sysconf(_SC_PAGESIZE);
}

TEST_P(BadInputTest, LinesWithoutEnd) {
  RedisClient other = connect();
  const std::string endless(70 * 1024, 'x');
  const std::pair<std::string, std::string> cases[] = {
      {endless, "-ERR Protocol error: too big inline request"},
      {"*" + endless, "-ERR Protocol error: too big mbulk count string"},
      {"*1\r\n$" + endless, "-ERR Protocol error: too big bulk count string"},
      {std::string(70 * 1024, '\0'), "-ERR Protocol error: too big inline request"},
      {std::string(70 * 1024, '\r'), "-ERR Protocol error: too big inline request"},
  };
  for (const auto& [bytes, error] : cases) {
    RedisClient a = connect();
    a.send(bytes);
    EXPECT_EQ(a.read(), error);
    EXPECT_EQ(a.read(), "closed");
    EXPECT_EQ(other.command("PING"), "+PONG");
  }
}

TEST_P(BadInputTest, LongLinesThatEnd) {
  RedisClient a = connect();
  const std::string text(60 * 1024, 'x');
  a.send("ECHO " + text + "\r\n");
  EXPECT_EQ(a.read(), "$61440 " + text);
  EXPECT_EQ(a.command("PING"), "+PONG");
}

// Nothing is allocated for what is only announced.
TEST_P(BadInputTest, AnnouncedSizes) {
  constexpr int kClients = 100;
  constexpr std::int64_t kAllowed = 48LL * 1024 * 1024;
  std::vector<RedisClient> clients;
  RedisClient other = connect();
  other.command("PING");
  const std::int64_t before = resident_bytes();
  for (int i = 0; i < kClients; ++i) {
    clients.push_back(connect());
    clients.back().send(i % 2 == 0 ? "*2147483647\r\n$3\r\nSET\r\n"
                                   : "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$536870912\r\nabc");
  }
  // Their bytes are there when the next client's are.
  EXPECT_EQ(other.command("PING"), "+PONG");
  EXPECT_TRUE(eventually(
      [&other] { return other.command("CLIENT", "LIST").find("cmd=NULL") != std::string::npos; }));
  EXPECT_LT(resident_bytes() - before, kAllowed);
  EXPECT_EQ(other.command("GET", "k"), "$-1");
}

TEST_P(BadInputTest, HalfACommandAndThenTheEnd) {
  RedisClient other = connect();
  for (const std::string part : {"*", "*3\r\n", "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$5\r\nval",
                                 "SET k v", "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1\r\nv\r"}) {
    RedisClient a = connect();
    EXPECT_TRUE(a.send(part));
    a.finish_sending();
    EXPECT_EQ(a.read(), "closed") << escape(part);
  }
  EXPECT_EQ(other.command("EXISTS", "k"), ":0");
  // Nothing stays of them.
  EXPECT_TRUE(eventually([&other] {
    return other.command("INFO", "clients").find("connected_clients:1\\r") != std::string::npos;
  }));
}

TEST_P(BadInputTest, ByteByByte) {
  RedisClient a = connect();
  const std::string bytes = RedisClient::encode({"SET", "key", "a\r\nb"}) + "GET key\r\n" +
                            RedisClient::encode({"STRLEN", "key"});
  for (const char byte : bytes) ASSERT_TRUE(a.send({&byte, 1}));
  EXPECT_EQ(a.read(), "+OK");
  EXPECT_EQ(a.read(), "$4 a\\r\\nb");
  EXPECT_EQ(a.read(), ":4");
}

TEST_P(BadInputTest, LargeValues) {
  RedisClient a = connect();
  for (const std::size_t size : {16'383U, 16'384U, 65'536U, 1U << 20}) {
    const std::string value(size, 'v');
    EXPECT_EQ(a.command("SET", "k", value), "+OK");
    EXPECT_EQ(a.command("STRLEN", "k"), ":" + std::to_string(size));
    EXPECT_EQ(a.command("GET", "k"), "$" + std::to_string(size) + " " + value);
  }
}

// More than a connection lets its session leave unread.
TEST_P(BadInputTest, AValueInManyReads) {
  RedisClient a = connect();
  constexpr std::size_t kSize = Connection::kMaxUnread + 1000;
  EXPECT_EQ(a.command("SET", "k", std::string(kSize, 'v')), "+OK");
  EXPECT_EQ(a.command("STRLEN", "k"), ":" + std::to_string(kSize));
}

TEST_P(BadInputTest, ValuesOverTheLimit) {
  RedisClient a = connect();
  EXPECT_EQ(a.command("CONFIG", "SET", "proto-max-bulk-len", "1mb"), "+OK");
  RedisClient b = connect();
  EXPECT_EQ(b.command("SET", "k", std::string(1 << 20, 'v')), "+OK");
  EXPECT_EQ(b.command("APPEND", "k", "v"),
            "-ERR string exceeds maximum allowed size (proto-max-bulk-len)");
  EXPECT_EQ(b.command("SETRANGE", "k", "1048576", "v"),
            "-ERR string exceeds maximum allowed size (proto-max-bulk-len)");
  EXPECT_EQ(b.command("SETRANGE", "k", "1048575", "v"), ":1048576");
  b.send("*2\r\n$3\r\nGET\r\n$1048577\r\n");
  EXPECT_EQ(b.read(), "-ERR Protocol error: invalid bulk length");
  EXPECT_EQ(b.read(), "closed");
}

TEST_P(BadInputTest, ManyArguments) {
  RedisClient a = connect();
  std::vector<std::string> words = {"MSET"};
  std::vector<std::string> names = {"DEL"};
  for (int i = 0; i < 20'000; ++i) {
    words.push_back("key:" + std::to_string(i));
    words.push_back(std::to_string(i));
    names.push_back(words[words.size() - 2]);
  }
  EXPECT_EQ(a.command(words), "+OK");
  EXPECT_EQ(a.command("GET", "key:19999"), "$5 19999");
  EXPECT_EQ(a.command("DBSIZE"), ":20000");
  EXPECT_EQ(a.command(names), ":20000");
}

// A client that asks for much and reads nothing yet: the server stops handling at its watermark and
// goes on when there is room.
TEST_P(BadInputTest, RepliesFasterThanTheyAreRead) {
  RedisClient a = connect();
  RedisClient other = connect();
  const std::string value(100 * 1024, 'v');
  EXPECT_EQ(a.command("SET", "k", value), "+OK");
  constexpr int kRequests = 100;
  std::string packet;
  for (int i = 0; i < kRequests; ++i) packet += RedisClient::encode({"GET", "k"});
  packet += RedisClient::encode({"SET", "k", "end"});
  ASSERT_TRUE(a.send(packet));
  EXPECT_EQ(other.command("PING"), "+PONG");
  const std::string expected = "$102400 " + value;
  for (int i = 0; i < kRequests; ++i) ASSERT_EQ(a.read(), expected);
  EXPECT_EQ(a.read(), "+OK");
  EXPECT_EQ(other.command("GET", "k"), "$3 end");
}

TEST_P(BadInputTest, LongPipelines) {
  RedisClient a = connect();
  constexpr int kRequests = 10'000;
  std::string packet;
  for (int i = 0; i < kRequests; ++i) packet += "*2\r\n$4\r\nINCR\r\n$1\r\nn\r\n";
  ASSERT_TRUE(a.send(packet));
  for (int i = 1; i <= kRequests; ++i) ASSERT_EQ(a.read(), ":" + std::to_string(i));
}

// Everything is refused at once, and the connection stays.
TEST_P(BadInputTest, ALongTransactionOfNonsense) {
  RedisClient a = connect();
  std::string packet = RedisClient::encode({"MULTI"});
  for (int i = 0; i < 1000; ++i) packet += RedisClient::encode({"nonsense", std::to_string(i)});
  packet += RedisClient::encode({"EXEC"});
  ASSERT_TRUE(a.send(packet));
  EXPECT_EQ(a.read(), "+OK");
  for (int i = 0; i < 1000; ++i) ASSERT_TRUE(a.read().starts_with("-ERR unknown command"));
  EXPECT_EQ(a.read(), "-EXECABORT Transaction discarded because of previous errors.");
}

std::string name_of(const testing::TestParamInfo<Setup>& setup) { return setup_name(setup.param); }

INSTANTIATE_TEST_SUITE_P(All, BadInputTest, testing::ValuesIn(each_model_once()), name_of);

}  // namespace
}  // namespace weir::redis
