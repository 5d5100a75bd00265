// Clients of a server on threads of their own, which begin their plans at the same moment and
// record what happens. They stay for plan after plan.
//
// Thread rule: its methods, one thread.
#pragma once

#include <atomic>
#include <barrier>
#include <cstddef>
#include <cstdint>
#include <thread>
#include <vector>

#include "tests/redis/linearizability/history.h"
#include "tests/redis/linearizability/workload.h"
#include "tests/redis/redis_fixture.h"

namespace weir::redis {

class ConcurrentClients {
 public:
  // One client for each database named, which it selects.
  ConcurrentClients(RedisServer& server, const std::vector<std::size_t>& databases);
  ~ConcurrentClients();
  ConcurrentClients(const ConcurrentClients&) = delete;
  ConcurrentClients& operator=(const ConcurrentClients&) = delete;

  // REQUIRES: the plan is for so many clients, and leaves none waiting or watching.
  History run(const Plan& plan);

 private:
  void play(std::size_t client, RedisClient& connection);
  void send(Burst& burst, RedisClient& connection);
  void receive(Burst burst, RedisClient& connection, std::vector<Operation>& played);

  RedisServer& server_;
  std::atomic<std::uint64_t> clock_{0};
  std::barrier<> barrier_;
  const std::vector<Burst>* round_ = nullptr;  // nullptr: that was the last
  History history_;
  std::vector<std::thread> threads_;
};

}  // namespace weir::redis
