// Connections that move between reactors take everything along: their session, what is unread and
// unsent, their deadlines; and end once, wherever they are.
#include <array>
#include <atomic>
#include <future>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "core/engine_report.h"
#include "core/log.h"
#include "gtest/gtest.h"
#include "tests/engine/running_engine.h"
#include "tests/fakes/backends.h"
#include "tests/fakes/hooked_session.h"
#include "tests/fakes/peer.h"

namespace weir {
namespace {

using fakes::Hooks;
using fakes::Peer;

constexpr std::uint32_t kReactors = 3;

class MovingTest : public testing::TestWithParam<BackendKind> {
 protected:
  void SetUp() override { set_log_level(LogLevel::kWarning); }
  void TearDown() override {
    engine_.reset();
    set_log_level(LogLevel::kNotice);
  }

  RunningEngine& start(Service service) {
    Options options;
    options.model = ThreadingModel::kReuseport;
    options.threads = kReactors;
    options.backend = GetParam();
    options.drain_ms = Peer::kDeadlineMs;
    engine_ = std::make_unique<RunningEngine>(options, "tcp://127.0.0.1:0", std::move(service));
    EXPECT_TRUE(engine_->status().is_ok()) << engine_->status().message();
    engine_->start();
    return *engine_;
  }
  Reactor& next(const Connection& connection) {
    const std::uint32_t index = (connection.reactor().index() + 1) % kReactors;
    return *engine_->engine().reactors()[index];
  }

