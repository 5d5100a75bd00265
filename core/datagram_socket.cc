#include "core/datagram_socket.h"

#include <netinet/in.h>
#include <netinet/udp.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace weir {
namespace {

struct alignas(cmsghdr) Control {
  std::array<char, CMSG_SPACE(sizeof(in6_pktinfo)) + CMSG_SPACE(sizeof(std::uint16_t))> bytes;
};

bool is_any(const Address& address) {
  return std::ranges::all_of(address.ip_bytes(), [](std::uint8_t byte) { return byte == 0; });
}

// Writes control messages one behind another.
class ControlWriter {
 public:
  explicit ControlWriter(Control& control) : next_(control.bytes.data()) {}

  template <class T>
  void add(int level, int type, const T& content) {
    cmsghdr header{};
    header.cmsg_level = level;
    header.cmsg_type = type;
    header.cmsg_len = CMSG_LEN(sizeof content);
    std::memcpy(next_, &header, sizeof header);
    std::memcpy(next_ + CMSG_LEN(0), &content, sizeof content);
    next_ += CMSG_SPACE(sizeof content);
    size_ += CMSG_SPACE(sizeof content);
  }
  std::size_t size() const { return size_; }

 private:
  char* next_;
  std::size_t size_ = 0;
};

// Returns the bytes that were written.
std::size_t write_control(const DatagramRun& run, Control& control) {
  ControlWriter writer(control);
  if (run.to.local != DatagramRoute::LocalIp{}) {
    if (run.to.peer.family() == AF_INET6) {
      in6_pktinfo from{};
      std::memcpy(&from.ipi6_addr, run.to.local.data(), sizeof from.ipi6_addr);
      from.ipi6_ifindex = run.to.interface;
      writer.add(IPPROTO_IPV6, IPV6_PKTINFO, from);
    } else {
      in_pktinfo from{};
      std::memcpy(&from.ipi_spec_dst, run.to.local.data(), sizeof from.ipi_spec_dst);
      writer.add(IPPROTO_IP, IP_PKTINFO, from);
    }
  }
  if (run.count > 1) writer.add(SOL_UDP, UDP_SEGMENT, run.segment);
  return writer.size();
}

}  // namespace

Status DatagramSocket::open(const Address& address, Port port, const SocketOptions& socket_options,
                            const DatagramOptions& options) {
  const std::string name = "udp://" + address.to_ip_port();
  socket_.own(sockets_.socket(address.family(), SOCK_DGRAM));
  if (!is_open()) return Status::from_errno(-fd(), "cannot create a socket for " + name);
  Status status = prepare_to_bind(address, port);
  if (status.is_ok()) status = configure(address, socket_options, options);
  if (status.is_ok()) status = bind(address, port);
  if (!status.is_ok()) {
    close();
    return Status::error(name + ": " + status.message());
  }
  if (options.offload) enable_offload();
  return Status::ok();
}

// Again with today's options: a successor may have others.
Status DatagramSocket::inherit(int fd, const SocketOptions& socket_options,
                               const DatagramOptions& options) {
  socket_.own(fd);
  settle();
  const Status status = configure(address_, socket_options, options);
  if (!status.is_ok()) {
    close();
    return Status::error("udp://" + address_.to_ip_port() + ": " + status.message());
  }
  // Never off again: what waits already may be runs, which would come as one datagram then.
  if (options.offload) enable_offload();
  return Status::ok();
}

Status DatagramSocket::prepare_to_bind(const Address& address, Port port) {
  int result = 0;
  // An IPv4 socket on the same port stands beside this one.
  if (address.family() == AF_INET6) {
    result = sockets_.set_option(fd(), IPPROTO_IPV6, IPV6_V6ONLY, 1);
  }
  if (result >= 0 && is_multicast(address)) {
    result = sockets_.set_option(fd(), SOL_SOCKET, SO_REUSEADDR, 1);
  }
  if (result >= 0 && port == Port::kNext) {
    result = sockets_.set_option(fd(), SOL_SOCKET, SO_REUSEPORT, 1);
  }
  return result >= 0 ? Status::ok()
                     : Status::from_errno(-result, "cannot set a datagram socket's options");
}

