#include "core/tcp_statistics.h"

#include <linux/tcp.h>  // knows more fields than <netinet/tcp.h>
#include <netinet/in.h>

namespace weir {

Result<TcpStatistics> read_tcp_statistics(Sockets& sockets, int fd) {
  tcp_info kernel{};
  socklen_t size = sizeof kernel;
  const int result = sockets.get_option(fd, IPPROTO_TCP, TCP_INFO, &kernel, &size);
  if (result < 0) {
    return Status::from_errno(-result, "cannot read TCP statistics (only TCP sockets have them)");
  }
  const int unsent = sockets.pending_output(fd);
  if (unsent < 0) return Status::from_errno(-unsent, "cannot read the length of a send queue");
  const int unread = sockets.pending_input(fd);
  if (unread < 0) return Status::from_errno(-unread, "cannot read the length of a receive queue");
  TcpStatistics read;
  read.rtt_us = kernel.tcpi_rtt;
  read.rtt_variance_us = kernel.tcpi_rttvar;
  // All ones until there was a round trip.
  read.min_rtt_us = kernel.tcpi_min_rtt == ~std::uint32_t{0} ? 0 : kernel.tcpi_min_rtt;
  read.retransmits = kernel.tcpi_total_retrans;
  read.unacknowledged = kernel.tcpi_unacked;
  read.lost = kernel.tcpi_lost;
  read.congestion_window = kernel.tcpi_snd_cwnd;
  read.segment_bytes = kernel.tcpi_snd_mss;
  read.delivery_rate = kernel.tcpi_delivery_rate;
  read.send_queue = static_cast<std::uint32_t>(unsent);
  read.receive_queue = static_cast<std::uint32_t>(unread);
  return read;
}

}  // namespace weir
