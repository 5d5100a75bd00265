// The listening sockets of one address, for all who accept there: one socket, one for each of them,
// or descriptors of one that they share, as the threading model says. Sockets that a predecessor
// has opened are taken over whatever their number: none of those who wait in their backlogs is
// lost.
//
// Main thread, before the engine runs; then each listener is its reactor's, and duplicate() and
// own_paths() any thread's.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/status.h"
#include "core/accept_mutex.h"
#include "core/acceptor.h"
#include "core/address.h"
#include "core/listener.h"
#include "core/session.h"
#include "core/sockets.h"
#include "core/threading_model.h"

namespace weir {

class ListenerGroup {
 public:
  // `places`: how many accept, reactors or processes.
  ListenerGroup(Sockets& sockets, Accepting how, std::uint32_t places, Service service);

  // `inherited`: listening already, for this address; they become the group's.
  Status open(const Address& address, const Listener::Options& options,
              std::vector<int> inherited = {});

  // A listener, and who accepts on it.
  struct Seat {
    std::unique_ptr<Listener> listener;
    std::uint32_t place;
    std::size_t socket;  // which of the group's
  };

  // What the first is bound to.
  const Address& address() const { return seats_.front().listener->address(); }
  const std::vector<Seat>& seats() const { return seats_; }
  Acceptor::Turns turns(const Seat& seat) const;

  // A second descriptor of each socket, the caller's; an error where one is closed. Any thread.
  Result<std::vector<int>> duplicate() const;
  void own_paths(bool own);
  void close();
  // In the process that is `place`.
  void close_others(std::uint32_t place);
  // The place's process has died.
  void abandon_turns(std::uint32_t place);

 private:
  Status check_port_is_free(const Address& address);
  Status open_sockets(const Address& address, const Listener::Options& options, std::size_t count);
  Status inherit(std::vector<int> sockets, const Listener::Options& options);
  Status share_sockets();
  Status open_mutexes();
  Listener& add(std::uint32_t place, std::size_t socket);
  std::uint32_t place_of(std::size_t socket) const {
    return static_cast<std::uint32_t>(socket % accepting_);
  }

  Sockets& sockets_;
  const Accepting how_;
  const std::uint32_t accepting_;  // places that accept
  const std::unique_ptr<const Service> service_;
  std::size_t opened_ = 0;  // sockets; the first so many seats have their descriptors
  std::vector<Seat> seats_;
  std::vector<std::unique_ptr<AcceptMutex>> mutexes_;  // of each socket where turns are taken
};

}  // namespace weir
