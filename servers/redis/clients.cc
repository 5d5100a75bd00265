#include "servers/redis/clients.h"

namespace weir::redis {

void Clients::add(Client& client) {
  const std::lock_guard lock(mutex_);
  clients_.emplace(client.id, &client);
  size_.store(clients_.size(), std::memory_order_relaxed);
}

void Clients::remove(Client& client) {
  const std::lock_guard lock(mutex_);
  clients_.erase(client.id);
  size_.store(clients_.size(), std::memory_order_relaxed);
}

}  // namespace weir::redis
