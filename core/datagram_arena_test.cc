#include "core/datagram_arena.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>
#include <cstring>

#include "gtest/gtest.h"

namespace weir {
namespace {

// As the kernel fills the first header for a datagram that was sent to `to`.
DatagramRoute received_at(const char* to, std::uint32_t interface) {
  DatagramArena arena;
  mmsghdr& message = *arena.headers();
  in6_pktinfo info{};
  EXPECT_EQ(::inet_pton(AF_INET6, to, &info.ipi6_addr), 1);
  info.ipi6_ifindex = interface;
  msghdr& header = message.msg_hdr;
  cmsghdr* control = CMSG_FIRSTHDR(&header);
  control->cmsg_level = IPPROTO_IPV6;
  control->cmsg_type = IPV6_PKTINFO;
  control->cmsg_len = CMSG_LEN(sizeof info);
  std::memcpy(CMSG_DATA(control), &info, sizeof info);
  header.msg_controllen = CMSG_SPACE(sizeof info);
  header.msg_namelen = 0;
  message.msg_len = 1;
  return arena.received(0).from;
}

TEST(DatagramArenaTest, KeepsTheInterfaceOfALinkLocalAddress) {
  const DatagramRoute link_local = received_at("fe80::1", 7);
  EXPECT_EQ(link_local.interface, 7U);
  EXPECT_EQ(link_local.local.back(), 1);
  // Elsewhere the routing table knows the way back, perhaps another.
  const DatagramRoute global = received_at("2001:db8::2", 7);
  EXPECT_EQ(global.interface, 0U);
  EXPECT_EQ(global.local.back(), 2);
}

TEST(DatagramArenaTest, NobodyRepliesFromAGroup) {
  EXPECT_EQ(received_at("ff02::1", 7), DatagramRoute{});
}

// A reply does not join a run that leaves from elsewhere.
TEST(DatagramArenaTest, RoutesDifferByTheirInterface) {
  EXPECT_EQ(received_at("fe80::1", 7), received_at("fe80::1", 7));
  EXPECT_FALSE(received_at("fe80::1", 7) == received_at("fe80::1", 8));
}

}  // namespace
}  // namespace weir
