#include "core/tcp_statistics.h"

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>
#include <utility>

#include "gtest/gtest.h"
#include "tests/fakes/faulty_sockets.h"
#include "tests/fakes/peer.h"

namespace weir {
namespace {

using fakes::Call;
using fakes::FaultySockets;
using fakes::make_tcp_line;
using fakes::make_unix_line;
using fakes::Peer;

class TcpStatisticsTest : public testing::Test {
 protected:
  ~TcpStatisticsTest() override { ::close(fd_); }

  TcpStatistics read() {
    const Result<TcpStatistics> read = read_tcp_statistics(sockets_, fd_);
    EXPECT_TRUE(read.is_ok()) << read.status().message();
    return read.value();
  }

  FaultySockets sockets_;
  fakes::Line line_ = make_tcp_line();
  const int fd_ = line_.fd;
};

TEST_F(TcpStatisticsTest, OfAConversation) {
  const std::string bytes(100'000, 'x');
  const iovec piece{const_cast<char*>(bytes.data()), bytes.size()};
  const ssize_t sent = sockets_.send(fd_, &piece, 1);
  ASSERT_GT(sent, 0);
  ASSERT_EQ(line_.peer.receive(static_cast<std::size_t>(sent)).size(),
            static_cast<std::size_t>(sent));
  // The last acknowledgement may be on its way.
  while (read().unacknowledged > 0) {
  }
  const TcpStatistics statistics = read();
  EXPECT_GT(statistics.rtt_us, 0U);
  EXPECT_GT(statistics.rtt_variance_us, 0U);
  EXPECT_GT(statistics.min_rtt_us, 0U);
  EXPECT_LT(statistics.min_rtt_us, 30'000'000U);
  EXPECT_GE(statistics.congestion_window, 1U);
  EXPECT_GT(statistics.segment_bytes, 500U);
  EXPECT_GT(statistics.delivery_rate, 0U);
  // On a busy machine the kernel may probe for a loss that is none (RFC 8985, 7).
  EXPECT_LT(statistics.retransmits, 10U);
  EXPECT_EQ(statistics.lost, 0U);
  EXPECT_EQ(statistics.send_queue, 0U);
  EXPECT_EQ(statistics.receive_queue, 0U);
}

TEST_F(TcpStatisticsTest, TellsWhatWaitsInTheQueues) {
  ASSERT_TRUE(line_.peer.send("twelve bytes"));
  while (read().receive_queue < 12) {
  }
  EXPECT_EQ(read().receive_queue, 12U);
  // More than the peer's kernel takes while the peer does not read.
  const std::string bytes(1'000'000, 'x');
  const iovec piece{const_cast<char*>(bytes.data()), bytes.size()};
  while (sockets_.send(fd_, &piece, 1) > 0) {
  }
  EXPECT_GT(read().send_queue, 0U);
}

// A listener whose backlog is full drops what comes: the first segment is sent again after a
// second.
TEST(TcpStatisticsOfAnUnansweredPeerTest, CountsRetransmits) {
  Sockets& sockets = Sockets::system();
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = ::htonl(INADDR_LOOPBACK);
  auto* any = reinterpret_cast<sockaddr*>(&address);
  socklen_t length = sizeof address;
  const int listener = sockets.socket(AF_INET, SOCK_STREAM);
  ASSERT_GE(sockets.bind(listener, any, length), 0);
  ASSERT_GE(sockets.listen(listener, 0), 0);
  ASSERT_GE(sockets.local_address(listener, any, &length), 0);
  // A backlog of 0 has room for one; those behind it stay without an answer.
  std::array<int, 3> connecting{};
  for (int& fd : connecting) {
    fd = sockets.socket(AF_INET, SOCK_STREAM);
    ASSERT_EQ(sockets.connect(fd, any, length), -EINPROGRESS);
  }
  const int last = connecting.back();
  TcpStatistics statistics;
  pollfd connected{last, POLLOUT, 0};
  for (int waited_ms = 0; statistics.retransmits == 0 && waited_ms < Peer::kDeadlineMs;) {
    waited_ms += 10;
    ASSERT_EQ(::poll(&connected, 1, 10), 0) << "somebody answered";
    statistics = read_tcp_statistics(sockets, last).value();
  }
  EXPECT_GE(statistics.retransmits, 1U);
  EXPECT_EQ(statistics.unacknowledged, 1U);
  EXPECT_EQ(statistics.lost, 1U);
  EXPECT_EQ(statistics.min_rtt_us, 0U) << "there was no round trip";
  for (const int fd : connecting) ::close(fd);
  ::close(listener);
}

TEST_F(TcpStatisticsTest, OnlyTcpHasThem) {
  const auto [fd, peer] = make_unix_line();
  EXPECT_EQ(read_tcp_statistics(sockets_, fd).status().message(),
            "cannot read TCP statistics (only TCP sockets have them): Operation not supported");
  ::close(fd);
}

TEST_F(TcpStatisticsTest, SaysWhatCannotBeRead) {
  const std::array<std::pair<Call, std::string>, 3> calls = {{
      {Call::kGetOption, "cannot read TCP statistics (only TCP sockets have them): "},
      {Call::kPendingOutput, "cannot read the length of a send queue: "},
      {Call::kPendingInput, "cannot read the length of a receive queue: "},
  }};
  for (const auto& [call, what] : calls) {
    sockets_.fail(call, EBADF);
    EXPECT_EQ(read_tcp_statistics(sockets_, fd_).status().message(), what + "Bad file descriptor");
    EXPECT_TRUE(read_tcp_statistics(sockets_, fd_).is_ok());
  }
}

}  // namespace
}  // namespace weir
