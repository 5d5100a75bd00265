// Multicast for a datagram socket: the groups it is a member of, and how its own datagrams to a
// group leave.
// A value; every call on the thread that owns the socket. Errors name the option, its value and
// the reason.
#pragma once

#include <string>
#include <vector>

#include "base/status.h"
#include "core/address.h"
#include "core/sockets.h"

namespace weir {

struct Multicast {
  struct Group {
    std::string address;         // "239.1.2.3", "ff15::1": of the socket's family
    std::string interface = {};  // "eth0"; empty: the one that the routes name
  };

  std::vector<Group> groups = {};
  std::string interface = {};  // by which datagrams to a group leave; empty: as the routes have it
  int ttl = 1;                 // routers on their way, 0 to 255; 1: they stay in this network
  bool loopback = true;        // members on this machine get them too

  // All but the groups. From then on the socket receives the groups that it has joined itself,
  // where the kernel's default is those that anyone on this machine has.
  Status apply(Sockets& sockets, int fd, int family) const;

  static Status join(Sockets& sockets, int fd, int family, const Group& group);
  // Joins, unless the socket is a member already: it was inherited.
  static Status stay_in(Sockets& sockets, int fd, int family, const Group& group);
  static Status leave(Sockets& sockets, int fd, int family, const Group& group);
};

bool is_multicast(const Address& address);

}  // namespace weir
