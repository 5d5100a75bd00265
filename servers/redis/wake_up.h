// What lets blocked clients go on. Thread rule: a constant, any thread.
#pragma once

#include <cstddef>
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
  std::size_t bytes() const override { return reply_.size(); }

 private:
  std::string reply_;
};

// The end of CLIENT PAUSE.
class LookAgain final : public Delivery {
 public:
  void deliver(Connection&, Client& client) const override { client.look_again(); }
  std::size_t bytes() const override { return 0; }
};

}  // namespace weir::redis
