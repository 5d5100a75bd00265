// One peer of a datagram endpoint: an address, and the session that its datagrams go to.
//
// Begins with the peer's first datagram; ends by close(), the idle time, the bound of the sessions
// or a stop. close() marks; the session is told and goes at the end of the tick, so no callback
// sees a dead peer. A datagram that comes later begins another session.
//
// Thread rule: everything on the thread of its reactor. Elsewhere keep the id() and go through
// Engine.
#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <string_view>

#include "base/status.h"
#include "core/address.h"
#include "core/datagram_peer_id.h"
#include "core/datagram_route.h"
#include "core/datagram_session.h"
#include "core/timer_wheel.h"

namespace weir {

class Reactor;

class DatagramPeer {
 public:
  DatagramPeer(DatagramEndpoint& endpoint, DatagramPeerId id, const DatagramRoute& route)
      : endpoint_(endpoint), id_(id), route_(route) {}
  DatagramPeer(const DatagramPeer&) = delete;
  DatagramPeer& operator=(const DatagramPeer&) = delete;

  DatagramPeerId id() const { return id_; }
  const Address& address() const { return route_.peer; }
  // As of the last datagram.
  const DatagramRoute& route() const { return route_; }
  DatagramEndpoint& endpoint() const { return endpoint_; }
  Reactor& reactor() const;
  DatagramSession& session() const { return *session_; }

  // Queues one datagram; sent at the end of this tick. False where it was dropped: the session is
  // closed, the endpoint's output full, or the datagram larger than any can be.
  bool write(std::string_view datagram);

  // What was written is sent; `reason` goes to DatagramSession::closed().
  void close(Status reason = Status::ok());
  bool is_closed() const { return closed_; }

  // Calls task(this): an exception that escapes costs this session, as in the session itself.
  void run(const std::function<void(DatagramPeer*)>& task);
  // Runs `task` here unless the session is closed by then; Reactor::cancel() takes it back.
  TimerId run_after(std::int64_t delay_ms, std::function<void(DatagramPeer*)> task);

 private:
  friend class DatagramEndpoint;   // drives its life
  friend class DatagramPeerTable;  // keeps its place

  void open_session(const DatagramService& service);
  void receive(const DatagramRoute& route, std::string_view datagram);
  void end_session();
  void fail_by_exception() noexcept;  // in a catch block  // in a catch block

  DatagramEndpoint& endpoint_;
  const DatagramPeerId id_;
  DatagramRoute route_;
  bool closed_ = false;
  std::int64_t received_ms_ = 0;  // when the last datagram came
  std::unique_ptr<DatagramSession> session_;
  Status close_reason_;
  std::list<DatagramPeer>::iterator place_;  // in its table
};

}  // namespace weir
