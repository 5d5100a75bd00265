// The endpoints of one datagram address, one for each place that handles, a reactor or a process:
// each has a socket of its own on the port, the kernel deals the peers among them, and a peer stays
// where it is. Of a multicast group every socket gets all datagrams, so the first place has the
// one.
//
// Main thread, before the engine runs; then each endpoint is its reactor's.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "core/address.h"
#include "core/datagram_arena.h"
#include "core/datagram_endpoint.h"
#include "core/datagram_options.h"
#include "core/datagram_session.h"
#include "core/reactor.h"
#include "core/socket_options.h"
#include "core/sockets.h"
#include "core/status.h"

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

  // The endpoints are numbered from `first_index` on. After an error nothing is open.
  Status open(const Address& address, std::span<const Place> places, std::uint32_t first_index,
              const SocketOptions& socket_options);
  // The endpoint of `place` serves, if it has one.
  Status start(std::size_t place);
  void close();
  // In the process that is `place`.
  void close_others(std::size_t place);

  const Address& address() const { return endpoints_.front()->address(); }
  const std::vector<std::unique_ptr<DatagramEndpoint>>& endpoints() const { return endpoints_; }

 private:
  Status check(const Address& address) const;
  Status join_groups(const Address& address);

  Sockets& sockets_;
  const DatagramReceiver receiver_;
  const DatagramOptions options_;
  std::vector<std::unique_ptr<DatagramEndpoint>> endpoints_;
};

}  // namespace weir
