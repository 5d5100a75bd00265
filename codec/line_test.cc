#include "codec/line.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "codec/frame_trace.h"

namespace weir::codec {
namespace {

using namespace std::string_view_literals;

Line make(const Line::Options& options) { return Line::make(options).value(); }

void expect_trace(const Line& line, std::string_view bytes, const FrameTrace& expected) {
  EXPECT_EQ(trace_bytes(line, bytes), expected) << bytes;
  for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
    EXPECT_EQ(trace_cut(line, bytes, cut), expected) << bytes << " cut at " << cut;
  }
}

static_assert(FrameDecoder<Line>);

TEST(LineTest, EndsAtALineFeedWithOrWithoutACarriageReturn) {
  expect_trace(Line(), "one\r\ntwo\nthree\r\n", {"=one", "=two", "=three"});
}

TEST(LineTest, KeepsAllOtherBytes) {
  expect_trace(Line(), "a\rb\r\r\n\0c\xff\n"sv, {"=a\rb\r", std::string("=\0c\xff", 4)});
}

TEST(LineTest, GivesEmptyLines) { expect_trace(Line(), "\n\r\n\n", {"=", "=", "="}); }

TEST(LineTest, NeedsMoreWithoutALineFeed) {
  expect_trace(Line(), "", {});
  expect_trace(Line(), "abc", {});
  expect_trace(Line(), "done\nabc\r", {"=done"});
}

TEST(LineTest, KeepsTheTerminatorWhereToldTo) {
  expect_trace(make({.keep_terminator = true}), "a\r\nb\n\n", {"=a\r\n", "=b\n", "=\n"});
}

TEST(LineTest, FrameIsAViewOfTheInput) {
  const std::string input = "PING\r\nrest";
  const Step<Line::Frame> step = Line().next(input);
  EXPECT_EQ(step.frame.data(), input.data());
  EXPECT_EQ(step.consumed, 6U);
}

TEST(LineTest, RefusesALineOverTheMaximumHoweverItArrives) {
  const Line line = make({.max_bytes = 8});
  const std::string failed = "failed: a frame of more than 8 bytes";
  expect_trace(line, "12345678\n", {"=12345678"});
  expect_trace(line, "12345678\r\n", {"=12345678"});
  expect_trace(line, "12345678\r", {});
  expect_trace(line, "12345678\r\r", {failed});
  expect_trace(line, "123456789\n", {failed});
  expect_trace(line, "1234567890", {failed});
  expect_trace(line, "ok\n123456789\nok\n", {"=ok", failed});
}

TEST(LineTest, SkipsALineOverTheMaximumWhereToldTo) {
  const Line line = make({.max_bytes = 3, .on_bad_frame = OnBadFrame::kSkip});
  const std::string skipped = "skipped: a frame of more than 3 bytes";
  expect_trace(line, "1234\nok\n", {skipped, "=ok"});
  expect_trace(line, "12345678\r\n\nok\n12345", {skipped, "=", "=ok", skipped});
}

// One byte, which may be a '\r', however much of it comes.
TEST(LineTest, LeavesLittleUnreadOfWhatItSkips) {
  Line line = make({.max_bytes = 3, .on_bad_frame = OnBadFrame::kSkip});
  EXPECT_EQ(line.next("12345678").consumed, 4U);
  EXPECT_EQ(line.next("5678").consumed, 3U);
  const Step<Line::Frame> step = line.next("8\nok\n");
  EXPECT_EQ(step.frame, "ok");
  EXPECT_EQ(step.consumed, 5U);
}

// A prefix that was scanned is not looked at again: a '\n' smuggled into it goes unseen.
TEST(LineTest, RemembersWhatItScanned) {
  Line line;
  std::string input = "aaaa";
  EXPECT_EQ(line.next(input).outcome, Outcome::kNeedMore);
  input = "a\naaa";
  EXPECT_EQ(line.next(input).outcome, Outcome::kNeedMore);
  input += '\n';
  EXPECT_EQ(line.next(input).consumed, input.size());
}

TEST(LineTest, RefusesAMaximumThatNoLineFits) {
  EXPECT_EQ(Line::make({.max_bytes = 0}).status().message(),
            "line: a maximum of 0 bytes: take one from 1 to 1073741824");
  EXPECT_FALSE(Line::make({.max_bytes = kMaxFrameBytes + 1}).is_ok());
  EXPECT_TRUE(Line::make({.max_bytes = kMaxFrameBytes}).is_ok());
}

std::string encode(const Line& line, std::string_view payload) {
  std::string bytes;
  const Status status = line.encode(payload, [&](std::string_view piece) { bytes += piece; });
  EXPECT_EQ(status.is_ok(), !bytes.empty());
  return status.is_ok() ? bytes : status.message();
}

TEST(LineTest, Encodes) {
  EXPECT_EQ(encode(Line(), "a\rb\r"), "a\rb\r\r\n");
  EXPECT_EQ(encode(make({.send_carriage_return = false}), "ab"), "ab\n");
  EXPECT_EQ(encode(Line(), ""), "\r\n");
}

TEST(LineTest, EncodesNothingThatWouldBeReadAsSomethingElse) {
  EXPECT_EQ(encode(Line(), "a\nb"), "a line that holds a line feed");
  EXPECT_EQ(encode(make({.send_carriage_return = false}), "a\r"),
            "a line that ends with a carriage return, before a bare line feed");
  const Line line = make({.max_bytes = 4});
  EXPECT_EQ(encode(line, "1234"), "1234\r\n");
  EXPECT_EQ(encode(line, "12345"), "a line of 5 bytes, where 4 are allowed");
}

}  // namespace
}  // namespace weir::codec
