// Where a datagram came from, and so where its reply goes.
// A value: any thread.
#pragma once

#include <array>
#include <cstdint>

#include "core/address.h"

namespace weir {

struct DatagramRoute {
  using LocalIp = std::array<std::uint8_t, 16>;

  Address peer;
  // The address of this machine that it was sent to, in network byte order, IPv4 in the first four
  // bytes: a reply leaves from there, or a peer of a machine with several would not know it. All
  // zero where the socket has one address, or for the kernel's choice.
  LocalIp local{};
  // The interface that a link-local `local` (fe80::/10) belongs to, which the kernel refuses
  // without it; else 0: replies take the way that the routing table knows.
  std::uint32_t interface = 0;

  bool operator==(const DatagramRoute&) const = default;
};

}  // namespace weir
