#include "codec/request_frames.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace weir::codec {
namespace {

using Requests = std::vector<std::vector<std::string>>;

// Of `bytes` in pieces of `size`; what next() does not consume comes again.
Requests decode(std::string_view bytes, std::size_t size, std::string& error) {
  RequestFrames codec;
  Requests requests;
  std::string unread;
  for (std::size_t at = 0; at < bytes.size(); at += size) {
    unread += bytes.substr(at, size);
    for (;;) {
      const Step<RequestFrames::Frame> step = codec.next(unread);
      if (step.outcome == Outcome::kFrame) {
        requests.emplace_back(step.frame.begin(), step.frame.end());
      }
      if (step.outcome == Outcome::kFailed) error = codec.error().message();
      unread.erase(0, step.consumed);
      if (step.outcome != Outcome::kFrame) break;
    }
  }
  return requests;
}

TEST(RequestFramesTest, AFrameIsTheArgumentsOfARequest) {
  const std::string bytes = "*2\r\n$3\r\nGET\r\n$1\r\nk\r\nPING\r\n*0\r\n*1\r\n$4\r\nQUIT\r\n";
  const Requests expected{{"GET", "k"}, {"PING"}, {"QUIT"}};
  for (std::size_t size = 1; size <= bytes.size(); ++size) {
    std::string error;
    EXPECT_EQ(decode(bytes, size, error), expected) << size;
    EXPECT_EQ(error, "");
  }
}

TEST(RequestFramesTest, AnErrorIsFinalAndHasItsReply) {
  std::string error;
  EXPECT_EQ(decode("PING\r\n*1\r\n!3\r\n*1\r\n$4\r\nPING\r\n", 5, error), Requests{{"PING"}});
  EXPECT_EQ(error, "ERR Protocol error: expected '$', got '!'");
}

// Neither of a request that came in parts nor of one with many arguments.
TEST(RequestFramesTest, HoldsLittleOnceReleased) {
  RequestFrames codec;
  EXPECT_EQ(codec.next("*2\r\n$3\r\nGET\r\n$100000\r\n").outcome, Outcome::kNeedMore);
  EXPECT_EQ(codec.next(std::string(100'000, 'k') + "\r\n").outcome, Outcome::kFrame);
  EXPECT_GT(codec.memory_usage(), 100'000U);
  codec.release();
  EXPECT_LT(codec.memory_usage(), 300U);

  std::string many = "*1000\r\n";
  for (int i = 0; i < 1000; ++i) many += "$0\r\n\r\n";
  EXPECT_EQ(codec.next(many).frame.size(), 1000U);
  codec.release();
  EXPECT_LT(codec.memory_usage(), 300U);
}

}  // namespace
}  // namespace weir::codec
