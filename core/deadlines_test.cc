#include "core/deadlines.h"

#include "gtest/gtest.h"

namespace weir {
namespace {

std::string_view missed(const Deadlines& deadlines, std::int64_t now_ms) {
  const auto missed = deadlines.missed(now_ms);
  return missed ? missed->what : "";
}

TEST(DeadlinesTest, WithoutLimitsNothingIsMissed) {
  Deadlines deadlines({}, 100);
  EXPECT_FALSE(deadlines.next_ms());
  deadlines.sent(100, false, true);
  EXPECT_EQ(missed(deadlines, 1'000'000'000), "");
}

TEST(DeadlinesTest, TheHandshakeEnds) {
  Deadlines deadlines({.handshake_ms = 50}, 100);
  deadlines.received(140);
  EXPECT_EQ(deadlines.next_ms(), 150);
  EXPECT_EQ(missed(deadlines, 149), "");
  EXPECT_EQ(missed(deadlines, 150), "handshake");
  deadlines.handshake_done();
  EXPECT_EQ(missed(deadlines, 150), "");
  EXPECT_FALSE(deadlines.next_ms());
}

TEST(DeadlinesTest, IdleCountsBothDirections) {
  Deadlines deadlines({.idle_ms = 50}, 0);
  deadlines.received(30);
  EXPECT_EQ(deadlines.next_ms(), 80);
  deadlines.sent(60, true, false);
  EXPECT_EQ(deadlines.next_ms(), 110);
  deadlines.sent(90, false, true);  // an attempt is no byte
  EXPECT_EQ(missed(deadlines, 109), "");
  EXPECT_EQ(missed(deadlines, 110), "idle");
}

TEST(DeadlinesTest, ReadingIsNotHelpedByWriting) {
  Deadlines deadlines({.read_ms = 50}, 0);
  deadlines.sent(40, true, false);
  EXPECT_EQ(missed(deadlines, 50), "read");
  deadlines.received(50);
  EXPECT_EQ(missed(deadlines, 50), "");
}

TEST(DeadlinesTest, WhoIsNotListenedToIsNotLateButMayBeIdle) {
  Deadlines deadlines({.read_ms = 50}, 0);
  deadlines.reading(false, 10);
  EXPECT_FALSE(deadlines.next_ms());
  deadlines.reading(true, 200);
  EXPECT_EQ(deadlines.next_ms(), 250);
  EXPECT_EQ(missed(deadlines, 249), "");
  EXPECT_EQ(missed(deadlines, 250), "read");
  Deadlines idle({.idle_ms = 50}, 0);
  idle.reading(false, 10);
  EXPECT_EQ(missed(idle, 50), "idle");
}

TEST(DeadlinesTest, WritingCountsWhileOutputWaits) {
  Deadlines deadlines({.write_ms = 50}, 0);
  EXPECT_FALSE(deadlines.next_ms());
  deadlines.sent(100, true, true);
  EXPECT_EQ(deadlines.next_ms(), 150);
  deadlines.sent(120, false, true);
  EXPECT_EQ(deadlines.next_ms(), 150);
  deadlines.sent(140, true, true);
  EXPECT_EQ(missed(deadlines, 189), "");
  EXPECT_EQ(missed(deadlines, 190), "write");
  deadlines.sent(185, true, false);
  EXPECT_EQ(missed(deadlines, 1000), "");
}

TEST(DeadlinesTest, TheFirstOfAll) {
  const Deadlines deadlines({.handshake_ms = 70, .idle_ms = 60, .read_ms = 80}, 0);
  EXPECT_EQ(deadlines.next_ms(), 60);
  EXPECT_EQ(deadlines.missed(60)->limit_ms, 60);
  EXPECT_EQ(missed(deadlines, 75), "handshake");
}

}  // namespace
}  // namespace weir
