#include "core/multicast.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <cerrno>
#include <cstring>

namespace weir {
namespace {

int level(int family) { return family == AF_INET6 ? IPPROTO_IPV6 : IPPROTO_IP; }

std::string with_interface(const std::string& name) {
  return name.empty() ? " (no interface named)" : " on interface " + name;
}

Result<Address> parse_group(const std::string& text, int family) {
  sockaddr_in6 ip6{};
  sockaddr_in ip4{};
  const bool is_ip6 = family == AF_INET6;
  void* bytes = is_ip6 ? static_cast<void*>(&ip6.sin6_addr) : &ip4.sin_addr;
  if (::inet_pton(family, text.c_str(), bytes) == 1) {
    ip6.sin6_family = AF_INET6;
    ip4.sin_family = AF_INET;
    const Address group =
        is_ip6 ? Address::from_sockaddr(reinterpret_cast<sockaddr*>(&ip6), sizeof ip6)
               : Address::from_sockaddr(reinterpret_cast<sockaddr*>(&ip4), sizeof ip4);
    if (is_multicast(group)) return group;
  }
  return Status::error("multicast group '" + text + "': expected an " +
                       (is_ip6 ? "IPv6 one such as ff15::1" : "IPv4 one such as 239.1.2.3"));
}

enum class Change { kJoin, kStayIn, kLeave };

Status make(Sockets& sockets, int fd, int family, const Multicast::Group& group, Change change) {
  const Result<Address> address = parse_group(group.address, family);
  if (!address.is_ok()) return address.status();
  const bool join = change != Change::kLeave;
  const std::string what = std::string("cannot ") + (join ? "join" : "leave") +
                           " the multicast group " + group.address +
                           with_interface(group.interface);
  group_req request{};
  if (!group.interface.empty()) {
    const int index = sockets.interface_index(group.interface.c_str());
    if (index < 0) return Status::from_errno(-index, what);
    request.gr_interface = static_cast<std::uint32_t>(index);
  }
  std::memcpy(&request.gr_group, address.value().data(), address.value().length());
  const int result = sockets.set_option(
      fd, level(family), join ? MCAST_JOIN_GROUP : MCAST_LEAVE_GROUP, &request, sizeof request);
  if (change == Change::kStayIn && result == -EADDRINUSE) return Status::ok();
  return result >= 0 ? Status::ok() : Status::from_errno(-result, what);
}

Status set(Sockets& sockets, int fd, int family, int ip4_option, int ip6_option, int value,
           const char* name) {
  const int option = family == AF_INET6 ? ip6_option : ip4_option;
  const int result = sockets.set_option(fd, level(family), option, value);
  if (result >= 0) return Status::ok();
  return Status::from_errno(
      -result, "cannot set the multicast " + std::string(name) + "=" + std::to_string(value));
}

Status set_interface(Sockets& sockets, int fd, int family, const std::string& name) {
  const int index = sockets.interface_index(name.c_str());
  int result = index;
  if (index >= 0 && family == AF_INET6) {
    result = sockets.set_option(fd, IPPROTO_IPV6, IPV6_MULTICAST_IF, index);
  } else if (index >= 0) {
    ip_mreqn request{};
    request.imr_ifindex = index;
    result = sockets.set_option(fd, IPPROTO_IP, IP_MULTICAST_IF, &request, sizeof request);
  }
  if (result >= 0) return Status::ok();
  return Status::from_errno(-result, "cannot set the multicast interface=" + name);
}

}  // namespace

Status Multicast::apply(Sockets& sockets, int fd, int family) const {
  // A kernel that does not know it joins nothing unasked that was not there before.
  sockets.set_option(fd, level(family), family == AF_INET6 ? IPV6_MULTICAST_ALL : IP_MULTICAST_ALL,
                     0);
  Status status;
  if (!interface.empty()) status = set_interface(sockets, fd, family, interface);
  if (status.is_ok()) {
    status = set(sockets, fd, family, IP_MULTICAST_TTL, IPV6_MULTICAST_HOPS, ttl, "ttl");
  }
  if (status.is_ok()) {
    status = set(sockets, fd, family, IP_MULTICAST_LOOP, IPV6_MULTICAST_LOOP, loopback ? 1 : 0,
                 "loopback");
  }
  return status;
}

Status Multicast::join(Sockets& sockets, int fd, int family, const Group& group) {
  return make(sockets, fd, family, group, Change::kJoin);
}

Status Multicast::stay_in(Sockets& sockets, int fd, int family, const Group& group) {
  return make(sockets, fd, family, group, Change::kStayIn);
}

Status Multicast::leave(Sockets& sockets, int fd, int family, const Group& group) {
  return make(sockets, fd, family, group, Change::kLeave);
}

bool is_multicast(const Address& address) {
  const std::span<const std::uint8_t> ip = address.ip_bytes();
  if (ip.size() == 4) return ip[0] >= 224 && ip[0] < 240;
  return ip.size() == 16 && ip[0] == 0xff;
}

}  // namespace weir
