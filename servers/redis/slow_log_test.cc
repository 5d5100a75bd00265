#include "servers/redis/slow_log.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace weir::redis {
namespace {

std::vector<std::string> abridge(const std::vector<std::string>& words) {
  const std::vector<std::string_view> views(words.begin(), words.end());
  return SlowLog::abridge(views);
}

SlowLog::Entry entry(std::int64_t duration_us) {
  SlowLog::Entry made;
  made.duration_us = duration_us;
  return made;
}

TEST(SlowLogTest, ShortRequestsStayWhole) {
  EXPECT_EQ(abridge({}), std::vector<std::string>());
  const std::vector<std::string> words(32, std::string(128, 'x'));
  EXPECT_EQ(abridge(words), words);
}

TEST(SlowLogTest, TooManyWordsAreCounted) {
  std::vector<std::string> expected(31, "w");
  expected.emplace_back("... (2 more arguments)");
  EXPECT_EQ(abridge(std::vector<std::string>(33, "w")), expected);
  expected.back() = "... (69 more arguments)";
  EXPECT_EQ(abridge(std::vector<std::string>(100, "w")), expected);
}

TEST(SlowLogTest, TooManyBytesAreCounted) {
  const std::string cut(128, 'x');
  EXPECT_EQ(abridge({cut + "y"}), std::vector<std::string>{cut + "... (1 more bytes)"});
  EXPECT_EQ(abridge({std::string(1128, 'x')}),
            std::vector<std::string>{cut + "... (1000 more bytes)"});
}

TEST(SlowLogTest, TheOldestGo) {
  SlowLog log;
  for (int i = 0; i < 10; ++i) log.add(entry(i), 3);
  EXPECT_EQ(log.size(), 3U);
  const auto latest = log.latest(2);
  ASSERT_EQ(latest.size(), 2U);
  EXPECT_EQ(latest[0].id, 9U);
  EXPECT_EQ(latest[0].duration_us, 9);
  EXPECT_EQ(latest[1].id, 8U);
  EXPECT_EQ(log.latest(100).size(), 3U);
  log.trim(5);
  EXPECT_EQ(log.size(), 3U);
  log.trim(1);
  ASSERT_EQ(log.size(), 1U);
  EXPECT_EQ(log.latest(1)[0].id, 9U);
}

TEST(SlowLogTest, IdsGoOnAfterAClear) {
  SlowLog log;
  log.add(entry(1), 10);
  log.clear();
  EXPECT_EQ(log.size(), 0U);
  EXPECT_TRUE(log.latest(1).empty());
  log.add(entry(2), 10);
  EXPECT_EQ(log.latest(1)[0].id, 1U);
}

TEST(SlowLogTest, NoRoomAtAll) {
  SlowLog log;
  log.add(entry(1), 0);
  EXPECT_EQ(log.size(), 0U);
}

}  // namespace
}  // namespace weir::redis
