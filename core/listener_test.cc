#include "core/listener.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <latch>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "core/reserve.h"
#include "gtest/gtest.h"
#include "tests/fakes/faulty_sockets.h"
#include "tests/fakes/peer.h"

namespace weir {
namespace {

using fakes::Call;
using fakes::Peer;

class ListenerTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_NE(::mkdtemp(directory_), nullptr); }
  void TearDown() override {
    for (const int fd : accepted_) ::close(fd);
    listener_.close();
    ::unlink(path().c_str());
    EXPECT_EQ(::rmdir(directory_), 0);
  }

  static Address parse(const std::string& text) { return Address::parse(text).value(); }
  std::string path() const { return std::string(directory_) + "/s"; }
  Address unix_address() const { return parse("unix:" + path()); }
  bool path_exists() const {
    struct stat found {};
    return ::lstat(path().c_str(), &found) == 0;
  }

  Status open(const std::string& text = "tcp://127.0.0.1:0") {
    return listener_.open(parse(text), Listener::Options());
  }
  Peer connect() { return Peer::connect(listener_.address()); }
  Listener::Outcome accept() {
    return listener_.accept_ready([this](int fd, const Address& peer) {
      accepted_.push_back(fd);
      peers_.push_back(peer);
    });
  }

  char directory_[32] = "/tmp/weir_listener_XXXXXX";
  fakes::FaultySockets sockets_;
  const Service service_;
  Listener listener_{sockets_, service_};
  std::vector<int> accepted_;
  std::vector<Address> peers_;
};

TEST_F(ListenerTest, AcceptsEveryoneWhoWaits) {
  ASSERT_TRUE(open().is_ok());
  std::vector<Peer> peers;
  for (int i = 0; i < 3; ++i) peers.push_back(connect());
  EXPECT_EQ(accept(), Listener::Outcome::kDone);
  ASSERT_EQ(accepted_.size(), 3U);
  EXPECT_EQ(peers_[0].family(), AF_INET);
  EXPECT_TRUE(peers_[0].is_loopback());
  EXPECT_NE(peers_[0].port(), 0);
  for (const int fd : accepted_) {
    EXPECT_NE(::fcntl(fd, F_GETFL) & O_NONBLOCK, 0);
    EXPECT_NE(::fcntl(fd, F_GETFD) & FD_CLOEXEC, 0);
    int no_delay = 0;
    socklen_t length = sizeof no_delay;
    ASSERT_EQ(::getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &no_delay, &length), 0);
    EXPECT_NE(no_delay, 0);
  }
  EXPECT_EQ(accept(), Listener::Outcome::kDone);
  EXPECT_EQ(accepted_.size(), 3U);
}

TEST_F(ListenerTest, PortZeroIsChosen) {
  ASSERT_TRUE(open().is_ok());
  EXPECT_NE(listener_.address().port(), 0);
  EXPECT_TRUE(connect().is_connected());
}

TEST_F(ListenerTest, ListensOnIpv6BesideIpv4) {
  // Another process may have the IPv4 port by chance, but not ten times.
  bool beside = false;
  for (int i = 0; i < 10 && !beside; ++i) {
    ASSERT_TRUE(open("tcp://[::1]:0").is_ok());
    EXPECT_EQ(listener_.address().family(), AF_INET6);
    EXPECT_TRUE(connect().is_connected());
    Listener other(sockets_, service_);
    const Address ipv4 = parse("tcp://*:" + std::to_string(listener_.address().port()));
    beside = other.open(ipv4, Listener::Options()).is_ok();
    listener_.close();
  }
  EXPECT_TRUE(beside);
}

TEST_F(ListenerTest, SaysWhoHasThePort) {
  ASSERT_TRUE(open().is_ok());
  Listener other(sockets_, service_);
  const Status status = other.open(listener_.address(), Listener::Options());
  EXPECT_EQ(status.message(),
            "cannot bind " + listener_.address().to_string() + ": Address already in use");
  EXPECT_EQ(other.fd(), -1);
}

TEST_F(ListenerTest, ReusePortSharesIt) {
  Listener::Options options;
  options.reuse_port = true;
  ASSERT_TRUE(listener_.open(parse("tcp://127.0.0.1:0"), options).is_ok());
  Listener other(sockets_, service_);
  EXPECT_TRUE(other.open(listener_.address(), options).is_ok());
}

