#include "tasks/serial_executor.h"

#include <atomic>
#include <future>
#include <memory>
#include <stdexcept>
#include <thread>
#include <vector>

#include "gtest/gtest.h"

namespace weir {
namespace {

TEST(SerialExecutorTest, AKeysTasksKeepTheirOrder) {
  TaskPool pool({.threads = 4});
  SerialExecutor executor(pool, 100'000);
  // No lock, no atomic: ThreadSanitizer sees whether two ever run at once.
  std::vector<std::vector<int>> ran(8);
  for (int i = 0; i < 20'000; ++i) {
    std::vector<int>& mine = ran[static_cast<std::size_t>(i % 8)];
    ASSERT_TRUE(
        executor.try_submit(static_cast<std::uint64_t>(i % 8), [&mine, i] { mine.push_back(i); })
            .is_ok());
  }
  pool.release();
  EXPECT_EQ(executor.keys(), 0U);
  for (int key = 0; key < 8; ++key) {
    const std::vector<int>& mine = ran[static_cast<std::size_t>(key)];
    ASSERT_EQ(mine.size(), 2500U);
    for (int i = 0; i < 2500; ++i) ASSERT_EQ(mine[static_cast<std::size_t>(i)], 8 * i + key);
  }
}

TEST(SerialExecutorTest, KeysRunAtTheSameTime) {
  TaskPool pool({.threads = 2});
  SerialExecutor executor(pool);
  std::promise<void> first;
  std::promise<void> done;
  ASSERT_TRUE(executor.try_submit(1, [&] { first.get_future().wait(); }).is_ok());
  ASSERT_TRUE(executor.try_submit(2, [&] { first.set_value(); }).is_ok());
  ASSERT_TRUE(executor.try_submit(1, [&] { done.set_value(); }).is_ok());
  EXPECT_EQ(done.get_future().wait_for(std::chrono::seconds(60)), std::future_status::ready);
  pool.release();
}

TEST(SerialExecutorTest, AKeyIsBounded) {
  TaskPool pool({.threads = 1, .capacity = 1});
  SerialExecutor executor(pool, 2);
  std::promise<void> entered;
  std::promise<void> open;
  ASSERT_TRUE(executor
                  .try_submit(1,
                              [&] {
                                entered.set_value();
                                open.get_future().wait();
                              })
                  .is_ok());
  entered.get_future().wait();
  EXPECT_TRUE(executor.try_submit(1, [] {}).is_ok());
  EXPECT_TRUE(executor.try_submit(1, [] {}).is_ok());
  EXPECT_EQ(executor.try_submit(1, [] {}).message(), "too many tasks of one key wait");
  EXPECT_TRUE(executor.try_submit(2, [] {}).is_ok());
  EXPECT_EQ(executor.try_submit(3, [] {}).message(), "the task pool is full");
  EXPECT_EQ(executor.keys(), 2U);
  open.set_value();
  pool.release();
  EXPECT_EQ(pool.counts().completed, 2U);  // a turn each
  EXPECT_EQ(executor.keys(), 0U);
}

TEST(SerialExecutorTest, AnExceptionDoesNotHoldUpWhatFollows) {
  std::atomic<int> told{0};
  TaskPool pool({.threads = 1, .on_exception = [&](const char*, std::exception_ptr) { ++told; }});
  SerialExecutor executor(pool);
  std::promise<void> done;
  ASSERT_TRUE(executor.try_submit(1, [] { throw std::runtime_error("x"); }).is_ok());
  ASSERT_TRUE(executor.try_submit(1, [&] { done.set_value(); }).is_ok());
  EXPECT_EQ(done.get_future().wait_for(std::chrono::seconds(60)), std::future_status::ready);
  pool.release();
  EXPECT_EQ(told, 1);
}

TEST(SerialExecutorTest, WhatThePoolDropsIsGone) {
  TaskPool pool({.threads = 1});
  SerialExecutor executor(pool);
  std::promise<void> entered;
  std::promise<void> open;
  ASSERT_TRUE(pool.try_submit([&] {
                    entered.set_value();
                    open.get_future().wait();
                  })
                  .is_ok());
  entered.get_future().wait();
  auto held = std::make_shared<int>(1);
  ASSERT_TRUE(executor.try_submit(1, [held] { ADD_FAILURE(); }).is_ok());
  ASSERT_TRUE(executor.try_submit(1, [held] { ADD_FAILURE(); }).is_ok());
  EXPECT_EQ(pool.release_for(0).dropped, 1U);
  EXPECT_EQ(executor.keys(), 0U);
  EXPECT_EQ(held.use_count(), 1);
  pool.reboot();
  std::promise<void> ran;
  ASSERT_TRUE(executor.try_submit(1, [&] { ran.set_value(); }).is_ok());
  open.set_value();
  EXPECT_EQ(ran.get_future().wait_for(std::chrono::seconds(60)), std::future_status::ready);
  pool.release();
}

// The pool may drop a turn while it is being given.
TEST(SerialExecutorTest, ReleasesUnderFire) {
  TaskPool pool({.threads = 2, .idle_ms = 0});
  SerialExecutor executor(pool);
  std::atomic<bool> stop{false};
  std::thread submitter([&] {
    for (std::uint64_t key = 0; !stop; ++key) (void)executor.try_submit(key % 3, [] {}).is_ok();
  });
  for (int round = 0; round < 200; ++round) {
    pool.release_for(round % 2);
    pool.reboot();
    std::this_thread::yield();
  }
  stop = true;
  submitter.join();
  pool.release();
  EXPECT_EQ(executor.keys(), 0U);
}

// A release lets the tasks of a key be done that were taken, though the pool takes no turn any
// more.
TEST(SerialExecutorTest, AReleaseDoesWhatWasTaken) {
  for (int round = 0; round < 50; ++round) {
    TaskPool pool({.threads = 2});
    SerialExecutor executor(pool);
    std::atomic<int> ran{0};
    for (int i = 0; i < 100; ++i) ASSERT_TRUE(executor.try_submit(7, [&] { ++ran; }).is_ok());
    pool.release();
    ASSERT_EQ(ran, 100);
  }
}

}  // namespace
}  // namespace weir
