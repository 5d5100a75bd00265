#include "tests/redis/linearizability/concurrent_clients.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "core/engine.h"
#include "tests/redis/linearizability/reactor_gate.h"

namespace weir::redis {
namespace {

std::string encode(const Operation& operation) {
  std::string bytes;
  if (operation.is_transaction) bytes += RedisClient::encode({"MULTI"});
  for (const Words& words : operation.commands) bytes += RedisClient::encode(words);
  if (operation.is_transaction) bytes += RedisClient::encode({"EXEC"});
  return bytes;
}

std::string read_reply(const Operation& operation, RedisClient& connection) {
  if (operation.is_transaction) {
    EXPECT_EQ(connection.read(), "+OK");
    for (std::size_t i = 0; i < operation.commands.size(); ++i) {
      EXPECT_EQ(connection.read(), "+QUEUED");
    }
  }
  return connection.read();
}

}  // namespace

ConcurrentClients::ConcurrentClients(RedisServer& server, const std::vector<std::size_t>& databases)
    : server_(server),
      barrier_(static_cast<std::ptrdiff_t>(databases.size()) + 1),
      history_(databases.size()) {
  for (std::size_t client = 0; client < databases.size(); ++client) {
    threads_.emplace_back([this, client, database = databases[client]] {
      RedisClient connection(server_.port());
      EXPECT_EQ(connection.command("SELECT", std::to_string(database)), "+OK");
      barrier_.arrive_and_wait();
      play(client, connection);
    });
  }
  barrier_.arrive_and_wait();
}

ConcurrentClients::~ConcurrentClients() {
  round_ = nullptr;
  barrier_.arrive_and_wait();
  for (std::thread& thread : threads_) thread.join();
}

History ConcurrentClients::run(const Plan& plan) {
  clock_.store(0);
  for (std::vector<Operation>& operations : history_) operations.clear();
  for (const std::vector<Burst>& round : plan) {
    round_ = &round;
    {
      const ReactorGate gate(server_.engine());
      barrier_.arrive_and_wait();
      barrier_.arrive_and_wait();
    }
    barrier_.arrive_and_wait();
  }
  return history_;
}

// Three barriers a round: before it, when all bursts are sent, when all have their replies.
void ConcurrentClients::play(std::size_t client, RedisClient& connection) {
  for (;;) {
    barrier_.arrive_and_wait();
    if (round_ == nullptr) return;
    Burst burst = (*round_)[client];
    send(burst, connection);
    barrier_.arrive_and_wait();
    receive(std::move(burst), connection, history_[client]);
    barrier_.arrive_and_wait();
  }
}

void ConcurrentClients::send(Burst& burst, RedisClient& connection) {
  std::string bytes;
  for (const Operation& operation : burst) bytes += encode(operation);
  for (Operation& operation : burst) operation.start = clock_.fetch_add(1);
  EXPECT_TRUE(connection.send(bytes));
}

void ConcurrentClients::receive(Burst burst, RedisClient& connection,
                                std::vector<Operation>& played) {
  for (Operation& operation : burst) {
    operation.reply = read_reply(operation, connection);
    operation.end = clock_.fetch_add(1);
    played.push_back(std::move(operation));
  }
}

}  // namespace weir::redis