Status DatagramSocket::configure(const Address& address, const SocketOptions& socket_options,
                                 const DatagramOptions& options) {
  int result = 0;
  if (is_any(address)) {
    result = address.family() == AF_INET6
                 ? sockets_.set_option(fd(), IPPROTO_IPV6, IPV6_RECVPKTINFO, 1)
                 : sockets_.set_option(fd(), IPPROTO_IP, IP_PKTINFO, 1);
  }
  if (result < 0) return Status::from_errno(-result, "cannot set a datagram socket's options");
  const Status status = socket_options.apply_to_datagram_socket(sockets_, fd(), address.family());
  return status.is_ok() ? options.multicast.apply(sockets_, fd(), address.family()) : status;
}

// The first of several takes the port for itself and shares it only then: with SO_REUSEPORT from
// the start it would join another server of the same user unnoticed, and the kernel would deal that
// one half of the peers.
Status DatagramSocket::bind(const Address& address, Port port) {
  const int result = sockets_.bind(fd(), address.data(), address.length());
  if (result < 0) return Status::from_errno(-result, "cannot bind");
  const Status status = port == Port::kFirst ? share_port() : Status::ok();
  if (status.is_ok()) settle();
  return status;
}

Status DatagramSocket::share_port() {
  const int result =
      socket_.use([this](int fd) { return sockets_.set_option(fd, SOL_SOCKET, SO_REUSEPORT, 1); });
  return result >= 0 ? Status::ok() : Status::from_errno(-result, "cannot share the port");
}

void DatagramSocket::settle() {
  sockaddr_storage bound{};
  socklen_t length = sizeof bound;
  sockets_.local_address(fd(), reinterpret_cast<sockaddr*>(&bound), &length);
  address_ = Address::from_sockaddr(reinterpret_cast<sockaddr*>(&bound), length);
}

// A segment of 0 bytes, which changes nothing, shows whether the kernel knows the option.
void DatagramSocket::enable_offload() {
  if (sockets_.set_option(fd(), SOL_UDP, UDP_SEGMENT, 0) >= 0) max_segment_ = kMaxRunBytes / 2;
  sockets_.set_option(fd(), SOL_UDP, UDP_GRO, 1);
}

void DatagramSocket::close() { socket_.close(); }

Status DatagramSocket::join(const Multicast::Group& group) {
  return Multicast::join(sockets_, fd(), address_.family(), group);
}

Status DatagramSocket::stay_in(const Multicast::Group& group) {
  return Multicast::stay_in(sockets_, fd(), address_.family(), group);
}

Status DatagramSocket::leave(const Multicast::Group& group) {
  return Multicast::leave(sockets_, fd(), address_.family(), group);
}

int DatagramSocket::receive_batch(mmsghdr* headers) {
  return sockets_.receive_messages(fd(), headers, DatagramArena::kBatch);
}

int DatagramSocket::send(std::span<const DatagramRun> runs) {
  runs = runs.first(std::min(runs.size(), DatagramArena::kBatch));
  std::array<mmsghdr, DatagramArena::kBatch> headers;
  std::array<iovec, DatagramArena::kBatch> pieces;
  std::array<Control, DatagramArena::kBatch> controls;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    const DatagramRun& run = runs[i];
    pieces[i] = {run.bytes, run.size};
    msghdr& header = headers[i].msg_hdr;
    header = {};
    header.msg_name = const_cast<sockaddr*>(run.to.peer.data());
    header.msg_namelen = run.to.peer.length();
    header.msg_iov = &pieces[i];
    header.msg_iovlen = 1;
    header.msg_controllen = write_control(run, controls[i]);
    if (header.msg_controllen > 0) header.msg_control = controls[i].bytes.data();
  }
  return sockets_.send_messages(fd(), headers.data(), static_cast<unsigned>(runs.size()));
}

// Its segments are larger than a packet of that route (EINVAL, EMSGSIZE), or the route's device
// does not compute checksums (EIO). Of that route alone: a peer must not turn it off for the
// others.
bool DatagramSocket::refuses_segments(int error) {
  return error == EINVAL || error == EMSGSIZE || error == EIO;
}

}  // namespace weir
