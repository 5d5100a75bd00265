// All clients of the server, for those commands that look at others: CLIENT LIST, KILL, INFO.
// Any thread, under an own lock that is held briefly and never while a shard's is waited for.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>

#include "servers/redis/client.h"

namespace weir::redis {

class Clients {
 public:
  std::uint64_t next_id() { return next_id_.fetch_add(1, std::memory_order_relaxed); }

  // The client stays its session's, which removes it before it goes.
  void add(Client& client);
  void remove(Client& client);
  std::size_t size() const { return size_.load(std::memory_order_relaxed); }

  // Calls visit(Client&) for each in the order of their ids, under the lock: only what Client
  // allows other threads may be used.
  template <class Visit>
  void for_each(Visit&& visit) {
    const std::lock_guard lock(mutex_);
    for (const auto& [id, client] : clients_) visit(*client);
  }

  // Runs visit(map of all of them by id) under the lock, as above.
  template <class Visit>
  void with_all(Visit&& visit) {
    const std::lock_guard lock(mutex_);
    visit(clients_);
  }

  // The same for the client of this id, if it is there.
  template <class Visit>
  void with_client(std::uint64_t id, Visit&& visit) {
    const std::lock_guard lock(mutex_);
    const auto found = clients_.find(id);
    if (found != clients_.end()) visit(*found->second);
  }

  // Runs `use` on a client's names under the lock.
  template <class Use>
  auto with_names(Client& client, Use&& use) {
    const std::lock_guard lock(mutex_);
    return use(client);
  }

 private:
  std::mutex mutex_;
  std::map<std::uint64_t, Client*> clients_;
  std::atomic<std::size_t> size_{0};
  std::atomic<std::uint64_t> next_id_{1};
};

}  // namespace weir::redis
