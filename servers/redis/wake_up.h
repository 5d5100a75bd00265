// What lets blocked clients go on. Thread rule: a constant, any thread.
#pragma once

#include <string>
#include <utility>

#include "core/connection.h"
#include "servers/redis/client.h"
#include "servers/redis/outbox.h"

namespace weir::redis {

// The end of a client's wait, with what it is replied.
class WakeUp final : public Delivery {
 public:
  // Without a reply the client gets what it gets when its time is over.
  WakeUp() = default;
  explicit WakeUp(std::string reply) : reply_(std::move(reply)) {}

  void deliver(Connection&, Client& client) const override {
    client.resume(reply_.empty() ? client.nothing() : reply_);
  }

 private:
  std::string reply_;
};

// The end of CLIENT PAUSE.
class LookAgain final : public Delivery {
 public:
  void deliver(Connection&, Client& client) const override { client.look_again(); }
};

}  // namespace weir::redis
