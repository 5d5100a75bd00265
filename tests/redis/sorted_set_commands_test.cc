// Sorted set commands.
#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "tests/redis/command_script.h"

namespace weir::redis {
namespace {

class SortedSetCommandsTest : public CommandScriptTest {};

TEST_P(SortedSetCommandsTest, AddsAndUpdates) {
  reply("ZADD k 1 a 2 b 3 c", ":3");
  reply("ZADD k 1 a 5 b 4 d", ":1");
  reply("ZADD k CH 1 a 6 b 4.5 d 9 e", ":3");
  reply("ZRANGE k 0 -1 WITHSCORES", "*10 $1 a $1 1 $1 c $1 3 $1 d $3 4.5 $1 b $1 6 $1 e $1 9",
        "*5 *2 $1 a ,1 *2 $1 c ,3 *2 $1 d ,4.5 *2 $1 b ,6 *2 $1 e ,9");
  reply("ZCARD k", ":5");
  reply("ZCARD absent", ":0");
  reply("ZSCORE k b", "$1 6", ",6");
  reply("ZSCORE k absent", "$-1", "_");
  reply("ZSCORE absent a", "$-1", "_");
  reply("ZMSCORE k a absent d", "*3 $1 1 $-1 $3 4.5", "*3 ,1 _ ,4.5");
  reply("ZMSCORE absent a b", "*2 $-1 $-1", "*2 _ _");
  reply("ZADD k 1 x 2 x 3 x", ":1");
  reply("ZSCORE k x", "$1 3", ",3");
  reply("ZADD k 2 z 2 \"\" 2 y 2 Z 2 10 2 9 2 \"\\xff\"", ":7");
  reply("ZRANGE k 0 -1", "*13 $1 a $0 $2 10 $1 9 $1 Z $1 y $1 z $1 \\xff $1 c $1 x $1 d $1 b $1 e");
  reply("TYPE k", "+zset");
}

TEST_P(SortedSetCommandsTest, AddingUnderConditions) {
  reply("ZADD k 10 a", ":1");
  reply("ZADD k NX 11 a 12 b", ":1");
  reply("ZADD k XX 13 a 14 c", ":0");
  reply("ZADD k XX CH 15 a 14 c", ":1");
  reply("ZADD k GT 14 a 20 d", ":1");
  reply("ZADD k GT CH 16 a 11 b", ":1");
  reply("ZADD k LT CH 17 a 11 b 30 e", ":2");
  reply("ZADD k XX GT CH 17 a 99 f", ":1");
  reply("ZADD k LT XX CH 16 a 1 f", ":1");
  reply("ZADD k gt ch 16 a", ":0");
  reply("ZRANGE k 0 -1 WITHSCORES", "*8 $1 b $2 11 $1 a $2 16 $1 d $2 20 $1 e $2 30",
        "*4 *2 $1 b ,11 *2 $1 a ,16 *2 $1 d ,20 *2 $1 e ,30");
  reply("ZADD absent XX 1 a", ":0");
  reply("ZADD absent XX INCR 1 a", "$-1", "_");
  reply("EXISTS absent", ":0");
  reply("ZADD made GT 1 a", ":1");
  reply("ZADD k NX XX 1 a", "-ERR XX and NX options at the same time are not compatible");
  reply("ZADD k NX GT 1 a", "-ERR GT, LT, and/or NX options at the same time are not compatible");
  reply("ZADD k NX LT 1 a", "-ERR GT, LT, and/or NX options at the same time are not compatible");
  reply("ZADD k GT LT 1 a", "-ERR GT, LT, and/or NX options at the same time are not compatible");
  reply("ZADD k NX GT LT XX 1 a", "-ERR XX and NX options at the same time are not compatible");
  reply("ZADD k NX NX 1 g", ":1");
}

TEST_P(SortedSetCommandsTest, Increments) {
  reply("ZADD k INCR 5 a", "$1 5", ",5");
  reply("ZADD k INCR 2.5 a", "$3 7.5", ",7.5");
  reply("ZADD k NX INCR 1 a", "$-1", "_");
  reply("ZADD k NX INCR 1 b", "$1 1", ",1");
  reply("ZADD k XX INCR 1 c", "$-1", "_");
  reply("ZADD k GT INCR -1 a", "$-1", "_");
  reply("ZADD k GT INCR 1 a", "$3 8.5", ",8.5");
  reply("ZADD k LT INCR 1 a", "$-1", "_");
  reply("ZADD k LT INCR -1 a", "$3 7.5", ",7.5");
  reply("ZADD k CH INCR 1 a", "$3 8.5", ",8.5");
  reply("ZADD k INCR 1 a 2 b", "-ERR INCR option supports a single increment-element pair");
  reply("ZINCRBY k 2 a", "$4 10.5", ",10.5");
  reply("ZINCRBY k -0.25 b", "$4 0.75", ",0.75");
  reply("ZINCRBY absent 3 m", "$1 3", ",3");
  reply("ZINCRBY k inf a", "$3 inf", ",inf");
  reply("ZINCRBY k 1 a", "$3 inf", ",inf");
  reply("ZINCRBY k -inf a", "-ERR resulting score is not a number (NaN)");
  reply("ZADD k INCR -inf a", "-ERR resulting score is not a number (NaN)");
  reply("ZSCORE k a", "$3 inf", ",inf");
  reply("ZINCRBY k x a", "-ERR value is not a valid float");
  reply("ZINCRBY k nan a", "-ERR value is not a valid float");
  reply("ZINCRBY k \"\" a", "-ERR value is not a valid float");
  reply("ZINCRBY k 0x10 hex", "$2 16", ",16");
  reply("ZINCRBY k 1e-3 small", "$5 0.001", ",0.001");
}

// A listpack keeps whole numbers as integers, and so they look to ZSCAN; it has no -0.
TEST_P(SortedSetCommandsTest, ScoresAsTheyAreKept) {
  reply("ZADD l -0 a 1e17 b", ":2");
  reply("ZSCORE l a", "$1 0", ",0");
  reply("ZSCORE l b", "$5 1e+17", ",1e+17");
  reply("ZSCAN l 0", "*2 $1 0 *4 $1 a $1 0 $1 b $18 100000000000000000");
  reply("CONFIG SET zset-max-listpack-entries 0", "+OK");
  reply("ZADD s -0 a 1e17 b 0 Z", ":3");
  reply("ZSCORE s a", "$2 -0", ",-0");
  reply("ZADD s 0 a", ":0");
  reply("ZSCORE s a", "$2 -0", ",-0");
  reply("ZRANGEBYSCORE s 0 -0", "*2 $1 Z $1 a");
  reply("ZSCAN s 0 MATCH b", "*2 $1 0 *2 $1 b $5 1e+17");
  reply("ZINCRBY s 0 a", "$1 0", ",0");
  reply("ZSCORE s a", "$2 -0", ",-0");
  reply("ZINCRBY s 1 a", "$1 1", ",1");
  reply("CONFIG SET zset-max-listpack-entries 128", "+OK");
}

TEST_P(SortedSetCommandsTest, ScoresAsText) {
  reply("ZADD k inf a -inf b +inf c 1e300 d -1.5e-300 e 3.0 f 0.1 g -0 h 17179869184.25 i", ":9");
  reply("ZADD k 1e17 j 123456789012345678 l 1e21 m 0.30000000000000004 n 5e-324 o Infinity p",
        ":6");
  reply("ZRANGE k 0 -1 WITHSCORES",
        "*30 $1 b $4 -inf $1 e $24 -1.5000000000000001e-300 $1 h $1 0 $1 o $23 "
        "4.9406564584124654e-324 $1 g $19 0.10000000000000001 $1 n $19 0.30000000000000004 $1 f $1 "
        "3 $1 i $14 17179869184.25 $1 j $5 1e+17 $1 l $22 1.2345678901234568e+17 $1 m $5 1e+21 $1 "
        "d $23 1.0000000000000001e+300 $1 a $3 inf $1 c $3 inf $1 p $3 inf",
        "*15 *2 $1 b ,-inf *2 $1 e ,-1.5000000000000001e-300 *2 $1 h ,0 *2 $1 o "
        ",4.9406564584124654e-324 *2 $1 g ,0.10000000000000001 *2 $1 n ,0.30000000000000004 *2 $1 "
        "f ,3 *2 $1 i ,17179869184.25 *2 $1 j ,1e+17 *2 $1 l ,1.2345678901234568e+17 *2 $1 m "
        ",1e+21 *2 $1 d ,1.0000000000000001e+300 *2 $1 a ,inf *2 $1 c ,inf *2 $1 p ,inf");
  reply("ZADD k x a", "-ERR value is not a valid float");
  reply("ZADD k nan a", "-ERR value is not a valid float");
  reply("ZADD k 1 a x b", "-ERR value is not a valid float");
  reply("ZADD k \" 1\" a", "-ERR value is not a valid float");
  reply("ZADD k \"1 \" a", "-ERR value is not a valid float");
  reply("ZADD k \"\" a", "-ERR value is not a valid float");
  reply("ZADD k 1e400 big", "-ERR value is not a valid float");
  reply("ZSCORE k a", "$3 inf", ",inf");
}

TEST_P(SortedSetCommandsTest, AddingErrors) {
  reply("ZADD k 1", "-ERR wrong number of arguments for 'zadd' command");
  reply("ZADD k 1 a 2", "-ERR syntax error");
  reply("ZADD k NX", "-ERR wrong number of arguments for 'zadd' command");
  reply("ZADD k NX CH", "-ERR syntax error");
  reply("ZADD k NX 1", "-ERR syntax error");
  reply("ZADD k a 1", "-ERR value is not a valid float");
  reply("ZADD k INCR", "-ERR wrong number of arguments for 'zadd' command");
  reply("ZADD k WHAT 1 a", "-ERR syntax error");
  reply("ZADD k 1 a NX 2", "-ERR value is not a valid float");
  reply("EXISTS k", ":0");
}

TEST_P(SortedSetCommandsTest, Removes) {
  reply("ZADD k 1 a 2 b 3 c", ":3");
  reply("ZREM k a x", ":1");
  reply("ZREM k b b", ":1");
  reply("ZREM absent a", ":0");
  reply("ZRANGE k 0 -1", "*1 $1 c");
  reply("ZREM k x c", ":1");
  reply("EXISTS k", ":0");
}

TEST_P(SortedSetCommandsTest, Ranks) {
  reply("ZADD k 1 a 2 b 2 bb 3 c", ":4");
  reply("ZRANK k a", ":0");
  reply("ZRANK k bb", ":2");
  reply("ZRANK k c", ":3");
  reply("ZREVRANK k a", ":3");
  reply("ZREVRANK k bb", ":1");
  reply("ZREVRANK k c", ":0");
  reply("ZRANK k x", "$-1", "_");
  reply("ZREVRANK k x", "$-1", "_");
  reply("ZRANK absent a", "$-1", "_");
  reply("ZREVRANK absent a", "$-1", "_");
}

TEST_P(SortedSetCommandsTest, Pops) {
  reply("ZADD k 1 a 2 b 3 c 4 d 5 e 6 f", ":6");
  reply("ZPOPMIN k", "*2 $1 a $1 1", "*2 $1 a ,1");
  reply("ZPOPMAX k", "*2 $1 f $1 6", "*2 $1 f ,6");
  reply("ZPOPMIN k 2", "*4 $1 b $1 2 $1 c $1 3", "*2 *2 $1 b ,2 *2 $1 c ,3");
  reply("ZPOPMAX k 1", "*2 $1 e $1 5", "*1 *2 $1 e ,5");
  reply("ZPOPMIN k 0", "*0");
  reply("ZPOPMAX k 0", "*0");
  reply("ZPOPMIN k -1", "-ERR value is out of range, must be positive");
  reply("ZPOPMAX k -9223372036854775808", "-ERR value is out of range, must be positive");
  reply("ZPOPMIN k x", "-ERR value is out of range, must be positive");
  reply("ZPOPMIN k 1 2", "-ERR syntax error");
  reply("ZPOPMAX k 9223372036854775807", "*2 $1 d $1 4", "*1 *2 $1 d ,4");
  reply("EXISTS k", ":0");
  reply("ZPOPMIN k", "*0");
  reply("ZPOPMAX k 1", "*0");
  reply("ZPOPMIN absent 0", "*0");
  reply("ZPOPMIN absent -1", "-ERR value is out of range, must be positive");
  reply("ZADD k 1 a", ":1");
  reply("ZPOPMIN k", "*2 $1 a $1 1", "*2 $1 a ,1");
  reply("EXISTS k", ":0");
}

TEST_P(SortedSetCommandsTest, RangesByRank) {
  reply("ZADD k 1 a 2 b 3 c 4 d", ":4");
  reply("ZRANGE k 0 -1", "*4 $1 a $1 b $1 c $1 d");
  reply("ZRANGE k 1 2 WITHSCORES", "*4 $1 b $1 2 $1 c $1 3", "*2 *2 $1 b ,2 *2 $1 c ,3");
  reply("ZRANGE k 0 -1 REV", "*4 $1 d $1 c $1 b $1 a");
  reply("ZRANGE k 0 1 rev withscores", "*4 $1 d $1 4 $1 c $1 3", "*2 *2 $1 d ,4 *2 $1 c ,3");
  reply("ZRANGE k -2 -1", "*2 $1 c $1 d");
  reply("ZRANGE k -2 -1 REV", "*2 $1 b $1 a");
  reply("ZRANGE k 4 9", "*0");
  reply("ZRANGE k 2 1", "*0");
  reply("ZRANGE k -100 100", "*4 $1 a $1 b $1 c $1 d");
  reply("ZRANGE k -100 -100", "*0");
  reply("ZRANGE k -9223372036854775808 9223372036854775807", "*4 $1 a $1 b $1 c $1 d");
  reply("ZRANGE k 9223372036854775807 -9223372036854775808", "*0");
  reply("ZRANGE k -9223372036854775808 9223372036854775807 REV", "*4 $1 d $1 c $1 b $1 a");
  reply("ZRANGE absent 0 -1", "*0");
  reply("ZRANGE absent 0 -1 WITHSCORES", "*0");
  reply("ZREVRANGE k 0 -1", "*4 $1 d $1 c $1 b $1 a");
  reply("ZREVRANGE k 0 0 WITHSCORES", "*2 $1 d $1 4", "*1 *2 $1 d ,4");
  reply("ZREVRANGE k -1 -1", "*1 $1 a");
  reply("ZREVRANGE k 3 9223372036854775807", "*1 $1 a");
  reply("ZRANGE k x 1", "-ERR value is not an integer or out of range");
  reply("ZRANGE k 0 (1", "-ERR value is not an integer or out of range");
  reply("ZRANGE k 0 9223372036854775808", "-ERR value is not an integer or out of range");
  reply("ZRANGE k 0 -1 WITHSCORE", "-ERR syntax error");
  reply("ZRANGE k 0 -1 WITHSCORES WITHSCORES", "*8 $1 a $1 1 $1 b $1 2 $1 c $1 3 $1 d $1 4",
        "*4 *2 $1 a ,1 *2 $1 b ,2 *2 $1 c ,3 *2 $1 d ,4");
  reply("ZRANGE k 0 -1 LIMIT 0 1",
        "-ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX");
  reply("ZRANGE k 0 -1 LIMIT 0 -1", "*4 $1 a $1 b $1 c $1 d");
  reply("ZREVRANGE k 0 -1 REV", "-ERR syntax error");
  reply("ZREVRANGE k 0 -1 LIMIT 0 1",
        "-ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX");
  reply("ZREVRANGE k 0 -1 BYSCORE", "-ERR syntax error");
}

TEST_P(SortedSetCommandsTest, RangesByScore) {
  reply("ZADD k 1 a 2 b 2 bb 3 c 4 d -inf low inf high", ":7");
  reply("ZRANGEBYSCORE k 2 3", "*3 $1 b $2 bb $1 c");
  reply("ZRANGEBYSCORE k (2 3", "*1 $1 c");
  reply("ZRANGEBYSCORE k 2 (3 WITHSCORES", "*4 $1 b $1 2 $2 bb $1 2", "*2 *2 $1 b ,2 *2 $2 bb ,2");
  reply("ZRANGEBYSCORE k (2 (3", "*0");
  reply("ZRANGEBYSCORE k -inf +inf", "*7 $3 low $1 a $1 b $2 bb $1 c $1 d $4 high");
  reply("ZRANGEBYSCORE k (-inf (+inf", "*5 $1 a $1 b $2 bb $1 c $1 d");
  reply("ZRANGEBYSCORE k 3 2", "*0");
  reply("ZRANGEBYSCORE k (2 (2", "*0");
  reply("ZRANGEBYSCORE k 2.5 2.7", "*0");
  reply("ZRANGEBYSCORE k -inf inf LIMIT 1 2", "*2 $1 a $1 b");
  reply("ZRANGEBYSCORE k -inf inf LIMIT 0 0", "*0");
  reply("ZRANGEBYSCORE k -inf inf LIMIT 2 -1", "*5 $1 b $2 bb $1 c $1 d $4 high");
  reply("ZRANGEBYSCORE k -inf inf LIMIT 100 1", "*0");
  reply("ZRANGEBYSCORE k -inf inf LIMIT -1 2", "*0");
  reply("ZRANGEBYSCORE k -inf inf LIMIT -9223372036854775808 9223372036854775807", "*0");
  reply("ZRANGEBYSCORE k -inf inf LIMIT 9223372036854775807 9223372036854775807", "*0");
  reply("ZRANGEBYSCORE k -inf inf LIMIT 1 -9223372036854775808",
        "*6 $1 a $1 b $2 bb $1 c $1 d $4 high");
  reply("ZRANGEBYSCORE k 1 2 WITHSCORES LIMIT 1 1", "*2 $1 b $1 2", "*1 *2 $1 b ,2");
  reply("ZRANGEBYSCORE k 1 2 LIMIT 1 1 WITHSCORES", "*2 $1 b $1 2", "*1 *2 $1 b ,2");
  reply("ZREVRANGEBYSCORE k 3 2", "*3 $1 c $2 bb $1 b");
  reply("ZREVRANGEBYSCORE k +inf (2 WITHSCORES LIMIT 1 2", "*4 $1 d $1 4 $1 c $1 3",
        "*2 *2 $1 d ,4 *2 $1 c ,3");
  reply("ZREVRANGEBYSCORE k 2 3", "*0");
  reply("ZRANGE k 2 3 BYSCORE", "*3 $1 b $2 bb $1 c");
  reply("ZRANGE k 3 2 BYSCORE REV", "*3 $1 c $2 bb $1 b");
  reply("ZRANGE k 2 3 BYSCORE REV", "*0");
  reply("ZRANGE k (1 +inf BYSCORE LIMIT 1 2 WITHSCORES", "*4 $2 bb $1 2 $1 c $1 3",
        "*2 *2 $2 bb ,2 *2 $1 c ,3");
  reply("ZRANGEBYSCORE absent 1 2", "*0");
  reply("ZREVRANGEBYSCORE absent 2 1 LIMIT 0 1", "*0");
  reply("ZCOUNT k 2 3", ":3");
  reply("ZCOUNT k (2 +inf", ":3");
  reply("ZCOUNT k -inf +inf", ":7");
  reply("ZCOUNT k 3 2", ":0");
  reply("ZCOUNT absent 1 2", ":0");
}

TEST_P(SortedSetCommandsTest, ScoreRangeErrors) {
  reply("ZADD k 1 a", ":1");
  reply("ZRANGEBYSCORE k x 2", "-ERR min or max is not a float");
  reply("ZRANGEBYSCORE k 1 y", "-ERR min or max is not a float");
  reply("ZRANGEBYSCORE k nan 2", "-ERR min or max is not a float");
  reply("ZRANGEBYSCORE k ( 2", "*1 $1 a");
  reply("ZRANGEBYSCORE k ((1 2", "-ERR min or max is not a float");
  reply("ZRANGEBYSCORE k [1 2", "-ERR min or max is not a float");
  reply("ZRANGEBYSCORE k \"\" 2", "*1 $1 a");
  reply("ZRANGEBYSCORE k 1 2 LIMIT 0", "-ERR syntax error");
  reply("ZRANGEBYSCORE k 1 2 LIMIT x 1", "-ERR value is not an integer or out of range");
  reply("ZRANGEBYSCORE k 1 2 LIMIT 0 x", "-ERR value is not an integer or out of range");
  reply("ZRANGEBYSCORE k 1 2 BYSCORE", "-ERR syntax error");
  reply("ZRANGEBYSCORE k 1 2 REV", "-ERR syntax error");
  reply("ZRANGEBYSCORE absent x 2", "-ERR min or max is not a float");
  reply("ZREVRANGEBYSCORE k 1 x", "-ERR min or max is not a float");
  reply("ZCOUNT k x 1", "-ERR min or max is not a float");
  reply("ZCOUNT absent 1 x", "-ERR min or max is not a float");
  reply("ZRANGE k 1 x BYSCORE", "-ERR min or max is not a float");
  reply("ZREMRANGEBYSCORE k x 1", "-ERR min or max is not a float");
  reply("ZREMRANGEBYSCORE absent 1 x", "-ERR min or max is not a float");
}

TEST_P(SortedSetCommandsTest, RangesByMember) {
  reply("ZADD k 0 a 0 b 0 c 0 cc 0 d 0 \"\"", ":6");
  reply("ZRANGEBYLEX k - +", "*6 $0 $1 a $1 b $1 c $2 cc $1 d");
  reply("ZRANGEBYLEX k [b [cc", "*3 $1 b $1 c $2 cc");
  reply("ZRANGEBYLEX k (b (cc", "*1 $1 c");
  reply("ZRANGEBYLEX k [b (b", "*0");
  reply("ZRANGEBYLEX k [ [a", "*2 $0 $1 a");
  reply("ZRANGEBYLEX k ( [a", "*1 $1 a");
  reply("ZRANGEBYLEX k + -", "*0");
  reply("ZRANGEBYLEX k (c +", "*2 $2 cc $1 d");
  reply("ZRANGEBYLEX k - + LIMIT 1 2", "*2 $1 a $1 b");
  reply("ZRANGEBYLEX k - + LIMIT 0 0", "*0");
  reply("ZRANGEBYLEX k - + LIMIT 2 -5", "*4 $1 b $1 c $2 cc $1 d");
  reply("ZRANGEBYLEX k - + LIMIT -1 2", "*0");
  reply("ZRANGEBYLEX k - + LIMIT 9223372036854775807 9223372036854775807", "*0");
  reply("ZREVRANGEBYLEX k + -", "*6 $1 d $2 cc $1 c $1 b $1 a $0");
  reply("ZREVRANGEBYLEX k [cc (a LIMIT 1 1", "*1 $1 c");
  reply("ZREVRANGEBYLEX k - +", "*0");
  reply("ZRANGE k [b + BYLEX", "*4 $1 b $1 c $2 cc $1 d");
  reply("ZRANGE k + (b BYLEX REV", "*3 $1 d $2 cc $1 c");
  reply("ZRANGE k - + BYLEX LIMIT 1 3", "*3 $1 a $1 b $1 c");
  reply("ZLEXCOUNT k - +", ":6");
  reply("ZLEXCOUNT k (a [c", ":2");
  reply("ZLEXCOUNT k [x +", ":0");
  reply("ZLEXCOUNT k + -", ":0");
  reply("ZLEXCOUNT absent - +", ":0");
  reply("ZRANGEBYLEX absent - +", "*0");
  reply("ZRANGEBYLEX k a b", "-ERR min or max not valid string range item");
  reply("ZRANGEBYLEX k [a b", "-ERR min or max not valid string range item");
  reply("ZRANGEBYLEX k -x +", "-ERR min or max not valid string range item");
  reply("ZRANGEBYLEX k \"\" +", "-ERR min or max not valid string range item");
  reply("ZRANGEBYLEX k - + WITHSCORES",
        "-ERR syntax error, WITHSCORES not supported in combination with BYLEX");
  reply("ZRANGE k - + BYLEX WITHSCORES",
        "-ERR syntax error, WITHSCORES not supported in combination with BYLEX");
  reply("ZRANGE k - + BYLEX BYSCORE", "-ERR syntax error");
  reply("ZLEXCOUNT k a b", "-ERR min or max not valid string range item");
  reply("ZLEXCOUNT absent a b", "-ERR min or max not valid string range item");
  reply("ZREMRANGEBYLEX k a b", "-ERR min or max not valid string range item");
}

TEST_P(SortedSetCommandsTest, StoresRanges) {
  reply("ZADD k 1 a 2 b 3 c 4 d", ":4");
  reply("ZRANGESTORE d k 1 2", ":2");
  reply("ZRANGE d 0 -1 WITHSCORES", "*4 $1 b $1 2 $1 c $1 3", "*2 *2 $1 b ,2 *2 $1 c ,3");
  reply("ZRANGESTORE d k 0 1 REV", ":2");
  reply("ZRANGE d 0 -1 WITHSCORES", "*4 $1 c $1 3 $1 d $1 4", "*2 *2 $1 c ,3 *2 $1 d ,4");
  reply("ZRANGESTORE d k (1 3 BYSCORE", ":2");
  reply("ZRANGE d 0 -1", "*2 $1 b $1 c");
  reply("ZRANGESTORE d k +inf -inf BYSCORE REV LIMIT 1 2", ":2");
  reply("ZRANGE d 0 -1", "*2 $1 b $1 c");
  reply("ZRANGESTORE d k [b + BYLEX LIMIT 0 2", ":2");
  reply("ZRANGE d 0 -1", "*2 $1 b $1 c");
  reply("ZRANGESTORE d k 9 10", ":0");
  reply("EXISTS d", ":0");
  reply("SET d text", "+OK");
  reply("ZRANGESTORE d k 0 0", ":1");
  reply("TYPE d", "+zset");
  reply("ZRANGESTORE d absent 0 -1", ":0");
  reply("EXISTS d", ":0");
  reply("ZRANGESTORE k k 1 -2", ":2");
  reply("ZRANGE k 0 -1 WITHSCORES", "*4 $1 b $1 2 $1 c $1 3", "*2 *2 $1 b ,2 *2 $1 c ,3");
  reply("ZRANGESTORE k k 5 6", ":0");
  reply("EXISTS k", ":0");
  reply("ZADD k 1 a", ":1");
  reply("ZRANGESTORE d k 0 -1 WITHSCORES", "-ERR syntax error");
  reply("ZRANGESTORE d k 0 -1 LIMIT 0 1",
        "-ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX");
  reply("ZRANGESTORE d k x -1", "-ERR value is not an integer or out of range");
  reply("ZRANGESTORE d k 0", "-ERR wrong number of arguments for 'zrangestore' command");
  reply("SET s text", "+OK");
  reply("ZRANGESTORE d s 0 -1",
        "-WRONGTYPE Operation against a key holding the wrong kind of value");
  reply("ZRANGESTORE s k 0 -1", ":1");
  reply("TYPE s", "+zset");
}

TEST_P(SortedSetCommandsTest, RemovesRanges) {
  reply("ZADD k 1 a 2 b 3 c 4 d 5 e 6 f 7 g 8 h", ":8");
  reply("ZREMRANGEBYRANK k 0 1", ":2");
  reply("ZREMRANGEBYRANK k -1 -1", ":1");
  reply("ZREMRANGEBYRANK k 5 9", ":0");
  reply("ZREMRANGEBYRANK k 2 1", ":0");
  reply("ZRANGE k 0 -1", "*5 $1 c $1 d $1 e $1 f $1 g");
  reply("ZREMRANGEBYSCORE k (3 4", ":1");
  reply("ZREMRANGEBYSCORE k 100 inf", ":0");
  reply("ZRANGE k 0 -1", "*4 $1 c $1 e $1 f $1 g");
  reply("ZREMRANGEBYRANK k -9223372036854775808 9223372036854775807", ":4");
  reply("EXISTS k", ":0");
  reply("ZADD k 0 a 0 b 0 c 0 d", ":4");
  reply("ZREMRANGEBYLEX k (a [c", ":2");
  reply("ZREMRANGEBYLEX k [x +", ":0");
  reply("ZRANGE k 0 -1", "*2 $1 a $1 d");
  reply("ZREMRANGEBYLEX k - +", ":2");
  reply("EXISTS k", ":0");
  reply("ZADD k 1 a", ":1");
  reply("ZREMRANGEBYSCORE k -inf +inf", ":1");
  reply("EXISTS k", ":0");
  reply("ZREMRANGEBYRANK absent 0 -1", ":0");
  reply("ZREMRANGEBYSCORE absent 0 1", ":0");
  reply("ZREMRANGEBYLEX absent - +", ":0");
  reply("ZREMRANGEBYRANK k x 1", "-ERR value is not an integer or out of range");
  reply("ZREMRANGEBYRANK absent 0 y", "-ERR value is not an integer or out of range");
}

TEST_P(SortedSetCommandsTest, RandomMembersOfOne) {
  reply("ZADD k 1.5 a", ":1");
  reply("ZRANDMEMBER k", "$1 a");
  reply("ZRANDMEMBER k 1", "*1 $1 a");
  reply("ZRANDMEMBER k 5", "*1 $1 a");
  reply("ZRANDMEMBER k 0", "*0");
  reply("ZRANDMEMBER k -3", "*3 $1 a $1 a $1 a");
  reply("ZRANDMEMBER k 5 WITHSCORES", "*2 $1 a $3 1.5", "*1 *2 $1 a ,1.5");
  reply("ZRANDMEMBER k -2 withscores", "*4 $1 a $3 1.5 $1 a $3 1.5",
        "*2 *2 $1 a ,1.5 *2 $1 a ,1.5");
  reply("ZRANDMEMBER k 0 WITHSCORES", "*0");
  reply("ZRANDMEMBER absent", "$-1", "_");
  reply("ZRANDMEMBER absent 1", "*0");
  reply("ZRANDMEMBER absent -1 WITHSCORES", "*0");
  reply("ZRANDMEMBER k x", "-ERR value is not an integer or out of range");
  reply("ZRANDMEMBER k 1 x", "-ERR syntax error");
  reply("ZRANDMEMBER k 1 WITHSCORES x", "-ERR syntax error");
  reply("ZRANDMEMBER k 9223372036854775807", "*1 $1 a");
  reply("ZRANDMEMBER k 9223372036854775808", "-ERR value is not an integer or out of range");
  reply("ZRANDMEMBER k 9223372036854775807 WITHSCORES", "-ERR value is out of range");
}

TEST_P(SortedSetCommandsTest, WrongTypes) {
  reply("SET s text", "+OK");
  reply("ZADD s 1 a", "-WRONGTYPE Operation against a key holding the wrong kind of value");
  reply("ZADD s XX 1 a", "-WRONGTYPE Operation against a key holding the wrong kind of value");
  reply("ZADD s x a", "-ERR value is not a valid float");
  reply("ZINCRBY s 1 a", "-WRONGTYPE Operation against a key holding the wrong kind of value");
  reply("ZREM s a", "-WRONGTYPE Operation against a key holding the wrong kind of value");
  reply("ZCARD s", "-WRONGTYPE Operation against a key holding the wrong kind of value");
  reply("ZSCORE s a", "-WRONGTYPE Operation against a key holding the wrong kind of value");
  reply("ZMSCORE s a b", "-WRONGTYPE Operation against a key holding the wrong kind of value");
  reply("ZRANK s a", "-WRONGTYPE Operation against a key holding the wrong kind of value");
  reply("ZREVRANK s a", "-WRONGTYPE Operation against a key holding the wrong kind of value");
  reply("ZPOPMIN s", "-WRONGTYPE Operation against a key holding the wrong kind of value");
  reply("ZPOPMAX s 1", "-WRONGTYPE Operation against a key holding the wrong kind of value");
  reply("ZPOPMIN s -1", "-ERR value is out of range, must be positive");
  reply("ZPOPMIN s 0", "-WRONGTYPE Operation against a key holding the wrong kind of value");
  reply("ZCOUNT s 0 1", "-WRONGTYPE Operation against a key holding the wrong kind of value");
  reply("ZCOUNT s x 1", "-ERR min or max is not a float");
  reply("ZLEXCOUNT s - +", "-WRONGTYPE Operation against a key holding the wrong kind of value");
  reply("ZRANGE s 0 -1", "-WRONGTYPE Operation against a key holding the wrong kind of value");
  reply("ZRANGE s x -1", "-ERR value is not an integer or out of range");
  reply("ZREVRANGE s 0 -1", "-WRONGTYPE Operation against a key holding the wrong kind of value");
  reply("ZRANGEBYSCORE s 0 1",
        "-WRONGTYPE Operation against a key holding the wrong kind of value");
  reply("ZREVRANGEBYSCORE s 1 0",
        "-WRONGTYPE Operation against a key holding the wrong kind of value");
  reply("ZRANGEBYLEX s - +", "-WRONGTYPE Operation against a key holding the wrong kind of value");
  reply("ZREVRANGEBYLEX s + -",
        "-WRONGTYPE Operation against a key holding the wrong kind of value");
  reply("ZREMRANGEBYRANK s 0 -1",
        "-WRONGTYPE Operation against a key holding the wrong kind of value");
  reply("ZREMRANGEBYSCORE s 0 1",
        "-WRONGTYPE Operation against a key holding the wrong kind of value");
  reply("ZREMRANGEBYLEX s - +",
        "-WRONGTYPE Operation against a key holding the wrong kind of value");
  reply("ZRANDMEMBER s", "-WRONGTYPE Operation against a key holding the wrong kind of value");
  reply("ZRANDMEMBER s 1", "-WRONGTYPE Operation against a key holding the wrong kind of value");
  reply("ZSCAN s 0", "-WRONGTYPE Operation against a key holding the wrong kind of value");
  reply("ZADD k 1 a", ":1");
  reply("GET k", "-WRONGTYPE Operation against a key holding the wrong kind of value");
  reply("SADD k a", "-WRONGTYPE Operation against a key holding the wrong kind of value");
}

TEST_P(SortedSetCommandsTest, Arity) {
  reply("ZADD k", "-ERR wrong number of arguments for 'zadd' command");
  reply("ZINCRBY k 1", "-ERR wrong number of arguments for 'zincrby' command");
  reply("ZINCRBY k 1 a 2", "-ERR wrong number of arguments for 'zincrby' command");
  reply("ZREM k", "-ERR wrong number of arguments for 'zrem' command");
  reply("ZCARD", "-ERR wrong number of arguments for 'zcard' command");
  reply("ZSCORE k", "-ERR wrong number of arguments for 'zscore' command");
  reply("ZMSCORE k", "-ERR wrong number of arguments for 'zmscore' command");
  reply("ZRANK k a b", "-ERR wrong number of arguments for 'zrank' command");
  reply("ZREVRANK k", "-ERR wrong number of arguments for 'zrevrank' command");
  reply("ZPOPMIN", "-ERR wrong number of arguments for 'zpopmin' command");
  reply("ZPOPMAX", "-ERR wrong number of arguments for 'zpopmax' command");
  reply("ZCOUNT k 1", "-ERR wrong number of arguments for 'zcount' command");
  reply("ZLEXCOUNT k -", "-ERR wrong number of arguments for 'zlexcount' command");
  reply("ZRANGE k 0", "-ERR wrong number of arguments for 'zrange' command");
  reply("ZREVRANGE k 0", "-ERR wrong number of arguments for 'zrevrange' command");
  reply("ZRANGEBYSCORE k 0", "-ERR wrong number of arguments for 'zrangebyscore' command");
  reply("ZREVRANGEBYSCORE k 0", "-ERR wrong number of arguments for 'zrevrangebyscore' command");
  reply("ZRANGEBYLEX k -", "-ERR wrong number of arguments for 'zrangebylex' command");
  reply("ZREVRANGEBYLEX k -", "-ERR wrong number of arguments for 'zrevrangebylex' command");
  reply("ZRANGESTORE d k 0", "-ERR wrong number of arguments for 'zrangestore' command");
  reply("ZREMRANGEBYRANK k 0", "-ERR wrong number of arguments for 'zremrangebyrank' command");
  reply("ZREMRANGEBYSCORE k 0 1 2",
        "-ERR wrong number of arguments for 'zremrangebyscore' command");
  reply("ZREMRANGEBYLEX k -", "-ERR wrong number of arguments for 'zremrangebylex' command");
  reply("ZRANDMEMBER", "-ERR wrong number of arguments for 'zrandmember' command");
  reply("ZSCAN k", "-ERR wrong number of arguments for 'zscan' command");
}

TEST_P(SortedSetCommandsTest, EncodingByMembers) {
  reply("CONFIG SET zset-max-listpack-entries 3", "+OK");
  reply("ZADD k 1 a 2 b 3 c", ":3");
  reply("OBJECT ENCODING k", "$8 listpack");
  reply("ZADD k 9 a", ":0");
  reply("OBJECT ENCODING k", "$8 listpack");
  reply("ZADD k 4 d", ":1");
  reply("OBJECT ENCODING k", "$8 skiplist");
  reply("ZRANGE k 0 -1 WITHSCORES", "*8 $1 b $1 2 $1 c $1 3 $1 d $1 4 $1 a $1 9",
        "*4 *2 $1 b ,2 *2 $1 c ,3 *2 $1 d ,4 *2 $1 a ,9");
  reply("ZREM k d b", ":2");
  reply("OBJECT ENCODING k", "$8 skiplist");
  reply("ZINCRBY k -10 a", "$2 -1", ",-1");
  reply("ZRANGE k 0 -1 WITHSCORES", "*4 $1 a $2 -1 $1 c $1 3", "*2 *2 $1 a ,-1 *2 $1 c ,3");
  reply("ZADD n 1 a 2 b 3 c 4 d 5 e", ":5");
  reply("OBJECT ENCODING n", "$8 skiplist");
  reply("ZRANK n c", ":2");
  reply("ZREVRANGEBYSCORE n 4 2 WITHSCORES", "*6 $1 d $1 4 $1 c $1 3 $1 b $1 2",
        "*3 *2 $1 d ,4 *2 $1 c ,3 *2 $1 b ,2");
  reply("ZRANGEBYLEX n - +", "*5 $1 a $1 b $1 c $1 d $1 e");
  reply("ZREMRANGEBYRANK n 1 2", ":2");
  reply("ZPOPMAX n 2", "*4 $1 e $1 5 $1 d $1 4", "*2 *2 $1 e ,5 *2 $1 d ,4");
  reply("ZRANGE n 0 -1", "*1 $1 a");
  reply("CONFIG SET zset-max-listpack-entries 128", "+OK");
}

TEST_P(SortedSetCommandsTest, EncodingByLengths) {
  reply("CONFIG SET zset-max-listpack-value 8", "+OK");
  reply("ZADD k 1 12345678 2 abcdefgh", ":2");
  reply("OBJECT ENCODING k", "$8 listpack");
  reply("ZADD k 3 abcdefghi", ":1");
  reply("OBJECT ENCODING k", "$8 skiplist");
  reply("ZRANGE k 0 -1 WITHSCORES", "*6 $8 12345678 $1 1 $8 abcdefgh $1 2 $9 abcdefghi $1 3",
        "*3 *2 $8 12345678 ,1 *2 $8 abcdefgh ,2 *2 $9 abcdefghi ,3");
  reply("ZADD n 1 123456789", ":1");
  reply("OBJECT ENCODING n", "$8 skiplist");
  reply("ZINCRBY i 1 123456789", "$1 1", ",1");
  reply("OBJECT ENCODING i", "$8 skiplist");
  reply("CONFIG SET zset-max-listpack-value 64", "+OK");
}

TEST_P(SortedSetCommandsTest, ScansOfSmallSortedSets) {
  reply("ZADD k 1 a 2.5 b 3 ab", ":3");
  reply("ZSCAN k 0", "*2 $1 0 *6 $1 a $1 1 $1 b $3 2.5 $2 ab $1 3");
  reply("ZSCAN k 0 COUNT 1", "*2 $1 0 *6 $1 a $1 1 $1 b $3 2.5 $2 ab $1 3");
  reply("ZSCAN k 0 MATCH a*", "*2 $1 0 *4 $1 a $1 1 $2 ab $1 3");
  reply("ZSCAN absent 0", "*2 $1 0 *0");
  reply("ZSCAN k x", "-ERR invalid cursor");
  reply("ZSCAN k 0 COUNT 0", "-ERR syntax error");
  reply("ZSCAN k 0 COUNT", "-ERR syntax error");
  reply("ZSCAN k 0 WITHSCORES", "-ERR syntax error");
}

constexpr int kListpackMembers = 128;

TEST_P(SortedSetCommandsTest, DefaultEncodingLimits) {
  for (int i = 0; i < kListpackMembers; ++i) {
    command({"ZADD", "k", std::to_string(i), "m" + std::to_string(i)});
  }
  reply("OBJECT ENCODING k", "$8 listpack");
  reply("ZADD k 5.5 m5", ":0");
  reply("OBJECT ENCODING k", "$8 listpack");
  reply("ZADD k 128 m128", ":1");
  reply("OBJECT ENCODING k", "$8 skiplist");
  for (int i = 0; i <= kListpackMembers; ++i) {
    const std::string member = "m" + std::to_string(i);
    EXPECT_EQ(command({"ZRANK", "k", member}), ":" + std::to_string(i));
    EXPECT_EQ(command({"ZREVRANK", "k", member}), ":" + std::to_string(kListpackMembers - i));
    EXPECT_EQ(command({"ZSCORE", "k", member}), bulk_text(i == 5 ? "5.5" : std::to_string(i)));
  }
  command({"ZADD", "v", "1", std::string(64, 'x')});
  reply("OBJECT ENCODING v", "$8 listpack");
  command({"ZADD", "v", "1", std::string(65, 'x')});
  reply("OBJECT ENCODING v", "$8 skiplist");
}

// The members of a reply without scores.
std::vector<std::string> members(const std::string& reply) {
  const std::vector<std::string> words = split_reply(reply);
  std::vector<std::string> result;
  for (std::size_t i = 2; i < words.size(); i += 2) result.push_back(words[i]);
  return result;
}

TEST_P(SortedSetCommandsTest, LargeOnesStayInOrder) {
  constexpr int kMembers = 2000;
  constexpr int kStep = 977;  // shares no factor with kMembers: every score once
  for (int i = 0; i < kMembers; ++i) {
    const int score = i * kStep % kMembers;
    command({"ZADD", "k", std::to_string(score), "m" + std::to_string(score)});
  }
  const auto all = members(command({"ZRANGE", "k", "0", "-1"}));
  ASSERT_EQ(all.size(), static_cast<std::size_t>(kMembers));
  for (int i = 0; i < kMembers; ++i)
    EXPECT_EQ(all[static_cast<std::size_t>(i)], "m" + std::to_string(i));
  reply("ZRANK k m1234", ":1234");
  reply("ZCOUNT k (500 1500", ":1000");
  reply("ZRANGE k 1000 1001", "*2 $5 m1000 $5 m1001");
  reply("ZREMRANGEBYSCORE k 10 1989", ":1980");
  reply("ZCARD k", ":20");
  reply("ZRANGE k 9 10", "*2 $2 m9 $5 m1990");
  reply("ZREMRANGEBYRANK k 0 -1", ":20");
  reply("EXISTS k", ":0");
}

TEST_P(SortedSetCommandsTest, RandomMembersOfMany) {
  for (const int size : {20, 500}) {
    command({"DEL", "k"});
    for (int i = 0; i < size; ++i)
      command({"ZADD", "k", std::to_string(i), "m" + std::to_string(i)});
    for (const int count : {1, size / 10, size / 2, size - 1, size, size + 5}) {
      const auto found = members(command({"ZRANDMEMBER", "k", std::to_string(count)}));
      EXPECT_EQ(found.size(), static_cast<std::size_t>(std::min(count, size)));
      EXPECT_EQ(std::set<std::string>(found.begin(), found.end()).size(), found.size());
      for (const std::string& member : found)
        EXPECT_EQ(command({"ZSCORE", "k", member}), bulk_text(member.substr(1)));
    }
    const auto repeated = members(command({"ZRANDMEMBER", "k", std::to_string(-3 * size)}));
    EXPECT_EQ(repeated.size(), static_cast<std::size_t>(3 * size));
    EXPECT_GT(std::set<std::string>(repeated.begin(), repeated.end()).size(), 1U);
    EXPECT_EQ(split_reply(command({"ZRANDMEMBER", "k", "3", "WITHSCORES"})).size(), 1U + 2 * 6);
  }
}

// A repeated sample is bounded, unlike in Redis, which would reply until its memory is gone.
TEST_P(SortedSetCommandsTest, RandomMembersWithoutEnd) {
  constexpr char kRefused[] = "-ERR value is out of range";
  command({"ZADD", "k", "1", "a"});
  EXPECT_EQ(command({"ZRANDMEMBER", "k", "-9223372036854775807"}), kRefused);
  EXPECT_EQ(command({"ZRANDMEMBER", "k", "-4611686018427387903", "WITHSCORES"}), kRefused);
  EXPECT_EQ(command({"ZRANDMEMBER", "k", "-16777217"}), kRefused);
  EXPECT_EQ(command({"ZRANDMEMBER", "absent", "-16777217"}), "*0");
}

// Every member that is there from the first call to the last is found, while the sorted set
// converts and grows.
TEST_P(SortedSetCommandsTest, ScansAreCompleteWhileGrowing) {
  constexpr int kAdded = 1500;
  for (const int size : {120, 500}) {
    command({"DEL", "k"});
    for (int i = 0; i < size; ++i)
      command({"ZADD", "k", std::to_string(i), "old" + std::to_string(i)});
    int added = 0;
    const auto found = scan("ZSCAN", "k", {"COUNT", "20"}, [&] {
      for (int i = 0; i < 100 && added < kAdded; ++i) {
        command({"ZADD", "k", std::to_string(added % 50), "new" + std::to_string(added)});
        ++added;
      }
    });
    const std::set<std::string> distinct(found.begin(), found.end());
    for (int i = 0; i < size; ++i) EXPECT_TRUE(distinct.contains("old" + std::to_string(i))) << i;
  }
}

TEST_P(SortedSetCommandsTest, MembersOfEveryEncoding) {
  const std::vector<std::string> elements = border_elements();
  for (std::size_t i = 0; i < elements.size(); ++i) {
    // From both ends towards the middle.
    const std::string score = std::to_string(i % 2 == 0 ? i : 1000 - i);
    EXPECT_EQ(command({"ZADD", "k", score, elements[i]}), ":1");
    EXPECT_EQ(command({"ZRANK", "k", elements[i]}), ":" + std::to_string((i + 1) / 2));
  }
  for (std::size_t i = 0; i < elements.size(); ++i) {
    EXPECT_EQ(command({"ZSCORE", "k", elements[i]}),
              bulk_text(std::to_string(i % 2 == 0 ? i : 1000 - i)));
    EXPECT_EQ(command({"ZREM", "k", elements[i]}), ":1");
  }
  reply("EXISTS k", ":0");
}

INSTANTIATE_COMMAND_SCRIPTS(SortedSetCommandsTest);

}  // namespace
}  // namespace weir::redis
