#include "servers/redis/script/running_script.h"

#include <gtest/gtest.h>

#include <thread>

namespace weir::redis {
namespace {

using State = RunningScript::State;

TEST(RunningScript, IsStoppedOnlyWhileItReads) {
  RunningScript script;
  EXPECT_EQ(script.stop(), State::kNone);
  script.begin();
  EXPECT_FALSE(script.is_stopped());
  EXPECT_EQ(script.stop(), State::kReads);
  EXPECT_TRUE(script.is_stopped());
  EXPECT_EQ(script.stop(), State::kStopped);
  EXPECT_FALSE(script.begin_write());
  EXPECT_FALSE(script.has_written());
  script.end();
  EXPECT_EQ(script.stop(), State::kNone);
}

TEST(RunningScript, GoesOnOnceItHasWritten) {
  RunningScript script;
  script.begin();
  EXPECT_TRUE(script.begin_write());
  EXPECT_TRUE(script.begin_write());
  EXPECT_TRUE(script.has_written());
  EXPECT_EQ(script.stop(), State::kHasWritten);
  EXPECT_FALSE(script.is_stopped());
  script.end();
  script.begin();
  EXPECT_FALSE(script.has_written());
}

TEST(RunningScript, NeverWritesWhenItWasStopped) {
  RunningScript script;
  for (int i = 0; i < 2000; ++i) {
    script.begin();
    State found = State::kNone;
    std::thread stopper([&] { found = script.stop(); });
    const bool writes = script.begin_write();
    stopper.join();
    EXPECT_EQ(writes, found == State::kHasWritten);
    script.end();
  }
}

}  // namespace
}  // namespace weir::redis
