#include "servers/redis/service.h"

#include <memory>
#include <string_view>

#include "servers/redis/eviction.h"
#include "servers/redis/expiry_cycle.h"
#include "servers/redis/memory/heap_meter.h"
#include "servers/redis/session.h"

namespace weir::redis {
namespace {

// Says why and goes.
class RefusedSession final : public Session {
  void handle(Connection& connection) override { connection.consume_all(); }
};

constexpr std::string_view kProtectedMode =
    "-DENIED Redis is running in protected mode because protected mode is enabled and no password "
    "is set for the default user. In this mode connections are only accepted from the loopback "
    "interface. Either set a password (requirepass), or turn protected mode off with --protected-"
    "mode no if every host that can reach this port is trusted.\r\n";

std::unique_ptr<Session> refuse(Server& server, Connection& connection, std::string_view error) {
  server.stats(connection.reactor()).rejected_connections.add();
  connection.write(error);
  connection.close_after_flush();
  return std::make_unique<RefusedSession>();
}

std::unique_ptr<Session> make_session(Server& server, Connection& connection) {
  server.stats(connection.reactor()).connections.add();
  const Config& config = server.config();
  if (server.clients().size() >= config.max_clients.load(std::memory_order_relaxed)) {
    return refuse(server, connection, "-ERR max number of clients reached\r\n");
  }
  if (config.protected_mode.load(std::memory_order_relaxed) &&
      config.default_user.has_no_password() && !connection.peer().is_loopback()) {
    return refuse(server, connection, kProtectedMode);
  }
  return std::make_unique<RedisSession>(server, connection);
}

}  // namespace

Service make_service(Server& server) {
  return [&server](Connection& connection) { return make_session(server, connection); };
}

Status start(Server& server) {
  const Status listening = server.listen(make_service(server));
  if (listening.is_ok()) {
    start_expiry(server);
    server.start_rounds();
    server.memory_record().set_startup(HeapMeter::used_bytes());
    start_memory_watch(server);
  }
  return listening;
}

}  // namespace weir::redis
