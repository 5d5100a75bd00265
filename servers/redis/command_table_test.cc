#include "servers/redis/command_table.h"

#include <gtest/gtest.h>

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace weir::redis {
namespace {

constexpr Command kSubcommands[] = {
    {"id", 2, kNoScript, {}, nullptr, "1.0.0", ""},
    {"list", -2, kAdmin, {}, nullptr, "1.0.0", ""},
};
constexpr Command kFirst[] = {
    {"get", 2, kReadonly, {1, 1, 1}, nullptr, "1.0.0", "Reads."},
    {"client", -2, 0, {}, nullptr, "1.0.0", "", kSubcommands},
};
constexpr Command kSecond[] = {
    {"mset", -3, kWrite, {1, -1, 2}, nullptr, "1.0.0", "Writes."},
};
constexpr CommandGroup kGroups[] = {{"first", kFirst}, {"second", kSecond}};

TEST(CommandTable, FindsByNameInAnyCase) {
  const CommandTable table(kGroups);
  EXPECT_EQ(table.find("get"), &kFirst[0]);
  EXPECT_EQ(table.find("GET"), &kFirst[0]);
  EXPECT_EQ(table.find("gEt"), &kFirst[0]);
  EXPECT_EQ(table.find("MSET"), &kSecond[0]);
  EXPECT_EQ(table.find(""), nullptr);
  EXPECT_EQ(table.find("ge"), nullptr);
  EXPECT_EQ(table.find("gett"), nullptr);
  EXPECT_EQ(table.find("get "), nullptr);
  EXPECT_EQ(table.find(std::string_view("get\0", 4)), nullptr);
  EXPECT_EQ(table.find("\xff"), nullptr);
  EXPECT_EQ(table.find(std::string(100'000, 'g')), nullptr);
}

TEST(CommandTable, FindsSubcommands) {
  const CommandTable table(kGroups);
  const Command* client = table.find("client");
  ASSERT_NE(client, nullptr);
  EXPECT_EQ(CommandTable::find_subcommand(*client, "LIST"), &kSubcommands[1]);
  EXPECT_EQ(CommandTable::find_subcommand(*client, "get"), nullptr);
  EXPECT_EQ(CommandTable::find_subcommand(*client, ""), nullptr);
}

TEST(CommandTable, KeepsTheOrderAndTheGroups) {
  const CommandTable table(kGroups);
  ASSERT_EQ(table.rows().size(), 3U);
  EXPECT_EQ(table.rows()[1].command->name, "client");
  EXPECT_EQ(table.rows()[1].group, "first");
  EXPECT_EQ(table.rows()[2].group, "second");
}

TEST(CommandTable, HoldsManyNamesThatLookAlike) {
  std::vector<std::string> names;
  for (int i = 0; i < 400; ++i) names.push_back("command" + std::to_string(i) + "end");
  std::vector<Command> commands;
  for (const std::string& name : names) {
    commands.push_back({name, 1, 0, {}, nullptr, "", ""});
  }
  const CommandGroup group[] = {{"many", commands}};
  const CommandTable table(group);
  for (const Command& command : commands) ASSERT_EQ(table.find(command.name), &command);
  EXPECT_EQ(table.find("command400end"), nullptr);
}

// However it is written, and whatever shares a place with it.
TEST(CommandTable, FindsEverySpelling) {
  std::vector<std::string> names;
  for (int i = 0; i < 400; ++i) names.push_back("c" + std::to_string(i * i));
  std::vector<Command> commands;
  for (const std::string& name : names) commands.push_back({name, 1, 0, {}, nullptr, "", ""});
  const CommandGroup group[] = {{"many", commands}};
  const CommandTable table(group);
  for (const Command& command : commands) {
    std::string capital(command.name);
    capital[0] = 'C';
    ASSERT_EQ(table.find(command.name), &command);
    ASSERT_EQ(table.find(capital), &command);
    ASSERT_EQ(table.find(capital + std::string(1, '\0')), nullptr);
    ASSERT_EQ(table.find(capital + "x"), nullptr);
  }
}

TEST(Command, KnowsWhatIsPlain) {
  static constexpr Command kSub[] = {{"encoding", 3, kReadonly, {2, 2, 1}, nullptr, "", ""}};
  constexpr Command kGet{"get", 2, kReadonly | kFast, {1, 1, 1}, nullptr, "", ""};
  static_assert(kGet.is_plain && kGet.is_of_first);
  constexpr Command kMset{"mset", -3, kWrite, {1, -1, 2}, nullptr, "", ""};
  static_assert(kMset.is_plain && !kMset.is_of_first);
  static_assert(kSub[0].is_plain);
  constexpr Command kObject{"object", -2, kReadonly, {1, 1, 1}, nullptr, "", "", kSub};
  static_assert(!kObject.is_plain);
  constexpr Command kBlpop{"blpop", -3, kWrite | kBlocking, {1, -2, 1}, nullptr, "", ""};
  constexpr Command kEval{"eval", -3, kReadonly | kRunsScript, {3, 0, 1, 2}, nullptr, "", ""};
  constexpr Command kFlushall{"flushall", -1, kWrite | kExclusive, {}, nullptr, "", ""};
  constexpr Command kPing{"ping", -1, kFast, {}, nullptr, "", ""};
  constexpr Command kEcho{"echo", 2, kFast | kPlain, {}, nullptr, "", ""};
  static_assert(kEcho.is_plain);
  constexpr Command kMove{"move", 3, kWrite | kEveryDatabase, {1, 1, 1}, nullptr, "", ""};
  static_assert(!kMove.is_plain);
  static_assert(!kBlpop.is_plain && !kEval.is_plain && !kFlushall.is_plain && !kPing.is_plain);
}

TEST(CommandTableDeath, ANameStandsThereOnce) {
  const CommandGroup twice[] = {{"first", kFirst}, {"again", kFirst}};
  EXPECT_DEATH(CommandTable{twice}, "");
}

TEST(Command, Arity) {
  EXPECT_TRUE(kFirst[0].arity_matches(2));
  EXPECT_FALSE(kFirst[0].arity_matches(1));
  EXPECT_FALSE(kFirst[0].arity_matches(3));
  EXPECT_FALSE(kSecond[0].arity_matches(2));
  EXPECT_TRUE(kSecond[0].arity_matches(3));
  EXPECT_TRUE(kSecond[0].arity_matches(1000));
}

// The positions of the keys among the arguments, in the order they are visited.
std::vector<std::size_t> positions(const KeyRange& keys,
                                   const std::vector<std::string_view>& arguments) {
  std::vector<std::size_t> found;
  for_each_key(keys, arguments, [&found](std::size_t i) { found.push_back(i); });
  return found;
}

std::vector<std::size_t> positions(const KeyRange& keys, std::size_t arguments) {
  return positions(keys, std::vector<std::string_view>(arguments, "x"));
}

using Positions = std::vector<std::size_t>;

TEST(KeyRange, FixedPlaces) {
  EXPECT_EQ(positions({}, 5), Positions());
  EXPECT_EQ(positions({1, 1, 1}, 5), Positions({1}));
  EXPECT_EQ(positions({1, 1, 1}, 1), Positions());
  EXPECT_EQ(positions({1, 2, 1}, 2), Positions({1}));
  EXPECT_EQ(positions({1, -1, 1}, 4), Positions({1, 2, 3}));
  EXPECT_EQ(positions({1, -2, 1}, 4), Positions({1, 2}));
  EXPECT_EQ(positions({1, -1, 2}, 5), Positions({1, 3}));
  EXPECT_EQ(positions({1, -1, 2}, 1), Positions());
}

TEST(KeyRange, Counted) {
  constexpr KeyRange kCounted{.first = 2, .count_at = 1};
  EXPECT_EQ(positions(kCounted, {"x", "2", "a", "b", "LEFT"}), Positions({2, 3}));
  EXPECT_EQ(positions(kCounted, {"x", "2", "a", "b"}), Positions({2, 3}));
  for (const std::string_view count : {"3", "0", "-1", "many", "9223372036854775807", ""}) {
    EXPECT_EQ(positions(kCounted, {"x", count, "a", "b"}), Positions()) << count;
  }
  EXPECT_EQ(positions(kCounted, {"x", "1"}), Positions());
  EXPECT_EQ(positions(kCounted, {"x"}), Positions());

  constexpr KeyRange kStored{.first = 3, .count_at = 2, .target = 1};
  EXPECT_EQ(positions(kStored, {"x", "to", "2", "a", "b"}), Positions({1, 3, 4}));
  EXPECT_EQ(positions(kStored, {"x", "to", "3", "a", "b"}), Positions({1}));
  EXPECT_EQ(positions(kStored, {"x"}), Positions());
}

TEST(KeyRange, Located) {
  constexpr KeyRange kBehindAWord{
      .first = 1, .last = 1, .step = 1, .locate = +[](std::span<const std::string_view> arguments) {
        KeyRange range{1, 1, 1};
        if (arguments.size() > 3 && arguments[2] == "STORE") range.target = 3;
        return range;
      }};
  EXPECT_EQ(positions(kBehindAWord, {"x", "a", "STORE", "b"}), Positions({3, 1}));
  EXPECT_EQ(positions(kBehindAWord, {"x", "a", "KEEP", "b"}), Positions({1}));
}

TEST(EqualNames, FoldsOnlyLetters) {
  EXPECT_TRUE(equal_names("aZ", "Az"));
  EXPECT_FALSE(equal_names("a", "ab"));
  EXPECT_FALSE(equal_names("@", "`"));
  EXPECT_FALSE(equal_names("[", "{"));
  EXPECT_TRUE(equal_names("", ""));
}

}  // namespace
}  // namespace weir::redis
