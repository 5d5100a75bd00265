// What one connect came to, awaited by a test.
//
// done() is called on the reactor, the rest by the test's thread. Outlives the reactor that tells.
// Invariant: it is told once at most, or the process ends.
#pragma once

#include <condition_variable>
#include <mutex>
#include <string>

#include "core/connection_id.h"
#include "core/connector.h"

namespace weir::fakes {

class ConnectOutcome {
 public:
  Connector::Done done();

  // Why it failed; empty when it did not.
  std::string await();
  bool told();
  // Of the connection, once it is there.
  ConnectionId id();

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool told_ = false;
  std::string message_;
  ConnectionId id_;
};

}  // namespace weir::fakes
