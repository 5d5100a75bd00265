#include "core/dial.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <utility>

#include "gtest/gtest.h"
#include "tests/fakes/faulty_sockets.h"
#include "tests/fakes/peer.h"
#include "tests/fakes/peer_listener.h"

namespace weir {
namespace {

using fakes::Call;
using fakes::Peer;
using fakes::PeerListener;
using Progress = Dial::Progress;

int option(int fd, int level, int name) {
  int value = -1;
  socklen_t length = sizeof value;
  EXPECT_EQ(::getsockopt(fd, level, name, &value, &length), 0);
  return value;
}

// To the end of what start() began.
Progress complete(Dial& dial, Progress progress) {
  if (progress != Progress::kWaiting) return progress;
  pollfd entry{dial.fd(), POLLOUT, 0};
  EXPECT_EQ(::poll(&entry, 1, Peer::kDeadlineMs), 1);
  return dial.finish();
}

class DialTest : public testing::Test {
 protected:
  Progress dial(const Address& to) { return complete(dial_, dial_.start(to)); }

  fakes::FaultySockets sockets_;
  Dial::Options options_;
  Dial dial_{sockets_, options_};
};

TEST_F(DialTest, ConnectsOverEveryFamily) {
  for (const char* text : {"tcp://127.0.0.1:0", "tcp://[::1]:0", "unix:"}) {
    PeerListener listener(text);
    ASSERT_EQ(dial(listener.address()), Progress::kConnected) << dial_.error().message();
    EXPECT_EQ(dial_.peer(), listener.address());
    Peer near(dial_.release());
    EXPECT_EQ(dial_.fd(), -1);
    Peer far = listener.accept();
    EXPECT_TRUE(near.send("over there"));
    EXPECT_EQ(far.receive(10), "over there");
  }
}

TEST_F(DialTest, SaysWhyNot) {
  PeerListener closed("tcp://127.0.0.1:0", false);
  EXPECT_EQ(dial(closed.address()), Progress::kFailed);
  EXPECT_EQ(dial_.error().message(), "connect: Connection refused");
  EXPECT_EQ(dial_.fd(), -1);
  EXPECT_EQ(dial(Address::parse("unix:/nowhere/at/all").value()), Progress::kFailed);
  EXPECT_EQ(dial_.error().message(), "connect: No such file or directory");
}

TEST_F(DialTest, SetsTheSocketUp) {
  PeerListener listener("tcp://127.0.0.1:0");
  options_.keepalive_s = 90;
  ASSERT_TRUE(options_.sockets.set("user_timeout_ms", "4321").is_ok());
  ASSERT_TRUE(options_.sockets.set("cork", "1").is_ok());
  // What concerns accepting is not for a socket that connects.
  ASSERT_TRUE(options_.sockets.set("defer_accept_s", "7").is_ok());
  ASSERT_EQ(dial(listener.address()), Progress::kConnected) << dial_.error().message();
  EXPECT_EQ(option(dial_.fd(), IPPROTO_TCP, TCP_NODELAY), 1);
  EXPECT_EQ(option(dial_.fd(), SOL_SOCKET, SO_KEEPALIVE), 1);
  EXPECT_EQ(option(dial_.fd(), IPPROTO_TCP, TCP_KEEPIDLE), 90);
  EXPECT_EQ(option(dial_.fd(), IPPROTO_TCP, TCP_KEEPINTVL), 30);
  EXPECT_EQ(option(dial_.fd(), IPPROTO_TCP, TCP_USER_TIMEOUT), 4321);
  EXPECT_EQ(option(dial_.fd(), IPPROTO_TCP, TCP_CORK), 1);
  EXPECT_EQ(option(dial_.fd(), IPPROTO_TCP, TCP_DEFER_ACCEPT), 0);
  options_.keepalive_s = 0;
  ASSERT_EQ(dial(listener.address()), Progress::kConnected);
  EXPECT_EQ(option(dial_.fd(), SOL_SOCKET, SO_KEEPALIVE), 0);
}

TEST_F(DialTest, AnOptionThatTheKernelRefusesIsNamed) {
  PeerListener listener("tcp://127.0.0.1:0");
  ASSERT_TRUE(options_.sockets.set("device", "nosuchif0").is_ok());
  EXPECT_EQ(dial(listener.address()), Progress::kFailed);
  EXPECT_EQ(dial_.error().message(),
            "cannot set the socket option device=nosuchif0: No such device");
  EXPECT_EQ(dial_.fd(), -1);
}

TEST_F(DialTest, ConnectsFromItsSource) {
  PeerListener listener("tcp://127.0.0.1:0");
  options_.source = Address::parse("tcp://127.0.0.7:0").value();
  ASSERT_EQ(dial(listener.address()), Progress::kConnected) << dial_.error().message();
  EXPECT_EQ(option(dial_.fd(), IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT), 1);
  Peer far = listener.accept();
  sockaddr_storage from{};
  socklen_t length = sizeof from;
  ASSERT_EQ(::getpeername(far.fd(), reinterpret_cast<sockaddr*>(&from), &length), 0);
  const Address seen = Address::from_sockaddr(reinterpret_cast<sockaddr*>(&from), length);
  EXPECT_TRUE(seen.to_string().starts_with("tcp://127.0.0.7:")) << seen.to_string();
  EXPECT_NE(seen.port(), 0);
}

TEST_F(DialTest, TheSourceOfIPv6LeavesThePortOpenToo) {
  PeerListener listener("tcp://[::1]:0");
  options_.source = Address::parse("tcp://[::1]:0").value();
  ASSERT_EQ(dial(listener.address()), Progress::kConnected) << dial_.error().message();
  EXPECT_EQ(option(dial_.fd(), IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT), 1);
}

TEST_F(DialTest, SaysWhatIsWrongWithASource) {
  PeerListener listener("tcp://127.0.0.1:0");
  options_.source = Address::parse("tcp://[::1]:0").value();
  EXPECT_EQ(dial(listener.address()), Progress::kFailed);
  EXPECT_EQ(dial_.error().message(), "the source tcp://[::1]:0 is of another family");
  options_.source = Address::parse("tcp://192.0.2.1:0").value();
  EXPECT_EQ(dial(listener.address()), Progress::kFailed);
  EXPECT_EQ(dial_.error().message(),
            "cannot bind the source tcp://192.0.2.1:0: Cannot assign requested address");
  // A unix socket has no use for it.
  PeerListener local("unix:");
  EXPECT_EQ(dial(local.address()), Progress::kConnected);
}

TEST_F(DialTest, AConnectThatASignalInterruptsGoesOn) {
  PeerListener listener("tcp://127.0.0.1:0");
  sockets_.fail(Call::kConnect, EINTR, 3);
  EXPECT_EQ(dial(listener.address()), Progress::kConnected) << dial_.error().message();
  EXPECT_TRUE(listener.accept().is_connected());
  // As the kernel reports one that was interrupted while it went on.
  PeerListener silent("tcp://127.0.0.1:0");
  silent.fill_up();
  EXPECT_EQ(dial_.start(silent.address()), Progress::kWaiting);
  EXPECT_EQ(sockets_.connect(dial_.fd(), silent.address().data(), silent.address().length()),
            -EALREADY);
}

TEST_F(DialTest, WhateverTheKernelRefusesLeavesNothingOpen) {
  PeerListener listener("tcp://127.0.0.1:0");
  options_.source = Address::parse("tcp://127.0.0.1:0").value();
  const std::pair<Call, int> faults[] = {
      {Call::kSocket, EMFILE},        {Call::kSetOption, ENOBUFS},
      {Call::kBind, EADDRNOTAVAIL},   {Call::kConnect, ENETUNREACH},
      {Call::kConnect, EAGAIN},       {Call::kConnect, EADDRNOTAVAIL},
      {Call::kPeerAddress, ENOTCONN}, {Call::kLocalAddress, ENOBUFS}};
  for (const auto& [call, error] : faults) {
    const std::uint64_t closed = sockets_.calls(Call::kClose);
    sockets_.fail(call, error);
    EXPECT_EQ(dial(listener.address()), Progress::kFailed);
    const std::string reason = Status::from_errno(error, "").message();
    EXPECT_TRUE(dial_.error().message().ends_with(reason)) << dial_.error().message();
    EXPECT_EQ(dial_.fd(), -1);
    EXPECT_EQ(sockets_.calls(Call::kClose) - closed, call == Call::kSocket ? 0U : 1U);
    EXPECT_EQ(dial(listener.address()), Progress::kConnected) << dial_.error().message();
    ::close(dial_.release());
  }
}

TEST_F(DialTest, AFullUnixBacklogIsBusyUntilThereIsRoom) {
  PeerListener listener("unix:");
  listener.fill_up();
  EXPECT_EQ(dial(listener.address()), Progress::kBusy);
  EXPECT_EQ(dial(listener.address()), Progress::kBusy);
  EXPECT_EQ(dial_.error().message(), "its backlog is full: Resource temporarily unavailable");
  EXPECT_EQ(dial_.fd(), -1);
  listener.make_room();
  EXPECT_EQ(dial(listener.address()), Progress::kConnected);
  EXPECT_TRUE(dial_.error().is_ok());
}

// The port that the kernel may choose by chance, chosen on purpose.
TEST_F(DialTest, ASocketThatMeetsItselfIsRefused) {
  Address nobody;
  {
    PeerListener listener("tcp://127.0.0.1:0", false);
    nobody = listener.address();
  }
  options_.source = nobody;
  EXPECT_EQ(dial(nobody), Progress::kFailed);
  EXPECT_EQ(dial_.error().message(),
            "connect (the socket met itself: nobody listens there): Connection refused");
  PeerListener listener(nobody.to_string());  // nothing is left that would hold the port
  options_.source = Address();
  EXPECT_EQ(dial(nobody), Progress::kConnected);
}

}  // namespace
}  // namespace weir
