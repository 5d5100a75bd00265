#include "servers/redis/memory/memory_record.h"

#include <gtest/gtest.h>

namespace weir::redis {
namespace {

TEST(MemoryRecord, KeepsTheHighest) {
  MemoryRecord record;
  record.note(100);
  record.note(300);
  record.note(200);
  EXPECT_EQ(record.peak_bytes(), 300U);
}

TEST(MemoryRecord, AddsUpTheTimesAboveTheLimit) {
  MemoryRecord record;
  EXPECT_FALSE(record.is_exceeded());
  record.end_excess(500);  // without effect
  record.begin_excess(1000);
  record.begin_excess(1500);
  EXPECT_TRUE(record.is_exceeded());
  EXPECT_EQ(record.current_excess_us(1800), 800);
  EXPECT_EQ(record.total_excess_us(1800), 800);
  record.end_excess(2000);
  EXPECT_EQ(record.current_excess_us(3000), 0);
  EXPECT_EQ(record.total_excess_us(3000), 1000);
  record.begin_excess(4000);
  EXPECT_EQ(record.current_excess_us(4500), 500);
  EXPECT_EQ(record.total_excess_us(4500), 1500);
  record.reset_excess();
  EXPECT_FALSE(record.is_exceeded());
  EXPECT_EQ(record.total_excess_us(5000), 0);
}

}  // namespace
}  // namespace weir::redis
