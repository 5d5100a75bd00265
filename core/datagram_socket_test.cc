#include "core/datagram_socket.h"

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/fakes/datagram_client.h"
#include "tests/fakes/faulty_sockets.h"

namespace weir {
namespace {

using fakes::Call;
using fakes::DatagramClient;
using fakes::FaultySockets;
using fakes::numbered_datagram;
using Port = DatagramSocket::Port;

Address parsed(const std::string& text) { return Address::parse(text).value(); }

class DatagramSocketTest : public testing::Test {
 protected:
  Status open(DatagramSocket& socket, const std::string& address, Port port = Port::kAlone) {
    return socket.open(parsed(address), port, socket_options_, options_);
  }
  void expect_open(DatagramSocket& socket, const std::string& address, Port port = Port::kAlone) {
    const Status status = open(socket, address, port);
    ASSERT_TRUE(status.is_ok()) << status.message();
  }

  // Receives until `count` messages are there; a message may be several datagrams.
  std::vector<DatagramArena::Received> receive(DatagramSocket& socket, std::size_t count) {
    pollfd entry{socket.fd(), POLLIN, 0};
    EXPECT_EQ(::poll(&entry, 1, fakes::Peer::kDeadlineMs), 1);
    const int received = socket.receive(arena_);
    EXPECT_EQ(received, static_cast<int>(count));
    std::vector<DatagramArena::Received> messages;
    for (int i = 0; i < received; ++i) {
      messages.push_back(arena_.received(static_cast<std::size_t>(i)));
    }
    return messages;
  }

