#include "servers/redis/client_limits.h"

#include <sys/socket.h>

#include <algorithm>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "core/engine.h"
#include "core/log.h"
#include "core/socket_options.h"

namespace weir::redis {
namespace {

// What one who has not authenticated may leave unread: its errors, and no more.
constexpr std::size_t kStrangersOutput = 17 * 1024;

Status too_much(const Client& client, std::size_t size, const OutputLimit& limit,
                OutputWatch::Excess excess) {
  std::string why = std::to_string(size) + " bytes it has not read are over the ";
  if (excess == OutputWatch::Excess::kHard) {
    why += "hard limit of " + std::to_string(limit.hard.load());
  } else {
    why += "soft limit of " + std::to_string(limit.soft.load()) + " for more than " +
           std::to_string(limit.soft_seconds.load()) + " s";
  }
  return Status::error(why + " (client-output-buffer-limit " +
                       std::string(OutputLimits::name(client.output_class())) + ")");
}

}  // namespace

Status check_output(const Server& server, Client& client, std::size_t size, std::int64_t now_ms) {
  const OutputLimit& limit = server.config().output_limits.of(client.output_class());
  const OutputWatch::Excess excess = client.output_watch.check(limit, size, now_ms);
  if (excess != OutputWatch::Excess::kNone) return too_much(client, size, limit, excess);
  if (size > kStrangersOutput && server.must_authenticate(client)) {
    return Status::error(std::to_string(size) +
                         " bytes it has not read are too many for one that is not authenticated");
  }
  return Status::ok();
}

Status check_idle(const Config& config, Client& client, std::int64_t now_ms) {
  const std::int64_t timeout = config.idle_timeout_s.load(std::memory_order_relaxed);
  const std::int64_t active_ms = client.last_active_ms.load(std::memory_order_relaxed);
  if (timeout == 0 || now_ms / 1000 - active_ms / 1000 <= timeout) return Status::ok();
  const bool may_be_silent = client.is_blocked() || client.is_subscriber() ||
                             client.monitors.load(std::memory_order_relaxed);
  if (may_be_silent) return Status::ok();
  return Status::error("idle for more than " + std::to_string(timeout) + " s (timeout)");
}

void count_memory(Server& server, Client& client) {
  if (server.config().client_memory_limit() == 0) return;
  server.client_memory().count(client);
}

void evict_clients(Server& server, const Reactor& reactor) {
  const std::size_t limit = server.config().client_memory_limit();
  ClientMemory& memory = server.client_memory();
  if (limit == 0 || memory.total() <= limit) return;
  std::vector<std::pair<std::size_t, Client*>> shares;
  const auto evict = [&](Client& client, std::size_t bytes) {
    WEIR_LOG(kNotice,
             "closing client %llu (%s): of all clients its buffers take most, %zu bytes "
             "(maxmemory-clients)",
             static_cast<unsigned long long>(client.id), client.peer.c_str(), bytes);
    server.stats(reactor).evicted_clients.add();
    server.close_client(client, "evicted (maxmemory-clients)");
    memory.forget(client);
  };
  server.clients().with_all([&](const auto& clients) {
    for (const auto& [id, client] : clients) {
      shares.emplace_back(client->counted.load(std::memory_order_relaxed), client);
    }
    std::sort(shares.begin(), shares.end(), std::greater<>());
    for (const auto& [bytes, client] : shares) {
      if (memory.total() <= limit || bytes == 0) break;
      evict(*client, bytes);
    }
  });
}

void apply_keepalive(Server& server, const Connection& connection) {
  const int idle_s = server.config().keepalive_s.load(std::memory_order_relaxed);
  if (idle_s == server.engine().options().keepalive_s || !connection.peer().is_ip()) return;
  Sockets& sockets = connection.reactor().sockets();
  // A failure is passed over: the connection works without.
  if (idle_s > 0) {
    set_keepalive(sockets, connection.fd(), idle_s);
  } else {
    sockets.set_option(connection.fd(), SOL_SOCKET, SO_KEEPALIVE, 0);
  }
}

}  // namespace weir::redis
