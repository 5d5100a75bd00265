// Accepts for one reactor on one listener: watches it, gives what it accepts to a dealer, pauses
// when nothing can be accepted.
//
// On a shared socket (EPOLLEXCLUSIVE) the kernel wakes the first in the line of those who wait, and
// an idle server's first would get every connection: who was served goes to the line's end. With an
// AcceptMutex the socket is watched only while this process holds it, and one accept's worth of
// connections is a turn.
//
// start() before its reactor runs, everything else on the reactor's thread. Nothing is allocated
// after it: the want of memory is what an acceptor must outlive.
#pragma once

#include <cstdint>
#include <functional>

#include "base/status.h"
#include "core/accept_mutex.h"
#include "core/handoff_queue.h"
#include "core/listener.h"
#include "core/source.h"

namespace weir {

class Reactor;

class Acceptor {
 public:
  // Takes over an accepted connection: gives it to some reactor.
  using Dealer = std::function<void(Accepted accepted)>;
  // The turns of one of several processes that share a socket.
  struct Turns {
    AcceptMutex* mutex = nullptr;  // nullptr: nobody else accepts there
    std::uint32_t worker = 0;
  };

  // `listener` is open, and outlives the acceptor, as does `reactor`.
  Acceptor(Reactor& reactor, Listener& listener, Dealer dealer, Turns turns);

  Status start();
  void stop();
  // In the tick of stop(): takes whom the kernel has accepted already; and of a shared socket who
  // has come meanwhile, for whom it may have woken nobody else.
  void accept_last();
  // 0: it accepts, or waits for its turn.
  std::int64_t paused_until_ms() const { return paused_until_ms_; }
  // Tries again after a pause.
  void resume();
  Listener& listener() { return listener_; }

 private:
  Source* watched() { return has_turns() && !holds_turn_ ? wait_ : source_; }
  void accept();
  Listener::Outcome accept_ready();
  Listener::Outcome accept_by(const Listener::Accept& accept);
  void take_turn();
  void end_turn();
  void pause();
  bool has_turns() const { return turns_.mutex != nullptr; }

  Reactor& reactor_;
  Listener& listener_;
  const Dealer dealer_;
  const Turns turns_;
  Source* source_ = nullptr;  // the listener; watched while this process may accept
  Source* wait_ = nullptr;    // the mutex; watched while another process has the turn
  bool holds_turn_ = false;
  bool stopped_ = false;
  std::int64_t paused_until_ms_ = 0;
};

}  // namespace weir
