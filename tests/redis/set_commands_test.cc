// Set commands.
#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "tests/redis/command_script.h"

namespace weir::redis {
namespace {

class SetCommandsTest : public CommandScriptTest {};

TEST_P(SetCommandsTest, AddsAndRemoves) {
  reply("SADD k a b a c", ":3");
  reply("SADD k a", ":0");
  reply("SADD k \"\" \"\\x00\\xff\"", ":2");
  unordered("SMEMBERS k", "*5 $0 $1 a $1 b $1 c $2 \\x00\\xff",
            "~5 $0 $1 a $1 b $1 c $2 \\x00\\xff");
  reply("SMEMBERS absent", "*0", "~0");
  reply("SCARD k", ":5");
  reply("SCARD absent", ":0");
  reply("SISMEMBER k a", ":1");
  reply("SISMEMBER k x", ":0");
  reply("SISMEMBER absent x", ":0");
  reply("SMISMEMBER k a x b a", "*4 :1 :0 :1 :1");
  reply("SMISMEMBER absent a x", "*2 :0 :0");
  reply("SREM k a x", ":1");
  reply("SREM k b b", ":1");
  reply("SREM absent a", ":0");
  reply("SREM k c \"\" \"\\x00\\xff\"", ":3");
  reply("EXISTS k", ":0");
  reply("TYPE k", "+none");
  reply("SADD k a", ":1");
  reply("TYPE k", "+set");
}

TEST_P(SetCommandsTest, SetsOfIntegers) {
  reply("SADD k 5 -3 100000 9223372036854775807 -9223372036854775808 0", ":6");
  reply("OBJECT ENCODING k", "$6 intset");
  reply("SMEMBERS k",
        "*6 $20 -9223372036854775808 $2 -3 $1 0 $1 5 $6 100000 $19 9223372036854775807",
        "~6 $20 -9223372036854775808 $2 -3 $1 0 $1 5 $6 100000 $19 9223372036854775807");
  reply("SISMEMBER k 5", ":1");
  reply("SISMEMBER k 05", ":0");
  reply("SISMEMBER k -0", ":0");
  reply("SISMEMBER k x", ":0");
  reply("SREM k 05 x 5", ":1");
  reply("SMEMBERS k", "*5 $20 -9223372036854775808 $2 -3 $1 0 $6 100000 $19 9223372036854775807",
        "~5 $20 -9223372036854775808 $2 -3 $1 0 $6 100000 $19 9223372036854775807");
  reply("OBJECT ENCODING k", "$6 intset");
  reply("SADD k 9223372036854775808", ":1");
  reply("OBJECT ENCODING k", "$9 hashtable");
  unordered("SMEMBERS k",
            "*6 $1 0 $19 9223372036854775807 $19 9223372036854775808 $2 -3 $20 "
            "-9223372036854775808 $6 100000",
            "~6 $1 0 $19 9223372036854775807 $19 9223372036854775808 $2 -3 $20 "
            "-9223372036854775808 $6 100000");
  reply("SREM k 9223372036854775808", ":1");
  reply("OBJECT ENCODING k", "$9 hashtable");
  reply("SADD i 1 2 3", ":3");
  reply("SREM i 1 2 3", ":3");
  reply("EXISTS i", ":0");
}

// What is no integer in its canonical form converts the set.
TEST_P(SetCommandsTest, TextsThatOnlyLookLikeIntegers) {
  for (const char* text : {"01", "+1", "-0", " 1", "1.0", "a", ""}) {
    EXPECT_EQ(command({"DEL", "t"}).front(), ':');
    EXPECT_EQ(command({"SADD", "t", "1", text}), ":2");
    EXPECT_EQ(command({"OBJECT", "ENCODING", "t"}), "$9 hashtable") << text;
  }
}

TEST_P(SetCommandsTest, EncodingByMembers) {
  reply("CONFIG SET set-max-intset-entries 3", "+OK");
  reply("SADD k 1 2 3", ":3");
  reply("OBJECT ENCODING k", "$6 intset");
  reply("SADD k 2", ":0");
  reply("OBJECT ENCODING k", "$6 intset");
  reply("SADD k 4", ":1");
  reply("OBJECT ENCODING k", "$9 hashtable");
  unordered("SMEMBERS k", "*4 $1 1 $1 2 $1 3 $1 4", "~4 $1 1 $1 2 $1 3 $1 4");
  reply("SADD a 1 2", ":2");
  reply("SADD b 3 4", ":2");
  reply("SUNIONSTORE u a b", ":4");
  reply("OBJECT ENCODING u", "$9 hashtable");
  reply("SINTERSTORE i k a", ":2");
  reply("OBJECT ENCODING i", "$6 intset");
  reply("SDIFFSTORE d k a", ":2");
  reply("OBJECT ENCODING d", "$6 intset");
  reply("CONFIG SET set-max-intset-entries 512", "+OK");
}

TEST_P(SetCommandsTest, Moves) {
  reply("SADD from a b", ":2");
  reply("SADD to b c", ":2");
  reply("SMOVE from to a", ":1");
  reply("SMOVE from to x", ":0");
  reply("SMOVE from to b", ":1");
  reply("EXISTS from", ":0");
  unordered("SMEMBERS to", "*3 $1 a $1 b $1 c", "~3 $1 a $1 b $1 c");
  reply("SMOVE absent to a", ":0");
  reply("SMOVE to absent a", ":1");
  reply("SMEMBERS absent", "*1 $1 a", "~1 $1 a");
  reply("SMOVE to to b", ":1");
  reply("SMOVE to to x", ":0");
  reply("SCARD to", ":2");
  reply("SADD one x", ":1");
  reply("SMOVE one one x", ":1");
  reply("SMEMBERS one", "*1 $1 x", "~1 $1 x");
  reply("SMOVE one made x", ":1");
  reply("EXISTS one made", ":1");
  reply("SADD ints 1 2", ":2");
  reply("SMOVE made ints x", ":1");
  reply("OBJECT ENCODING ints", "$9 hashtable");
  reply("SADD more 7", ":1");
  reply("SMOVE ints more 1", ":1");
  reply("SMEMBERS more", "*2 $1 1 $1 7", "~2 $1 1 $1 7");
  reply("OBJECT ENCODING more", "$6 intset");
}

TEST_P(SetCommandsTest, Intersections) {
  reply("SADD a 1 2 3 4", ":4");
  reply("SADD b 2 3 x", ":3");
  reply("SADD c 3 4", ":2");
  reply("SINTER a", "*4 $1 1 $1 2 $1 3 $1 4", "~4 $1 1 $1 2 $1 3 $1 4");
  unordered("SINTER a b", "*2 $1 2 $1 3", "~2 $1 2 $1 3");
  reply("SINTER a b c", "*1 $1 3", "~1 $1 3");
  reply("SINTER a absent", "*0", "~0");
  reply("SINTER absent", "*0", "~0");
  unordered("SINTER b b b", "*3 $1 2 $1 3 $1 x", "~3 $1 2 $1 3 $1 x");
  reply("SINTERSTORE d a b", ":2");
  reply("SMEMBERS d", "*2 $1 2 $1 3", "~2 $1 2 $1 3");
  reply("SINTERSTORE d a absent", ":0");
  reply("EXISTS d", ":0");
  reply("SINTERSTORE d absent", ":0");
  reply("SINTERSTORE a a b", ":2");
  reply("SMEMBERS a", "*2 $1 2 $1 3", "~2 $1 2 $1 3");
  reply("SINTERSTORE a a a", ":2");
  reply("SMEMBERS a", "*2 $1 2 $1 3", "~2 $1 2 $1 3");
  reply("SINTERSTORE a absent a", ":0");
  reply("EXISTS a", ":0");
}

TEST_P(SetCommandsTest, Unions) {
  reply("SADD a 1 2", ":2");
  reply("SADD b 2 x", ":2");
  unordered("SUNION a b", "*3 $1 1 $1 2 $1 x", "~3 $1 1 $1 2 $1 x");
  reply("SUNION a", "*2 $1 1 $1 2", "~2 $1 1 $1 2");
  reply("SUNION a a", "*2 $1 1 $1 2", "~2 $1 1 $1 2");
  reply("SUNION absent", "*0", "~0");
  reply("SUNION a absent", "*2 $1 1 $1 2", "~2 $1 1 $1 2");
  reply("SUNIONSTORE d a b absent", ":3");
  unordered("SMEMBERS d", "*3 $1 1 $1 2 $1 x", "~3 $1 1 $1 2 $1 x");
  reply("OBJECT ENCODING d", "$9 hashtable");
  reply("SUNIONSTORE a a b", ":3");
  unordered("SMEMBERS a", "*3 $1 1 $1 2 $1 x", "~3 $1 1 $1 2 $1 x");
  reply("SUNIONSTORE d absent absent", ":0");
  reply("EXISTS d", ":0");
  reply("SUNIONSTORE b b", ":2");
  unordered("SMEMBERS b", "*2 $1 2 $1 x", "~2 $1 2 $1 x");
}

TEST_P(SetCommandsTest, Differences) {
  reply("SADD a 1 2 3 4", ":4");
  reply("SADD b 2 x", ":2");
  reply("SADD c 3", ":1");
  reply("SDIFF a", "*4 $1 1 $1 2 $1 3 $1 4", "~4 $1 1 $1 2 $1 3 $1 4");
  unordered("SDIFF a b", "*3 $1 1 $1 3 $1 4", "~3 $1 1 $1 3 $1 4");
  unordered("SDIFF a b c", "*2 $1 1 $1 4", "~2 $1 1 $1 4");
  reply("SDIFF a a", "*0", "~0");
  reply("SDIFF absent a", "*0", "~0");
  unordered("SDIFF a absent", "*4 $1 1 $1 2 $1 3 $1 4", "~4 $1 1 $1 2 $1 3 $1 4");
  reply("SDIFFSTORE d a b c", ":2");
  reply("SMEMBERS d", "*2 $1 1 $1 4", "~2 $1 1 $1 4");
  reply("SDIFFSTORE d a a", ":0");
  reply("EXISTS d", ":0");
  reply("SDIFFSTORE b a b", ":3");
  unordered("SMEMBERS b", "*3 $1 1 $1 3 $1 4", "~3 $1 1 $1 3 $1 4");
  reply("SDIFFSTORE a a c", ":3");
  unordered("SMEMBERS a", "*3 $1 1 $1 2 $1 4", "~3 $1 1 $1 2 $1 4");
  reply("SDIFFSTORE a a a", ":0");
  reply("EXISTS a", ":0");
}

TEST_P(SetCommandsTest, StoringReplacesAnything) {
  reply("SADD a 1 2", ":2");
  reply("SET d text", "+OK");
  reply("EXPIRE d 100000", ":1");
  reply("SUNIONSTORE d a", ":2");
  reply("TYPE d", "+set");
  reply("TTL d", ":-1");
  reply("SET d text", "+OK");
  reply("SINTERSTORE d a absent", ":0");
  reply("EXISTS d", ":0");
  reply("SET s text", "+OK");
  reply("SINTERSTORE d a s", "-WRONGTYPE Operation against a key holding the wrong kind of value");
  reply("SINTERSTORE d absent s",
        "-WRONGTYPE Operation against a key holding the wrong kind of value");
  reply("SINTERSTORE d s absent",
        "-WRONGTYPE Operation against a key holding the wrong kind of value");
  reply("SUNIONSTORE d a s", "-WRONGTYPE Operation against a key holding the wrong kind of value");
  reply("SDIFFSTORE d absent s",
        "-WRONGTYPE Operation against a key holding the wrong kind of value");
  reply("SUNIONSTORE s a s", "-WRONGTYPE Operation against a key holding the wrong kind of value");
  reply("EXISTS d", ":0");
  reply("GET s", "$4 text");
}

TEST_P(SetCommandsTest, PopsAndRandomMembersOfOne) {
  reply("SADD k a", ":1");
  reply("SRANDMEMBER k", "$1 a");
  reply("SRANDMEMBER k 1", "*1 $1 a");
  reply("SRANDMEMBER k 5", "*1 $1 a");
  reply("SRANDMEMBER k 0", "*0");
  reply("SRANDMEMBER k -3", "*3 $1 a $1 a $1 a");
  reply("SRANDMEMBER k 9223372036854775807", "*1 $1 a");
  reply("SRANDMEMBER absent", "$-1", "_");
  reply("SRANDMEMBER absent 1", "*0");
  reply("SRANDMEMBER absent -1", "*0");
  reply("SRANDMEMBER k x", "-ERR value is not an integer or out of range");
  reply("SRANDMEMBER k 1 2", "-ERR syntax error");
  reply("SRANDMEMBER k 9223372036854775808", "-ERR value is not an integer or out of range");
  reply("SRANDMEMBER absent x", "-ERR value is not an integer or out of range");
  reply("SPOP k 0", "*0", "~0");
  reply("SPOP k -1", "-ERR value is out of range, must be positive");
  reply("SPOP k -9223372036854775808", "-ERR value is out of range, must be positive");
  reply("SPOP k x", "-ERR value is out of range, must be positive");
  reply("SPOP k 1 2", "-ERR syntax error");
  reply("SPOP k", "$1 a");
  reply("EXISTS k", ":0");
  reply("SPOP k", "$-1", "_");
  reply("SPOP k 1", "*0", "~0");
  reply("SPOP absent x", "-ERR value is out of range, must be positive");
  reply("SADD k a", ":1");
  reply("SPOP k 9223372036854775807", "*1 $1 a", "~1 $1 a");
  reply("EXISTS k", ":0");
  reply("SADD k 1 2 3", ":3");
  reply("SPOP k 3", "*3 $1 1 $1 2 $1 3", "~3 $1 1 $1 2 $1 3");
  reply("EXISTS k", ":0");
}

TEST_P(SetCommandsTest, WrongTypes) {
  reply("SET s text", "+OK");
  reply("SADD k a", ":1");
  reply("SADD s a", "-WRONGTYPE Operation against a key holding the wrong kind of value");
  reply("SREM s a", "-WRONGTYPE Operation against a key holding the wrong kind of value");
  reply("SMEMBERS s", "-WRONGTYPE Operation against a key holding the wrong kind of value");
  reply("SCARD s", "-WRONGTYPE Operation against a key holding the wrong kind of value");
  reply("SISMEMBER s a", "-WRONGTYPE Operation against a key holding the wrong kind of value");
  reply("SMISMEMBER s a b", "-WRONGTYPE Operation against a key holding the wrong kind of value");
  reply("SPOP s", "-WRONGTYPE Operation against a key holding the wrong kind of value");
  reply("SPOP s 1", "-WRONGTYPE Operation against a key holding the wrong kind of value");
  reply("SPOP s x", "-ERR value is out of range, must be positive");
  reply("SRANDMEMBER s", "-WRONGTYPE Operation against a key holding the wrong kind of value");
  reply("SRANDMEMBER s 1", "-WRONGTYPE Operation against a key holding the wrong kind of value");
  reply("SMOVE s k a", "-WRONGTYPE Operation against a key holding the wrong kind of value");
  reply("SMOVE k s a", "-WRONGTYPE Operation against a key holding the wrong kind of value");
  reply("SMOVE absent s a", ":0");
  reply("SMOVE k s absent", "-WRONGTYPE Operation against a key holding the wrong kind of value");
  reply("SMOVE s s a", "-WRONGTYPE Operation against a key holding the wrong kind of value");
  reply("SINTER s", "-WRONGTYPE Operation against a key holding the wrong kind of value");
  reply("SINTER k s", "-WRONGTYPE Operation against a key holding the wrong kind of value");
  reply("SINTER absent s", "-WRONGTYPE Operation against a key holding the wrong kind of value");
  reply("SUNION k s", "-WRONGTYPE Operation against a key holding the wrong kind of value");
  reply("SDIFF k s", "-WRONGTYPE Operation against a key holding the wrong kind of value");
  reply("SDIFF absent s", "-WRONGTYPE Operation against a key holding the wrong kind of value");
  reply("SSCAN s 0", "-WRONGTYPE Operation against a key holding the wrong kind of value");
  reply("SMEMBERS k", "*1 $1 a", "~1 $1 a");
  reply("GET k", "-WRONGTYPE Operation against a key holding the wrong kind of value");
  reply("HGET k f", "-WRONGTYPE Operation against a key holding the wrong kind of value");
  reply("ZADD k 1 a", "-WRONGTYPE Operation against a key holding the wrong kind of value");
}

TEST_P(SetCommandsTest, Arity) {
  reply("SADD k", "-ERR wrong number of arguments for 'sadd' command");
  reply("SREM k", "-ERR wrong number of arguments for 'srem' command");
  reply("SMEMBERS", "-ERR wrong number of arguments for 'smembers' command");
  reply("SMEMBERS k k", "-ERR wrong number of arguments for 'smembers' command");
  reply("SCARD", "-ERR wrong number of arguments for 'scard' command");
  reply("SISMEMBER k", "-ERR wrong number of arguments for 'sismember' command");
  reply("SISMEMBER k a b", "-ERR wrong number of arguments for 'sismember' command");
  reply("SMISMEMBER k", "-ERR wrong number of arguments for 'smismember' command");
  reply("SPOP", "-ERR wrong number of arguments for 'spop' command");
  reply("SRANDMEMBER", "-ERR wrong number of arguments for 'srandmember' command");
  reply("SMOVE a b", "-ERR wrong number of arguments for 'smove' command");
  reply("SINTER", "-ERR wrong number of arguments for 'sinter' command");
  reply("SINTERSTORE d", "-ERR wrong number of arguments for 'sinterstore' command");
  reply("SUNION", "-ERR wrong number of arguments for 'sunion' command");
  reply("SUNIONSTORE d", "-ERR wrong number of arguments for 'sunionstore' command");
  reply("SDIFF", "-ERR wrong number of arguments for 'sdiff' command");
  reply("SDIFFSTORE d", "-ERR wrong number of arguments for 'sdiffstore' command");
  reply("SSCAN k", "-ERR wrong number of arguments for 'sscan' command");
}

TEST_P(SetCommandsTest, ScansOfSmallSets) {
  reply("SADD k 1 2 12 21", ":4");
  reply("SSCAN k 0", "*2 $1 0 *4 $1 1 $1 2 $2 12 $2 21");
  reply("SSCAN k 0 COUNT 1", "*2 $1 0 *4 $1 1 $1 2 $2 12 $2 21");
  reply("SSCAN k 0 MATCH 1*", "*2 $1 0 *2 $1 1 $2 12");
  reply("SSCAN k 0 MATCH *[!1]", "*2 $1 0 *2 $1 1 $2 21");
  reply("SSCAN absent 0", "*2 $1 0 *0");
  reply("SSCAN absent 0 COUNT 0", "*2 $1 0 *0");
  reply("SSCAN k x", "-ERR invalid cursor");
  reply("SSCAN k 0 COUNT 0", "-ERR syntax error");
  reply("SSCAN k 0 COUNT x", "-ERR value is not an integer or out of range");
  reply("SSCAN k 0 COUNT", "-ERR syntax error");
  reply("SSCAN k 0 TYPE set", "-ERR syntax error");
}

constexpr int kIntsetMembers = 512;

TEST_P(SetCommandsTest, DefaultEncodingLimit) {
  for (int i = 0; i < kIntsetMembers; ++i) command({"SADD", "k", std::to_string(i)});
  reply("OBJECT ENCODING k", "$6 intset");
  reply("SADD k 511", ":0");
  reply("OBJECT ENCODING k", "$6 intset");
  reply("SADD k 512", ":1");
  reply("OBJECT ENCODING k", "$9 hashtable");
  reply("SCARD k", ":513");
  for (int i = 0; i <= kIntsetMembers; ++i) {
    EXPECT_EQ(command({"SISMEMBER", "k", std::to_string(i)}), ":1");
  }
}

// The members of a reply.
std::vector<std::string> members(const std::string& reply) {
  const std::vector<std::string> words = split_reply(reply);
  std::vector<std::string> result;
  for (std::size_t i = 2; i < words.size(); i += 2) result.push_back(words[i]);
  return result;
}

TEST_P(SetCommandsTest, RandomMembersOfMany) {
  for (const int size : {20, 1000}) {
    command({"DEL", "k"});
    for (int i = 0; i < size; ++i) command({"SADD", "k", std::to_string(i)});
    for (const int count : {1, size / 10, size / 2, size - 1, size, size + 5}) {
      const auto found = members(command({"SRANDMEMBER", "k", std::to_string(count)}));
      EXPECT_EQ(found.size(), static_cast<std::size_t>(std::min(count, size)));
      EXPECT_EQ(std::set<std::string>(found.begin(), found.end()).size(), found.size());
      for (const std::string& member : found) EXPECT_EQ(command({"SISMEMBER", "k", member}), ":1");
    }
    const auto repeated = members(command({"SRANDMEMBER", "k", std::to_string(-3 * size)}));
    EXPECT_EQ(repeated.size(), static_cast<std::size_t>(3 * size));
    EXPECT_GT(std::set<std::string>(repeated.begin(), repeated.end()).size(), 1U);
  }
}

// A repeated sample is bounded, unlike in Redis, which would reply until its memory is gone.
TEST_P(SetCommandsTest, RandomMembersWithoutEnd) {
  constexpr char kRefused[] = "-ERR value is out of range";
  command({"SADD", "k", "a"});
  EXPECT_EQ(command({"SRANDMEMBER", "k", "-9223372036854775807"}), kRefused);
  EXPECT_EQ(command({"SRANDMEMBER", "k", "-16777217"}), kRefused);
  EXPECT_EQ(command({"SRANDMEMBER", "absent", "-16777217"}), "*0");
}

TEST_P(SetCommandsTest, PopsTakeEachMemberOnce) {
  for (const int size : {20, 1000}) {
    std::multiset<std::string> popped;
    for (int i = 0; i < size; ++i) resp2().command("SADD", "k", std::to_string(i));
    while (popped.size() < static_cast<std::size_t>(size)) {
      const auto some = members(resp2().command("SPOP", "k", std::to_string(size / 7)));
      ASSERT_FALSE(some.empty());
      popped.insert(some.begin(), some.end());
      if (popped.size() < static_cast<std::size_t>(size)) {
        popped.insert(split_reply(resp2().command("SPOP", "k")).back());
      }
    }
    EXPECT_EQ(std::set<std::string>(popped.begin(), popped.end()).size(), popped.size());
    EXPECT_EQ(resp2().command("EXISTS", "k"), ":0");
  }
}

// Every member that is there from the first call to the last is found, while the set converts and
// its table grows.
TEST_P(SetCommandsTest, ScansAreCompleteWhileGrowing) {
  constexpr int kAdded = 2000;
  for (const int size : {300, 800}) {
    command({"DEL", "k"});
    for (int i = 0; i < size; ++i) command({"SADD", "k", std::to_string(i)});
    int added = 0;
    const auto found = scan("SSCAN", "k", {"COUNT", "20"}, [&] {
      for (int i = 0; i < 100 && added < kAdded; ++i)
        command({"SADD", "k", "new" + std::to_string(added++)});
    });
    const std::set<std::string> distinct(found.begin(), found.end());
    for (int i = 0; i < size; ++i) EXPECT_TRUE(distinct.contains(std::to_string(i))) << i;
  }
}

TEST_P(SetCommandsTest, MembersOfEveryEncoding) {
  const std::vector<std::string> elements = border_elements();
  for (std::size_t i = 0; i < elements.size(); ++i) {
    EXPECT_EQ(command({"SADD", "k", elements[i]}), ":1");
    EXPECT_EQ(command({"SADD", "k", elements[i]}), ":0");
    for (std::size_t j = 0; j < elements.size(); j += 3) {
      EXPECT_EQ(command({"SISMEMBER", "k", elements[j]}), j <= i ? ":1" : ":0");
    }
  }
  for (const std::string& element : elements) {
    EXPECT_EQ(command({"SMOVE", "k", "moved", element}), ":1");
    EXPECT_EQ(command({"SISMEMBER", "k", element}), ":0");
    EXPECT_EQ(command({"SISMEMBER", "moved", element}), ":1");
  }
  reply("EXISTS k", ":0");
}

INSTANTIATE_COMMAND_SCRIPTS(SetCommandsTest);

}  // namespace
}  // namespace weir::redis
