// What a user of the engine writes to serve datagrams: a DatagramSession per peer address, made by
// a DatagramService when the first datagram of a peer comes, or one DatagramHandler for the
// datagrams of all.
//
// A datagram's way: the reactor receives a batch, each datagram is handled in its order, and what
// was written leaves at the end of the tick, in one system call. Datagrams get lost, doubled and
// out of order, and their source may be forged: a session says nothing about who is there.
//
// Thread rule: every call on the thread of the endpoint's reactor. An exception that escapes costs
// the one session, or of a handler the one datagram, and is logged.
#pragma once

#include <functional>
#include <memory>
#include <string_view>
#include <variant>

#include "base/status.h"
#include "core/datagram_route.h"

namespace weir {

class DatagramEndpoint;
class DatagramPeer;

class DatagramSession {
 public:
  virtual ~DatagramSession() = default;

  // A whole datagram, perhaps an empty one; the view lives until handle() returns.
  virtual void handle(DatagramPeer& peer, std::string_view datagram) = 0;

  // The last call, exactly once, at the end of the tick in which the session closed; what it sends
  // through the endpoint still leaves. `reason` is success after DatagramPeer::close() without one
  // and when the engine stopped.
  virtual void closed(DatagramPeer& peer, const Status& reason) {
    (void)peer;
    (void)reason;
  }
};

// Makes the session of a new peer, on its reactor; nullptr: the datagram is dropped. Several
// reactors call it at once: what it captures must be safe for that. So is it with a handler.
using DatagramService = std::function<std::unique_ptr<DatagramSession>(DatagramPeer&)>;
// Replies by endpoint.send(from, bytes).
using DatagramHandler = std::function<void(DatagramEndpoint& endpoint, const DatagramRoute& from,
                                           std::string_view datagram)>;
using DatagramReceiver = std::variant<DatagramService, DatagramHandler>;

}  // namespace weir
