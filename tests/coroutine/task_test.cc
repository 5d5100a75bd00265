// Tasks and what is made of several, on a reactor.
#include "coroutine/task.h"

#include <chrono>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "coroutine/frame_cache.h"
#include "coroutine/hop.h"
#include "coroutine/scope.h"
#include "coroutine/sleep.h"
#include "coroutine/when_all.h"
#include "coroutine/when_any.h"
#include "gtest/gtest.h"
#include "tests/coroutine/running_coroutines.h"

namespace weir {
namespace {

using namespace std::chrono_literals;

constexpr auto kForEver = 1h;

class TaskTest : public testing::Test {
 protected:
  void SetUp() override { running_.start(); }
  template <class Make>
  auto run(Make make) {
    return running_.run(std::move(make));
  }

  RunningCoroutines running_;
};

Task<int> value(int n) { co_return n; }
Task<int> late(int n, std::chrono::milliseconds time) {
  co_await sleep_for(time);
  co_return n;
}
Task<> fail(std::string what) {
  co_await sleep_for(1ms);
  throw std::runtime_error(what);
}

// Notes that it was unwound by its cancellation, and not destroyed otherwise.
Task<> watch(int& cancelled) {
  try {
    co_await sleep_for(kForEver);
  } catch (const Cancelled&) {
    ++cancelled;
    throw;
  }
}

TEST_F(TaskTest, ItGivesItsValue) {
  EXPECT_EQ(run([]() -> Task<int> { co_return co_await value(20) + co_await late(22, 1ms); }), 42);
}

TEST_F(TaskTest, AValueMayOnlyMove) {
  const auto made = run([]() -> Task<std::unique_ptr<int>> {
    const auto make = []() -> Task<std::unique_ptr<int>> { co_return std::make_unique<int>(7); };
    co_return co_await make();
  });
  EXPECT_EQ(**made, 7);
}

TEST_F(TaskTest, ItBeginsWhenItIsAwaited) {
  std::string order;
  run([&]() -> Task<> {
    const auto note = [&]() -> Task<> {
      order += "b";
      co_return;
    };
    Task<> task = note();
    order += "a";
    co_await std::move(task);
    order += "c";
  });
  EXPECT_EQ(order, "abc");
}

TEST_F(TaskTest, OneThatIsNotAwaitedIsDestroyedUnbegun) {
  auto held = std::make_shared<int>(1);
  {
    const auto make = [](std::shared_ptr<int>) -> Task<> {
      ADD_FAILURE();
      co_return;
    };
    const Task<> task = make(held);
    EXPECT_EQ(held.use_count(), 2);
  }
  EXPECT_EQ(held.use_count(), 1);
}

TEST_F(TaskTest, ExceptionsReachTheAwaiter) {
  EXPECT_THROW(run([]() -> Task<> { co_await fail("x"); }), std::runtime_error);
  EXPECT_EQ(run([]() -> Task<std::string> {
              std::string what;
              try {
                co_await fail("caught");
              } catch (const std::runtime_error& error) {
                what = error.what();
              }
              co_return what;
            }),
            "caught");
}

// It does not grow the stack.
TEST_F(TaskTest, AMillionAwaitsInARow) {
  EXPECT_EQ(run([]() -> Task<int> {
              int sum = 0;
              for (int i = 0; i < 1'000'000; ++i) sum += co_await value(1);
              co_return sum;
            }),
            1'000'000);
}

Task<int> nested(int depth) {
  if (depth == 0) {
    co_await sleep_for(1ms);
    co_return 0;
  }
  co_return 1 + co_await nested(depth - 1);
}

TEST_F(TaskTest, ThousandsOfAwaitsInOneAnother) {
  EXPECT_EQ(run([]() -> Task<int> { co_return co_await nested(5'000); }), 5'000);
}

TEST_F(TaskTest, FramesAreUsedAgain) {
  const auto addresses = [] {
    std::set<void*> seen;
    for (int i = 0; i < 10; ++i) {
      void* const frame = FrameCache::allocate(200);
      seen.insert(frame);
      FrameCache::free(frame, 200);
    }
    return seen.size();
  };
#if !defined(__SANITIZE_ADDRESS__)
  EXPECT_EQ(addresses(), 1U);
#else
  EXPECT_GE(addresses(), 1U);
#endif
  void* const large = FrameCache::allocate(FrameCache::kMaxSize + 1);
  FrameCache::free(large, FrameCache::kMaxSize + 1);
  std::thread([frame = FrameCache::allocate(64)] { FrameCache::free(frame, 64); }).join();
}

TEST_F(TaskTest, WhenAllGivesAllValues) {
  const auto all = run([]() -> Task<std::tuple<int, std::monostate, std::string>> {
    const auto text = []() -> Task<std::string> { co_return "text"; };
    const auto nothing = []() -> Task<> { co_await sleep_for(2ms); };
    co_return co_await when_all(late(1, 5ms), nothing(), text());
  });
  EXPECT_EQ(*all, std::make_tuple(1, std::monostate(), std::string("text")));
}

TEST_F(TaskTest, WhenAllOfWhatEndsAtOnce) {
  EXPECT_EQ(run([]() -> Task<int> {
              int sum = 0;
              for (int i = 0; i < 100'000; ++i) {
                const auto [a, b] = co_await when_all(value(1), value(2));
                sum += a + b;
              }
              co_return sum;
            }),
            300'000);
}

TEST_F(TaskTest, TheFirstFailureCancelsTheOthers) {
  int cancelled = 0;
  const auto both = [&]() -> Task<> {
    co_await when_all(watch(cancelled), fail("first"), watch(cancelled));
  };
  EXPECT_THROW(run(both), std::runtime_error);
  EXPECT_EQ(cancelled, 2);
}

// Also of those that are still to be begun.
TEST_F(TaskTest, AFailureAtOnceCancelsThoseBehindIt) {
  int cancelled = 0;
  const auto both = [&]() -> Task<> {
    const auto throws = []() -> Task<> {
      throw std::runtime_error("at once");
      co_return;
    };
    co_await when_all(throws(), watch(cancelled));
  };
  EXPECT_THROW(run(both), std::runtime_error);
  EXPECT_EQ(cancelled, 1);
}

TEST_F(TaskTest, WhenAnyGivesTheFirst) {
  int cancelled = 0;
  const auto first = run([&]() -> Task<std::variant<std::monostate, int>> {
    co_return co_await when_any(watch(cancelled), late(5, 1ms));
  });
  EXPECT_EQ(first->index(), 1U);
  EXPECT_EQ(std::get<1>(*first), 5);
  EXPECT_EQ(cancelled, 1);
}

TEST_F(TaskTest, WhenAnyFailsWithTheFirst) {
  int cancelled = 0;
  const auto any = [&]() -> Task<> { co_await when_any(watch(cancelled), fail("first")); };
  EXPECT_THROW(run(any), std::runtime_error);
  EXPECT_EQ(cancelled, 1);
}

// Whatever becomes of the others, it is decided.
TEST_F(TaskTest, ALoserThatFailsIsNotHeard) {
  const auto sore = []() -> Task<int> {
    try {
      co_await sleep_for(kForEver);
    } catch (const Cancelled&) {
      throw std::runtime_error("a loser's");
    }
    co_return 0;
  };
  const auto first = run(
      [&]() -> Task<std::variant<int, int>> { co_return co_await when_any(sore(), late(5, 1ms)); });
  EXPECT_EQ(std::get<1>(*first), 5);
  EXPECT_FALSE(run([&]() -> Task<bool> {
                 co_return (co_await with_timeout(1ms, sore())).has_value();
               }).value());
}

TEST_F(TaskTest, AMakerThatThrowsIsTold) {
  std::promise<std::exception_ptr> ended;
  running_.coroutines().start(
      0, []() -> Task<> { throw std::runtime_error("no coroutine yet"); },
      [&](std::exception_ptr error) { ended.set_value(error); });
  EXPECT_THROW(std::rethrow_exception(ended.get_future().get()), std::runtime_error);
}

TEST_F(TaskTest, Timeouts) {
  int cancelled = 0;
  EXPECT_FALSE(run([&]() -> Task<bool> {
                 co_return (co_await with_timeout(1ms, watch(cancelled))).has_value();
               }).value());
  EXPECT_EQ(cancelled, 1);
  EXPECT_EQ(run([]() -> Task<int> { co_return (co_await with_timeout(1h, late(3, 1ms))).value(); }),
            3);
  EXPECT_THROW(run([]() -> Task<> { co_await with_timeout(1h, fail("inside")); }),
               std::runtime_error);
}

TEST_F(TaskTest, AScopeEndsWithItsLastChild) {
  std::string order;
  run([&]() -> Task<> {
    const auto child = [&](char name, std::chrono::milliseconds time) -> Task<> {
      co_await sleep_for(time);
      order += name;
    };
    co_await with_scope([&](Scope& scope) -> Task<> {
      scope.spawn(child('c', 30ms));
      scope.spawn(child('a', 0ms));
      EXPECT_EQ(scope.size(), 3U);
      co_await sleep_for(10ms);
      order += 'b';
    });
    order += 'd';
  });
  EXPECT_EQ(order, "abcd");
}

TEST_F(TaskTest, AScopeOfWhatEndsAtOnce) {
  int ran = 0;
  run([&]() -> Task<> {
    const auto child = [&]() -> Task<> {
      ++ran;
      co_return;
    };
    for (int i = 0; i < 1000; ++i) {
      co_await with_scope([&](Scope& scope) -> Task<> {
        scope.spawn(child());
        scope.spawn(child());
        co_return;
      });
    }
  });
  EXPECT_EQ(ran, 2000);
}

TEST_F(TaskTest, AChildThatFailsCancelsTheScope) {
  int cancelled = 0;
  const auto scoped = [&]() -> Task<> {
    co_await with_scope([&](Scope& scope) -> Task<> {
      scope.spawn(watch(cancelled));
      scope.spawn(fail("child"));
      scope.spawn(watch(cancelled));
      co_await watch(cancelled);
    });
  };
  EXPECT_THROW(run(scoped), std::runtime_error);
  EXPECT_EQ(cancelled, 3);
}

TEST_F(TaskTest, AScopeIsCancelledFromInside) {
  int cancelled = 0;
  run([&]() -> Task<> {
    co_await with_scope([&](Scope& scope) -> Task<> {
      for (int i = 0; i < 100; ++i) scope.spawn(watch(cancelled));
      co_await sleep_for(1ms);
      scope.cancel();
    });
  });
  EXPECT_EQ(cancelled, 100);
}

TEST_F(TaskTest, CancellationGoesDown) {
  int cancelled = 0;
  const auto tree = [&]() -> Task<> {
    co_await with_scope([&](Scope& scope) -> Task<> {
      const auto branch = [&]() -> Task<> {
        co_await when_all(watch(cancelled), watch(cancelled));
      };
      scope.spawn(branch());
      co_await when_any(branch(), watch(cancelled));
    });
  };
  const auto in_time =
      run([&]() -> Task<bool> { co_return (co_await with_timeout(5ms, tree())).has_value(); });
  EXPECT_FALSE(*in_time);
  EXPECT_EQ(cancelled, 5);
}

// After its cancellation it can't wait for anything any more.
TEST_F(TaskTest, WhatIsCancelledWaitsForNothing) {
  int thrown = 0;
  run([&]() -> Task<> {
    const auto stubborn = [&]() -> Task<> {
      for (int i = 0; i < 3; ++i) {
        try {
          co_await sleep_for(kForEver);
        } catch (const Cancelled&) {
          ++thrown;
        }
      }
    };
    co_await with_timeout(1ms, stubborn());
  });
  EXPECT_EQ(thrown, 3);
}

TEST_F(TaskTest, HopsChangeTheThread) {
  TaskPool pool({.threads = 2});
  const auto ids = run([&]() -> Task<std::vector<std::thread::id>> {
    std::vector<std::thread::id> seen{std::this_thread::get_id()};
    const Status status = co_await on(pool);
    EXPECT_TRUE(status.is_ok());
    seen.push_back(std::this_thread::get_id());
    co_await HomeHop();
    seen.push_back(std::this_thread::get_id());
    co_await HomeHop();
    seen.push_back(std::this_thread::get_id());
    co_return seen;
  });
  EXPECT_NE((*ids)[0], (*ids)[1]);
  EXPECT_EQ((*ids)[0], (*ids)[2]);
  EXPECT_EQ((*ids)[0], (*ids)[3]);
}

TEST_F(TaskTest, WorkOnThePoolGivesItsValue) {
  TaskPool pool({.threads = 1});
  EXPECT_EQ(
      run([&]() -> Task<int> { co_return (co_await run_on(pool, [] { return 7; })).value(); }), 7);
  const auto throws = [&]() -> Task<> {
    const Status status = co_await run_on(pool, [] { throw std::runtime_error("there"); });
    EXPECT_TRUE(status.is_ok());
  };
  EXPECT_THROW(run(throws), std::runtime_error);
}

// One that ends on the pool's thread ends all the same.
TEST_F(TaskTest, ATaskMayEndElsewhere) {
  TaskPool pool({.threads = 2});
  const auto away = [&](int n) -> Task<int> {
    const Status status = co_await on(pool);
    EXPECT_TRUE(status.is_ok());
    co_return n;
  };
  EXPECT_EQ(run([&]() -> Task<int> {
              int sum = 0;
              for (int i = 0; i < 100; ++i) {
                const auto [a, b] = co_await when_all(away(1), away(2));
                sum += a + b;
              }
              co_return sum;
            }),
            300);
}

TEST_F(TaskTest, AFullPoolSaysSo) {
  std::promise<void> open;
  const std::shared_future<void> opened = open.get_future().share();
  std::promise<void> entered;
  TaskPool pool({.threads = 1, .capacity = 1});
  ASSERT_TRUE(pool.try_submit([&] {
                    entered.set_value();
                    opened.wait();
                  })
                  .is_ok());
  entered.get_future().wait();
  ASSERT_TRUE(pool.try_submit([] {}).is_ok());
  EXPECT_EQ(run([&]() -> Task<std::string> { co_return (co_await on(pool)).message(); }),
            "the task pool is full");
  open.set_value();
}

TEST_F(TaskTest, WhatThePoolDropsComesHome) {
  std::promise<void> open;
  std::promise<void> entered;
  TaskPool pool({.threads = 1});
  ASSERT_TRUE(pool.try_submit([&] {
                    entered.set_value();
                    open.get_future().wait();
                  })
                  .is_ok());
  entered.get_future().wait();
  std::thread dropping([&] {
    while (pool.counts().queued == 0) std::this_thread::yield();
    pool.release_for(0);
  });
  EXPECT_EQ(run([&]() -> Task<std::string> { co_return (co_await on(pool)).message(); }),
            "the task pool has dropped it");
  dropping.join();
  open.set_value();
}

// It learns of it when it is back, not before.
TEST_F(TaskTest, ATaskThatIsAwayIsWaitedFor) {
  std::promise<void> open;
  TaskPool pool({.threads = 1});
  bool ended = false;
  bool cancelled = false;
  std::thread opener([&] {
    while (pool.counts().running == 0) std::this_thread::yield();
    open.set_value();
  });
  run([&]() -> Task<> {
    const auto away = [&]() -> Task<> {
      const Status status = co_await on(pool);
      EXPECT_TRUE(status.is_ok());
      open.get_future().wait();
      ended = true;
      try {
        co_await HomeHop();
      } catch (const Cancelled&) {
        cancelled = true;
        throw;
      }
    };
    co_await with_timeout(0ms, away());
    EXPECT_TRUE(ended);
  });
  opener.join();
  EXPECT_TRUE(cancelled);
}

// A stop cancels what belongs to no connection.
TEST_F(TaskTest, AStopCancels) {
  std::promise<void> begun;
  std::promise<void> ended;
  int cancelled = 0;
  running_.coroutines().start(
      0,
      [&]() -> Task<> {
        begun.set_value();
        co_await watch(cancelled);
      },
      [&](std::exception_ptr error) {
        EXPECT_EQ(error, nullptr);
        ended.set_value();
      });
  begun.get_future().wait();
  running_.stop();
  ended.get_future().wait();
  EXPECT_EQ(cancelled, 1);
}

// A storm of tasks that hop, sleep, are cancelled and fail.
TEST_F(TaskTest, AStorm) {
  TaskPool pool({.threads = 2, .idle_ms = 0});
  std::atomic<int> ended{0};
  struct Count {
    std::atomic<int>& count;
    ~Count() { ++count; }
  };
  const auto one = [&](int i) -> Task<> {
    const Count count{ended};
    if (i % 3 == 0) {
      const Status status = co_await on(pool);
      EXPECT_TRUE(status.is_ok());
      if (i % 2 == 0) co_await HomeHop();
    } else {
      co_await sleep_for(std::chrono::milliseconds(i % 5));
    }
    if (i % 7 == 0) throw std::runtime_error("now and then");
  };
  run([&]() -> Task<> {
    for (int round = 0; round < 200; ++round) {
      try {
        const auto twenty = [&]() -> Task<> {
          co_await with_scope([&](Scope& scope) -> Task<> {
            for (int i = 0; i < 20; ++i) scope.spawn(one(round + i));
            co_return;
          });
        };
        co_await with_timeout(std::chrono::milliseconds(round % 4), twenty());
      } catch (const std::runtime_error&) {
      }
    }
  });
  EXPECT_EQ(ended, 200 * 20);
}

}  // namespace
}  // namespace weir
