#include "core/address.h"

#include <netinet/in.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"

namespace weir {
namespace {

Address parsed(std::string_view text) {
  Result<Address> address = Address::parse(text);
  EXPECT_TRUE(address.is_ok()) << address.status().message();
  return address.is_ok() ? *address : Address();
}

std::string error_of(std::string_view text) {
  const Result<Address> address = Address::parse(text);
  EXPECT_FALSE(address.is_ok()) << text;
  return address.status().message();
}

std::vector<int> ip_of(std::string_view text) {
  const Address address = parsed(text);
  return {address.ip_bytes().begin(), address.ip_bytes().end()};
}

TEST(AddressTest, DefaultIsNoAddress) {
  const Address none;
  EXPECT_FALSE(none.is_ip());
  EXPECT_FALSE(none.is_unix());
  EXPECT_FALSE(none.is_loopback());
  EXPECT_EQ(none.length(), 0U);
  EXPECT_EQ(none.port(), 0);
  EXPECT_TRUE(none.ip_bytes().empty());
  EXPECT_EQ(none.to_string(), "none");
  EXPECT_EQ(none, Address::from_sockaddr(nullptr, 0));
}

TEST(AddressTest, ReadsIpv4) {
  const Address address = parsed("tcp://127.0.0.1:9000");
  EXPECT_EQ(address.family(), AF_INET);
  EXPECT_EQ(address.length(), sizeof(sockaddr_in));
  EXPECT_EQ(address.port(), 9000);
  EXPECT_TRUE(address.is_loopback());
  EXPECT_EQ(address.to_string(), "tcp://127.0.0.1:9000");
  EXPECT_EQ(address.to_ip_port(), "127.0.0.1:9000");
  EXPECT_FALSE(parsed("tcp://10.0.0.1:1").is_loopback());
}

// The transport is the caller's affair, not the address'.
TEST(AddressTest, ReadsDatagramTextsAsTheSameAddresses) {
  for (const char* rest : {"127.0.0.1:9000", "[::1]:9000", "*:9000"}) {
    const std::string text = std::string("udp://") + rest;
    EXPECT_EQ(parsed(text), parsed(std::string("tcp://") + rest));
    EXPECT_TRUE(Address::is_datagram_text(text));
  }
  EXPECT_FALSE(Address::is_datagram_text("tcp://127.0.0.1:9000"));
  EXPECT_FALSE(Address::is_datagram_text("unix:udp://x"));
  EXPECT_EQ(error_of("udp://127.0.0.1:x"),
            "address 'udp://127.0.0.1:x': the port must be a number from 0 to 65535");
}

TEST(AddressTest, ReadsIpv6InBrackets) {
  const Address address = parsed("tcp://[::1]:0");
  EXPECT_EQ(address.family(), AF_INET6);
  EXPECT_EQ(address.length(), sizeof(sockaddr_in6));
  EXPECT_EQ(address.port(), 0);
  EXPECT_TRUE(address.is_loopback());
  EXPECT_EQ(address.to_string(), "tcp://[::1]:0");
  EXPECT_EQ(address.to_ip_port(), "[::1]:0");
  EXPECT_FALSE(parsed("tcp://[2001:db8::1]:1").is_loopback());
}

TEST(AddressTest, StarIsEveryIpv4Address) {
  EXPECT_EQ(parsed("tcp://*:80").to_string(), "tcp://0.0.0.0:80");
}

TEST(AddressTest, ResolvesLocalhost) {
  const Address address = parsed("tcp://localhost:65535");
  EXPECT_TRUE(address.is_loopback());
  EXPECT_EQ(address.port(), 65535);
}

TEST(AddressTest, ReadsUnixPaths) {
  for (const char* text : {"unix:/run/weir.sock", "unix:///run/weir.sock"}) {
    const Address address = parsed(text);
    EXPECT_TRUE(address.is_unix());
    EXPECT_TRUE(address.is_loopback());
    EXPECT_EQ(address.unix_path(), "/run/weir.sock");
    EXPECT_EQ(address.to_string(), "unix:/run/weir.sock");
    EXPECT_EQ(address.to_ip_port(), "/run/weir.sock:0");
    EXPECT_TRUE(address.ip_bytes().empty());
  }
  EXPECT_EQ(parsed("unix:here.sock").unix_path(), "here.sock");
}

TEST(AddressTest, UnixPathsHave107BytesAtMost) {
  const std::string longest = "/" + std::string(106, 'x');
  EXPECT_EQ(parsed("unix:" + longest).unix_path(), longest);
  EXPECT_NE(error_of("unix:" + longest + "x").find("108 bytes; the kernel takes at most 107"),
            std::string::npos);
}

TEST(AddressTest, ErrorsNameTheTextAndWhatIsWrong) {
  const struct {
    const char* text;
    const char* reason;
  } kCases[] = {
      {"", "expected tcp://host:port or unix:/path"},
      {"127.0.0.1:80", "expected tcp://host:port or unix:/path"},
      {"udpx://127.0.0.1:80", "expected tcp://host:port or unix:/path"},
      {"tcp://", "the port is missing, as in tcp://127.0.0.1:9000"},
      {"tcp://127.0.0.1", "the port is missing, as in tcp://127.0.0.1:9000"},
      {"tcp://[::1]", "the port is missing, as in tcp://127.0.0.1:9000"},
      {"tcp://:80", "the host is missing; * stands for every IPv4 address"},
      {"tcp://[]:80", "the host is missing; * stands for every IPv4 address"},
      {"tcp://::1:80", "an IPv6 host needs brackets, as in tcp://[::1]:9000"},
      {"tcp://127.0.0.1:", "the port must be a number from 0 to 65535"},
      {"tcp://127.0.0.1:http", "the port must be a number from 0 to 65535"},
      {"tcp://127.0.0.1:65536", "the port must be a number from 0 to 65535"},
      {"tcp://127.0.0.1:-1", "the port must be a number from 0 to 65535"},
      {"tcp://127.0.0.1:80x", "the port must be a number from 0 to 65535"},
      {"unix:", "the path is missing, as in unix:///run/weir.sock"},
      {"unix://", "the path is missing, as in unix:///run/weir.sock"},
  };
  for (const auto& [text, reason] : kCases) {
    EXPECT_EQ(error_of(text), "address '" + std::string(text) + "': " + reason);
  }
  EXPECT_NE(error_of("tcp://[127.0.0.1]:80").find("cannot resolve host '127.0.0.1'"),
            std::string::npos);
  EXPECT_NE(error_of(std::string_view("unix:/a\0b", 9)).find("zero byte"), std::string::npos);
}

TEST(AddressTest, IpBytesLeaveOutThePort) {
  EXPECT_EQ(ip_of("tcp://10.1.2.3:1"), (std::vector<int>{10, 1, 2, 3}));
  EXPECT_EQ(ip_of("tcp://10.1.2.3:1"), ip_of("tcp://10.1.2.3:2"));
  EXPECT_EQ(ip_of("tcp://[::1]:1").size(), 16U);
}

TEST(AddressTest, MappedIpv6CountsAsIpv4) {
  EXPECT_EQ(ip_of("tcp://[::ffff:10.1.2.3]:1"), ip_of("tcp://10.1.2.3:1"));
  EXPECT_TRUE(parsed("tcp://[::ffff:127.0.0.1]:1").is_loopback());
  EXPECT_EQ(parsed("tcp://[::ffff:10.1.2.3]:1").to_ip_port(), "[::ffff:10.1.2.3]:1");
}

TEST(AddressTest, TakesUnnamedAndAbstractUnixPeers) {
  sockaddr_un peer{};
  peer.sun_family = AF_UNIX;
  const auto* raw = reinterpret_cast<const sockaddr*>(&peer);
  constexpr socklen_t kNameStart = offsetof(sockaddr_un, sun_path);

  const Address unnamed = Address::from_sockaddr(raw, kNameStart);
  EXPECT_TRUE(unnamed.is_unix());
  EXPECT_EQ(unnamed.unix_path(), "");

  std::memcpy(peer.sun_path, "\0weir", 5);
  EXPECT_EQ(Address::from_sockaddr(raw, kNameStart + 5).to_string(), "unix:@weir");

  // A path that fills the array has no closing zero byte.
  std::memset(peer.sun_path, 'x', sizeof(peer.sun_path));
  EXPECT_EQ(Address::from_sockaddr(raw, sizeof(peer)).unix_path(), std::string(108, 'x'));
}

TEST(AddressTest, IsAValueWhateverItsLength) {
  static_assert(sizeof(Address) <= 40);
  const Address none;
  const Address ip = parsed("tcp://[::1]:9000");
  const Address path = parsed("unix:/" + std::string(106, 'x'));
  for (const Address& original : {none, ip, path}) {
    for (const Address& before : {none, ip, path}) {
      Address copy = before;
      copy = original;
      EXPECT_EQ(copy, original);
      Address moved = before;
      moved = std::move(copy);
      EXPECT_EQ(moved, original);
      const Address made(std::move(moved));
      EXPECT_EQ(made, original);
      EXPECT_EQ(made.to_string(), original.to_string());
      EXPECT_EQ(Address(moved), none);  // NOLINT: what was moved from is no address
    }
  }
  Address self = path;
  self = *&self;
  EXPECT_EQ(self, path);
}

TEST(AddressTest, TheKernelTakesAndReturnsThem) {
  const Address any_port = parsed("tcp://127.0.0.1:0");
  const int fd = ::socket(any_port.family(), SOCK_STREAM, 0);
  ASSERT_EQ(::bind(fd, any_port.data(), any_port.length()), 0);
  sockaddr_storage bound{};
  socklen_t length = sizeof(bound);
  ASSERT_EQ(::getsockname(fd, reinterpret_cast<sockaddr*>(&bound), &length), 0);
  ::close(fd);

  const Address address = Address::from_sockaddr(reinterpret_cast<const sockaddr*>(&bound), length);
  EXPECT_NE(address.port(), 0);
  EXPECT_NE(address, any_port);
  EXPECT_EQ(address, parsed(address.to_string()));
}

}  // namespace
}  // namespace weir
