// hiredis' interface of callbacks, on a loop of poll(2): thousands of commands at once, messages
// beside them, and the ends of connections.
#include <gtest/gtest.h>
#include <hiredis/async.h>
#include <poll.h>

#include <memory>
#include <string>
#include <vector>

#include "tests/compat/clients/hiredis/hiredis_fixture.h"

namespace weir::redis {
namespace {

constexpr int kDeadlineMs = 20'000;

// A connection, and what has come of it. hiredis frees its context when it has disconnected.
class AsyncClient {
 public:
  explicit AsyncClient(std::uint16_t port) : context_(redisAsyncConnect("127.0.0.1", port)) {
    EXPECT_EQ(context_->err, 0) << context_->errstr;
    context_->data = this;
    context_->ev.data = this;
    context_->ev.addRead = [](void* client) { self(client).reads_ = true; };
    context_->ev.delRead = [](void* client) { self(client).reads_ = false; };
    context_->ev.addWrite = [](void* client) { self(client).writes_ = true; };
    context_->ev.delWrite = [](void* client) { self(client).writes_ = false; };
    context_->ev.cleanup = [](void* client) { self(client).context_ = nullptr; };
    redisAsyncSetConnectCallback(context_, [](const redisAsyncContext* context, int status) {
      EXPECT_EQ(status, REDIS_OK) << context->errstr;
      self(context->data).connected_ = true;
    });
    redisAsyncSetDisconnectCallback(context_, [](const redisAsyncContext* context, int status) {
      self(context->data).end_ = status == REDIS_OK ? "asked for" : context->errstr;
    });
  }
  ~AsyncClient() {
    if (context_ != nullptr) redisAsyncFree(context_);
  }
  AsyncClient(const AsyncClient&) = delete;
  AsyncClient& operator=(const AsyncClient&) = delete;

  // Its replies are added to replies().
  template <class... Values>
  void command(const char* format, Values... values) {
    EXPECT_EQ(redisAsyncCommand(context_, keep, nullptr, format, values...), REDIS_OK);
  }
  // Sends what is queued without waiting for the socket. REQUIRES: is_connected().
  void flush() { redisAsyncHandleWrite(context_); }
  void disconnect() { redisAsyncDisconnect(context_); }

  // Runs until there are `count` replies, or the connection has ended.
  void run_until(std::size_t count) {
    while (context_ != nullptr && replies_.size() < count) ASSERT_TRUE(turn());
  }
  void run_to_end() {
    while (context_ != nullptr) ASSERT_TRUE(turn());
  }

  bool is_connected() const { return connected_; }
  const std::vector<std::string>& replies() const { return replies_; }
  // How the connection ended; empty while it has not.
  const std::string& end() const { return end_; }

 private:
  static AsyncClient& self(void* client) { return *static_cast<AsyncClient*>(client); }
  static void keep(redisAsyncContext* context, void* reply, void*) {
    self(context->data).replies_.push_back(text(static_cast<redisReply*>(reply)));
  }

  // Waits for the socket once; false when nothing has happened within the deadline.
  bool turn() {
    pollfd socket{context_->c.fd, 0, 0};
    if (reads_) socket.events |= POLLIN;
    if (writes_) socket.events |= POLLOUT;
    if (poll(&socket, 1, kDeadlineMs) != 1) return false;
    if ((socket.revents & (POLLIN | POLLHUP | POLLERR)) != 0) redisAsyncHandleRead(context_);
    if (context_ != nullptr && (socket.revents & POLLOUT) != 0) redisAsyncHandleWrite(context_);
    return true;
  }

