// The other end of a connect: a listening socket that accepts when a test says so, or, filled up,
// not at all.
//
// One thread at a time.
#pragma once

#include <string>
#include <string_view>

#include "core/address.h"
#include "tests/fakes/peer.h"

namespace weir::fakes {

class PeerListener {
 public:
  // Bound to `address`, with port 0 to one that the kernel chooses, for "unix:" in a directory of
  // its own; and listening, unless told to wait for listen(): until then who connects is refused.
  explicit PeerListener(std::string_view address, bool listening = true);
  ~PeerListener() { close(); }
  PeerListener(const PeerListener&) = delete;
  PeerListener& operator=(const PeerListener&) = delete;

  void listen(int backlog = 4096);
  // Takes the last place of a backlog of none: who connects from here on gets no answer over TCP,
  // EAGAIN over unix.
  void fill_up();
  // Makes room again.
  void make_room();
  // Not is_connected() when nobody came within the deadline.
  Peer accept();
  void close();

  const Address& address() const { return address_; }

 private:
  int fd_ = -1;
  Address address_;
  std::string directory_;
  Peer last_place_;
};

}  // namespace weir::fakes
