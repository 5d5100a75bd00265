// Connections that the kernel accepts ahead for an io_uring: who is told of them, and that none is
// lost when their listener is paused, or stops.
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <utility>
#include <vector>

#include "core/address.h"
#include "core/listener.h"
#include "gtest/gtest.h"
#include "tests/fakes/backend_fixture.h"
#include "tests/fakes/backends.h"
#include "tests/fakes/hooked_session.h"

namespace weir {
namespace {

using fakes::Call;
using fakes::Peer;
using fakes::Seen;

class UringAcceptTest : public fakes::BackendFixture {
 protected:
  void SetUp() override {
    BackendFixture::SetUp();
    listen(listener_, channel_);
  }
  void TearDown() override {
    backend_.reset();
    for (const int fd : accepted_) ::close(fd);
  }
  void listen(Listener& listener, Channel& channel) {
    ASSERT_TRUE(listener.open(Address::parse("tcp://127.0.0.1:0").value(), {}).is_ok());
    channel.kind = Channel::Kind::kSource;
    channel.listens = true;
    channel.fd = listener.fd();
    ASSERT_TRUE(backend_->add(channel).is_ok());
    settle();
  }
  Peer connect() { return Peer::connect(listener_.address()); }
  // A descriptor, or -errno.
  int accept(const Channel& channel, Address* peer = nullptr) {
    sockaddr_storage address{};
    socklen_t length = sizeof address;
    const int fd = backend_->accept(channel, reinterpret_cast<sockaddr*>(&address), &length);
    if (fd >= 0) accepted_.push_back(fd);
    if (fd >= 0 && peer != nullptr) {
      *peer = Address::from_sockaddr(reinterpret_cast<const sockaddr*>(&address), length);
    }
    return fd;
  }
  bool is_told(int timeout_ms = Peer::kDeadlineMs) {
    bool told = false;
    for (const Seen& seen : turn(timeout_ms)) {
      told = told || (seen.kind == Event::Kind::kReady && seen.ready.readable);
    }
    return told;
  }
  void remove_listener() {
    backend_->remove(channel_);
    backend_->finish_removals();
  }

