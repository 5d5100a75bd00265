// The endpoints of one datagram address, one for each place that handles, a reactor or a process:
// each has a socket of its own on the port, the kernel deals the peers among them, and a peer stays
// where it is. Of a multicast group every socket gets all datagrams, so the first place has the
// one.
//
// Sockets that a predecessor has opened are taken over whatever their number: one that nobody reads
// would lose what it is dealt. Places share out a surplus; those that are left without wait for
// complete(), as a socket that joined the port before this server serves would take datagrams from
// the predecessor.
//
// Main thread, before the engine runs; then each endpoint is its reactor's, and duplicate() any
// thread's.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/status.h"
#include "core/address.h"
#include "core/datagram_arena.h"
#include "core/datagram_endpoint.h"
#include "core/datagram_options.h"
#include "core/datagram_session.h"
#include "core/reactor.h"
#include "core/socket_options.h"
#include "core/sockets.h"

namespace weir {

class DatagramGroup {
 public:
  // Where an endpoint lives: all outlive the group.
  struct Place {
    Reactor& reactor;
    DatagramArena& arena;
  };

  DatagramGroup(Sockets& sockets, DatagramReceiver receiver, const DatagramOptions& options)
      : sockets_(sockets), receiver_(std::move(receiver)), options_(options) {}
  DatagramGroup(const DatagramGroup&) = delete;
  DatagramGroup& operator=(const DatagramGroup&) = delete;

  // The endpoints are numbered from `first_index` on. `inherited`: bound already, to this address;
  // they become the group's. After an error nothing is open.
  Status open(const Address& address, std::span<const Place> places, std::uint32_t first_index,
              const SocketOptions& socket_options, std::vector<int> inherited = {});
  // The endpoints of `place` serve.
  Status start(std::size_t place);
  // This server serves, its predecessor is about to end: no place goes without a socket. Those that
  // cannot have one are named in the log. The new endpoints of reactors that run are started.
  void complete(bool reactors_run);
  void close();
  // In the process that is `place`.
  void close_others(std::size_t place);

  // A second descriptor of each socket, the caller's; an error where the first is closed.
  Result<std::vector<int>> duplicate() const;

  // What the first is bound to.
  const Address& address() const { return address_; }
  const std::vector<std::unique_ptr<DatagramEndpoint>>& endpoints() const { return endpoints_; }

 private:
  Status check(const Address& address) const;
  Status inherit(std::vector<int> sockets);
  Status open_sockets(const Address& address);
  Status join_groups(const Address& address, bool inherited);
  void join_port(std::size_t index);
  void start_on_its_reactor(DatagramEndpoint& endpoint);

  Sockets& sockets_;
  const DatagramReceiver receiver_;
  const DatagramOptions options_;
  SocketOptions socket_options_;
  Address address_;
  std::size_t places_ = 0;
  std::size_t opened_ = 0;  // endpoints, before the engine runs
  std::vector<std::unique_ptr<DatagramEndpoint>> endpoints_;
};

}  // namespace weir
