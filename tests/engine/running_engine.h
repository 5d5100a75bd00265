// An engine that runs in a thread of its own and serves one address.
//
// The test's thread calls everything.
#pragma once

#include <string>
#include <thread>

#include "core/address.h"
#include "core/datagram_options.h"
#include "core/datagram_session.h"
#include "core/engine.h"
#include "core/options.h"
#include "core/session.h"
#include "core/sockets.h"
#include "tests/fakes/peer.h"

namespace weir {

class RunningEngine {
 public:
  // Listens; serves from start() on. `options` without signals.
  RunningEngine(Options options, const std::string& address, Service service,
                Sockets& sockets = Sockets::system());
  // The same for datagrams.
  RunningEngine(Options options, const std::string& address, DatagramService service,
                const DatagramOptions& datagrams = {}, Sockets& sockets = Sockets::system());
  // Stops by the drain deadline.
  ~RunningEngine();

  // Why listen() failed; what needs an address must not be called then.
  const Status& status() const { return address_.status(); }
  const Address& address() const { return address_.value(); }
  Engine& engine() { return engine_; }

  void start();
  fakes::Peer connect(int receive_buffer = 0) {
    return fakes::Peer::connect(address(), receive_buffer);
  }
  // Returns when every reactor has run what was posted to it before.
  void settle();
  // Waits for the engine's end, which somebody else has asked for; what run() returned.
  int join();
  int stop();

  std::size_t stragglers() const;

 private:
  Engine engine_;
  Result<Address> address_;
  std::thread thread_;
  int exit_status_ = -1;
};

}  // namespace weir
