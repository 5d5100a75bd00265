// One UDP socket: its options, and the two system calls that move its datagrams, many at a time.
//
// Segmentation (UDP GSO): consecutive datagrams of one size to one peer leave as one that the
// kernel, or the network card, cuts up. What a route cannot carry so shows when it is sent:
// refuses_segments() tells, and the caller sends them one by one.
//
// open(), inherit() and close() before and after its reactor runs, duplicate() and share_port() on
// any thread, the rest on the reactor's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/status.h"
#include "core/address.h"
#include "core/datagram_arena.h"
#include "core/datagram_options.h"
#include "core/datagram_route.h"
#include "core/descriptor.h"
#include "core/socket_options.h"
#include "core/sockets.h"

namespace weir {

// Datagrams to one peer that lie one behind another: of `segment` bytes each, the last perhaps
// smaller.
struct DatagramRun {
  DatagramRoute to;
  char* bytes;
  std::uint32_t size;  // of all
  std::uint16_t segment;
  std::uint16_t count;
};

class DatagramSocket {
 public:
  // The kernel's bounds of a run: its segments, and its bytes, those of the largest datagram.
  static constexpr std::size_t kMaxSegments = 64;
  static constexpr std::size_t kMaxRunBytes = 65'507;

  enum class Port {
    kAlone,  // nobody else has the port
    kFirst,  // nobody had it, and kNext ones may join now
    kNext,
  };

  explicit DatagramSocket(Sockets& sockets) : sockets_(sockets), socket_(sockets) {}
  ~DatagramSocket() { close(); }
  DatagramSocket(const DatagramSocket&) = delete;
  DatagramSocket& operator=(const DatagramSocket&) = delete;

  // A group's address can be bound to by several programs, each of which gets all its datagrams.
  Status open(const Address& address, Port port, const SocketOptions& socket_options,
              const DatagramOptions& options);
  // `fd` is bound already: a predecessor opened it. It becomes this socket's, which stays a member
  // of the multicast groups that it has joined.
  Status inherit(int fd, const SocketOptions& socket_options, const DatagramOptions& options);
  void close();

  // A second descriptor of the socket, the caller's; -EBADF when it is closed.
  int duplicate() const { return socket_.duplicate(); }
  // kNext ones may join its port now.
  Status share_port();

  int fd() const { return socket_.fd(); }
  bool is_open() const { return socket_.is_open(); }
  // What it is bound to: with the port that the kernel chose.
  const Address& address() const { return address_; }

  Status join(const Multicast::Group& group);
  Status stay_in(const Multicast::Group& group);
  Status leave(const Multicast::Group& group);

  // Fills `arena` with what has arrived, at most a batch: how many, or -errno.
  int receive(DatagramArena& arena) { return receive_batch(arena.headers()); }
  // Sends the first of the runs, as many as there is room for: how many, or -errno for the first.
  int send(std::span<const DatagramRun> runs);

  // A datagram above this size travels alone.
  std::size_t max_segment() const { return max_segment_; }
  // A run of several failed with `error`, and may go one by one.
  static bool refuses_segments(int error);

 private:
  Status prepare_to_bind(const Address& address, Port port);
  Status configure(const Address& address, const SocketOptions& socket_options,
                   const DatagramOptions& options);
  Status bind(const Address& address, Port port);
  void settle();
  void enable_offload();
  int receive_batch(mmsghdr* headers);

  Sockets& sockets_;
  Descriptor socket_;
  Address address_;
  std::size_t max_segment_ = 0;
};

}  // namespace weir
