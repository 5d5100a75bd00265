// How the kernel's TCP fares with one connection: Linux's TCP_INFO (tcp(7), linux/tcp.h) and what
// waits in the socket's queues. Three system calls, so for whoever asks, not for every request.
// Values, as of the call; an older kernel's unknown fields are 0. Any thread.
#pragma once

#include <cstdint>

#include "base/status.h"
#include "core/sockets.h"

namespace weir {

struct TcpStatistics {
  // Round-trip time: smoothed, how far it varies, and the least that was seen; microseconds.
  std::uint32_t rtt_us = 0;
  std::uint32_t rtt_variance_us = 0;
  std::uint32_t min_rtt_us = 0;

  // Segments.
  std::uint32_t retransmits = 0;        // since the connection's start
  std::uint32_t unacknowledged = 0;     // on their way now
  std::uint32_t lost = 0;               // of these
  std::uint32_t congestion_window = 0;  // that may be on their way
  std::uint32_t segment_bytes = 0;      // the largest that is sent

  std::uint64_t delivery_rate = 0;  // the latest that was measured, in bytes a second

  // Bytes.
  std::uint32_t send_queue = 0;     // that the peer's kernel does not have for sure
  std::uint32_t receive_queue = 0;  // arrived, but not received by the program
};

// Of a TCP socket; an error for every other kind of descriptor.
Result<TcpStatistics> read_tcp_statistics(Sockets& sockets, int fd);

}  // namespace weir
