// What happens to the connections of others: replies to clients that waited, messages of channels.
// They may live on any reactor: each has a queue, and is posted to once for all that gathers in it
// until it looks.
//
// Thread rule: any thread. Order: what one thread sends, or several under one lock, arrives so.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "core/connection.h"
#include "core/connection_id.h"
#include "core/reactor.h"
#include "core/session.h"
#include "servers/redis/client.h"

namespace weir {
class Engine;
}

namespace weir::redis {

// What is done for a client on its own reactor.
class Delivery {
 public:
  virtual ~Delivery() = default;
  virtual void deliver(Connection& connection, Client& client) const = 0;
};

// The session of a client that others can reach: through the outbox, and its reactor's rounds.
class Recipient : public Session {
 public:
  virtual Client& client() = 0;
  // After each delivery.
  virtual void delivered(Connection& connection) = 0;
  // Once a second.
  virtual void look_after(Connection& connection, std::int64_t now_ms) = 0;
};

class Outbox {
 public:
  // `engine` outlives the outbox.
  explicit Outbox(Engine& engine);

  // Delivers unless the connection is closed by then. Shared, as a message has many receivers, the
  // last of whom ends it. REQUIRES: the session of `to` is a Recipient.
  void send(ConnectionId to, std::shared_ptr<const Delivery> delivery);

 private:
  struct Letter {
    ConnectionId to;
    std::shared_ptr<const Delivery> delivery;
  };
  struct alignas(64) Queue {
    std::mutex mutex;
    std::vector<Letter> letters;
  };

  void deliver(Reactor& reactor);

  Engine& engine_;
  std::vector<Queue> queues_;  // by reactor
};

}  // namespace weir::redis