  FaultySockets sockets_;
  SocketOptions socket_options_;
  DatagramOptions options_;
  DatagramArena arena_;
};

std::string gso_bytes(std::size_t segments, std::size_t size, std::size_t last) {
  std::string bytes;
  for (std::size_t i = 0; i < segments; ++i) bytes += numbered_datagram(i, size);
  return bytes + numbered_datagram(segments, last);
}

TEST_F(DatagramSocketTest, ReceivesWhatHasArrivedInOneBatch) {
  DatagramSocket socket(sockets_);
  expect_open(socket, "udp://127.0.0.1:0");
  EXPECT_NE(socket.address().port(), 0);
  EXPECT_EQ(socket.receive(arena_), -EAGAIN);
  const DatagramClient one(socket.address());
  const DatagramClient other(socket.address());
  const std::string largest = numbered_datagram(7, DatagramSocket::kMaxRunBytes);
  one.send("first");
  other.send("");
  one.send(largest);
  const auto messages = receive(socket, 3);
  ASSERT_EQ(messages.size(), 3U);
  EXPECT_EQ(messages[0].bytes, "first");
  EXPECT_EQ(messages[0].from.peer, one.address());
  EXPECT_EQ(messages[1].bytes, "");
  EXPECT_EQ(messages[1].from.peer, other.address());
  EXPECT_TRUE(messages[2].bytes == largest);
  EXPECT_EQ(messages[2].segment, largest.size());
  for (const auto& message : messages) EXPECT_FALSE(message.truncated);
  EXPECT_EQ(sockets_.calls(Call::kReceiveMessages), 2U);
}

TEST_F(DatagramSocketTest, ReceivesABatchAtMost) {
  DatagramSocket socket(sockets_);
  expect_open(socket, "udp://127.0.0.1:0");
  const DatagramClient client(socket.address());
  for (std::size_t i = 0; i < DatagramArena::kBatch + 6; ++i) client.send(std::to_string(i));
  EXPECT_EQ(receive(socket, DatagramArena::kBatch).back().bytes, "63");
  EXPECT_EQ(receive(socket, 6).back().bytes, "69");
}

TEST_F(DatagramSocketTest, SaysWhatWasTruncated) {
  DatagramSocket socket(sockets_);
  expect_open(socket, "udp://127.0.0.1:0");
  const DatagramClient client(socket.address());
  sockets_.truncate_datagrams(10);
  client.send("ten bytes.");
  client.send("ten bytes and more");
  const auto messages = receive(socket, 2);
  ASSERT_EQ(messages.size(), 2U);
  EXPECT_FALSE(messages[0].truncated);
  EXPECT_TRUE(messages[1].truncated);
}

TEST_F(DatagramSocketTest, SendsRunsInSegments) {
  DatagramSocket socket(sockets_);
  expect_open(socket, "udp://127.0.0.1:0");
  ASSERT_GT(socket.max_segment(), 0U) << "this kernel has no UDP_SEGMENT";
  const DatagramClient client(socket.address());
  std::string bytes = gso_bytes(5, 100, 30);
  std::string alone = "alone";
  const std::vector<DatagramRun> runs = {{{client.address()}, bytes.data(), 530, 100, 6},
                                         {{client.address()}, alone.data(), 5, 5, 1}};
  EXPECT_EQ(socket.send(runs), 2);
  for (std::size_t i = 0; i < 5; ++i) EXPECT_EQ(client.receive(), numbered_datagram(i, 100));
  EXPECT_EQ(client.receive(), numbered_datagram(5, 30));
  EXPECT_EQ(client.receive(), "alone");
}

TEST_F(DatagramSocketTest, ReceivesARunInOnePiece) {
  DatagramSocket from(sockets_);
  DatagramSocket to(sockets_);
  expect_open(from, "udp://127.0.0.1:0");
  expect_open(to, "udp://127.0.0.1:0");
  std::string bytes = gso_bytes(20, 100, 30);
  const std::vector<DatagramRun> runs = {{{to.address()}, bytes.data(), 2030, 100, 21}};
  EXPECT_EQ(from.send(runs), 1);
  const auto messages = receive(to, 1);
  ASSERT_EQ(messages.size(), 1U);
  EXPECT_TRUE(messages[0].bytes == bytes);
  EXPECT_EQ(messages[0].segment, 100U);
}

TEST_F(DatagramSocketTest, OffloadIsOptional) {
  options_.offload = false;
  DatagramSocket plain(sockets_);
  expect_open(plain, "udp://127.0.0.1:0");
  EXPECT_EQ(plain.max_segment(), 0U);
  // On a kernel without it a socket works as well; its options come last.
  const auto others = static_cast<int>(sockets_.calls(Call::kSetOption));
  options_.offload = true;
  sockets_.let_pass(Call::kSetOption, others);
  sockets_.fail(Call::kSetOption, ENOPROTOOPT, 2);
  DatagramSocket old(sockets_);
  expect_open(old, "udp://127.0.0.1:0");
  EXPECT_EQ(old.max_segment(), 0U);
  EXPECT_EQ(sockets_.faults(), 2U);
}

TEST_F(DatagramSocketTest, KnowsWhatARouteCannotCarry) {
  for (const int error : {EMSGSIZE, EINVAL, EIO}) {
    EXPECT_TRUE(DatagramSocket::refuses_segments(error));
  }
  for (const int error : {ENOBUFS, EAGAIN, ECONNREFUSED, EPERM}) {
    EXPECT_FALSE(DatagramSocket::refuses_segments(error));
  }
}

TEST_F(DatagramSocketTest, APortIsSharedByThoseWhoBelongTogether) {
  DatagramSocket first(sockets_);
  expect_open(first, "udp://127.0.0.1:0", Port::kFirst);
  const std::string address = "udp://" + first.address().to_ip_port();
  DatagramSocket next(sockets_);
  expect_open(next, address, Port::kNext);
  EXPECT_EQ(next.address(), first.address());
  for (const Port port : {Port::kAlone, Port::kFirst}) {
    DatagramSocket stranger(sockets_);
    const Status status = open(stranger, address, port);
    EXPECT_EQ(status.message(), address + ": cannot bind: Address already in use");
    EXPECT_FALSE(stranger.is_open());
  }
  DatagramSocket alone(sockets_);
  expect_open(alone, "udp://127.0.0.1:0");
  DatagramSocket late(sockets_);
  EXPECT_FALSE(open(late, "udp://" + alone.address().to_ip_port(), Port::kNext).is_ok());
}

// On a machine with several addresses a peer knows the server by the one it sent to.
TEST_F(DatagramSocketTest, RepliesFromTheAddressThatWasAsked) {
  DatagramSocket socket(sockets_);
  expect_open(socket, "udp://*:0");
  const DatagramClient client(parsed("udp://127.0.0.2:" + std::to_string(socket.address().port())));
  client.send("who are you?");
  const DatagramRoute route = receive(socket, 1).at(0).from;
  EXPECT_EQ((std::vector<int>{route.local.begin(), route.local.begin() + 4}),
            (std::vector<int>{127, 0, 0, 2}));
  std::string answer = "2222";
  const std::vector<DatagramRun> runs = {{route, answer.data(), 4, 2, 2}};
  EXPECT_EQ(socket.send(runs), 1);
  EXPECT_EQ(client.receive(), "22");
  EXPECT_EQ(client.receive(), "22");
}

TEST_F(DatagramSocketTest, SpeaksIpv6BesideIpv4OnOnePort) {
  DatagramSocket ip6(sockets_);
  const Status status = open(ip6, "udp://[::]:0");
  if (!status.is_ok()) GTEST_SKIP() << "no IPv6 on this machine: " << status.message();
  const std::string port = std::to_string(ip6.address().port());
  DatagramSocket ip4(sockets_);
  expect_open(ip4, "udp://*:" + port);
  const DatagramClient client(parsed("udp://[::1]:" + port));
  client.send("six");
  const DatagramRoute route = receive(ip6, 1).at(0).from;
  EXPECT_EQ(route.local.back(), 1);
  std::string answer = "666";
  const std::vector<DatagramRun> runs = {{route, answer.data(), 3, 1, 3}};
  EXPECT_EQ(ip6.send(runs), 1);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(client.receive(), "6");
}

// Keeps the source that was asked for, and sends nothing.
class SourceKeeper final : public FaultySockets {
 public:
  in6_pktinfo source{};

