// Bytes that clients get without having asked, as the messages of channels. Encoded once for all
// receivers. Thread rule: a constant, any thread.
#pragma once

#include <cstddef>
#include <string>
#include <utility>

#include "core/connection.h"
#include "servers/redis/client.h"
#include "servers/redis/outbox.h"

namespace weir::redis {

class Push : public Delivery {
 public:
  // `body` is an array's encoding without its first byte: RESP3 has one of its own for pushes.
  explicit Push(std::string body) : body_(std::move(body)) {}

  void deliver(Connection& connection, Client& client) const override {
    if (!connection.is_open() || !is_wanted(client)) return;
    const bool resp3 = client.protocol.load(std::memory_order_relaxed) == 3;
    connection.output().append(resp3 ? ">" : "*");
    connection.output().append(body_);
    connection.flush_later();
  }
  std::size_t bytes() const override { return body_.size(); }

 protected:
  // Whether the client, on whose thread this is asked, still is to have it.
  virtual bool is_wanted(const Client& client) const {
    (void)client;
    return true;
  }

 private:
  const std::string body_;
};

}  // namespace weir::redis