  std::unique_ptr<RunningEngine> engine_;
};

// Each request is answered with the number of the reactor that handled it, and moves on.
TEST_P(MovingTest, ASessionHandlesOnEachReactorInTurn) {
  RunningEngine& engine = start([this](Connection&) {
    auto before = std::make_shared<ConnectionId>();
    return std::make_unique<fakes::HookedSession>(Hooks{
        .handle =
            [this, before](Connection& connection) {
              EXPECT_TRUE(connection.reactor().in_thread());
              connection.write(std::to_string(connection.reactor().index()));
              connection.consume(1);
              *before = connection.id();
              EXPECT_TRUE(connection.move_to(next(connection)));
              EXPECT_FALSE(connection.move_to(next(connection)));
            },
        .moved =
            [before](Connection& connection) {
              EXPECT_TRUE(connection.reactor().in_thread());
              EXPECT_NE(connection.id(), *before);
              EXPECT_EQ(connection.reactor().index(), (before->reactor() + 1) % kReactors);
            },
    });
  });
  Peer peer = engine.connect();
  // One by one, then all at once: what is unread comes along.
  std::string answers;
  for (int i = 0; i < 6; ++i) {
    peer.send("x");
    answers += peer.receive(1);
  }
  peer.send(std::string(60, 'x'));
  answers += peer.receive(60);
  ASSERT_EQ(answers.size(), 66U);
  for (std::size_t i = 1; i < answers.size(); ++i) {
    EXPECT_EQ((answers[i - 1] - '0' + 1) % static_cast<int>(kReactors), answers[i] - '0') << i;
  }
  peer.end();
  EXPECT_EQ(peer.receive_rest(), "");
  EXPECT_EQ(engine.stop(), 0);
  const ReactorReport total = report_engine(engine.engine()).total();
  EXPECT_EQ(total.moved_on, 66U);
  EXPECT_EQ(total.accepted, 67U);
  EXPECT_EQ(total.closed_in_all(), 1U);
  EXPECT_EQ(engine.engine().connections(), 0U);
}

TEST_P(MovingTest, TakesAlongWhatIsUnsent) {
  const std::string reply(20'000'000, 'r');
  RunningEngine& engine = start([&](Connection&) {
    return std::make_unique<fakes::HookedSession>(Hooks{
        .handle =
            [&](Connection& connection) {
              connection.consume_all();
              connection.write(reply);
              EXPECT_TRUE(connection.move_to(next(connection)));
            },
        .moved =
            [](Connection& connection) {
              connection.write("end");
              connection.close_after_flush();
            },
    });
  });
  Peer peer = Peer::connect(engine.address(), 4096);
  peer.send("x");
  EXPECT_TRUE(peer.receive_rest() == reply + "end");
  EXPECT_EQ(peer.stream(), Peer::Stream::kEnded);
  engine_.reset();  // before what its handlers refer to
}

// One whose reading had stopped reads on where it has moved to: for want of room, or by its own
// word.
TEST_P(MovingTest, ReadsOnWhereItHasMovedTo) {
  const std::string reply(5'000'000, 'r');
  RunningEngine& engine = start([&](Connection&) {
    auto moves = std::make_shared<bool>(true);
    return std::make_unique<fakes::HookedSession>(Hooks{
        .handle =
            [&, moves](Connection& connection) {
              connection.consume_all();
              if (!*moves) return connection.write("end");
              *moves = false;
              connection.write(reply);
              connection.pause_reading();
              EXPECT_TRUE(connection.move_to(next(connection)));
            },
        .moved = [](Connection& connection) { connection.resume_reading(); },
    });
  });
  Peer peer = Peer::connect(engine.address(), 4096);
  peer.send("x");
  EXPECT_TRUE(peer.receive(reply.size()) == reply);
  peer.send("x");
  EXPECT_EQ(peer.receive(3), "end");
  engine_.reset();  // before what its handlers refer to
}

TEST_P(MovingTest, TheOldIdFindsNobody) {
  std::promise<ConnectionId> before;
  std::promise<ConnectionId> after;
  RunningEngine& engine = start([&](Connection& connection) {
    before.set_value(connection.id());
    return std::make_unique<fakes::HookedSession>(Hooks{
        .handle = fakes::echo,
        .moved = [&](Connection& moved) { after.set_value(moved.id()); },
    });
  });
  Peer peer = engine.connect();
  const ConnectionId old = before.get_future().get();
  engine.engine().move(old, (old.reactor() + 1) % kReactors);
  const ConnectionId id = after.get_future().get();
  engine.engine().send(old, "stale");
  engine.settle();
  engine.engine().send(id, "fresh");
  EXPECT_EQ(peer.receive(5), "fresh");
  engine_.reset();
}

TEST_P(MovingTest, StaysWhereItMust) {
  std::promise<void> handled;
  RunningEngine& engine = start([&](Connection&) {
    return std::make_unique<fakes::HookedSession>(Hooks{.handle = [&](Connection& connection) {
      connection.consume_all();
      EXPECT_FALSE(connection.move_to(connection.reactor()));
      connection.hold();
      EXPECT_FALSE(connection.move_to(next(connection)));
      connection.release();
      connection.close_after_flush();
      EXPECT_FALSE(connection.move_to(next(connection)));
      handled.set_value();
    }});
  });
  Peer peer = engine.connect();
  peer.send("x");
  handled.get_future().wait();
  EXPECT_EQ(peer.receive_rest(), "");
  engine_.reset();
}

TEST_P(MovingTest, ItsDeadlinesComeAlong) {
  std::promise<std::string> reason;
  RunningEngine& engine = start([&](Connection& connection) {
    connection.set_deadlines({.idle_ms = 50});
    connection.move_to(next(connection));
    return std::make_unique<fakes::HookedSession>(
        Hooks{.closed = [&](Connection& closed, const Status& why) {
          EXPECT_TRUE(closed.reactor().in_thread());
          reason.set_value(why.message());
        }});
  });
  Peer peer = engine.connect();
  EXPECT_EQ(reason.get_future().get(), "its idle deadline of 50 ms has passed");
  EXPECT_EQ(peer.receive_rest(), "");
  engine_.reset();
}

// They move, are written to, closed and reset all the time, and at last the engine stops.
TEST_P(MovingTest, EachEndsOnceUnderAStorm) {
  std::mutex mutex;
  std::vector<ConnectionId> ids;
  std::atomic<int> opened{0};
  std::atomic<int> closed{0};
  std::atomic<int> moved{0};
  const auto note = [&](Connection& connection) {
    const std::lock_guard lock(mutex);
    ids.push_back(connection.id());
    if (ids.size() > 16) ids.erase(ids.begin());
  };
  RunningEngine& engine = start([&](Connection& connection) {
    ++opened;
    note(connection);
    return std::make_unique<fakes::HookedSession>(
        Hooks{.handle = fakes::echo,
              .moved =
                  [&](Connection& one) {
                    ++moved;
                    note(one);
                  },
              .closed = [&](Connection&, const Status&) { ++closed; }});
  });
  std::atomic<bool> done{false};
  std::atomic<bool> stopping{false};
  std::promise<void> unsettled;
  std::thread storm([&] {
    bool settles = true;
    std::mt19937 random(1);
    for (int n = 0; !done; ++n) {
      ConnectionId id;
      {
        const std::lock_guard lock(mutex);
        if (!ids.empty()) id = ids[random() % ids.size()];
      }
      const auto action = random() % 16;
      if (action == 0) engine.engine().close(id);
      if (action > 0) engine.engine().move(id, static_cast<std::uint32_t>(random() % kReactors));
      // In step with the reactors, while they surely run.
      if (stopping && settles) {
        settles = false;
        unsettled.set_value();
      }
      if (settles && n % 64 == 0) engine.settle();
    }
  });
  std::vector<std::thread> clients;
  for (int client = 0; client < 3; ++client) {
    clients.emplace_back([&engine] {
      for (int i = 0; i < 60; ++i) {
        Peer peer = engine.connect();
        const std::string word(1 + static_cast<std::size_t>(i) * 500, 'w');
        for (int n = 0; n < 5 && peer.send(word); ++n) {
          const std::string echo = peer.receive(word.size());
          EXPECT_EQ(echo, word.substr(0, echo.size()));
        }
        if (i % 3 == 0) peer.reset();
      }
    });
  }
  for (std::thread& client : clients) client.join();
  Peer last = engine.connect();
  last.send("x");
  EXPECT_LE(last.receive(1).size(), 1U);
  stopping = true;
  unsettled.get_future().wait();
  engine.engine().stop();
  EXPECT_EQ(engine.join(), 0);
  done = true;
  storm.join();
  EXPECT_GT(moved, 0);
  EXPECT_EQ(opened, closed);
  EXPECT_EQ(engine.engine().connections(), 0U);
  engine_.reset();
}

INSTANTIATE_TEST_SUITE_P(, MovingTest, fakes::every_backend(), fakes::backend_label);

}  // namespace
}  // namespace weir
