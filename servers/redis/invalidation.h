// Tells a client with CLIENT TRACKING on that keys have changed: itself in RESP3, or the client
// that it has named, in RESP2 as a message of a channel.
//
// It goes to the tracking client's own thread, which knows whether it is wanted, and where it is
// to go. Thread rule: a constant, any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "servers/redis/client.h"
#include "servers/redis/clients.h"
#include "servers/redis/outbox.h"

namespace weir::redis {

class Invalidation final : public Delivery {
 public:
  enum class Cause : std::uint8_t {
    kChange,      // of keys that the client has read
    kOwnChange,   // the same, by the client itself
    kBroadcast,   // the change of keys that have one of its prefixes
    kEverything,  // has gone
  };

  // `keys` is the encoding of an array; nullptr for all keys. The others outlive it.
  Invalidation(Clients& clients, Outbox& outbox, Cause cause,
               std::shared_ptr<const std::string> keys)
      : clients_(clients), outbox_(outbox), cause_(cause), keys_(std::move(keys)) {}

  void deliver(Connection& connection, Client& client) const override;
  std::size_t bytes() const override { return keys_ == nullptr ? 0 : keys_->size(); }

 private:
  bool is_wanted(const ClientTracking& tracking) const;
  void redirect(Connection& connection, Client& client, std::uint64_t to) const;

  Clients& clients_;
  Outbox& outbox_;
  const Cause cause_;
  const std::shared_ptr<const std::string> keys_;
};

}  // namespace weir::redis
