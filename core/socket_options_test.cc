#include "core/socket_options.h"

#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <vector>

#include "core/address.h"
#include "core/listener.h"
#include "core/session.h"
#include "gtest/gtest.h"
#include "tests/fakes/peer.h"

namespace weir {
namespace {

int option_of(int fd, int level, int name) {
  int value = -1;
  socklen_t size = sizeof value;
  EXPECT_EQ(::getsockopt(fd, level, name, &value, &size), 0) << ::strerror(errno);
  return value;
}

// A listener with options, and one connection that it has accepted.
class Accepted {
 public:
  explicit Accepted(const SocketOptions& options, const std::string& address) {
    Listener::Options with;
    with.keepalive_s = 100;
    with.sockets = options;
    status = listener.open(Address::parse(address).value(), with);
    if (!status.is_ok()) return;
    peer = fakes::Peer::connect(listener.address());
    peer.send("x");  // which DEFER_ACCEPT waits for
    while (connection < 0) {
      listener.accept_ready([this](int fd, const Address&) { connection = fd; });
    }
  }
  ~Accepted() { ::close(connection); }

  const Service service;
  Listener listener{Sockets::system(), service};
  Status status;
  fakes::Peer peer;
  int connection = -1;
};

struct Case {
  const char* name;
  const char* value;
  int level;
  int option;
  int expected;
  bool on_listener = false;  // it is not inherited, or means nothing to a connection
};

TEST(SocketOptionsTest, EachReachesTheConnection) {
  const std::vector<Case> cases = {
      {"send_buffer", "40000", SOL_SOCKET, SO_SNDBUF, 80000},  // the kernel doubles it
      {"receive_buffer", "50000", SOL_SOCKET, SO_RCVBUF, 100000},
      {"busy_poll_us", "0", SOL_SOCKET, SO_BUSY_POLL, 0},
      {"nodelay", "0", IPPROTO_TCP, TCP_NODELAY, 0},
      {"nodelay", "1", IPPROTO_TCP, TCP_NODELAY, 1},
      {"cork", "1", IPPROTO_TCP, TCP_CORK, 1},
      {"quickack", "0", IPPROTO_TCP, TCP_QUICKACK, 0},
      {"user_timeout_ms", "7000", IPPROTO_TCP, TCP_USER_TIMEOUT, 7000},
      {"keepalive_idle_s", "60", IPPROTO_TCP, TCP_KEEPIDLE, 60},
      {"keepalive_interval_s", "7", IPPROTO_TCP, TCP_KEEPINTVL, 7},
      {"keepalive_count", "5", IPPROTO_TCP, TCP_KEEPCNT, 5},
      {"fastopen", "16", IPPROTO_TCP, TCP_FASTOPEN, 16, true},
  };
  for (const Case& one : cases) {
    SCOPED_TRACE(one.name);
    SocketOptions options;
    ASSERT_TRUE(options.set(one.name, one.value).is_ok());
    const Accepted accepted(options, "tcp://127.0.0.1:0");
    ASSERT_TRUE(accepted.status.is_ok()) << accepted.status.message();
    const int fd = one.on_listener ? accepted.listener.fd() : accepted.connection;
    EXPECT_EQ(option_of(fd, one.level, one.option), one.expected);
  }
}

TEST(SocketOptionsTest, Linger) {
  SocketOptions options;
  ASSERT_TRUE(options.set("linger_s", "0").is_ok());
  EXPECT_FALSE(options.set("linger_s", "1").is_ok());
  const Accepted accepted(options, "tcp://127.0.0.1:0");
  linger value{};
  socklen_t size = sizeof value;
  ASSERT_EQ(::getsockopt(accepted.connection, SOL_SOCKET, SO_LINGER, &value, &size), 0);
  EXPECT_EQ(value.l_onoff, 1);
  EXPECT_EQ(value.l_linger, 0);
}

TEST(SocketOptionsTest, DeferAcceptWaitsForBytes) {
  SocketOptions options;
  ASSERT_TRUE(options.set("defer_accept_s", "5").is_ok());
  const Accepted accepted(options, "tcp://127.0.0.1:0");
  EXPECT_GT(option_of(accepted.listener.fd(), IPPROTO_TCP, TCP_DEFER_ACCEPT), 0);
  char byte = 0;  // there already
  EXPECT_EQ(::recv(accepted.connection, &byte, 1, MSG_DONTWAIT), 1);
}

TEST(SocketOptionsTest, V6OnlyIsOnUnlessItIsTurnedOff) {
  for (const bool only : {true, false}) {
    SocketOptions options;
    ASSERT_TRUE(options.set("v6only", only ? "1" : "0").is_ok());
    // An address of its own would make it v6-only anyway.
    const Accepted accepted(options, "tcp://[::]:0");
    if (!accepted.status.is_ok()) GTEST_SKIP() << "no IPv6 here";
    EXPECT_EQ(option_of(accepted.listener.fd(), IPPROTO_IPV6, IPV6_V6ONLY), only ? 1 : 0);
  }
}

// They need a privilege or hardware; without it the sentence says so.
TEST(SocketOptionsTest, PrivilegedOnesWorkOrSayWhyNot) {
  const std::vector<Case> cases = {
      {"transparent", "1", IPPROTO_IP, IP_TRANSPARENT, 1, true},
      {"busy_poll_us", "50", SOL_SOCKET, SO_BUSY_POLL, 50, true},
  };
  for (const Case& one : cases) {
    for (const char* address : {"tcp://127.0.0.1:0", "tcp://[::1]:0"}) {
      SCOPED_TRACE(std::string(one.name) + " " + address);
      SocketOptions options;
      ASSERT_TRUE(options.set(one.name, one.value).is_ok());
      const Accepted accepted(options, address);
      if (accepted.status.is_ok()) {
        EXPECT_EQ(option_of(accepted.listener.fd(), one.level, one.option), one.expected);
      } else if (!accepted.status.message().starts_with("cannot bind")) {  // no IPv6 here
        EXPECT_EQ(accepted.status.message(), "cannot set the socket option " +
                                                 std::string(one.name) + "=" + one.value +
                                                 ": Operation not permitted");
      }
    }
  }
}

TEST(SocketOptionsTest, ADeviceIsBoundTo) {
  SocketOptions options;
  ASSERT_TRUE(options.set("device", "lo").is_ok());
  const Accepted accepted(options, "tcp://127.0.0.1:0");
  ASSERT_TRUE(accepted.status.is_ok()) << accepted.status.message();
  char name[IFNAMSIZ] = {};
  socklen_t size = sizeof name;
  ASSERT_EQ(::getsockopt(accepted.listener.fd(), SOL_SOCKET, SO_BINDTODEVICE, name, &size), 0);
  EXPECT_STREQ(name, "lo");
}

// Linux tells a listening socket's in tcp_info, in the place of another's SACKs (tcp_diag).
TEST(SocketOptionsTest, TheBacklogIsAsAsked) {
  for (const int backlog : {Listener::Options().backlog, 7}) {
    const Service service;
    Listener listener(Sockets::system(), service);
    Listener::Options with;
    with.backlog = backlog;
    ASSERT_TRUE(listener.open(Address::parse("tcp://127.0.0.1:0").value(), with).is_ok());
    tcp_info info{};
    socklen_t size = sizeof info;
    ASSERT_EQ(::getsockopt(listener.fd(), IPPROTO_TCP, TCP_INFO, &info, &size), 0);
    EXPECT_EQ(info.tcpi_sacked, static_cast<std::uint32_t>(backlog));
  }
}

TEST(SocketOptionsTest, AMissingInterfaceIsNamed) {
  SocketOptions options;
  ASSERT_TRUE(options.set("device", "lo").is_ok());
  ASSERT_TRUE(options.set("device", "nosuch0").is_ok());  // the last value counts
  const Accepted accepted(options, "tcp://127.0.0.1:0");
  const std::string message = accepted.status.message();
  EXPECT_TRUE(message.starts_with("cannot set the socket option device=nosuch0: ")) << message;
}

TEST(SocketOptionsTest, WhatAFamilyDoesNotHaveIsPassedOver) {
  SocketOptions options;
  for (const std::string_view name : SocketOptions::names()) {
    if (name == "device" || name == "busy_poll_us") continue;
    const char* value = name == "send_buffer" || name == "receive_buffer" ? "50000"
                        : name == "linger_s"                              ? "0"
                                                                          : "1";
    ASSERT_TRUE(options.set(name, value).is_ok()) << name;
  }
  char directory[] = "/tmp/weir_options_XXXXXX";
  ASSERT_NE(::mkdtemp(directory), nullptr);
  {
    const Accepted accepted(options, "unix:" + std::string(directory) + "/s");
    EXPECT_TRUE(accepted.status.is_ok()) << accepted.status.message();
  }
  ::rmdir(directory);
}

TEST(SocketOptionsTest, BadValuesAreRefused) {
  SocketOptions options;
  EXPECT_TRUE(options.set("nosuch", "1").message().starts_with("expected send_buffer, "));
  EXPECT_EQ(options.set("nodelay", "2").message(), "expected a whole number from 0 to 1");
  EXPECT_EQ(options.set("keepalive_count", "many").message(),
            "expected a whole number from 1 to 127");
  EXPECT_EQ(options.set("device", "").message(), "expected the name of a network interface");
  EXPECT_EQ(options.set("device", std::string(16, 'x')).message(),
            "expected the name of a network interface");
}

}  // namespace
}  // namespace weir