// Whatever fails on the way, nothing stays open.
TEST_F(ListenerTest, FailuresAreOneSentenceAndLeaveNothing) {
  const struct {
    Call call;
    std::string sentence;
  } kCases[] = {
      {Call::kSocket, "cannot create a socket for tcp://127.0.0.1:0"},
      {Call::kSetOption, "cannot set a listening socket's options"},
      {Call::kBind, "cannot bind tcp://127.0.0.1:0"},
      {Call::kListen, "cannot listen on tcp://127.0.0.1:0"},
  };
  for (const auto& failing : kCases) {
    const std::uint64_t open_before = sockets_.calls(Call::kSocket) - sockets_.calls(Call::kClose);
    sockets_.fail(failing.call, ENOBUFS);
    EXPECT_EQ(open().message(), failing.sentence + ": No buffer space available");
    const std::uint64_t made = failing.call == Call::kSocket ? 1 : 0;
    EXPECT_EQ(sockets_.calls(Call::kSocket) - sockets_.calls(Call::kClose), open_before + made);
  }
  EXPECT_TRUE(open().is_ok());
}

TEST_F(ListenerTest, AnAbortedConnectionCostsOnlyItself) {
  ASSERT_TRUE(open().is_ok());
  Peer peer = connect();
  for (const int error : {ECONNABORTED, EINTR, EPROTO, ENETDOWN}) {
    sockets_.fail(Call::kAccept, error);
  }
  EXPECT_EQ(accept(), Listener::Outcome::kDone);
  EXPECT_EQ(accepted_.size(), 1U);
}

// A storm of connections leaves time for the others.
TEST_F(ListenerTest, AcceptsABoundedNumberATick) {
  ASSERT_TRUE(open().is_ok());
  std::vector<Peer> peers;
  for (int i = 0; i < Listener::kAcceptsPerTick + 5; ++i) peers.push_back(connect());
  EXPECT_EQ(accept(), Listener::Outcome::kMore);
  EXPECT_EQ(accepted_.size(), static_cast<std::size_t>(Listener::kAcceptsPerTick));
  EXPECT_EQ(accept(), Listener::Outcome::kDone);
  EXPECT_EQ(accepted_.size(), peers.size());
}

TEST_F(ListenerTest, WithoutDescriptorsRefusesAndGoesOn) {
  ASSERT_TRUE(open().is_ok());
  Peer refused = connect();
  Peer accepted = connect();
  for (const int error : {EMFILE, ENFILE}) {
    sockets_.fail(Call::kAccept, error);
    EXPECT_EQ(accept(), Listener::Outcome::kDone);
    EXPECT_EQ(refused.receive_rest(), "");
    EXPECT_EQ(refused.stream(), Peer::Stream::kEnded);
    refused = connect();
  }
  EXPECT_EQ(listener_.refused(), 2U);
  EXPECT_EQ(accepted_.size(), 1U);
}

// accept() reports the want of descriptors before it looks whether anybody waits.
TEST_F(ListenerTest, WithoutDescriptorsAndWithoutPeersIsDone) {
  ASSERT_TRUE(open().is_ok());
  sockets_.fail(Call::kAccept, EMFILE);
  EXPECT_EQ(accept(), Listener::Outcome::kDone);
  EXPECT_EQ(listener_.refused(), 0U);
}

TEST_F(ListenerTest, WithoutAReservePauses) {
  sockets_.fail(Call::kOpenReserve, EMFILE);
  ASSERT_TRUE(open().is_ok());
  Peer peer = connect();
  sockets_.fail(Call::kOpenReserve, EMFILE);
  sockets_.fail(Call::kAccept, EMFILE);
  EXPECT_EQ(accept(), Listener::Outcome::kPause);
  // The next time there is one to be had.
  sockets_.fail(Call::kAccept, EMFILE);
  EXPECT_EQ(accept(), Listener::Outcome::kDone);
  EXPECT_EQ(listener_.refused(), 1U);
}

// Somebody else took the descriptor that the reserve gave up, and none can be had in its place.
TEST_F(ListenerTest, PausesWhileTheReserveIsGone) {
  ASSERT_TRUE(open().is_ok());
  std::vector<Peer> peers;
  for (int i = 0; i < 3; ++i) peers.push_back(connect());
  sockets_.fail(Call::kOpenReserve, EMFILE, 2);
  sockets_.fail(Call::kAccept, EMFILE, 3);
  EXPECT_EQ(accept(), Listener::Outcome::kPause);
  EXPECT_EQ(accept(), Listener::Outcome::kPause);
  EXPECT_EQ(accept(), Listener::Outcome::kDone);
  EXPECT_EQ(accepted_.size(), 3U);
  EXPECT_EQ(listener_.refused(), 0U);
}

