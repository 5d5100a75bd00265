#include "codec/delimiter.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "codec/frame_trace.h"

namespace weir::codec {
namespace {

using namespace std::string_literals;

static_assert(FrameDecoder<Delimiter>);

Delimiter make(const Delimiter::Options& options) { return Delimiter::make(options).value(); }
std::string refusal(const Delimiter::Options& options) {
  return Delimiter::make(options).status().message();
}

void expect_trace(const Delimiter::Options& options, const std::string& bytes,
                  const FrameTrace& expected) {
  const Delimiter codec = make(options);
  EXPECT_EQ(trace_bytes(codec, bytes), expected) << bytes;
  for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
    EXPECT_EQ(trace_cut(codec, bytes, cut), expected) << bytes << " cut at " << cut;
  }
}

TEST(DelimiterTest, EndsAtAnyOfItsDelimiters) {
  expect_trace({.delimiters = {"\0"s, "--"}}, "ab--c\0--d-\0e"s, {"=ab", "=c", "=", "=d-"});
}

TEST(DelimiterTest, OfThoseThatEndTogetherTheLongestWins) {
  expect_trace({.delimiters = {"\n", "\r\n"}}, "a\r\nb\n\r\r\n", {"=a", "=b", "=\r"});
}

TEST(DelimiterTest, OverlapsAreReadFromTheLeft) {
  expect_trace({.delimiters = {"aa"}}, "xaaaya",
               {
                   "=x",
               });
  expect_trace({.delimiters = {"aa"}}, "xaaaaay", {"=x", "="});
  expect_trace({.delimiters = {"ab", "bc"}}, "xabcbc", {"=x", "=c"});
}

TEST(DelimiterTest, KeepsTheDelimiterWhereToldTo) {
  expect_trace({.delimiters = {";", "END"}, .keep_delimiter = true}, "a;bEND;",
               {"=a;", "=bEND", "=;"});
}

TEST(DelimiterTest, RefusesAFrameOverTheMaximumHoweverItArrives) {
  const Delimiter::Options options{.delimiters = {"--", "\n"}, .max_bytes = 4};
  const std::string failed = "failed: a frame of more than 4 bytes";
  expect_trace(options, "1234--", {"=1234"});
  expect_trace(options, "1234\n", {"=1234"});
  expect_trace(options, "12345-", {failed});
  expect_trace(options, "12345\n", {failed});
  expect_trace(options, "1234-", {});
  expect_trace(options, "1234-\n", {failed});
}

TEST(DelimiterTest, SkipsAFrameOverTheMaximumWhereToldTo) {
  const Delimiter::Options options{
      .delimiters = {"<end>", "\n"}, .max_bytes = 3, .on_bad_frame = OnBadFrame::kSkip};
  const std::string skipped = "skipped: a frame of more than 3 bytes";
  expect_trace(options, "123456789<end>ok<end>", {skipped, "=ok"});
  expect_trace(options, "1234\nok\n12345678<en<end><end>", {skipped, "=ok", skipped, "="});
  expect_trace(options, "123456789<end", {skipped});
}

// As little as may begin a delimiter.
TEST(DelimiterTest, LeavesLittleUnreadOfWhatItSkips) {
  Delimiter codec =
      make({.delimiters = {"<end>"}, .max_bytes = 3, .on_bad_frame = OnBadFrame::kSkip});
  EXPECT_EQ(codec.next("12345678").consumed, 4U);
  const std::string more(1000, 'x');
  EXPECT_EQ(codec.next(more).consumed, more.size() - 4);
}

// A delimiter that is smuggled into what was scanned goes unseen.
TEST(DelimiterTest, RemembersWhatItScanned) {
  Delimiter codec = make({.delimiters = {"--", "\n"}});
  EXPECT_EQ(codec.next("aaaa").outcome, Outcome::kNeedMore);
  EXPECT_EQ(codec.next("--aaa").outcome, Outcome::kNeedMore);
  EXPECT_EQ(codec.next("--aaa\n").consumed, 6U);
}

TEST(DelimiterTest, RefusesDelimitersThatCanNotWork) {
  EXPECT_EQ(refusal({}), "delimiter: 0 of them: give from 1 to 8");
  EXPECT_EQ(refusal({.delimiters = std::vector<std::string>(9, "x")}),
            "delimiter: 9 of them: give from 1 to 8");
  EXPECT_EQ(refusal({.delimiters = {"a", ""}}), "delimiter: one of 0 bytes: give from 1 to 255");
  EXPECT_EQ(refusal({.delimiters = {std::string(256, 'x')}}),
            "delimiter: one of 256 bytes: give from 1 to 255");
  EXPECT_EQ(refusal({.delimiters = {"a\"\n", "b", "a\"\n"}}),
            "delimiter: \"a\\x22\\x0a\" is there twice");
  EXPECT_EQ(refusal({.delimiters = {"\r\n", "\r"}}),
            "delimiter: \"\\x0d\\x0a\" would never be found, as \"\\x0d\" is complete before "
            "it: leave one of them out");
  EXPECT_FALSE(Delimiter::make({.delimiters = {"a"}, .max_bytes = 0}).is_ok());
}

std::string encode(const Delimiter::Options& options, std::string_view payload) {
  std::string bytes;
  const Status status =
      make(options).encode(payload, [&](std::string_view piece) { bytes += piece; });
  EXPECT_EQ(status.is_ok(), !bytes.empty());
  return status.is_ok() ? bytes : status.message();
}

TEST(DelimiterTest, Encodes) {
  EXPECT_EQ(encode({.delimiters = {"--", "\n"}}, "a-b"), "a-b--");
  EXPECT_EQ(encode({.delimiters = {"--", "\n"}}, ""), "--");
}

TEST(DelimiterTest, EncodesNothingThatWouldBeReadAsSomethingElse) {
  const std::string refused =
      "a frame that holds a delimiter, or begins one that its own completes";
  EXPECT_EQ(encode({.delimiters = {"--", "\n"}}, "a\n"), refused);
  EXPECT_EQ(encode({.delimiters = {"--"}}, "a-"), refused);
  EXPECT_EQ(encode({.delimiters = {"\n", "\r\n"}}, "a\r"), refused);
  EXPECT_EQ(encode({.delimiters = {"-"}, .max_bytes = 2}, "abc"),
            "a frame of 3 bytes, where 2 are allowed");
}

}  // namespace
}  // namespace weir::codec
