#include "tasks/task_pool.h"

#include <atomic>
#include <chrono>
#include <future>
#include <latch>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "gtest/gtest.h"

namespace weir {
namespace {

constexpr std::chrono::seconds kDeadline(60);

template <class Condition>
bool eventually(const Condition& condition) {
  const auto end = std::chrono::steady_clock::now() + kDeadline;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::yield();
  }
  return true;
}

// Keeps a worker of the pool busy until it is opened.
class Gate {
 public:
  explicit Gate(TaskPool& pool, const char* name = "gate") {
    const Status status = pool.try_submit(
        [state = state_] {
          state->entered.count_down();
          state->open.wait();
        },
        {.name = name});
    EXPECT_TRUE(status.is_ok());
    state_->entered.wait();
  }
  ~Gate() { open(); }
  void open() {
    if (!std::exchange(is_open_, true)) state_->open.count_down();
  }

 private:
  // Shared, as the worker may leave the gate when the test has.
  struct State {
    std::latch entered{1};
    std::latch open{1};
  };

  std::shared_ptr<State> state_ = std::make_shared<State>();
  bool is_open_ = false;
};

TEST(TaskPoolTest, RunsWhatIsSubmitted) {
  TaskPool pool({.threads = 3});
  std::atomic<int> ran{0};
  for (int i = 0; i < 1000; ++i) ASSERT_TRUE(pool.try_submit([&] { ++ran; }).is_ok());
  pool.release();
  EXPECT_EQ(ran, 1000);
  EXPECT_EQ(pool.counts().completed, 1000U);
  EXPECT_EQ(pool.counts().workers, 0U);
}

TEST(TaskPoolTest, OverloadIsAnAnswer) {
  TaskPool pool({.threads = 1, .capacity = 2});
  Gate gate(pool);
  EXPECT_TRUE(pool.try_submit([] {}).is_ok());
  EXPECT_TRUE(pool.try_submit([] {}).is_ok());
  const Status status = pool.try_submit([] {});
  EXPECT_EQ(status.message(), "the task pool is full");
  EXPECT_EQ(pool.counts().queued, 2U);
  EXPECT_EQ(pool.counts().running, 1U);
  gate.open();
  pool.release();
  EXPECT_EQ(pool.counts().completed, 3U);
}

// However the tasks are spread over the queues.
TEST(TaskPoolTest, TheCapacityIsThatOfAllQueues) {
  TaskPool pool({.threads = 4, .capacity = 8});
  pool.resize(1);  // the queues stay
  Gate gate(pool);
  for (int i = 0; i < 8; ++i) ASSERT_TRUE(pool.try_submit([] {}).is_ok());
  for (int i = 0; i < 4; ++i) {  // threads with queues of their own
    std::thread([&] { EXPECT_FALSE(pool.try_submit([] {}).is_ok()); }).join();
  }
}

// A queue that is nearly empty does not ask how full the others are.
TEST(TaskPoolTest, SeveralThreadsExceedTheCapacityByAnEighthAtMost) {
  constexpr int kCapacity = 800;
  TaskPool pool({.threads = 4, .capacity = kCapacity});
  pool.resize(1);  // the queues stay
  Gate gate(pool);
  int submitted = 0;
  const auto submit_all = [&] {
    while (pool.try_submit([] {}).is_ok()) ++submitted;
  };
  submit_all();
  EXPECT_EQ(submitted, kCapacity);
  for (int i = 0; i < 8; ++i) std::thread(submit_all).join();
  EXPECT_LE(submitted, kCapacity * 9 / 8);
  gate.open();
  ASSERT_TRUE(eventually([&] { return pool.counts().queued == 0; }));
  submitted = 0;
  Gate again(pool);
  submit_all();
  EXPECT_EQ(submitted, kCapacity) << "what has run counts no more";
}

TEST(TaskPoolTest, SubmitWaitsForRoom) {
  TaskPool pool({.threads = 1, .capacity = 1});
  Gate gate(pool);
  ASSERT_TRUE(pool.submit([] {}).is_ok());
  std::atomic<bool> ran{false};
  std::thread submitter([&] { EXPECT_TRUE(pool.submit([&] { ran = true; }).is_ok()); });
  ASSERT_TRUE(eventually([&] { return pool.counts().waiting == 1; }));
  EXPECT_FALSE(ran);
  gate.open();
  submitter.join();
  pool.release();
  EXPECT_TRUE(ran);
  EXPECT_EQ(pool.counts().waited, 1U);
  EXPECT_EQ(pool.counts().waiting, 0U);
}

TEST(TaskPoolTest, ABoundedWaitGivesUp) {
  TaskPool pool({.threads = 1, .capacity = 1});
  Gate gate(pool);
  ASSERT_TRUE(pool.submit_for(1, [] {}).is_ok());
  const Status status = pool.submit_for(1, [] { ADD_FAILURE(); });
  EXPECT_EQ(status.message(), "the task pool stayed full for too long");
}

TEST(TaskPoolTest, WhoWaitsForRoomLearnsOfARelease) {
  TaskPool pool({.threads = 1, .capacity = 1});
  Gate gate(pool);
  ASSERT_TRUE(pool.submit([] {}).is_ok());
  std::thread submitter([&] {
    EXPECT_EQ(pool.submit([] { ADD_FAILURE(); }).message(), "the task pool was released");
  });
  ASSERT_TRUE(eventually([&] { return pool.counts().waiting == 1; }));
  std::thread releaser([&] { pool.release(); });
  submitter.join();
  gate.open();
  releaser.join();
}

// Each submits from inside more than there is room for.
TEST(TaskPoolTest, ANestedBlockingSubmitDoesNotDeadlock) {
  TaskPool pool({.threads = 2, .capacity = 2});
  std::atomic<int> ran{0};
  for (int i = 0; i < 10; ++i) {
    ASSERT_TRUE(pool.submit([&] {
                      for (int k = 0; k < 20; ++k) {
                        EXPECT_TRUE(pool.submit([&] { ++ran; }).is_ok());
                      }
                    })
                    .is_ok());
  }
  EXPECT_TRUE(eventually([&] { return ran == 200; }));
  pool.release();
}

TEST(TaskPoolTest, HigherPrioritiesGoFirst) {
  TaskPool pool({.threads = 1});
  std::string order;
  Gate gate(pool);
  const auto submit = [&](char name, TaskPriority priority) {
    EXPECT_TRUE(pool.try_submit([&order, name] { order += name; }, {.priority = priority}).is_ok());
  };
  submit('a', TaskPriority::kLow);
  submit('b', TaskPriority::kNormal);
  submit('c', TaskPriority::kHigh);
  submit('d', TaskPriority::kNormal);
  submit('e', TaskPriority::kHigh);
  gate.open();
  pool.release();
  EXPECT_EQ(order, "cebda");
}

TEST(TaskPoolTest, TheLowestPriorityDoesNotStarve) {
  TaskPool pool({.threads = 1});
  std::vector<char> order;
  Gate gate(pool);
  ASSERT_TRUE(
      pool.try_submit([&] { order.push_back('l'); }, {.priority = TaskPriority::kLow}).is_ok());
  for (int i = 0; i < 200; ++i) {
    ASSERT_TRUE(
        pool.try_submit([&] { order.push_back('h'); }, {.priority = TaskPriority::kHigh}).is_ok());
  }
  gate.open();
  pool.release();
  EXPECT_LT(std::find(order.begin(), order.end(), 'l') - order.begin(), 65);
}

TEST(TaskPoolTest, AStopBeforeItsTurnCancelsATask) {
  TaskPool pool({.threads = 1});
  auto held = std::make_shared<int>(1);
  Gate gate(pool);
  std::stop_source stop;
  ASSERT_TRUE(pool.try_submit([held] { ADD_FAILURE(); }, {.stop = stop.get_token()}).is_ok());
  ASSERT_TRUE(pool.try_submit([] {}, {.stop = std::stop_source().get_token()}).is_ok());
  stop.request_stop();
  gate.open();
  pool.release();
  EXPECT_EQ(pool.counts().cancelled, 1U);
  EXPECT_EQ(pool.counts().completed, 2U);
  EXPECT_EQ(held.use_count(), 1);
}

TEST(TaskPoolTest, ExceptionsAreToldAndCostTheTaskAlone) {
  std::atomic<int> told{0};
  TaskPool pool({.threads = 1, .on_exception = [&](const char* name, std::exception_ptr error) {
                   EXPECT_STREQ(name, "thrower");
                   EXPECT_THROW(std::rethrow_exception(error), std::runtime_error);
                   ++told;
                 }});
  std::atomic<bool> ran{false};
  ASSERT_TRUE(pool.try_submit([] { throw std::runtime_error("x"); }, {.name = "thrower"}).is_ok());
  ASSERT_TRUE(pool.try_submit([&] { ran = true; }).is_ok());
  pool.release();
  EXPECT_EQ(told, 1);
  EXPECT_TRUE(ran);
  EXPECT_EQ(pool.counts().failed, 1U);
  EXPECT_EQ(pool.counts().completed, 1U);
}

TEST(TaskPoolTest, IdleWorkersExpire) {
  TaskPool pool({.threads = 4, .idle_ms = 1});
  for (int round = 0; round < 20; ++round) {
    std::latch all(4);
    for (int i = 0; i < 4; ++i) {
      ASSERT_TRUE(pool.try_submit([&] { all.arrive_and_wait(); }).is_ok());
    }
    all.wait();
    ASSERT_TRUE(eventually([&] { return pool.counts().workers == 0; }));
  }
}

// That they all wait for each other shows that they run at once.
TEST(TaskPoolTest, ItsSizeChangesWhileItRuns) {
  TaskPool pool({.threads = 1});
  pool.resize(5);
  std::latch all(5);
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(pool.try_submit([&] { all.arrive_and_wait(); }).is_ok());
  }
  all.wait();
  pool.resize(2);
  ASSERT_TRUE(eventually([&] { return pool.counts().workers <= 2; }));
  EXPECT_EQ(pool.threads(), 2U);
  std::atomic<int> ran{0};
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(pool.try_submit([&] { ++ran; }).is_ok());
  pool.release();
  EXPECT_EQ(ran, 100);
}

