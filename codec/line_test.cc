#include "codec/line.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace weir::codec {
namespace {

struct Frames {
  std::vector<std::string> lines;
  bool too_long = false;

  bool operator==(const Frames&) const = default;
};

// The frames of `bytes` when they arrive `step` at a time, after a first piece of `first`.
Frames decode(std::string_view bytes, std::size_t first, std::size_t step,
              std::uint32_t max_bytes = Line::kDefaultMaxBytes) {
  Frames frames;
  Line line(max_bytes);
  std::size_t begin = 0;
  for (std::size_t end = first;; end += step) {
    end = std::min(end, bytes.size());
    Line::Step decoded = line.next(bytes.substr(begin, end - begin));
    for (; decoded.outcome == Line::Outcome::kFrame;
         decoded = line.next(bytes.substr(begin, end - begin))) {
      frames.lines.emplace_back(decoded.frame);
      begin += decoded.consumed;
    }
    frames.too_long = decoded.outcome == Line::Outcome::kTooLong;
    if (frames.too_long || end == bytes.size()) return frames;
  }
}

void expect_frames(std::string_view bytes, const Frames& expected,
                   std::uint32_t max_bytes = Line::kDefaultMaxBytes) {
  EXPECT_EQ(decode(bytes, bytes.size(), 1, max_bytes), expected) << bytes;
  EXPECT_EQ(decode(bytes, 0, 1, max_bytes), expected) << bytes;
  for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
    EXPECT_EQ(decode(bytes, cut, bytes.size(), max_bytes), expected) << bytes << " cut at " << cut;
  }
}

TEST(LineTest, EndsAtALineFeedWithOrWithoutACarriageReturn) {
  expect_frames("one\r\ntwo\nthree\r\n", {{"one", "two", "three"}});
}

TEST(LineTest, KeepsAllOtherBytes) {
  using namespace std::string_view_literals;
  expect_frames("a\rb\r\r\n\0c\xff\n"sv, {{"a\rb\r", std::string("\0c\xff", 3)}});
}

TEST(LineTest, GivesEmptyLines) { expect_frames("\n\r\n\n", {{"", "", ""}}); }

TEST(LineTest, NeedsMoreWithoutALineFeed) {
  expect_frames("", {});
  expect_frames("abc", {});
  expect_frames("done\nabc\r", {{"done"}});
}

TEST(LineTest, FrameIsAViewOfTheInput) {
  const std::string input = "PING\r\nrest";
  const Line::Step step = Line().next(input);
  EXPECT_EQ(step.frame.data(), input.data());
  EXPECT_EQ(step.consumed, 6u);
}

TEST(LineTest, RefusesALineOverTheMaximumHoweverItArrives) {
  expect_frames("12345678\n", {{"12345678"}}, 8);
  expect_frames("1234567\r\n", {{"1234567"}}, 8);
  expect_frames("12345678\r\n", {{}, true}, 8);
  expect_frames("123456789", {{}, true}, 8);
  expect_frames("ok\n123456789\n", {{"ok"}, true}, 8);
}

TEST(LineTest, StaysTooLong) {
  Line line(2);
  EXPECT_EQ(line.next("abc").outcome, Line::Outcome::kTooLong);
  EXPECT_EQ(line.next("abcd\n").outcome, Line::Outcome::kTooLong);
}

// A prefix that was scanned is not looked at again: a '\n' smuggled into it goes unseen.
TEST(LineTest, RemembersWhatItScanned) {
  Line line;
  std::string input = "aaaa";
  EXPECT_EQ(line.next(input).outcome, Line::Outcome::kNeedMore);
  input = "a\naaa";
  EXPECT_EQ(line.next(input).outcome, Line::Outcome::kNeedMore);
  input += '\n';
  EXPECT_EQ(line.next(input).consumed, input.size());
}

}  // namespace
}  // namespace weir::codec
