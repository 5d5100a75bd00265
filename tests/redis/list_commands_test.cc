// List commands.
#include <string>
#include <vector>

#include "tests/redis/command_script.h"

namespace weir::redis {
namespace {

class ListCommandsTest : public CommandScriptTest {};

TEST_P(ListCommandsTest, Pushes) {
  reply("RPUSH k a", ":1");
  reply("RPUSH k b c", ":3");
  reply("LPUSH k x y", ":5");
  reply("LRANGE k 0 -1", "*5 $1 y $1 x $1 a $1 b $1 c");
  reply("LPUSHX k z", ":6");
  reply("RPUSHX k d e", ":8");
  reply("LRANGE k 0 -1", "*8 $1 z $1 y $1 x $1 a $1 b $1 c $1 d $1 e");
  reply("LPUSHX absent a", ":0");
  reply("RPUSHX absent a b", ":0");
  reply("EXISTS absent", ":0");
  reply("LLEN k", ":8");
  reply("LLEN absent", ":0");
  reply("TYPE k", "+list");
  reply("RPUSH k \"\" 007 7 -0 12345678901234567890 \"\\x00\\xff\\r\\n\"", ":14");
  reply("LRANGE k -6 -1", "*6 $0 $3 007 $1 7 $2 -0 $20 12345678901234567890 $4 \\x00\\xff\\r\\n");
}

TEST_P(ListCommandsTest, Pops) {
  reply("RPUSH k 1 2 3 4 5 6 7 8", ":8");
  reply("LPOP k", "$1 1");
  reply("RPOP k", "$1 8");
  reply("LPOP k 2", "*2 $1 2 $1 3");
  reply("RPOP k 2", "*2 $1 7 $1 6");
  reply("LPOP k 0", "*0");
  reply("RPOP k 0", "*0");
  reply("LPOP k 1", "*1 $1 4");
  reply("RPOP k 9223372036854775807", "*1 $1 5");
  reply("EXISTS k", ":0");
  reply("LPOP k", "$-1", "_");
  reply("RPOP k", "$-1", "_");
  reply("LPOP k 1", "*-1", "_");
  reply("RPOP k 1", "*-1", "_");
  reply("LPOP k 0", "*-1", "_");
  reply("RPUSH k a", ":1");
  reply("LPOP k", "$1 a");
  reply("EXISTS k", ":0");
  reply("RPUSH k a", ":1");
  reply("RPOP k", "$1 a");
  reply("TYPE k", "+none");
}

TEST_P(ListCommandsTest, PopErrors) {
  reply("RPUSH k a", ":1");
  reply("LPOP k -1", "-ERR value is out of range, must be positive");
  reply("RPOP k -9223372036854775808", "-ERR value is out of range, must be positive");
  reply("LPOP k 9223372036854775808", "-ERR value is out of range, must be positive");
  reply("LPOP k x", "-ERR value is out of range, must be positive");
  reply("LPOP k \"\"", "-ERR value is out of range, must be positive");
  reply("LPOP absent -1", "-ERR value is out of range, must be positive");
  reply("LPOP absent x", "-ERR value is out of range, must be positive");
  reply("RPOP k 1 2", "-ERR wrong number of arguments for 'rpop' command");
  reply("LPOP k 1 2", "-ERR wrong number of arguments for 'lpop' command");
  reply("LLEN k", ":1");
}

TEST_P(ListCommandsTest, RangesClampTheirIndexes) {
  reply("RPUSH k a b c d e", ":5");
  reply("LRANGE k 0 -1", "*5 $1 a $1 b $1 c $1 d $1 e");
  reply("LRANGE k 1 3", "*3 $1 b $1 c $1 d");
  reply("LRANGE k -3 -2", "*2 $1 c $1 d");
  reply("LRANGE k 4 4", "*1 $1 e");
  reply("LRANGE k 5 5", "*0");
  reply("LRANGE k 3 1", "*0");
  reply("LRANGE k -1 -2", "*0");
  reply("LRANGE k -100 100", "*5 $1 a $1 b $1 c $1 d $1 e");
  reply("LRANGE k -100 -100", "*0");
  reply("LRANGE k 0 -6", "*0");
  reply("LRANGE k 0 -5", "*1 $1 a");
  reply("LRANGE k -9223372036854775808 9223372036854775807", "*5 $1 a $1 b $1 c $1 d $1 e");
  reply("LRANGE k 9223372036854775807 -9223372036854775808", "*0");
  reply("LRANGE k -9223372036854775808 -9223372036854775808", "*0");
  reply("LRANGE k 9223372036854775807 9223372036854775807", "*0");
  reply("LRANGE k 2 9223372036854775807", "*3 $1 c $1 d $1 e");
  reply("LRANGE k 0 9223372036854775808", "-ERR value is not an integer or out of range");
  reply("LRANGE k x 1", "-ERR value is not an integer or out of range");
  reply("LRANGE k 0 1.0", "-ERR value is not an integer or out of range");
  reply("LRANGE k 0 \" 1\"", "-ERR value is not an integer or out of range");
  reply("LRANGE k 01 2", "-ERR value is not an integer or out of range");
  reply("LRANGE k +1 2", "-ERR value is not an integer or out of range");
  reply("LRANGE k -0 2", "-ERR value is not an integer or out of range");
  reply("LRANGE absent 0 -1", "*0");
  reply("LRANGE absent x y", "-ERR value is not an integer or out of range");
}

TEST_P(ListCommandsTest, IndexesAndSets) {
  reply("RPUSH k a b c", ":3");
  reply("LINDEX k 0", "$1 a");
  reply("LINDEX k 2", "$1 c");
  reply("LINDEX k 3", "$-1", "_");
  reply("LINDEX k -1", "$1 c");
  reply("LINDEX k -3", "$1 a");
  reply("LINDEX k -4", "$-1", "_");
  reply("LINDEX k 9223372036854775807", "$-1", "_");
  reply("LINDEX k -9223372036854775808", "$-1", "_");
  reply("LINDEX k x", "-ERR value is not an integer or out of range");
  reply("LINDEX absent 0", "$-1", "_");
  reply("LINDEX absent x", "$-1", "_");
  reply("LSET k 0 A", "+OK");
  reply("LSET k -1 30", "+OK");
  reply("LSET k 1 \"a much longer element than the one that it replaces, by far\"", "+OK");
  reply("LRANGE k 0 -1",
        "*3 $1 A $59 a much longer element than the one that it replaces, by far $2 30");
  reply("LSET k 3 x", "-ERR index out of range");
  reply("LSET k -4 x", "-ERR index out of range");
  reply("LSET k 9223372036854775807 x", "-ERR index out of range");
  reply("LSET k -9223372036854775808 x", "-ERR index out of range");
  reply("LSET k x x", "-ERR value is not an integer or out of range");
  reply("LSET absent 0 x", "-ERR no such key");
  reply("LSET absent x x", "-ERR no such key");
  reply("EXISTS absent", ":0");
}

TEST_P(ListCommandsTest, Trims) {
  reply("RPUSH k a b c d e f g h", ":8");
  reply("LTRIM k 1 -2", "+OK");
  reply("LRANGE k 0 -1", "*6 $1 b $1 c $1 d $1 e $1 f $1 g");
  reply("LTRIM k 0 9223372036854775807", "+OK");
  reply("LLEN k", ":6");
  reply("LTRIM k -9223372036854775808 9223372036854775807", "+OK");
  reply("LLEN k", ":6");
  reply("LTRIM k -3 100", "+OK");
  reply("LRANGE k 0 -1", "*3 $1 e $1 f $1 g");
  reply("LTRIM k x 1", "-ERR value is not an integer or out of range");
  reply("LTRIM k 1 y", "-ERR value is not an integer or out of range");
  reply("LTRIM k 1 1", "+OK");
  reply("LRANGE k 0 -1", "*1 $1 f");
  reply("LTRIM k 1 0", "+OK");
  reply("EXISTS k", ":0");
  reply("LTRIM k 0 -1", "+OK");
  reply("EXISTS k", ":0");
  reply("RPUSH k a b c", ":3");
  reply("LTRIM k 9223372036854775807 -9223372036854775808", "+OK");
  reply("EXISTS k", ":0");
  reply("RPUSH k a b c", ":3");
  reply("LTRIM k 3 5", "+OK");
  reply("EXISTS k", ":0");
  reply("LTRIM absent x 1", "-ERR value is not an integer or out of range");
}

TEST_P(ListCommandsTest, RemovesByValue) {
  reply("RPUSH k a b a c a b 1 01 1", ":9");
  reply("LREM k 1 a", ":1");
  reply("LRANGE k 0 -1", "*8 $1 b $1 a $1 c $1 a $1 b $1 1 $2 01 $1 1");
  reply("LREM k -1 a", ":1");
  reply("LRANGE k 0 -1", "*7 $1 b $1 a $1 c $1 b $1 1 $2 01 $1 1");
  reply("LREM k 0 b", ":2");
  reply("LREM k 0 absent", ":0");
  reply("LREM k -9223372036854775808 1", ":2");
  reply("LRANGE k 0 -1", "*3 $1 a $1 c $2 01");
  reply("LREM k 9223372036854775807 a", ":1");
  reply("LREM k -9223372036854775807 01", ":1");
  reply("LREM k x c", "-ERR value is not an integer or out of range");
  reply("LREM k 0 c", ":1");
  reply("EXISTS k", ":0");
  reply("LREM k 0 c", ":0");
  reply("LREM absent x c", "-ERR value is not an integer or out of range");
  reply("RPUSH k a a a a a", ":5");
  reply("LREM k 2 a", ":2");
  reply("LREM k -2 a", ":2");
  reply("LREM k 2 a", ":1");
  reply("EXISTS k", ":0");
}

TEST_P(ListCommandsTest, Inserts) {
  reply("RPUSH k a b 5 a", ":4");
  reply("LINSERT k BEFORE a x", ":5");
  reply("LINSERT k after a y", ":6");
  reply("LINSERT k Before 5 4", ":7");
  reply("LINSERT k AFTER 5 6", ":8");
  reply("LRANGE k 0 -1", "*8 $1 x $1 a $1 y $1 b $1 4 $1 5 $1 6 $1 a");
  reply("LINSERT k BEFORE absent x", ":-1");
  reply("LINSERT k AFTER 05 x", ":-1");
  reply("LINSERT absent BEFORE a x", ":0");
  reply("EXISTS absent", ":0");
  reply("LINSERT k BETWEEN a x", "-ERR syntax error");
  reply("LINSERT absent BETWEEN a x", "-ERR syntax error");
  reply("LINSERT k BEFORE a", "-ERR wrong number of arguments for 'linsert' command");
  reply("LINSERT k AFTER a \"\"", ":9");
  reply("LRANGE k 0 -1", "*9 $1 x $1 a $0 $1 y $1 b $1 4 $1 5 $1 6 $1 a");
}

TEST_P(ListCommandsTest, Positions) {
  reply("RPUSH k a b c 1 2 3 c c", ":8");
  reply("LPOS k a", ":0");
  reply("LPOS k c", ":2");
  reply("LPOS k 3", ":5");
  reply("LPOS k 03", "$-1", "_");
  reply("LPOS k absent", "$-1", "_");
  reply("LPOS absent a", "$-1", "_");
  reply("LPOS k c RANK 1", ":2");
  reply("LPOS k c RANK 2", ":6");
  reply("LPOS k c RANK 4", "$-1", "_");
  reply("LPOS k c RANK -1", ":7");
  reply("LPOS k c RANK -3", ":2");
  reply("LPOS k c RANK -4", "$-1", "_");
  reply("LPOS k c RANK -9223372036854775808", ":7");
  reply("LPOS k c COUNT 0", "*3 :2 :6 :7");
  reply("LPOS k c COUNT 1", "*1 :2");
  reply("LPOS k c COUNT 2", "*2 :2 :6");
  reply("LPOS k c COUNT 100", "*3 :2 :6 :7");
  reply("LPOS k c COUNT 0 RANK 2", "*2 :6 :7");
  reply("LPOS k c COUNT 2 RANK -1", "*2 :7 :6");
  reply("LPOS k c COUNT 0 RANK 7", "*0");
  reply("LPOS k absent COUNT 0", "*0");
  reply("LPOS absent a COUNT 0", "*0");
  reply("LPOS absent a COUNT 2", "*0");
  reply("LPOS k c MAXLEN 2", "$-1", "_");
  reply("LPOS k c MAXLEN 3", ":2");
  reply("LPOS k c COUNT 0 MAXLEN 7", "*2 :2 :6");
  reply("LPOS k c COUNT 0 MAXLEN 7 RANK -1", "*3 :7 :6 :2");
  reply("LPOS k c COUNT 0 MAXLEN 0", "*3 :2 :6 :7");
  reply("LPOS k c maxlen 1 rank -1 count 5", "*1 :7");
  reply("LPOS k c RANK 9223372036854775807", "$-1", "_");
  reply("LPOS k c RANK -9223372036854775807", "$-1", "_");
  reply("LPOS k c COUNT 9223372036854775807 MAXLEN 9223372036854775807", "*3 :2 :6 :7");
}

TEST_P(ListCommandsTest, PositionErrors) {
  reply("RPUSH k a b c", ":3");
  reply("LPOS k c RANK 0",
        "-ERR RANK can't be zero: use 1 to start from the first match, 2 from the second ... or "
        "use negative to start from the end of the list");
  reply("LPOS k c RANK x", "-ERR value is not an integer or out of range");
  reply("LPOS k c COUNT -1", "-ERR COUNT can't be negative");
  reply("LPOS k c COUNT x", "-ERR COUNT can't be negative");
  reply("LPOS k c MAXLEN -1", "-ERR MAXLEN can't be negative");
  reply("LPOS k c MAXLEN x", "-ERR MAXLEN can't be negative");
  reply("LPOS k c RANK", "-ERR syntax error");
  reply("LPOS k c COUNT 1 MAXLEN", "-ERR syntax error");
  reply("LPOS k c WHERE 1", "-ERR syntax error");
  reply("LPOS absent c RANK 0",
        "-ERR RANK can't be zero: use 1 to start from the first match, 2 from the second ... or "
        "use negative to start from the end of the list");
  reply("LPOS k", "-ERR wrong number of arguments for 'lpos' command");
}

// Redis 7.0 negates the rank all the same, which overflows, and searches from the end; Redis 7.2
// refuses it.
TEST_P(ListCommandsTest, RankThatCannotBeNegated) {
  command({"RPUSH", "k", "a", "b", "a"});
  EXPECT_EQ(command({"LPOS", "k", "a", "RANK", "-9223372036854775808"}), ":2");
}

TEST_P(ListCommandsTest, MovesBetweenLists) {
  reply("RPUSH from a b c d e", ":5");
  reply("RPOPLPUSH from to", "$1 e");
  reply("RPOPLPUSH from to", "$1 d");
  reply("LRANGE to 0 -1", "*2 $1 d $1 e");
  reply("LMOVE from to LEFT RIGHT", "$1 a");
  reply("LMOVE from to left left", "$1 b");
  reply("LMOVE from to RIGHT RIGHT", "$1 c");
  reply("LRANGE to 0 -1", "*5 $1 b $1 d $1 e $1 a $1 c");
  reply("EXISTS from", ":0");
  reply("RPOPLPUSH from to", "$-1", "_");
  reply("LMOVE from to LEFT LEFT", "$-1", "_");
  reply("LMOVE from from LEFT LEFT", "$-1", "_");
  reply("EXISTS from", ":0");
  reply("LMOVE to from RIGHT LEFT", "$1 c");
  reply("LRANGE from 0 -1", "*1 $1 c");
  reply("LMOVE to from UP LEFT", "-ERR syntax error");
  reply("LMOVE to from LEFT DOWN", "-ERR syntax error");
  reply("LMOVE absent absent UP DOWN", "-ERR syntax error");
  reply("LMOVE to from LEFT", "-ERR wrong number of arguments for 'lmove' command");
  reply("LLEN to", ":4");
}

TEST_P(ListCommandsTest, MovesWithinOneList) {
  reply("RPUSH k a b c", ":3");
  reply("RPOPLPUSH k k", "$1 c");
  reply("LRANGE k 0 -1", "*3 $1 c $1 a $1 b");
  reply("LMOVE k k LEFT RIGHT", "$1 c");
  reply("LRANGE k 0 -1", "*3 $1 a $1 b $1 c");
  reply("LMOVE k k RIGHT LEFT", "$1 c");
  reply("LRANGE k 0 -1", "*3 $1 c $1 a $1 b");
  reply("LMOVE k k LEFT LEFT", "$1 c");
  reply("LMOVE k k RIGHT RIGHT", "$1 b");
  reply("LRANGE k 0 -1", "*3 $1 c $1 a $1 b");
  reply("DEL k", ":1");
  reply("RPUSH k only", ":1");
  reply("RPOPLPUSH k k", "$4 only");
  reply("LMOVE k k LEFT RIGHT", "$4 only");
  reply("LRANGE k 0 -1", "*1 $4 only");
  reply("DEL k", ":1");
  reply("RPUSH k 17", ":1");
  reply("RPOPLPUSH k k", "$2 17");
  reply("LRANGE k 0 -1", "*1 $2 17");
}

TEST_P(ListCommandsTest, MovingKeepsTheTimeToLive) {
  reply("RPUSH k a b", ":2");
  reply("EXPIRE k 100000", ":1");
  reply("RPOPLPUSH k k", "$1 b");
  reply("PERSIST k", ":1");
  reply("RPUSH k2 x", ":1");
  reply("EXPIRE k2 100000", ":1");
  reply("RPOPLPUSH k k2", "$1 a");
  reply("PERSIST k2", ":1");
  reply("EXPIRE k 100000", ":1");
  reply("LPOP k", "$1 b");
  reply("RPUSH k new", ":1");
  reply("TTL k", ":-1");
}

TEST_P(ListCommandsTest, WrongTypes) {
  reply("SET s text", "+OK");
  reply("RPUSH k a", ":1");
  reply("LPUSH s a", "-WRONGTYPE Operation against a key holding the wrong kind of value");
  reply("RPUSH s a", "-WRONGTYPE Operation against a key holding the wrong kind of value");
  reply("LPUSHX s a", "-WRONGTYPE Operation against a key holding the wrong kind of value");
  reply("RPUSHX s a", "-WRONGTYPE Operation against a key holding the wrong kind of value");
  reply("LPOP s", "-WRONGTYPE Operation against a key holding the wrong kind of value");
  reply("RPOP s 1", "-WRONGTYPE Operation against a key holding the wrong kind of value");
  reply("LPOP s -1", "-ERR value is out of range, must be positive");
  reply("LLEN s", "-WRONGTYPE Operation against a key holding the wrong kind of value");
  reply("LRANGE s 0 -1", "-WRONGTYPE Operation against a key holding the wrong kind of value");
  reply("LRANGE s x -1", "-ERR value is not an integer or out of range");
  reply("LINDEX s 0", "-WRONGTYPE Operation against a key holding the wrong kind of value");
  reply("LINDEX s x", "-WRONGTYPE Operation against a key holding the wrong kind of value");
  reply("LSET s 0 a", "-WRONGTYPE Operation against a key holding the wrong kind of value");
  reply("LSET s x a", "-WRONGTYPE Operation against a key holding the wrong kind of value");
  reply("LTRIM s 0 -1", "-WRONGTYPE Operation against a key holding the wrong kind of value");
  reply("LREM s 0 a", "-WRONGTYPE Operation against a key holding the wrong kind of value");
  reply("LINSERT s BEFORE a b",
        "-WRONGTYPE Operation against a key holding the wrong kind of value");
  reply("LPOS s a", "-WRONGTYPE Operation against a key holding the wrong kind of value");
  reply("LPOS s a COUNT 0", "-WRONGTYPE Operation against a key holding the wrong kind of value");
  reply("RPOPLPUSH s k", "-WRONGTYPE Operation against a key holding the wrong kind of value");
  reply("RPOPLPUSH k s", "-WRONGTYPE Operation against a key holding the wrong kind of value");
  reply("RPOPLPUSH absent s", "$-1", "_");
  reply("LMOVE k s LEFT LEFT",
        "-WRONGTYPE Operation against a key holding the wrong kind of value");
  reply("LMOVE s s LEFT LEFT",
        "-WRONGTYPE Operation against a key holding the wrong kind of value");
  reply("LRANGE k 0 -1", "*1 $1 a");
  reply("GET k", "-WRONGTYPE Operation against a key holding the wrong kind of value");
  reply("HGET k f", "-WRONGTYPE Operation against a key holding the wrong kind of value");
  reply("SADD k f", "-WRONGTYPE Operation against a key holding the wrong kind of value");
  reply("ZADD k 1 f", "-WRONGTYPE Operation against a key holding the wrong kind of value");
  reply("XADD k * f v", "-WRONGTYPE Operation against a key holding the wrong kind of value");
}

TEST_P(ListCommandsTest, Arity) {
  reply("LPUSH k", "-ERR wrong number of arguments for 'lpush' command");
  reply("RPUSH k", "-ERR wrong number of arguments for 'rpush' command");
  reply("LPUSHX k", "-ERR wrong number of arguments for 'lpushx' command");
  reply("RPUSHX k", "-ERR wrong number of arguments for 'rpushx' command");
  reply("LPOP", "-ERR wrong number of arguments for 'lpop' command");
  reply("RPOP", "-ERR wrong number of arguments for 'rpop' command");
  reply("LLEN", "-ERR wrong number of arguments for 'llen' command");
  reply("LLEN a b", "-ERR wrong number of arguments for 'llen' command");
  reply("LRANGE k 0", "-ERR wrong number of arguments for 'lrange' command");
  reply("LRANGE k 0 1 2", "-ERR wrong number of arguments for 'lrange' command");
  reply("LINDEX k", "-ERR wrong number of arguments for 'lindex' command");
  reply("LSET k 0", "-ERR wrong number of arguments for 'lset' command");
  reply("LTRIM k 0", "-ERR wrong number of arguments for 'ltrim' command");
  reply("LREM k 0", "-ERR wrong number of arguments for 'lrem' command");
  reply("LINSERT k BEFORE a b c", "-ERR wrong number of arguments for 'linsert' command");
  reply("RPOPLPUSH k", "-ERR wrong number of arguments for 'rpoplpush' command");
  reply("RPOPLPUSH k k k", "-ERR wrong number of arguments for 'rpoplpush' command");
  reply("LMOVE a b LEFT RIGHT LEFT", "-ERR wrong number of arguments for 'lmove' command");
}

TEST_P(ListCommandsTest, NodesOfAFewElements) {
  reply("CONFIG SET list-max-listpack-size 3", "+OK");
  reply("RPUSH k 0 1 2 3 4 5 6 7 8 9 10 11", ":12");
  reply("OBJECT ENCODING k", "$9 quicklist");
  reply("LINSERT k BEFORE 3 x", ":13");
  reply("LINSERT k AFTER 5 y", ":14");
  reply("LINSERT k AFTER 5 z", ":15");
  reply("LSET k 6 six", "+OK");
  reply("LRANGE k 0 -1",
        "*15 $1 0 $1 1 $1 2 $1 x $1 3 $1 4 $3 six $1 z $1 y $1 6 $1 7 $1 8 $1 9 $2 10 $2 11");
  reply("LRANGE k 5 -6", "*5 $1 4 $3 six $1 z $1 y $1 6");
  reply("LINDEX k -7", "$1 y");
  reply("LPOS k z RANK -1", ":7");
  reply("LREM k -1 x", ":1");
  reply("LTRIM k 2 -4", "+OK");
  reply("LRANGE k 0 -1", "*9 $1 2 $1 3 $1 4 $3 six $1 z $1 y $1 6 $1 7 $1 8");
  reply("LPOP k 4", "*4 $1 2 $1 3 $1 4 $3 six");
  reply("RPOP k 4", "*4 $1 8 $1 7 $1 6 $1 y");
  reply("LRANGE k 0 -1", "*1 $1 z");
  reply("CONFIG SET list-max-listpack-size -2", "+OK");
}

// Across many nodes of the default size: what goes in at one end comes out at the other.
TEST_P(ListCommandsTest, LongListsKeepTheirOrder) {
  constexpr int kElements = 5000;
  const auto element = [](int i) {
    return i % 500 == 0 ? std::string(9000, 'x') + std::to_string(i) : std::to_string(i);
  };
  for (int i = 0; i < kElements; ++i) command({"RPUSH", "k", element(i)});
  reply("LLEN k", ":5000");
  reply("OBJECT ENCODING k", "$9 quicklist");
  for (int i = 0; i < kElements; i += 250) {
    const std::string text = "$" + std::to_string(element(i).size()) + " " + element(i);
    EXPECT_EQ(command({"LINDEX", "k", std::to_string(i)}), text);
    EXPECT_EQ(command({"LINDEX", "k", std::to_string(i - kElements)}), text);
    EXPECT_EQ(command({"LPOS", "k", element(i)}), ":" + std::to_string(i));
  }
  reply("LRANGE k 2498 2499", "*2 $4 2498 $4 2499");
  reply("LTRIM k 1000 -1000", "+OK");
  reply("LLEN k", ":3001");
  EXPECT_EQ(split_reply(command({"LPOP", "k", "1500"})).size(), 1U + 2 * 1500);
  reply("LINDEX k 1", "$4 2501");
  EXPECT_EQ(split_reply(command({"RPOP", "k", "1500"})).size(), 1U + 2 * 1500);
  EXPECT_EQ(split_reply(command({"LRANGE", "k", "0", "-1"})).size(), 1U + 2);
}

TEST_P(ListCommandsTest, ElementsOfEveryEncoding) {
  const std::vector<std::string> elements = border_elements();
  for (const std::string& element : elements) command({"RPUSH", "k", element});
  for (std::size_t i = 0; i < elements.size(); ++i) {
    const std::string index = std::to_string(i);
    EXPECT_EQ(command({"LINDEX", "k", index}), bulk_text(elements[i]));
    EXPECT_EQ(command({"LPOS", "k", elements[i]}), ":" + index);
  }
  for (const std::string& element : elements) {
    EXPECT_EQ(command({"RPOPLPUSH", "k", "k"}).front(), '$');
    EXPECT_EQ(command({"LINSERT", "k", "AFTER", element, element}),
              ":" + std::to_string(elements.size() + 1));
    EXPECT_EQ(command({"LREM", "k", "-1", element}), ":1");
  }
  for (const std::string& element : elements) {
    EXPECT_EQ(command({"LPOP", "k"}), bulk_text(element));
  }
  reply("EXISTS k", ":0");
}

INSTANTIATE_COMMAND_SCRIPTS(ListCommandsTest);

}  // namespace
}  // namespace weir::redis