 private:
  int send_messages(int, mmsghdr* messages, unsigned) override {
    const cmsghdr* control = CMSG_FIRSTHDR(&messages->msg_hdr);
    if (control != nullptr && control->cmsg_type == IPV6_PKTINFO) {
      std::memcpy(&source, CMSG_DATA(control), sizeof source);
    }
    return 1;
  }
};

// fe80::1 is another machine's on every link.
TEST_F(DatagramSocketTest, ALinkLocalSourceNamesItsInterface) {
  SourceKeeper sockets;
  DatagramSocket socket(sockets);
  DatagramRoute route{parsed("udp://[2001:db8::1]:9")};
  route.local = {0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
  for (const std::uint32_t interface : {7U, 0U}) {
    route.interface = interface;
    std::string answer = "x";
    const DatagramRun run{route, answer.data(), 1, 1, 1};
    EXPECT_EQ(socket.send({&run, 1}), 1);
    EXPECT_EQ(sockets.source.ipi6_ifindex, interface);
    EXPECT_EQ(sockets.source.ipi6_addr.s6_addr[15], 1);
  }
}

TEST_F(DatagramSocketTest, AFailedOpenLeavesNothing) {
  for (const Call call : {Call::kSocket, Call::kSetOption, Call::kBind}) {
    FaultySockets sockets;
    sockets.fail(call, EACCES, 2);  // the first option may be unknown to the kernel
    DatagramSocket socket(sockets);
    const Status status = open(socket, "udp://127.0.0.1:0", Port::kFirst);
    EXPECT_NE(status.message().find("udp://127.0.0.1:0"), std::string::npos) << status.message();
    EXPECT_NE(status.message().find("Permission denied"), std::string::npos) << status.message();
    EXPECT_FALSE(socket.is_open());
    EXPECT_EQ(sockets.calls(Call::kClose), call == Call::kSocket ? 0U : 1U);
  }
}

// A successor may have other options than the server that opened it.
TEST_F(DatagramSocketTest, InheritsWithTodaysOptions) {
  DatagramSocket before(sockets_);
  expect_open(before, "udp://127.0.0.1:0");
  DatagramClient client(before.address());
  client.send("waits");
  options_.offload = false;
  ASSERT_TRUE(socket_options_.set("receive_buffer", "100000").is_ok());
  DatagramSocket after(sockets_);
  ASSERT_TRUE(after.inherit(before.duplicate(), socket_options_, options_).is_ok());
  EXPECT_EQ(after.address(), before.address());
  EXPECT_EQ(after.max_segment(), 0U);
  before.close();
  EXPECT_EQ(before.duplicate(), -EBADF);
  EXPECT_EQ(receive(after, 1)[0].bytes, "waits");
  int bytes = 0;
  socklen_t length = sizeof bytes;
  ASSERT_EQ(::getsockopt(after.fd(), SOL_SOCKET, SO_RCVBUF, &bytes, &length), 0);
  EXPECT_EQ(bytes, 200'000);  // the kernel doubles it
  // The port is shared with those who may join it, and no longer alone.
  DatagramSocket next(sockets_);
  const std::string address = "udp://" + after.address().to_ip_port();
  EXPECT_FALSE(open(next, address, Port::kNext).is_ok());
  ASSERT_TRUE(after.share_port().is_ok());
  EXPECT_TRUE(open(next, address, Port::kNext).is_ok());
}

// A run that waits is told apart into its datagrams, whether the successor wants such or not.
TEST_F(DatagramSocketTest, InheritsARunThatWaits) {
  DatagramSocket before(sockets_);
  DatagramSocket sender(sockets_);
  expect_open(before, "udp://127.0.0.1:0");
  expect_open(sender, "udp://127.0.0.1:0");
  std::string bytes = gso_bytes(3, 100, 100);
  const DatagramRun run{{before.address()}, bytes.data(), 400, 100, 4};
  ASSERT_EQ(sender.send({&run, 1}), 1);
  options_.offload = false;
  DatagramSocket after(sockets_);
  ASSERT_TRUE(after.inherit(before.duplicate(), socket_options_, options_).is_ok());
  before.close();
  const auto messages = receive(after, 1);
  EXPECT_EQ(messages[0].bytes, bytes);
  EXPECT_EQ(messages[0].segment, 100U);
}

TEST_F(DatagramSocketTest, AFailedInheritanceLeavesNothing) {
  DatagramSocket before(sockets_);
  expect_open(before, "udp://127.0.0.1:0");
  sockets_.fail(Call::kSetOption, ENOMEM, 2);
  DatagramSocket after(sockets_);
  const Status status = after.inherit(before.duplicate(), socket_options_, options_);
  EXPECT_TRUE(status.message().starts_with("udp://127.0.0.1:")) << status.message();
  EXPECT_FALSE(after.is_open());
}

TEST_F(DatagramSocketTest, TakesTheSocketOptionsThatConcernIt) {
  ASSERT_TRUE(socket_options_.set("nodelay", "1").is_ok());
  ASSERT_TRUE(socket_options_.set("receive_buffer", "100000").is_ok());
  DatagramSocket socket(sockets_);
  expect_open(socket, "udp://127.0.0.1:0");
  int size = 0;
  socklen_t length = sizeof size;
  EXPECT_EQ(::getsockopt(socket.fd(), SOL_SOCKET, SO_RCVBUF, &size, &length), 0);
  EXPECT_EQ(size, 200'000);  // the kernel doubles what it is asked for
}

}  // namespace
}  // namespace weir
