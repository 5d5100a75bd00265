#include "servers/redis/error_counts.h"

#include <gtest/gtest.h>

#include <string>

namespace weir::redis {
namespace {

TEST(ErrorCountsTest, CountsByCode) {
  ErrorCounts counts;
  counts.count("ERR syntax error");
  counts.count("ERR other");
  counts.count("WRONGTYPE Operation");
  counts.count("nothing");
  counts.count("");
  counts.count(std::string(30, 'A') + " fits");
  counts.count(std::string(31, 'B') + " does not");
  ErrorCodes codes;
  counts.add_to(codes);
  counts.add_to(codes);
  EXPECT_EQ(codes, (ErrorCodes{{"ERR", 10}, {"WRONGTYPE", 2}, {std::string(30, 'A'), 2}}));
  counts.clear();
  ErrorCodes none;
  counts.add_to(none);
  EXPECT_TRUE(none.empty());
}

TEST(ErrorCountsTest, KeepsSoManyCodesAtMost) {
  ErrorCounts counts;
  for (int i = 0; i < 1000; ++i) counts.count("E" + std::to_string(i) + " x");
  counts.count("E5 again");
  ErrorCodes codes;
  counts.add_to(codes);
  EXPECT_EQ(codes.size(), 128U);
  EXPECT_EQ(codes.at("E5"), 2U);
}

}  // namespace
}  // namespace weir::redis
