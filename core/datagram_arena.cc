#include "core/datagram_arena.h"

#include <netinet/in.h>
#include <netinet/udp.h>

#include <cstring>

namespace weir {
namespace {

template <class T>
T content(const cmsghdr& control) {
  T value;
  std::memcpy(&value, CMSG_DATA(&control), sizeof value);
  return value;
}

void read_control(const cmsghdr& control, DatagramArena::Received& received) {
  DatagramRoute::LocalIp& local = received.from.local;
  if (control.cmsg_level == IPPROTO_IP && control.cmsg_type == IP_PKTINFO) {
    // The address to reply from, also where the datagram was sent to a group.
    const in_addr ip = content<in_pktinfo>(control).ipi_spec_dst;
    std::memcpy(local.data(), &ip, sizeof ip);
  } else if (control.cmsg_level == IPPROTO_IPV6 && control.cmsg_type == IPV6_PKTINFO) {
    const auto [ip, interface] = content<in6_pktinfo>(control);
    if (!IN6_IS_ADDR_MULTICAST(&ip)) std::memcpy(local.data(), &ip, sizeof ip);
    if (IN6_IS_ADDR_LINKLOCAL(&ip)) received.from.interface = interface;
  } else if (control.cmsg_level == SOL_UDP && control.cmsg_type == UDP_GRO) {
    const int segment = content<int>(control);
    if (segment > 0) received.segment = static_cast<std::size_t>(segment);
  }
}

}  // namespace

mmsghdr* DatagramArena::headers() {
  // Uninitialized: what no datagram touches is never backed by memory.
  if (room_ == nullptr) room_ = std::unique_ptr<Room>(new Room);
  for (std::size_t i = 0; i < kBatch; ++i) {
    room_->pieces[i] = {room_->bytes.data() + i * kRoom, kRoom};
    msghdr& header = room_->headers[i].msg_hdr;
    header.msg_name = &room_->peers[i];
    header.msg_namelen = sizeof(sockaddr_storage);
    header.msg_iov = &room_->pieces[i];
    header.msg_iovlen = 1;
    header.msg_control = room_->controls[i].bytes.data();
    header.msg_controllen = kControlBytes;
    header.msg_flags = 0;
  }
  return room_->headers.data();
}

DatagramArena::Received DatagramArena::received(std::size_t i) const {
  const mmsghdr& message = room_->headers[i];
  msghdr header = message.msg_hdr;
  Received received{};
  received.from.peer =
      Address::from_sockaddr(static_cast<const sockaddr*>(header.msg_name), header.msg_namelen);
  received.bytes = {static_cast<const char*>(header.msg_iov->iov_base), message.msg_len};
  received.segment = message.msg_len;
  received.truncated = (header.msg_flags & MSG_TRUNC) != 0;
  for (cmsghdr* control = CMSG_FIRSTHDR(&header); control != nullptr;
       control = CMSG_NXTHDR(&header, control)) {
    read_control(*control, received);
  }
  return received;
}

DatagramArena::Block DatagramArena::take_block() {
  if (idle_blocks_.empty()) return std::make_unique_for_overwrite<char[]>(kBlockBytes);
  Block block = std::move(idle_blocks_.back());
  idle_blocks_.pop_back();
  return block;
}

void DatagramArena::give_back(Block block) {
  if (idle_blocks_.size() < kMaxIdleBlocks) idle_blocks_.push_back(std::move(block));
}

}  // namespace weir
