#include "codec/http_date.h"

#include "gtest/gtest.h"

namespace weir::codec {
namespace {

TEST(HttpDateTest, TheExampleOfTheRfc) {
  EXPECT_EQ(format_http_date(784111777), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT"), 784111777);
  EXPECT_EQ(parse_http_date("Sunday, 06-Nov-94 08:49:37 GMT"), 784111777);
  EXPECT_EQ(parse_http_date("Sun Nov  6 08:49:37 1994"), 784111777);
  EXPECT_EQ(parse_http_date("Sun Nov 16 08:49:37 1994"), 784111777 + 10 * 86400);
}

TEST(HttpDateTest, ReadsWhatItWrites) {
  for (std::int64_t seconds = -1'000'000'007; seconds < 10'000'000'000; seconds += 98'765'431) {
    const std::string text = format_http_date(seconds);
    EXPECT_EQ(text.size(), kHttpDateBytes);
    EXPECT_EQ(parse_http_date(text), seconds) << text;
  }
}

TEST(HttpDateTest, RefusesWhatIsNone) {
  for (const char* text : {"", "Sun", "Sun, ", "Sun, 06 Nov 1994 08:49:37",
                           "Sun, 06 Nov 1994 08:49:37 GMT ", "Sun, 31 Feb 1994 08:49:37 GMT",
                           "Sun, 06 Now 1994 08:49:37 GMT", "Sun, 06 Nov 1994 24:49:37 GMT",
                           "Sun, 6 Nov 1994 08:49:37 GMT", "Sun, -6 Nov 1994 08:49:37 GMT",
                           "Sun Nov  6 08:49:37 19", "Sun, 00 Nov 1994 08:49:37 GMT"}) {
    EXPECT_FALSE(parse_http_date(text)) << text;
  }
}

}  // namespace
}  // namespace weir::codec
