// A reactor that runs in a thread of its own, and the peers of its connections.
//
// The test's thread calls everything; what concerns the reactor's inside it does through run().
#pragma once

#include <cstddef>
#include <functional>
#include <list>
#include <thread>

#include "core/backend.h"
#include "core/reactor.h"
#include "core/session.h"
#include "core/sockets.h"
#include "tests/fakes/peer.h"

namespace weir::fakes {

class ReactorThread {
 public:
  explicit ReactorThread(BackendKind backend, Sockets& sockets = Sockets::system())
      : ReactorThread(Reactor::Options{.backend = backend}, sockets) {}
  ReactorThread(const Reactor::Options& options, Sockets& sockets);
  // Stops without a drain.
  ~ReactorThread() { stop(0); }

  Reactor& reactor() { return reactor_; }
  // Runs `task` on the reactor, between two events, and returns when it has run.
  void run(const std::function<void()>& task);
  // Runs `look` on the reactor, tick by tick, until it says true; false when it is late.
  [[nodiscard]] bool eventually(const std::function<bool()>& look);
  // Gives the reactor one end of a line, to be served by `service`, and returns the other.
  Peer connect(Service service, Line (*make_line)() = make_unix_line);
  // Stops the reactor and returns when it has; the first call counts.
  void stop(int drain_ms);

  // Connections that are not closed, counted by the reactor itself.
  std::size_t connections();
  // For tasks inside run(): nullptr when there is none.
  Connection* only_connection();

 private:
  std::list<Service> services_;  // what connections refer to
  Reactor reactor_;
  std::thread thread_;
};

}  // namespace weir::fakes
