// What the buffers of all clients take together, for maxmemory-clients: counted while there is a
// limit, at the cost of an atomic addition for each batch that changes a client's share.
// Thread rule: any thread; count() and forget() whoever has the client's session.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "servers/redis/client.h"

namespace weir::redis {

class ClientMemory {
 public:
  // What the client holds may have changed. Who is exempt, or about to go, holds nothing.
  void count(Client& client) {
    const bool counts = !client.no_evict.load(std::memory_order_relaxed) &&
                        !client.killed.load(std::memory_order_relaxed);
    set(client, counts ? client.memory() : 0);
  }
  void forget(Client& client) { set(client, 0); }

  std::size_t total() const {
    const std::int64_t total = total_.load(std::memory_order_relaxed);
    return total > 0 ? static_cast<std::size_t>(total) : 0;
  }

 private:
  // Invariant: the total is the sum of the clients' shares, whoever sets them in which order.
  void set(Client& client, std::size_t bytes) {
    const std::size_t before = client.counted.exchange(bytes, std::memory_order_relaxed);
    if (before == bytes) return;
    total_.fetch_add(static_cast<std::int64_t>(bytes) - static_cast<std::int64_t>(before),
                     std::memory_order_relaxed);
  }

  std::atomic<std::int64_t> total_{0};
};

}  // namespace weir::redis
