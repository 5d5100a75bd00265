#include "codec/inline_command.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weir::codec {
namespace {

using namespace std::string_literals;
using namespace std::string_view_literals;

using Split = std::optional<std::vector<std::string>>;

Split split(std::string_view line) {
  std::string storage(line.size(), '?');
  std::vector<std::string_view> arguments{"kept"};
  const bool balanced = split_inline_command(line, storage.data(), arguments);
  EXPECT_EQ(arguments.front(), "kept");
  EXPECT_TRUE(has_quotes(line) || storage == std::string(line.size(), '?'));
  if (!balanced) {
    EXPECT_EQ(arguments.size(), 1u);
    return std::nullopt;
  }
  const Split result(std::in_place, arguments.begin() + 1, arguments.end());

  std::string in_place(line);
  std::vector<std::string_view> again;
  EXPECT_TRUE(split_inline_command(in_place, in_place.data(), again));
  EXPECT_EQ(std::vector<std::string>(again.begin(), again.end()), *result) << line;
  return result;
}

Split arguments(std::initializer_list<std::string> list) { return Split(std::in_place, list); }

TEST(InlineCommandTest, SplitsAtBlanks) {
  EXPECT_EQ(split("PING"), arguments({"PING"}));
  EXPECT_EQ(split("  set\tkey   value "), arguments({"set", "key", "value"}));
  EXPECT_EQ(split("a\rb"), arguments({"a", "b"}));
}

TEST(InlineCommandTest, BlankLinesHaveNoArguments) {
  EXPECT_EQ(split(""), arguments({}));
  EXPECT_EQ(split(" \t\v\f\r"), arguments({}));
}

// Redis skips vertical tabs and form feeds before an argument, but they do not end one.
TEST(InlineCommandTest, VerticalTabsOnlySeparateBeforeAnArgument) {
  EXPECT_EQ(split("echo \v\fa"), arguments({"echo", "a"}));
  EXPECT_EQ(split("echo a\vb"), arguments({"echo", "a\vb"}));
}

TEST(InlineCommandTest, WithoutQuotesArgumentsAreViewsOfTheLine) {
  const std::string line = "get key";
  std::vector<std::string_view> result;
  ASSERT_TRUE(split_inline_command(line, nullptr, result));
  EXPECT_EQ(result[1].data(), line.data() + 4);
}

TEST(InlineCommandTest, DoubleQuotesUnescape) {
  EXPECT_EQ(split(R"(echo "a b")"), arguments({"echo", "a b"}));
  EXPECT_EQ(split(R"("\n\r\t\b\a\\\"\q")"), arguments({"\n\r\t\b\a\\\"q"}));
  EXPECT_EQ(split(R"("\x41\xfF\x00z")"), arguments({"A\xff\0z"s}));
  EXPECT_EQ(split(R"("\x4" "\xg1")"), arguments({"x4", "xg1"}));
  EXPECT_EQ(split(R"("" x)"), arguments({"", "x"}));
}

TEST(InlineCommandTest, SingleQuotesUnescapeOnlyTheQuote) {
  EXPECT_EQ(split(R"(echo 'a\'b\n "c"')"), arguments({"echo", R"(a'b\n "c")"}));
  EXPECT_EQ(split("''"), arguments({""}));
}

TEST(InlineCommandTest, AQuoteMayOpenInsideAnArgument) {
  EXPECT_EQ(split(R"(set foo"bar" x'y z')"), arguments({"set", "foobar", "xy z"}));
}

TEST(InlineCommandTest, EarlierArgumentsSurviveUnescapingInPlace) {
  EXPECT_EQ(split(R"(a "b\x41" c "\x42\x43" d)"), arguments({"a", "bA", "c", "BC", "d"}));
}

TEST(InlineCommandTest, UnbalancedQuotesAreAnError) {
  for (const std::string_view line :
       {R"(")"sv, R"(echo "abc)"sv, R"(echo 'abc)"sv, R"(echo "a"b)"sv, R"(echo 'a'b)"sv,
        R"(echo 'a''b')"sv, R"(echo "a\)"sv, R"(echo "a\")"sv, R"('a\')"sv, "\"a\0\""sv}) {
    EXPECT_EQ(split(line), std::nullopt) << line;
  }
}

TEST(InlineCommandTest, AClosingQuoteMayBeFollowedByAnyBlank) {
  EXPECT_EQ(split("\"a\"\v'b'\tc"), arguments({"a", "b", "c"}));
}

TEST(InlineCommandTest, TheLineEndsAtANul) {
  EXPECT_EQ(split("ping\0x y"sv), arguments({"ping"}));
  EXPECT_EQ(split("\0"sv), arguments({}));
}

}  // namespace
}  // namespace weir::codec
