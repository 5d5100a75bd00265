// The pool against a model that does one thing after the other.
#include <algorithm>
#include <array>
#include <cstdint>
#include <deque>
#include <future>
#include <random>
#include <vector>

#include "gtest/gtest.h"
#include "tasks/serial_executor.h"
#include "tasks/task_pool.h"

namespace weir {
namespace {

// A worker's order of what waits: by priority, by age; every 64th turn from the lowest. Its first
// turn was the gate's, in front of which it may have looked in vain any number of times: `turns`.
std::vector<int> modelled_order(std::array<std::deque<int>, kTaskPriorities> waiting,
                                std::uint32_t turns) {
  std::vector<int> order;
  for (;;) {
    const bool upwards = ++turns % 64 == 0;
    bool found = false;
    for (std::size_t i = 0; i < kTaskPriorities && !found; ++i) {
      std::deque<int>& lane = waiting[upwards ? kTaskPriorities - 1 - i : i];
      if (lane.empty()) continue;
      order.push_back(lane.front());
      lane.pop_front();
      found = true;
    }
    if (!found) return order;
  }
}

TEST(TaskPoolModelTest, OneWorkersOrder) {
  std::mt19937 random(1);
  for (int round = 0; round < 100; ++round) {
    TaskPool pool({.threads = 1});
    std::promise<void> entered;
    std::promise<void> open;
    ASSERT_TRUE(pool.try_submit([&] {
                      entered.set_value();
                      open.get_future().wait();
                    })
                    .is_ok());
    entered.get_future().wait();
    std::array<std::deque<int>, kTaskPriorities> waiting;
    std::vector<int> order;
    for (int i = 0; i < 300; ++i) {
      const std::size_t priority = random() % kTaskPriorities;
      waiting[priority].push_back(i);
      ASSERT_TRUE(pool.try_submit([&order, i] { order.push_back(i); },
                                  {.priority = static_cast<TaskPriority>(priority)})
                      .is_ok());
    }
    open.set_value();
    pool.release();
    bool as_modelled = false;
    for (std::uint32_t turns = 0; turns < 64 && !as_modelled; ++turns) {
      as_modelled = order == modelled_order(waiting, turns);
    }
    ASSERT_TRUE(as_modelled) << "round " << round;
  }
}

// Accounts whose operations don't commute: only their order gives the model's balances.
TEST(TaskPoolModelTest, SeriesAtOnceAreAsOneAfterTheOther) {
  constexpr std::size_t kKeys = 50;
  for (const std::size_t threads : {1, 2, 5}) {
    std::mt19937_64 random(threads);
    TaskPool pool({.threads = threads, .capacity = 100'000});
    SerialExecutor executor(pool, 100'000);
    std::vector<std::uint64_t> state(kKeys);
    std::vector<std::uint64_t> model(kKeys);
    for (int i = 0; i < 30'000; ++i) {
      const std::size_t key = random() % kKeys;
      const std::uint64_t operand = random();
      const auto apply = [operand](std::uint64_t& value) {
        value = operand % 2 == 0 ? value * 31 + operand : value ^ (value >> 7) ^ operand;
      };
      apply(model[key]);
      ASSERT_TRUE(executor.try_submit(key, [&state, key, apply] { apply(state[key]); }).is_ok());
      if (i % 1000 == 0) pool.resize(1 + random() % 5);
    }
    pool.release();
    EXPECT_EQ(state, model);
  }
}

}  // namespace
}  // namespace weir