TEST(TaskPoolTest, APoolThatGrowsTakesUpWhatWaits) {
  TaskPool pool({.threads = 1});
  Gate gate(pool);
  std::promise<void> ran;
  ASSERT_TRUE(pool.try_submit([&] { ran.set_value(); }).is_ok());
  pool.resize(2);
  EXPECT_EQ(ran.get_future().wait_for(kDeadline), std::future_status::ready);
  gate.open();
  pool.release();
}

// A task that submits itself again and again, to its own queue, does not keep others from running.
TEST(TaskPoolTest, OnesOwnQueueDoesNotStarveOthers) {
  TaskPool pool({.threads = 4});
  pool.resize(1);
  std::atomic<bool> stop{false};
  std::function<void()> again = [&] {
    if (stop) return;
    const bool taken = pool.try_submit(again).is_ok();
    EXPECT_TRUE(taken || stop);
  };
  ASSERT_TRUE(pool.try_submit(again).is_ok());
  std::vector<std::thread> threads;  // each with a queue of its own
  std::atomic<int> ran{0};
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] { EXPECT_TRUE(pool.try_submit([&] { ++ran; }).is_ok()); });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_TRUE(eventually([&] { return ran == 8; }));
  stop = true;
  pool.release();
}

TEST(TaskPoolTest, ShrinkingLeavesNothingBehind) {
  for (int round = 0; round < 300; ++round) {
    TaskPool pool({.threads = 2, .idle_ms = 60'000});
    std::latch both(2);
    for (int i = 0; i < 2; ++i)
      ASSERT_TRUE(pool.try_submit([&] { both.arrive_and_wait(); }).is_ok());
    both.wait();
    std::promise<void> ran;
    pool.resize(1);
    ASSERT_TRUE(pool.try_submit([&] { ran.set_value(); }).is_ok());
    ASSERT_EQ(ran.get_future().wait_for(kDeadline), std::future_status::ready);
    pool.release();
  }
}

// What a worker has submitted itself stands in its own queue: while it is busy, another takes it.
TEST(TaskPoolTest, IdleWorkersTakeFromBusyOnes) {
  TaskPool pool({.threads = 2});
  std::promise<void> stolen;
  std::promise<void> done;
  ASSERT_TRUE(pool.try_submit([&] {
                    ASSERT_TRUE(pool.try_submit([&] { stolen.set_value(); }).is_ok());
                    stolen.get_future().wait();
                    done.set_value();
                  })
                  .is_ok());
  ASSERT_EQ(done.get_future().wait_for(kDeadline), std::future_status::ready);
  pool.release();
  EXPECT_GE(pool.counts().stolen, 1U);
}

TEST(TaskPoolTest, AReleaseWithADeadlineTellsWhatStillRuns) {
  TaskPool pool({.threads = 1});
  auto held = std::make_shared<int>(1);
  Gate gate(pool, "the slow one");
  ASSERT_TRUE(pool.try_submit([held] { ADD_FAILURE(); }).is_ok());
  const TaskPool::Unfinished unfinished = pool.release_for(1);
  EXPECT_EQ(unfinished.running, std::vector<std::string>{"the slow one"});
  EXPECT_EQ(unfinished.dropped, 1U);
  EXPECT_EQ(held.use_count(), 1);
  EXPECT_EQ(pool.try_submit([] {}).message(), "the task pool was released");
}

TEST(TaskPoolTest, AReleasedPoolStartsAgain) {
  TaskPool pool({.threads = 2});
  EXPECT_TRUE(pool.release_for(60'000).running.empty());
  EXPECT_FALSE(pool.try_submit([] {}).is_ok());
  pool.reboot();
  std::promise<void> ran;
  ASSERT_TRUE(pool.try_submit([&] { ran.set_value(); }).is_ok());
  EXPECT_EQ(ran.get_future().wait_for(kDeadline), std::future_status::ready);
  pool.release();
}

// Also one of which a task still runs.
TEST(TaskPoolTest, AReleaseThatDidNotEndIsTakenBack) {
  TaskPool pool({.threads = 1});
  Gate gate(pool);
  EXPECT_EQ(pool.release_for(0).running.size(), 1U);
  pool.reboot();
  std::promise<void> ran;
  ASSERT_TRUE(pool.try_submit([&] { ran.set_value(); }).is_ok());
  gate.open();
  EXPECT_EQ(ran.get_future().wait_for(kDeadline), std::future_status::ready);
  pool.release();
}

// Everybody does everything: what was taken is run, once.
TEST(TaskPoolTest, AStorm) {
  constexpr int kSubmitters = 4;
  constexpr int kEach = 3000;
  TaskPool pool({.threads = 3, .capacity = 64, .idle_ms = 0});
  std::atomic<int> ran{0};
  std::atomic<int> taken{0};
  std::atomic<bool> stop{false};
  std::vector<std::thread> threads;
  for (int t = 0; t < kSubmitters; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kEach; ++i) {
        const TaskPool::How how{.priority = static_cast<TaskPriority>(i % 3)};
        const auto task = [&, i] {
          ++ran;
          if (i % 7 == 0 && pool.submit([&] { ++ran; }).is_ok()) ++taken;
        };
        const Status status = t % 2 == 0 ? pool.submit(task, how) : pool.try_submit(task, how);
        if (status.is_ok()) ++taken;
      }
    });
  }
  std::thread resizer([&] {
    for (std::size_t size = 1; !stop; size = size % 5 + 1) pool.resize(size);
  });
  for (std::thread& thread : threads) thread.join();
  stop = true;
  resizer.join();
  pool.release();
  EXPECT_EQ(ran, taken);
  EXPECT_EQ(pool.counts().queued, 0U);
}

// Submits run against releases: what is taken before is done, and nothing is left behind.
TEST(TaskPoolTest, ReleasesUnderFire) {
  TaskPool pool({.threads = 2, .idle_ms = 0});
  std::atomic<int> ran{0};
  std::atomic<int> taken{0};
  std::atomic<bool> stop{false};
  std::thread submitter([&] {
    while (!stop) {
      if (pool.try_submit([&] { ++ran; }).is_ok()) ++taken;
    }
  });
  for (int round = 0; round < 200; ++round) {
    pool.release();
    EXPECT_EQ(pool.counts().queued, 0U);
    pool.reboot();
    std::this_thread::yield();
  }
  stop = true;
  submitter.join();
  pool.release();
  EXPECT_EQ(ran, taken);
}

}  // namespace
}  // namespace weir
