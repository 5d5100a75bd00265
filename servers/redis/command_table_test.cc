#include "servers/redis/command_table.h"

#include <gtest/gtest.h>

#include <string>
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

TEST(KeyRange, End) {
  EXPECT_EQ((KeyRange{}.end(5)), 0U);
  EXPECT_EQ((KeyRange{1, 1, 1}.end(5)), 2U);
  EXPECT_EQ((KeyRange{1, 1, 1}.end(1)), 1U);
  EXPECT_EQ((KeyRange{1, 2, 1}.end(2)), 2U);
  EXPECT_EQ((KeyRange{1, -1, 1}.end(5)), 5U);
  EXPECT_EQ((KeyRange{1, -2, 1}.end(5)), 4U);
  EXPECT_EQ((KeyRange{1, -1, 2}.end(1)), 1U);
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