  const Service service_ = fakes::serve_echo();
  Listener listener_{sockets_, service_};
  Channel channel_;
  std::vector<int> accepted_;
};

TEST_P(UringAcceptTest, TakesNoCallsOfAccept) {
  const Peer first = connect();
  ASSERT_TRUE(is_told());
  Address address;
  EXPECT_GE(accept(channel_, &address), 0);
  sockaddr_storage own{};
  socklen_t length = sizeof own;
  ASSERT_EQ(::getsockname(first.fd(), reinterpret_cast<sockaddr*>(&own), &length), 0);
  EXPECT_EQ(address.to_string(),
            Address::from_sockaddr(reinterpret_cast<sockaddr*>(&own), length).to_string());
  EXPECT_EQ(accept(channel_), -EAGAIN);
  EXPECT_FALSE(is_told(0));
  const Peer second = connect();
  ASSERT_TRUE(is_told());
  EXPECT_GE(accept(channel_), 0);
  EXPECT_EQ(sockets_.calls(Call::kAccept), 0U);
}

TEST_P(UringAcceptTest, EachListenerHasItsOwn) {
  Listener other(sockets_, service_);
  Channel other_channel;
  listen(other, other_channel);
  const Peer peer = Peer::connect(other.address());
  ASSERT_TRUE(is_told());
  EXPECT_EQ(accept(channel_), -EAGAIN);
  EXPECT_GE(accept(other_channel), 0);
  backend_->remove(other_channel);
}

TEST_P(UringAcceptTest, APausedListenerLosesNobody) {
  std::vector<Peer> peers;
  for (int i = 0; i < 5; ++i) peers.push_back(connect());
  backend_->wait(Peer::kDeadlineMs);
  remove_listener();
  EXPECT_FALSE(is_told(0));
  ASSERT_TRUE(backend_->add(channel_).is_ok());
  EXPECT_TRUE(is_told(0));
  while (accept(channel_) >= 0) {
  }
  EXPECT_EQ(accepted_.size(), 5U);
  EXPECT_EQ(sockets_.calls(Call::kAccept), 0U);
}

// Who comes later waits in the backlog, for whoever watches the socket then.
TEST_P(UringAcceptTest, OneThatStoppedLosesNobody) {
  std::vector<Peer> peers;
  for (int i = 0; i < 5; ++i) peers.push_back(connect());
  backend_->wait(Peer::kDeadlineMs);
  remove_listener();
  peers.push_back(connect());
  while (accept(channel_) >= 0) {
  }
  EXPECT_EQ(accepted_.size(), 5U);
  EXPECT_EQ(sockets_.calls(Call::kAccept), 0U);
  ASSERT_TRUE(backend_->add(channel_).is_ok());
  while (accepted_.size() < 6 && is_told()) accept(channel_);
  EXPECT_EQ(accepted_.size(), 6U);
}

TEST_P(UringAcceptTest, WhomNobodyTookIsClosed) {
  Peer peer = connect();
  ASSERT_TRUE(is_told());
  backend_.reset();
  EXPECT_EQ(peer.receive_rest(), "");
  EXPECT_EQ(peer.stream(), Peer::Stream::kEnded);
}

TEST_P(UringAcceptTest, WhoIsGoneAlreadyIsNobody) {
  connect().reset();
  ASSERT_TRUE(is_told());
  EXPECT_EQ(accept(channel_), -ECONNABORTED);
  EXPECT_EQ(accept(channel_), -EAGAIN);
}

// The owner's own call meets what the kernel met, and the kernel goes on when that has passed. It
// heeds the limit as it was when it was asked.
TEST_P(UringAcceptTest, TellsOfTheWantOfDescriptors) {
  const int client = ::socket(AF_INET, SOCK_STREAM, 0);
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit none{0, before.rlim_max};
  remove_listener();
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
  EXPECT_TRUE(backend_->add(channel_).is_ok());
  settle();
  const Address& address = listener_.address();
  const bool connected = ::connect(client, address.data(), address.length()) == 0;
  const bool told = connected && is_told();
  const int refused = accept(channel_);
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  const Peer peer(client);
  EXPECT_TRUE(told);
  EXPECT_EQ(refused, -EMFILE);
  while (accepted_.empty() && is_told()) accept(channel_);
  EXPECT_EQ(accepted_.size(), 1U);
}

// As long as the kernel fails it is polled, and the owner's calls are made.
TEST_P(UringAcceptTest, WhereTheKernelFailsItIsAskedEachTime) {
  sockets_.never_accept_ahead();
  Listener other(sockets_, service_);
  Channel other_channel;
  listen(other, other_channel);
  const Peer peer = Peer::connect(other.address());
  while (accepted_.empty() && is_told()) accept(other_channel);
  EXPECT_EQ(accepted_.size(), 1U);
  EXPECT_EQ(sockets_.calls(Call::kAccept), 1U);
  backend_->remove(other_channel);
}

// What the kernel has not taken is not made, and is nobody's descriptor.
TEST_P(UringAcceptTest, WhatIsPendingGoesWithItsListener) {
  Listener other(sockets_, service_);
  ASSERT_TRUE(other.open(Address::parse("tcp://127.0.0.1:0").value(), {}).is_ok());
  Channel other_channel = channel_;
  other_channel.fd = other.fd();
  ASSERT_TRUE(backend_->add(other_channel).is_ok());
  sockets_.fail(Call::kUringWait, EAGAIN);
  backend_->wait(0);
  backend_->remove(other_channel);
  backend_->finish_removals();
  EXPECT_EQ(accept(other_channel), -EAGAIN);
  EXPECT_EQ(sockets_.calls(Call::kPeerAddress), 0U);
}

// Its owner takes some, and is told again of the rest.
TEST_P(UringAcceptTest, WhoIsLeftIsAnnouncedAgain) {
  std::vector<Peer> peers;
  for (int i = 0; i < 5; ++i) peers.push_back(connect());
  while (accepted_.empty() && is_told()) accept(channel_);
  while (accepted_.size() < 5 && is_told()) accept(channel_);
  EXPECT_EQ(accepted_.size(), 5U);
  EXPECT_FALSE(is_told(0));
}

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(UringAcceptTest);
INSTANTIATE_TEST_SUITE_P(, UringAcceptTest, fakes::only_uring(), fakes::backend_label);

}  // namespace
}  // namespace weir
