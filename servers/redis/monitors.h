// The clients in MONITOR mode, which see every command that is executed.
//
// A line is made once for all of them and goes to each through the outbox, under the lock: all see
// the commands of all reactors in one order, that of the lines' times. While nobody looks, a
// command costs the load of a counter.
//
// Thread rule: any thread; a client is added and removed by its own.
#pragma once

#include <atomic>
#include <cstddef>
#include <mutex>
#include <span>
#include <string_view>
#include <vector>

#include "core/connection_id.h"
#include "servers/redis/client.h"
#include "servers/redis/outbox.h"

namespace weir::redis {

class Monitors {
 public:
  // `outbox` outlives it.
  explicit Monitors(Outbox& outbox) : outbox_(outbox) {}

  bool empty() const { return size_.load(std::memory_order_relaxed) == 0; }
  // Without effect when it is so already.
  void add(Client& client);
  void remove(Client& client);

  // Shows what `client` has had executed in the database it has selected.
  void show(const Client& client, std::span<const std::string_view> arguments);

 private:
  Outbox& outbox_;
  std::mutex mutex_;
  std::vector<ConnectionId> watching_;
  std::atomic<std::size_t> size_{0};
};

}  // namespace weir::redis