  redisAsyncContext* context_;
  bool reads_ = false;
  bool writes_ = false;
  bool connected_ = false;
  std::vector<std::string> replies_;
  std::string end_;
};

class HiredisAsyncTest : public HiredisTest {};

TEST_P(HiredisAsyncTest, RepliesComeInOrder) {
  AsyncClient client(port());
  for (int i = 0; i < 10'000; ++i) client.command("INCR n");
  client.command("LPUSH n x");
  client.command("GET n");
  client.run_until(10'002);
  EXPECT_TRUE(client.is_connected());
  ASSERT_EQ(client.replies().size(), 10'002U);
  for (std::size_t i = 0; i < 10'000; ++i) {
    ASSERT_EQ(client.replies()[i], ":" + std::to_string(i + 1));
  }
  EXPECT_EQ(client.replies()[10'000],
            "-WRONGTYPE Operation against a key holding the wrong kind of value");
  EXPECT_EQ(client.replies()[10'001], "'10000'");
}

TEST_P(HiredisAsyncTest, LargeRepliesBetweenSmallOnes) {
  AsyncClient client(port());
  const std::string large(2'000'000, 'x');
  client.command("SET large %s", large.c_str());
  for (int i = 0; i < 10; ++i) {
    client.command("GET large");
    client.command("PING");
  }
  client.run_until(21);
  ASSERT_EQ(client.replies().size(), 21U);
  for (std::size_t i = 1; i < 21; i += 2) {
    EXPECT_EQ(client.replies()[i].size(), large.size() + 2);
    EXPECT_EQ(client.replies()[i + 1], "+PONG");
  }
}

TEST_P(HiredisAsyncTest, Transaction) {
  AsyncClient client(port());
  for (const char* line : {"MULTI", "SET k 1", "INCR k", "EXEC"}) client.command(line);
  client.run_until(4);
  EXPECT_EQ(client.replies(), (std::vector<std::string>{"+OK", "+QUEUED", "+QUEUED", "[+OK, :2]"}));
}

TEST_P(HiredisAsyncTest, BlockingPopServedByAnother) {
  AsyncClient client(port());
  client.command("PING");
  client.run_until(1);
  client.command("BLMOVE l m LEFT RIGHT 0");
  client.command("LRANGE m 0 -1");
  client.flush();
  wait_for_blocked(1);
  EXPECT_EQ(command("RPUSH l x"), ":1");
  client.run_until(3);
  EXPECT_EQ(client.replies(), (std::vector<std::string>{"+PONG", "'x'", "['x']"}));
}

TEST_P(HiredisAsyncTest, ChannelsAndPatterns) {
  AsyncClient client(port());
  client.command("SUBSCRIBE news");
  client.command("PSUBSCRIBE n*");
  client.run_until(2);
  EXPECT_EQ(command("PUBLISH news hello"), ":2");
  client.run_until(4);
  EXPECT_EQ(client.replies(),
            (std::vector<std::string>{"['subscribe', 'news', :1]", "['psubscribe', 'n*', :2]",
                                      "['message', 'news', 'hello']",
                                      "['pmessage', 'n*', 'news', 'hello']"}));
}

TEST_P(HiredisAsyncTest, DisconnectsBehindTheLastReply) {
  AsyncClient client(port());
  for (int i = 0; i < 100; ++i) client.command("PING");
  client.disconnect();
  client.run_to_end();
  EXPECT_EQ(client.replies().size(), 100U);
  EXPECT_EQ(client.end(), "asked for");
}

TEST_P(HiredisAsyncTest, KilledAndConnectedAgain) {
  AsyncClient client(port());
  client.command("CLIENT ID");
  client.run_until(1);
  ASSERT_EQ(client.replies().size(), 1U);
  EXPECT_EQ(command("CLIENT KILL ID %s", client.replies()[0].c_str() + 1), ":1");
  client.run_to_end();
  EXPECT_EQ(client.end(), "Server closed the connection");
  AsyncClient again(port());
  again.command("PING");
  again.run_until(1);
  EXPECT_EQ(again.replies(), std::vector<std::string>{"+PONG"});
}

TEST_P(HiredisAsyncTest, QuitIsAnsweredBeforeTheEnd) {
  AsyncClient client(port());
  client.command("SET k v");
  client.command("QUIT");
  client.run_to_end();
  EXPECT_EQ(client.replies(), (std::vector<std::string>{"+OK", "+OK"}));
}

INSTANTIATE_TEST_SUITE_P(Servers, HiredisAsyncTest, testing::ValuesIn(hiredis_setups()),
                         hiredis_setup_name);

}  // namespace
}  // namespace weir::redis
