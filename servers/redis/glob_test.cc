#include "servers/redis/glob.h"

#include <gtest/gtest.h>

#include <string>

namespace weir::redis {
namespace {

TEST(Glob, PlainTextMatchesItself) {
  EXPECT_TRUE(glob_match("", ""));
  EXPECT_TRUE(glob_match("abc", "abc"));
  EXPECT_FALSE(glob_match("abc", "ab"));
  EXPECT_FALSE(glob_match("abc", "abcd"));
  EXPECT_FALSE(glob_match("abc", "Abc"));
  EXPECT_FALSE(glob_match("", "a"));
  EXPECT_FALSE(glob_match("a", ""));
}

TEST(Glob, QuestionMarkIsOneByte) {
  EXPECT_TRUE(glob_match("?", "a"));
  EXPECT_TRUE(glob_match("a?c", "a.c"));
  EXPECT_FALSE(glob_match("?", ""));
  EXPECT_FALSE(glob_match("a??", "ab"));
  EXPECT_TRUE(glob_match("?", std::string_view("\0", 1)));
}

TEST(Glob, StarIsAnyRun) {
  EXPECT_TRUE(glob_match("*", ""));
  EXPECT_TRUE(glob_match("*", "anything"));
  EXPECT_TRUE(glob_match("a*", "a"));
  EXPECT_TRUE(glob_match("*c", "abc"));
  EXPECT_TRUE(glob_match("a*b*c", "a-b-b-c"));
  EXPECT_TRUE(glob_match("***", "x"));
  EXPECT_TRUE(glob_match("a**", "a"));
  EXPECT_FALSE(glob_match("a*b", "a-b-"));
  EXPECT_FALSE(glob_match("*a", ""));
  // The first place where a part fits is not the one that leads to a match.
  EXPECT_TRUE(glob_match("*aab", "aaaaab"));
  EXPECT_TRUE(glob_match("*ab*ab", "abxabab"));
}

TEST(Glob, Sets) {
  EXPECT_TRUE(glob_match("h[ae]llo", "hallo"));
  EXPECT_FALSE(glob_match("h[ae]llo", "hillo"));
  EXPECT_TRUE(glob_match("h[^e]llo", "hallo"));
  EXPECT_FALSE(glob_match("h[^e]llo", "hello"));
  EXPECT_TRUE(glob_match("[a-c]", "b"));
  EXPECT_TRUE(glob_match("[c-a]", "b"));
  EXPECT_FALSE(glob_match("[a-c]", "d"));
  EXPECT_TRUE(glob_match("[a-c0-9_]x", "_x"));
  EXPECT_TRUE(glob_match("[\\]]", "]"));
  EXPECT_TRUE(glob_match("[a\\-c]", "-"));
  EXPECT_FALSE(glob_match("[a\\-c]", "b"));
  EXPECT_TRUE(glob_match("[-a]", "-"));
  EXPECT_FALSE(glob_match("[]", "a"));
  EXPECT_FALSE(glob_match("[a]", ""));
  EXPECT_TRUE(glob_match("[\x80-\xff]", "\xe0"));
  EXPECT_FALSE(glob_match("[\x80-\xff]", "a"));
}

TEST(Glob, SetsWithoutEndGoToThePatternsEnd) {
  EXPECT_TRUE(glob_match("[ab", "a"));
  EXPECT_FALSE(glob_match("[ab", "c"));
  EXPECT_TRUE(glob_match("[^ab", "c"));
  EXPECT_TRUE(glob_match("[^", "c"));
  EXPECT_FALSE(glob_match("[", "["));
  EXPECT_TRUE(glob_match("[a-", "-"));
}

TEST(Glob, BackslashTakesTheNextByteAsItIs) {
  EXPECT_TRUE(glob_match("\\*", "*"));
  EXPECT_FALSE(glob_match("\\*", "a"));
  EXPECT_TRUE(glob_match("\\?\\[\\\\", "?[\\"));
  EXPECT_TRUE(glob_match("a\\b", "ab"));
  EXPECT_TRUE(glob_match("\\", "\\"));
}

TEST(Glob, WithoutCase) {
  EXPECT_TRUE(glob_match_no_case("HELLO*", "hello world"));
  EXPECT_TRUE(glob_match_no_case("[A-C]x", "bX"));
  EXPECT_TRUE(glob_match_no_case("\\A", "a"));
  EXPECT_FALSE(glob_match_no_case("[^A]", "a"));
  EXPECT_FALSE(glob_match_no_case("@", "`"));
}

// What a recursive matcher takes 2^n steps for.
TEST(Glob, HostilePatternsCostLittle) {
  std::string pattern;
  for (int i = 0; i < 1000; ++i) pattern += "a*";
  EXPECT_FALSE(glob_match(pattern + "b", std::string(20'000, 'a')));
  EXPECT_TRUE(glob_match(pattern, std::string(20'000, 'a')));
  EXPECT_FALSE(glob_match(std::string(5000, '*') + "b", std::string(20'000, 'a')));
}

// As in Redis, which gives up where a text would need more runs than it recurses.
TEST(Glob, MatchesThousandStars) {
  std::string pattern;
  for (int i = 0; i < 1000; ++i) pattern += "**?";
  EXPECT_TRUE(glob_match(pattern, std::string(1000, 'a')));
  EXPECT_TRUE(glob_match(pattern + "**", std::string(1500, 'a')));
  EXPECT_FALSE(glob_match("*?" + pattern, std::string(1500, 'a')));
  EXPECT_FALSE(glob_match(pattern + "*?", std::string(1500, 'a')));
}

// A second opinion: the definition, by recursion, on all short texts.
bool matches_by_definition(std::string_view pattern, std::string_view text) {
  if (pattern.empty()) return text.empty();
  if (pattern[0] == '*') {
    return matches_by_definition(pattern.substr(1), text) ||
           (!text.empty() && matches_by_definition(pattern, text.substr(1)));
  }
  return !text.empty() && (pattern[0] == '?' || pattern[0] == text[0]) &&
         matches_by_definition(pattern.substr(1), text.substr(1));
}

std::string spell(int number, std::string_view letters, int length) {
  std::string text;
  for (int i = 0; i < length; ++i) {
    text += letters[static_cast<std::size_t>(number) % letters.size()];
    number /= static_cast<int>(letters.size());
  }
  return text;
}

TEST(Glob, AgreesWithTheDefinition) {
  for (int p = 0; p < 4 * 4 * 4 * 4 * 4; ++p) {
    const std::string pattern = spell(p, "ab*?", 5);
    for (int length = 0; length <= 6; ++length) {
      for (int t = 0; t < 1 << length; ++t) {
        const std::string text = spell(t, "ab", length);
        ASSERT_EQ(glob_match(pattern, text), matches_by_definition(pattern, text))
            << pattern << " " << text;
      }
    }
  }
}

}  // namespace
}  // namespace weir::redis
