#include "servers/redis/acl_log.h"

#include <gtest/gtest.h>

namespace weir::redis {
namespace {

AclLog::Entry refusal(const std::string& user, std::int64_t time_ms) {
  return {.context = "toplevel", .object = "AUTH", .user = user, .client = "", .time_ms = time_ms};
}

TEST(AclLogTest, CountsTheSameWithinAMinute) {
  AclLog log;
  log.add(refusal("a", 1000), 10);
  log.add(refusal("b", 2000), 10);
  log.add(refusal("a", 61'000), 10);
  ASSERT_EQ(log.latest(10).size(), 2U);
  EXPECT_EQ(log.latest(1)[0].user, "a");
  EXPECT_EQ(log.latest(1)[0].count, 2U);
  EXPECT_EQ(log.latest(1)[0].time_ms, 61'000);
  log.add(refusal("a", 121'001), 10);
  EXPECT_EQ(log.latest(10).size(), 3U);
}

TEST(AclLogTest, KeepsTheLatest) {
  AclLog log;
  for (const char* user : {"a", "b", "c"}) log.add(refusal(user, 1), 2);
  ASSERT_EQ(log.latest(10).size(), 2U);
  EXPECT_EQ(log.latest(10)[1].user, "b");
  log.clear();
  EXPECT_TRUE(log.latest(10).empty());
}

}  // namespace
}  // namespace weir::redis
