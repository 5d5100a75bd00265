#include "codec/resp_guard.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>

namespace weir::codec {
namespace {

struct Passage {
  std::string bytes;         // what reached the parser
  std::size_t consumed = 0;  // of the input
  RequestGuard::Outcome outcome = RequestGuard::Outcome::kNeedMore;
  std::string error;

  bool operator==(const Passage&) const = default;
};

// Feeds one request, `piece` bytes at a time.
Passage pass(std::string_view input, std::size_t piece) {
  RequestGuard guard;
  Passage passage;
  while (passage.consumed < input.size() && passage.outcome == RequestGuard::Outcome::kNeedMore) {
    const RequestGuard::Step step = guard.next(input.substr(passage.consumed, piece), {});
    passage.bytes += step.bytes;
    passage.consumed += step.consumed;
    passage.outcome = step.outcome;
  }
  if (passage.outcome == RequestGuard::Outcome::kError) passage.error = guard.error();
  return passage;
}

void expect_passage(std::string_view input, const Passage& expected) {
  for (const std::size_t piece : {std::size_t{1}, std::size_t{2}, std::size_t{3}, input.size()}) {
    const Passage passage = pass(input, piece);
    EXPECT_EQ(passage.bytes, expected.bytes) << input;
    EXPECT_EQ(passage.outcome, expected.outcome) << input;
    EXPECT_EQ(passage.error, expected.error) << input;
    if (expected.outcome != RequestGuard::Outcome::kError) {
      EXPECT_EQ(passage.consumed, expected.consumed) << input;
    }
  }
}

TEST(RequestGuardTest, LetsOneRequestThroughAndNoByteMore) {
  const std::string request = "*2\r\n$3\r\nGET\r\n$0\r\n\r\n";
  expect_passage(request, {request, request.size(), RequestGuard::Outcome::kRequest, ""});
  expect_passage(request + "*1\r\n",
                 {request, request.size(), RequestGuard::Outcome::kRequest, ""});
}

TEST(RequestGuardTest, GivesTheParserCanonicalHeaders) {
  expect_passage("*1\rX$1\rYkZZ", {"*1\r\n$1\r\nkZZ", 11, RequestGuard::Outcome::kRequest, ""});
}

TEST(RequestGuardTest, HidesAHeaderUntilItIsCompleteAndSound) {
  expect_passage("*12", {"", 3, RequestGuard::Outcome::kNeedMore, ""});
  expect_passage("*12\r", {"", 4, RequestGuard::Outcome::kNeedMore, ""});
  expect_passage("*1\r\n$x\r\n", {"*1\r\n", 0, RequestGuard::Outcome::kError,
                                  "ERR Protocol error: invalid bulk length"});
  expect_passage("*1x\r\n", {"", 0, RequestGuard::Outcome::kError,
                             "ERR Protocol error: invalid multibulk length"});
}

TEST(RequestGuardTest, ConsumesAnEmptyRequest) {
  expect_passage("*0\r\nPING", {"", 4, RequestGuard::Outcome::kEmpty, ""});
  expect_passage("*-3\r\n", {"", 5, RequestGuard::Outcome::kEmpty, ""});
}

TEST(RequestGuardTest, CountsThePayloadThatIsLeft) {
  RequestGuard guard;
  EXPECT_EQ(guard.next("*1\r\n", {}).consumed, 4u);
  EXPECT_EQ(guard.next("$5\r\n", {}).consumed, 4u);
  EXPECT_EQ(guard.payload_left(), 7u);
  EXPECT_EQ(guard.next("abc", {}).bytes, "abc");
  EXPECT_EQ(guard.payload_left(), 4u);
}

}  // namespace
}  // namespace weir::codec