TEST_F(ListenerTest, OutOfMemoryPauses) {
  ASSERT_TRUE(open().is_ok());
  Peer peer = connect();
  for (const int error : {ENOBUFS, ENOMEM}) {
    sockets_.fail(Call::kAccept, error);
    EXPECT_EQ(accept(), Listener::Outcome::kPause);
    EXPECT_TRUE(accepted_.empty());
  }
  EXPECT_EQ(accept(), Listener::Outcome::kDone);
  EXPECT_EQ(accepted_.size(), 1U);
}

// With the real kernel at its limit: one descriptor is free, the reserve's; each connection too
// many is accepted in its place and closed.
TEST_F(ListenerTest, SurvivesTheProcessLimit) {
  ASSERT_TRUE(open().is_ok());
  EXPECT_EQ(accept(), Listener::Outcome::kDone);
  std::vector<Peer> peers;
  for (int i = 0; i < 5; ++i) peers.push_back(connect());
  rlimit limit{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &limit), 0);
  const int next_fd = ::dup(STDERR_FILENO);
  ::close(next_fd);
  rlimit low = limit;
  low.rlim_cur = static_cast<rlim_t>(next_fd) + 2;  // room for two
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &low), 0);
  const Listener::Outcome outcome = accept();
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &limit), 0);

  EXPECT_EQ(outcome, Listener::Outcome::kDone);
  EXPECT_EQ(accepted_.size(), 2U);
  EXPECT_EQ(listener_.refused(), 3U);
  for (std::size_t i = 2; i < peers.size(); ++i) {
    EXPECT_EQ(peers[i].receive_rest(), "");
    EXPECT_EQ(peers[i].stream(), Peer::Stream::kEnded);
  }
}

// The process is at its limit when somebody else takes the number that a reserve gave up: the next
// to accept gives his to it.
TEST_F(ListenerTest, AnAcceptGivesBackTheReserveItTook) {
  ASSERT_TRUE(open().is_ok());
  Listener other(sockets_, service_);
  ASSERT_TRUE(other.open(parse("tcp://127.0.0.1:0"), Listener::Options()).is_ok());
  Peer first = Peer::connect(other.address());
  sockets_.fail(Call::kAccept, EMFILE, 2);
  sockets_.fail(Call::kOpenReserve, EMFILE);
  EXPECT_EQ(other.accept_ready([](int, const Address&) {}), Listener::Outcome::kPause);
  // One more descriptor, with which the other listener could go on, but for the reserve.
  Peer refused = connect();
  sockets_.fail(Call::kOpenReserve, EMFILE);
  EXPECT_EQ(accept(), Listener::Outcome::kDone);
  EXPECT_TRUE(accepted_.empty());
  EXPECT_EQ(refused.receive_rest(), "");
  EXPECT_EQ(refused.stream(), Peer::Stream::kEnded);
  EXPECT_EQ(listener_.refused(), 1U);
  // It is back: with none to spare, the first is refused at once.
  sockets_.fail(Call::kAccept, EMFILE);
  EXPECT_EQ(other.accept_ready([](int, const Address&) {}), Listener::Outcome::kDone);
  EXPECT_EQ(other.refused(), 1U);
  EXPECT_EQ(first.receive_rest(), "");
}

TEST_F(ListenerTest, AReserveComesBackWithTheNextAccept) {
  ASSERT_TRUE(open().is_ok());
  Peer late = connect();
  sockets_.fail(Call::kAccept, EMFILE, 2);
  sockets_.fail(Call::kOpenReserve, EMFILE);
  EXPECT_EQ(accept(), Listener::Outcome::kPause);
  const std::uint64_t opened = sockets_.calls(Call::kOpenReserve);
  EXPECT_EQ(accept(), Listener::Outcome::kDone);
  EXPECT_EQ(accepted_.size(), 1U);
  EXPECT_EQ(sockets_.calls(Call::kOpenReserve), opened + 1);
  Peer next = connect();
  EXPECT_EQ(accept(), Listener::Outcome::kDone);
  EXPECT_EQ(accepted_.size(), 2U);
  EXPECT_EQ(sockets_.calls(Call::kOpenReserve), opened + 1);
}

