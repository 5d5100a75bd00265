// Connects that any thread asks of one reactor, on their way to the reactor's connector.
//
// push() and cancel() from any thread. Made before the reactor's run(), destroyed after it.
// Invariant: what push() has taken is told once, unless it is cancelled or the reactor never runs;
// from the reactor's stop on push() takes nothing.
#pragma once

#include <cstdint>
#include <mutex>
#include <utility>
#include <vector>

#include "base/status.h"
#include "core/connector.h"
#include "core/reactor.h"
#include "core/resolver.h"
#include "core/tenant.h"

namespace weir {

class ConnectQueue final : private Tenant {
 public:
  // `reactor` outlives it.
  ConnectQueue(Reactor& reactor, Resolver::Options resolver);
  ~ConnectQueue() override;
  ConnectQueue(const ConnectQueue&) = delete;
  ConnectQueue& operator=(const ConnectQueue&) = delete;

  // As Connector::connect(); what stands against it only on the reactor is told to `done`.
  Result<ConnectId> push(Connector::Request request);
  // Nothing happens when the connect has ended by then, and `done` may have been called already.
  void cancel(ConnectId id);

 private:
  struct Waiting {
    ConnectId id;
    Connector::Request request;
  };

  void begin_all();
  void begin_stop() override;

  Reactor& reactor_;
  Connector connector_;
  std::mutex mutex_;
  std::vector<Waiting> waiting_;
  bool stopped_ = false;
};

}  // namespace weir
