// Turns to accept, with workers that are threads: the words are shared all the same.
#include "core/accept_mutex.h"

#include <poll.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

#include "core/acceptor.h"
#include "core/listener.h"
#include "core/reactor.h"
#include "gtest/gtest.h"
#include "tests/fakes/faulty_sockets.h"
#include "tests/fakes/peer.h"

namespace weir {
namespace {

using fakes::Call;
using fakes::Peer;

// Workers that accept on one socket and close what they get.
class Workers {
 public:
  explicit Workers(std::uint32_t workers) : accepted_(workers) {
    EXPECT_TRUE(mutex_.open(workers).is_ok());
    EXPECT_TRUE(first_.open(Address::parse("tcp://127.0.0.1:0").value(), {}).is_ok());
    for (std::uint32_t i = 0; i < workers; ++i) {
      listeners_.push_back(std::make_unique<Listener>(sockets_, service_));
      EXPECT_TRUE(listeners_.back()->share(first_).is_ok());
      reactors_.push_back(std::make_unique<Reactor>(i, sockets_, Reactor::Options()));
      EXPECT_TRUE(reactors_.back()->open().is_ok());
      const auto count = [this, i](const Accepted& accepted) {
        ++accepted_[i];
        ::close(accepted.fd);
      };
      EXPECT_TRUE(reactors_.back()->add_listener(*listeners_.back(), count, {&mutex_, i}).is_ok());
    }
    for (const auto& reactor : reactors_) {
      threads_.emplace_back([&reactor] { reactor->run(); });
    }
  }
  ~Workers() {
    for (const auto& reactor : reactors_) reactor->stop(0);
    for (std::thread& thread : threads_) thread.join();
  }
  // Connects, and returns when it was accepted.
  void connect() { EXPECT_EQ(Peer::connect(first_.address()).receive_rest(), ""); }
  std::uint64_t calls(Call call) const { return sockets_.calls(call); }
  std::size_t accepted(std::uint32_t worker) const { return accepted_[worker]; }

 private:
  fakes::FaultySockets sockets_;
  const Service service_;
  AcceptMutex mutex_{sockets_};
  Listener first_{sockets_, service_};
  std::vector<std::unique_ptr<Listener>> listeners_;
  std::vector<std::unique_ptr<Reactor>> reactors_;
  std::vector<std::atomic<std::size_t>> accepted_;
  std::vector<std::thread> threads_;
};

// One wake-up for a turn and one for what is accepted in it; the socket is taken up and laid down
// once. A byte in a pipe for all took four changes to what epoll watches, as each watched it too.
TEST(AcceptMutexTest, ATurnWakesNobodyElse) {
  Workers workers(4);
  constexpr std::uint64_t kConnections = 1000;
  for (std::uint64_t i = 0; i < kConnections; ++i) workers.connect();
  EXPECT_LE(workers.calls(Call::kEpollControl), 2 * kConnections + 50);
  EXPECT_LE(workers.calls(Call::kEpollWait), 2 * kConnections + 50);
  EXPECT_LE(workers.calls(Call::kRead), kConnections + 50);
  for (std::uint32_t i = 0; i < 4; ++i) EXPECT_GE(workers.accepted(i), kConnections / 8);
}

TEST(AcceptMutexTest, AloneThereAreNoTurns) {
  Workers workers(1);
  constexpr std::uint64_t kConnections = 100;
  const std::uint64_t before = workers.calls(Call::kEpollControl);
  for (std::uint64_t i = 0; i < kConnections; ++i) workers.connect();
  EXPECT_EQ(workers.calls(Call::kEpollControl), before);
  EXPECT_EQ(workers.calls(Call::kRead), 0U);
}

TEST(AcceptMutexTest, TheTurnGoesRound) {
  AcceptMutex mutex(Sockets::system());
  ASSERT_TRUE(mutex.open(3).is_ok());
  EXPECT_TRUE(mutex.want(0));
  EXPECT_FALSE(mutex.pass(0));
  EXPECT_FALSE(mutex.want(1));
  EXPECT_FALSE(mutex.want(2));
  EXPECT_FALSE(mutex.take(1));
  EXPECT_TRUE(mutex.pass(0));
  EXPECT_TRUE(mutex.take(1));
  EXPECT_TRUE(mutex.pass(1));
  EXPECT_TRUE(mutex.take(2));
  EXPECT_FALSE(mutex.take(1));
  EXPECT_TRUE(mutex.pass(2));
  EXPECT_TRUE(mutex.take(0));
}

TEST(AcceptMutexTest, WhoLeavesGivesTheTurnUp) {
  AcceptMutex mutex(Sockets::system());
  ASSERT_TRUE(mutex.open(3).is_ok());
  EXPECT_TRUE(mutex.want(0));
  EXPECT_FALSE(mutex.want(1));
  EXPECT_FALSE(mutex.want(2));
  mutex.leave(1);  // who only waits
  EXPECT_TRUE(mutex.pass(0));
  EXPECT_TRUE(mutex.take(2));
  mutex.leave(2);  // who has it
  EXPECT_TRUE(mutex.take(0));
  mutex.leave(0);
  EXPECT_TRUE(mutex.want(1));  // nobody did
}

// Workers that pass, leave and come back as they like: one has the turn, and nobody waits for ever.
TEST(AcceptMutexTest, OneHasTheTurn) {
  constexpr std::uint32_t kWorkers = 4;
  AcceptMutex mutex(Sockets::system());
  ASSERT_TRUE(mutex.open(kWorkers).is_ok());
  std::atomic<int> holders{0};
  std::vector<std::thread> threads;
  for (std::uint32_t worker = 0; worker < kWorkers; ++worker) {
    threads.emplace_back([&mutex, &holders, worker] {
      bool has = mutex.want(worker);
      for (int turn = 0; turn < 3000; ++turn) {
        pollfd polled{mutex.fd(worker), POLLIN, 0};
        while (!has) {
          ASSERT_EQ(::poll(&polled, 1, Peer::kDeadlineMs), 1);
          has = mutex.take(worker);
        }
        ASSERT_EQ(holders.fetch_add(1), 0);
        holders.fetch_sub(1);
        if ((turn + static_cast<int>(worker)) % 3 != 0) {
          has = !mutex.pass(worker);
        } else {
          mutex.leave(worker);
          has = mutex.want(worker);
          if (!has && turn % 5 == 0) {
            mutex.leave(worker);
            has = mutex.want(worker);
          }
        }
      }
      mutex.leave(worker);
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace weir
