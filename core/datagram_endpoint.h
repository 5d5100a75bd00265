// One UDP socket of one reactor, and the peers it talks to. One tick of it:
//
//   receive a batch -> find or open the session -> handle -> ... -> close what was closed -> send
//
// A batch a tick, so that a flood of datagrams leaves the reactor's connections their turn. What is
// sent is gathered to the end of the tick; beyond DatagramOutput's bound it is sent earlier, and
// where the kernel has no room either it is dropped and counted.
//
// A retiring one leaves what arrives to its successor, who has the socket too; its sessions end as
// they like, and can still send.
//
// It lives as long as its engine. Thread rule: counters() from any thread, everything else on its
// reactor's, or before run(); other threads go through Engine, or post to reactor().
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/status.h"
#include "core/address.h"
#include "core/datagram_arena.h"
#include "core/datagram_counters.h"
#include "core/datagram_options.h"
#include "core/datagram_output.h"
#include "core/datagram_peer.h"
#include "core/datagram_peer_table.h"
#include "core/datagram_route.h"
#include "core/datagram_session.h"
#include "core/datagram_socket.h"
#include "core/reactor.h"
#include "core/socket_options.h"
#include "core/sockets.h"
#include "core/source.h"
#include "core/tenant.h"

namespace weir {

class DatagramEndpoint final : private Tenant {
 public:
  // `index` is the endpoint's part of its peers' ids; `arena` is shared by the endpoints of
  // `reactor`. All references outlive it, except the reactor, which is stopped or gone by then.
  DatagramEndpoint(Reactor& reactor, Sockets& sockets, DatagramArena& arena, std::uint32_t index,
                   const DatagramReceiver& receiver, const DatagramOptions& options);
  DatagramEndpoint(const DatagramEndpoint&) = delete;
  DatagramEndpoint& operator=(const DatagramEndpoint&) = delete;

  // The socket, which nobody watches yet, and which has joined no group.
  Status open(const Address& address, DatagramSocket::Port port,
              const SocketOptions& socket_options);
  // The same with a predecessor's, which becomes ours.
  Status inherit(int fd, const SocketOptions& socket_options);
  bool is_open() const { return socket_.is_open(); }
  // DatagramSocket's, on any thread.
  int duplicate() const { return socket_.duplicate(); }
  Status share_port() { return socket_.share_port(); }
  // Serves, with its reactor's next tick. Before run(), or on its thread.
  Status start();
  // Before run(): as if it had not been opened.
  void close();

  const Address& address() const { return socket_.address(); }
  Reactor& reactor() const { return reactor_; }
  const DatagramCounters& counters() const { return counters_; }
  std::size_t sessions() const { return peers_.size(); }

  // Queues one datagram to `to`, of which `local` may be left out; sent at the end of this tick.
  // False where it was dropped.
  bool send(const DatagramRoute& to, std::string_view datagram);

  // nullptr when its session is closed, or never was.
  DatagramPeer* find(DatagramPeerId id) { return peers_.find(id); }
  DatagramPeer* find(const Address& address) { return peers_.find(address); }

  Status join(const Multicast::Group& group) { return socket_.join(group); }
  Status stay_in(const Multicast::Group& group) { return socket_.stay_in(group); }
  Status leave(const Multicast::Group& group) { return socket_.leave(group); }

 private:
  friend class DatagramPeer;

  // Of sessions, in one look.
  static constexpr std::size_t kExpiriesPerLook = 1024;
  // A stop answers what has arrived by then: as much as a receive buffer may hold.
  static constexpr int kBatchesAtStop = 64;

  void on_ready(Interest ready);
  bool receive();
  void deliver(const DatagramRoute& from, std::string_view datagram);
  void call_handler(const DatagramHandler& handler, const DatagramRoute& from,
                    std::string_view datagram);
  DatagramPeer* open_session(const DatagramService& service, const DatagramRoute& from);
  void make_room();
  void retire(DatagramPeer& peer);
  void finish_later();
  void finish_tick();
  void close_retired();
  void send_output();
  void watch_idle(std::int64_t delay_ms);
  void expire();
  Status idle_reason() const noexcept;
  void begin_retirement() override;
  void begin_stop() override;
  bool has_drained() const override;
  void end_stop() override;

  Reactor& reactor_;
  DatagramArena& arena_;
  const DatagramReceiver& receiver_;
  const DatagramOptions options_;
  DatagramSocket socket_;
  Source* source_ = nullptr;
  DatagramOutput output_;
  DatagramPeerTable peers_;
  DatagramCounters counters_;
  bool finish_queued_ = false;
  bool blocked_ = false;  // output waits for the kernel to have room
  bool reading_ = true;   // until a successor does, or the reactor stops
  bool retiring_ = false;
  bool watching_idle_ = false;
  std::int64_t last_log_ms_ = -1000;
};

}  // namespace weir