// Listeners of several threads at the limit of their process: each goes on refusing, at once.
TEST_F(ListenerTest, NoReserveIsLostAmongThreads) {
  constexpr std::size_t kListeners = 4;
  constexpr std::size_t kPeers = 60;  // of each
  std::vector<std::unique_ptr<Listener>> listeners;
  for (std::size_t i = 0; i < kListeners; ++i) {
    listeners.push_back(std::make_unique<Listener>(Sockets::system(), service_));
    ASSERT_TRUE(listeners.back()->open(parse("tcp://127.0.0.1:0"), Listener::Options()).is_ok());
  }
  std::vector<Peer> peers;
  for (std::size_t i = 0; i < kListeners * kPeers; ++i) {
    peers.push_back(Peer::connect(listeners[i % kListeners]->address()));
  }
  std::mutex mutex;
  std::latch all_run(kListeners + 1);
  std::atomic<bool> go{false};
  std::latch all_done(kListeners);
  std::atomic<bool> end{false};
  std::vector<std::thread> threads;
  for (const auto& listener : listeners) {
    threads.emplace_back([&, this] {
      std::uint64_t kept = 0;
      const auto keep = [&](int fd, const Address&) {
        const std::lock_guard lock(mutex);
        accepted_.push_back(fd);
        ++kept;
      };
      all_run.arrive_and_wait();
      go.wait(false);
      while (kept + listener->refused() < kPeers) listener->accept_ready(keep);
      all_done.count_down();
      end.wait(false);
    });
  }
  all_run.arrive_and_wait();
  // Threads neither begin nor end meanwhile: UBSan looks at their states through a pipe.
  rlimit limit{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &limit), 0);
  const int next_fd = ::dup(STDERR_FILENO);
  ::close(next_fd);
  rlimit low = limit;
  low.rlim_cur = static_cast<rlim_t>(next_fd) + 2;
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &low), 0);
  go = true;
  go.notify_all();
  all_done.wait();
  EXPECT_FALSE(Reserve::any_missing());
  EXPECT_EQ(::setrlimit(RLIMIT_NOFILE, &limit), 0);
  end = true;
  end.notify_all();
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(accepted_.size(), 2U);
}

TEST_F(ListenerTest, ServesAUnixPathAndRemovesIt) {
  ASSERT_TRUE(open("unix:" + path()).is_ok());
  EXPECT_EQ(listener_.address().unix_path(), path());
  Peer peer = connect();
  ASSERT_TRUE(peer.is_connected());
  EXPECT_EQ(accept(), Listener::Outcome::kDone);
  EXPECT_EQ(accepted_.size(), 1U);
  listener_.close();
  EXPECT_FALSE(path_exists());
}

// What a server that was killed left behind.
TEST_F(ListenerTest, TakesAStalePathOver) {
  const int stale = ::socket(AF_UNIX, SOCK_STREAM, 0);
  ASSERT_EQ(::bind(stale, unix_address().data(), unix_address().length()), 0);
  ASSERT_EQ(::listen(stale, 1), 0);
  ::close(stale);
  ASSERT_TRUE(path_exists());
  ASSERT_TRUE(open("unix:" + path()).is_ok());
  EXPECT_TRUE(connect().is_connected());
}

TEST_F(ListenerTest, LeavesAServedPathAlone) {
  ASSERT_TRUE(open("unix:" + path()).is_ok());
  {
    Listener other(sockets_, service_);
    EXPECT_EQ(other.open(unix_address(), Listener::Options()).message(),
              "cannot bind unix:" + path() + ": Address already in use");
  }
  // The failed one has not removed it either.
  EXPECT_TRUE(connect().is_connected());
}

// A path may be mistyped: somebody's file is no left-over of a server.
TEST_F(ListenerTest, LeavesAFileAlone) {
  const int file = ::open(path().c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
  ASSERT_GE(file, 0);
  ::close(file);
  EXPECT_EQ(open("unix:" + path()).message(),
            "cannot bind unix:" + path() + ": Address already in use");
  EXPECT_TRUE(path_exists());
}

TEST_F(ListenerTest, RemovesThePathWhenListenFails) {
  sockets_.fail(Call::kListen, ENOBUFS);
  EXPECT_FALSE(open("unix:" + path()).is_ok());
  EXPECT_FALSE(path_exists());
}

TEST_F(ListenerTest, ClosesTwice) {
  ASSERT_TRUE(open().is_ok());
  listener_.close();
  const std::uint64_t closed = sockets_.calls(Call::kClose);
  listener_.close();
  EXPECT_EQ(sockets_.calls(Call::kClose), closed);
}

}  // namespace
}  // namespace weir
