#include "core/multicast.h"

#include <netinet/in.h>
#include <poll.h>

#include <cerrno>
#include <string>

#include "core/datagram_socket.h"
#include "gtest/gtest.h"
#include "tests/fakes/faulty_sockets.h"

namespace weir {
namespace {

using Port = DatagramSocket::Port;

constexpr char kGroup[] = "239.255.77.1";

Address parsed(const std::string& text) { return Address::parse(text).value(); }

class MulticastTest : public testing::Test {
 protected:
  MulticastTest() { options_.multicast.interface = "lo"; }

  Status open(DatagramSocket& socket, const std::string& address) {
    return socket.open(parsed(address), Port::kAlone, SocketOptions(), options_);
  }
  void expect_open(DatagramSocket& socket, const std::string& address) {
    const Status status = open(socket, address);
    ASSERT_TRUE(status.is_ok()) << status.message();
  }
  static void send(DatagramSocket& from, const Address& to, std::string bytes) {
    const auto size = static_cast<std::uint16_t>(bytes.size());
    const DatagramRun run{{to}, bytes.data(), size, size, 1};
    EXPECT_EQ(from.send({&run, 1}), 1);
  }
  // The next datagram. Nothing overtakes on a loopback: what did not come before it never will.
  std::string receive(DatagramSocket& socket) {
    pollfd entry{socket.fd(), POLLIN, 0};
    EXPECT_EQ(::poll(&entry, 1, 30'000), 1);
    if (sockets_.receive_messages(socket.fd(), arena_.headers(), 1) != 1) return "nothing";
    return std::string(arena_.received(0).bytes);
  }

  fakes::FaultySockets sockets_;
  DatagramOptions options_;
  DatagramArena arena_;
};

TEST_F(MulticastTest, TellsGroups) {
  EXPECT_TRUE(is_multicast(parsed("udp://224.0.0.1:1")));
  EXPECT_TRUE(is_multicast(parsed("udp://239.255.255.255:1")));
  EXPECT_TRUE(is_multicast(parsed("udp://[ff02::1]:1")));
  EXPECT_FALSE(is_multicast(parsed("udp://223.255.255.255:1")));
  EXPECT_FALSE(is_multicast(parsed("udp://240.0.0.1:1")));
  EXPECT_FALSE(is_multicast(parsed("udp://[fe80::1]:1")));
}

TEST_F(MulticastTest, AMemberGetsWhatIsSentToTheGroup) {
  DatagramSocket member(sockets_);
  DatagramSocket sender(sockets_);
  expect_open(member, "udp://*:0");
  expect_open(sender, "udp://127.0.0.1:0");
  const std::string port = ":" + std::to_string(member.address().port());
  const Address group = parsed("udp://" + std::string(kGroup) + port);
  const Address direct = parsed("udp://127.0.0.1" + port);
  send(sender, group, "too early");
  send(sender, direct, "1");
  EXPECT_EQ(receive(member), "1");
  ASSERT_TRUE(member.join({kGroup, "lo"}).is_ok());
  send(sender, group, "to the group");
  EXPECT_EQ(receive(member), "to the group");
  ASSERT_TRUE(member.leave({kGroup, "lo"}).is_ok());
  send(sender, group, "too late");
  send(sender, direct, "2");
  EXPECT_EQ(receive(member), "2");
}

// Its descriptor goes to a successor, who names one of its groups, and no other.
TEST_F(MulticastTest, AnInheritedSocketStaysAMember) {
  constexpr const char* kOther = "239.255.77.2";
  DatagramSocket before(sockets_);
  DatagramSocket sender(sockets_);
  expect_open(before, "udp://*:0");
  expect_open(sender, "udp://127.0.0.1:0");
  ASSERT_TRUE(before.join({kGroup, "lo"}).is_ok());
  ASSERT_TRUE(before.join({kOther, "lo"}).is_ok());
  DatagramSocket member(sockets_);
  ASSERT_TRUE(member.inherit(before.duplicate(), SocketOptions(), options_).is_ok());
  before.close();
  EXPECT_FALSE(member.join({kGroup, "lo"}).is_ok());
  ASSERT_TRUE(member.stay_in({kGroup, "lo"}).is_ok());
  for (const char* group : {kGroup, kOther}) {
    const std::string port = ":" + std::to_string(member.address().port());
    send(sender, parsed("udp://" + std::string(group) + port), group);
    EXPECT_EQ(receive(member), group);
  }
}

// The membership itself: a loopback interface has no route for IPv6 groups, so none of their
// datagrams could be sent here.
TEST_F(MulticastTest, SpeaksIpv6) {
  options_.multicast.ttl = 7;
  DatagramSocket socket(sockets_);
  const Status status = open(socket, "udp://[::1]:0");
  if (!status.is_ok()) GTEST_SKIP() << "no IPv6 on this machine: " << status.message();
  const auto option = [&socket](int name) {
    int value = -1;
    socklen_t length = sizeof value;
    EXPECT_EQ(::getsockopt(socket.fd(), IPPROTO_IPV6, name, &value, &length), 0);
    return value;
  };
  EXPECT_EQ(option(IPV6_MULTICAST_HOPS), 7);
  EXPECT_EQ(option(IPV6_MULTICAST_LOOP), 1);
  EXPECT_EQ(option(IPV6_MULTICAST_ALL), 0);
  EXPECT_EQ(option(IPV6_MULTICAST_IF), sockets_.interface_index("lo"));
  const Multicast::Group group{"ff15::77", "lo"};
  EXPECT_FALSE(socket.leave(group).is_ok());
  EXPECT_TRUE(socket.join(group).is_ok());
  EXPECT_FALSE(socket.join(group).is_ok());
  EXPECT_TRUE(socket.stay_in(group).is_ok());
  EXPECT_TRUE(socket.leave(group).is_ok());
  EXPECT_FALSE(socket.leave(group).is_ok());
  EXPECT_EQ(socket.join({kGroup, "lo"}).message(),
            "multicast group '239.255.77.1': expected an IPv6 one such as ff15::1");
}

// Two programs on one machine, bound to one group: only the member gets it, whatever the order.
TEST_F(MulticastTest, GroupsOfOthersStayTheirs) {
  DatagramSocket stranger(sockets_);
  DatagramSocket member(sockets_);
  expect_open(stranger, "udp://" + std::string(kGroup) + ":0");
  const std::string address = "udp://" + stranger.address().to_ip_port();
  expect_open(member, address);
  ASSERT_TRUE(member.join({kGroup, "lo"}).is_ok());
  DatagramSocket sender(sockets_);
  expect_open(sender, "udp://127.0.0.1:0");
  send(sender, stranger.address(), "members only");
  EXPECT_EQ(receive(member), "members only");
  EXPECT_EQ(stranger.receive(arena_), -EAGAIN);
}

TEST_F(MulticastTest, LoopbackIsAnOption) {
  options_.multicast.loopback = false;
  DatagramSocket sender(sockets_);
  expect_open(sender, "udp://127.0.0.1:0");
  int value = -1;
  socklen_t length = sizeof value;
  EXPECT_EQ(::getsockopt(sender.fd(), IPPROTO_IP, IP_MULTICAST_LOOP, &value, &length), 0);
  EXPECT_EQ(value, 0);
}

TEST_F(MulticastTest, SetsTheTtl) {
  options_.multicast.ttl = 7;
  DatagramSocket socket(sockets_);
  expect_open(socket, "udp://127.0.0.1:0");
  int value = 0;
  socklen_t length = sizeof value;
  EXPECT_EQ(::getsockopt(socket.fd(), IPPROTO_IP, IP_MULTICAST_TTL, &value, &length), 0);
  EXPECT_EQ(value, 7);
}

TEST_F(MulticastTest, ErrorsNameOptionValueAndReason) {
  const auto error_of_open = [this](const char* interface, int ttl) {
    options_.multicast.interface = interface;
    options_.multicast.ttl = ttl;
    DatagramSocket socket(sockets_);
    const Status status = open(socket, "udp://127.0.0.1:0");
    EXPECT_FALSE(socket.is_open());
    return status.message();
  };
  EXPECT_EQ(error_of_open("nosuch0", 1),
            "udp://127.0.0.1:0: cannot set the multicast interface=nosuch0: No such device");
  EXPECT_EQ(error_of_open("lo", 256),
            "udp://127.0.0.1:0: cannot set the multicast ttl=256: Invalid argument");

  options_ = DatagramOptions();
  DatagramSocket socket(sockets_);
  expect_open(socket, "udp://*:0");
  EXPECT_EQ(socket.join({kGroup, "nosuch0"}).message(),
            "cannot join the multicast group 239.255.77.1 on interface nosuch0: No such device");
  for (const char* wrong : {"10.0.0.1", "ff15::1", "nonsense", ""}) {
    EXPECT_EQ(
        socket.join({wrong, "lo"}).message(),
        "multicast group '" + std::string(wrong) + "': expected an IPv4 one such as 239.1.2.3");
  }
  EXPECT_EQ(socket.leave({kGroup, "lo"}).message(),
            "cannot leave the multicast group 239.255.77.1 on interface lo: Cannot assign "
            "requested address");
  sockets_.fail(fakes::Call::kSetOption, ENOBUFS);
  EXPECT_EQ(socket.join({kGroup, ""}).message(),
            "cannot join the multicast group 239.255.77.1 (no interface named): No buffer space "
            "available");
}

}  // namespace
}  // namespace weir
