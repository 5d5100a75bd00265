// hiredis' blocking interface: formats of commands, pipelines, and sessions over all groups.
#include <gtest/gtest.h>
#include <hiredis/hiredis.h>

#include <array>
#include <string>

#include "tests/compat/clients/hiredis/hiredis_fixture.h"

namespace weir::redis {
namespace {

TEST_P(HiredisTest, Strings) {
  EXPECT_EQ(command("SET %s %d EX %i", "k", 41, 100), "+OK");
  EXPECT_EQ(command("INCR k"), ":42");
  EXPECT_EQ(command("TTL k"), ":100");
  EXPECT_EQ(command("SET k x NX"), "nil");
  EXPECT_EQ(command("GETDEL k"), "'42'");
  EXPECT_EQ(command("GET k"), "nil");
  EXPECT_EQ(command("MSET a 1 b 2"), "+OK");
  EXPECT_EQ(command("MGET a none b"), "['1', nil, '2']");
  EXPECT_EQ(command("INCRBYFLOAT a %f", 0.25), "'1.25'");
  EXPECT_EQ(command("SETRANGE a 6 xy"), ":8");
}

TEST_P(HiredisTest, BinaryValues) {
  std::string bytes;
  for (int i = 0; i < 256; ++i) bytes.push_back(static_cast<char>(i));
  EXPECT_EQ(command("SET %b %b", bytes.data(), bytes.size(), bytes.data(), bytes.size()), "+OK");
  EXPECT_EQ(command("GET %b", bytes.data(), bytes.size()), "'" + bytes + "'");
  const std::string large(5'000'000, 'x');
  EXPECT_EQ(command("SET large %s", large.c_str()), "+OK");
  EXPECT_EQ(command("GET large"), "'" + large + "'");
  EXPECT_EQ(command("SET empty %s", ""), "+OK");
  EXPECT_EQ(command("GET empty"), "''");
}

TEST_P(HiredisTest, ArgumentVectors) {
  std::array<const char*, 3> words = {"SET", "key with blanks", "a\0b"};
  const std::array<std::size_t, 3> lengths = {3, 15, 3};
  const ReplyPointer reply(
      static_cast<redisReply*>(redisCommandArgv(client_.get(), 3, words.data(), lengths.data())));
  EXPECT_EQ(text(reply.get()), "+OK");
  EXPECT_EQ(command("GET %s", "key with blanks"), std::string("'a\0b'", 5));
}

TEST_P(HiredisTest, Lists) {
  EXPECT_EQ(command("RPUSH l a b c"), ":3");
  EXPECT_EQ(command("LPUSH l z"), ":4");
  EXPECT_EQ(command("LRANGE l 0 -1"), "['z', 'a', 'b', 'c']");
  EXPECT_EQ(command("LMOVE l m LEFT RIGHT"), "'z'");
  EXPECT_EQ(command("LPOS l c"), ":2");
  EXPECT_EQ(command("LMPOP 2 none l RIGHT COUNT 2"), "['l', ['c', 'b']]");
  EXPECT_EQ(command("LPOP none"), "nil");
}

TEST_P(HiredisTest, HashesAndSets) {
  EXPECT_EQ(command("HSET h a 1 b x"), ":2");
  EXPECT_EQ(command("HGETALL h"), "['a', '1', 'b', 'x']");
  EXPECT_EQ(command("HINCRBY h a %lld", -5LL), ":-4");
  EXPECT_EQ(command("HMGET h a none"), "['-4', nil]");
  EXPECT_EQ(command("SADD s 3 1 2"), ":3");
  EXPECT_EQ(command("SADD t 2 3 4"), ":3");
  EXPECT_EQ(command("SINTER s t"), "['2', '3']");
  EXPECT_EQ(command("SDIFFSTORE u s t"), ":1");
  EXPECT_EQ(command("SMISMEMBER s 1 9"), "[:1, :0]");
}

TEST_P(HiredisTest, SortedSetsAndGeo) {
  EXPECT_EQ(command("ZADD z 1 a 2.5 b -inf c"), ":3");
  EXPECT_EQ(command("ZRANGE z 0 -1 WITHSCORES"), "['c', '-inf', 'a', '1', 'b', '2.5']");
  EXPECT_EQ(command("ZRANGEBYSCORE z (1 +inf LIMIT 0 1"), "['b']");
  EXPECT_EQ(command("ZRANGE z + - BYLEX REV LIMIT 1 1"), "['a']");
  EXPECT_EQ(command("ZPOPMIN z"), "['c', '-inf']");
  EXPECT_EQ(command("ZUNION 2 z none WEIGHTS 2 1 WITHSCORES"), "['a', '2', 'b', '5']");
  EXPECT_EQ(command("GEOADD g 13.361389 38.115556 Palermo 15.087269 37.502669 Catania"), ":2");
  EXPECT_EQ(command("GEOSEARCH g FROMMEMBER Palermo BYRADIUS 200 km ASC WITHDIST"),
            "[['Palermo', '0.0000'], ['Catania', '166.2742']]");
}

TEST_P(HiredisTest, StreamsWithAGroup) {
  EXPECT_EQ(command("XADD s 1-1 a 1"), "'1-1'");
  EXPECT_EQ(command("XADD s 2-1 b 2"), "'2-1'");
  EXPECT_EQ(command("XGROUP CREATE s g 0"), "+OK");
  EXPECT_EQ(command("XREADGROUP GROUP g alice COUNT 1 STREAMS s >"),
            "[['s', [['1-1', ['a', '1']]]]]");
  EXPECT_EQ(command("XPENDING s g"), "[:1, '1-1', '1-1', [['alice', '1']]]");
  EXPECT_EQ(command("XAUTOCLAIM s g bob 0 0 JUSTID"), "['0-0', ['1-1'], []]");
  EXPECT_EQ(command("XACK s g 1-1 9-9"), ":1");
  EXPECT_EQ(command("XREAD STREAMS s 2-1"), "nil");
  EXPECT_EQ(command("XREAD STREAMS s 1-1"), "[['s', [['2-1', ['b', '2']]]]]");
}

TEST_P(HiredisTest, BitmapsAndHyperLogLogs) {
  EXPECT_EQ(command("SETBIT b 9 1"), ":0");
  EXPECT_EQ(command("BITPOS b 1"), ":9");
  EXPECT_EQ(command("BITFIELD b OVERFLOW FAIL SET u8 0 255 INCRBY u8 0 1"), "[:0, nil]");
  EXPECT_EQ(command("PFADD h a b c a"), ":1");
  EXPECT_EQ(command("PFCOUNT h none"), ":3");
}

TEST_P(HiredisTest, Scan) {
  for (int i = 0; i < 1000; ++i) redisAppendCommand(client_.get(), "SET key:%d x", i);
  for (int i = 0; i < 1000; ++i) ASSERT_EQ(read(*client_), "+OK");
  std::string cursor = "0";
  std::size_t found = 0;
  do {
    const ReplyPointer reply(static_cast<redisReply*>(
        redisCommand(client_.get(), "SCAN %s MATCH key:* COUNT 100", cursor.c_str())));
    ASSERT_TRUE(reply != nullptr && reply->type == REDIS_REPLY_ARRAY && reply->elements == 2);
    cursor = reply->element[0]->str;
    found += reply->element[1]->elements;
  } while (cursor != "0");
  EXPECT_EQ(found, 1000U);
}

TEST_P(HiredisTest, SortDumpAndRestore) {
  command("RPUSH l 3 1 2");
  EXPECT_EQ(command("SORT l DESC LIMIT 0 2"), "['3', '2']");
  const ReplyPointer payload(static_cast<redisReply*>(redisCommand(client_.get(), "DUMP l")));
  ASSERT_EQ(payload->type, REDIS_REPLY_STRING);
  EXPECT_EQ(command("RESTORE m 0 %b", payload->str, payload->len), "+OK");
  EXPECT_EQ(command("LRANGE m 0 -1"), "['3', '1', '2']");
  EXPECT_EQ(command("RESTORE m 0 %b", payload->str, payload->len),
            "-BUSYKEY Target key name already exists.");
}

TEST_P(HiredisTest, Expiry) {
  EXPECT_EQ(command("SET k v PX 1"), "+OK");
  EXPECT_TRUE(eventually([&] { return command("EXISTS k") == ":0"; }));
  EXPECT_EQ(command("SET k v"), "+OK");
  EXPECT_EQ(command("EXPIREAT k 4102444800"), ":1");
  EXPECT_EQ(command("EXPIRETIME k"), ":4102444800");
  EXPECT_EQ(command("PERSIST k"), ":1");
  EXPECT_EQ(command("TTL k"), ":-1");
}

TEST_P(HiredisTest, Pipeline) {
  for (int i = 0; i < 10'000; ++i) redisAppendCommand(client_.get(), "INCR n");
  redisAppendCommand(client_.get(), "LPUSH n x");
  redisAppendCommand(client_.get(), "GET n");
  for (int i = 1; i <= 10'000; ++i) ASSERT_EQ(read(*client_), ":" + std::to_string(i));
  EXPECT_EQ(read(*client_), "-WRONGTYPE Operation against a key holding the wrong kind of value");
  EXPECT_EQ(read(*client_), "'10000'");
}

TEST_P(HiredisTest, TransactionWithWatch) {
  const ContextPointer other = connect();
  EXPECT_EQ(command("WATCH k"), "+OK");
  EXPECT_EQ(command(*other, "SET k theirs"), "+OK");
  EXPECT_EQ(command("MULTI"), "+OK");
  EXPECT_EQ(command("SET k mine"), "+QUEUED");
  EXPECT_EQ(command("EXEC"), "nil");
  command("MULTI");
  command("SET k mine");
  command("LPUSH k x");
  EXPECT_EQ(command("EXEC"),
            "[+OK, -WRONGTYPE Operation against a key holding the wrong kind of value]");
  command("MULTI");
  EXPECT_EQ(command("NOSUCH"), "-ERR unknown command 'NOSUCH', with args beginning with: ");
  EXPECT_EQ(command("EXEC"), "-EXECABORT Transaction discarded because of previous errors.");
}

TEST_P(HiredisTest, BlockingPops) {
  const ContextPointer waiting = connect();
  redisAppendCommand(waiting.get(), "BLPOP l m 0");
  redisAppendCommand(waiting.get(), "BZPOPMIN z 0");
  int done = 0;
  ASSERT_EQ(redisBufferWrite(waiting.get(), &done), REDIS_OK);
  wait_for_blocked(1);
  EXPECT_EQ(command("RPUSH m 1"), ":1");
  EXPECT_EQ(read(*waiting), "['m', '1']");
  wait_for_blocked(1);
  EXPECT_EQ(command("ZADD z 2 b 1 a"), ":2");
  EXPECT_EQ(read(*waiting), "['z', 'a', '1']");
  EXPECT_EQ(command("BRPOP none 0.01"), "nil");
}

TEST_P(HiredisTest, ChannelsAndPatterns) {
  const ContextPointer subscriber = connect();
  EXPECT_EQ(command(*subscriber, "SUBSCRIBE news"), "['subscribe', 'news', :1]");
  EXPECT_EQ(command(*subscriber, "PSUBSCRIBE n*"), "['psubscribe', 'n*', :2]");
  EXPECT_EQ(command("PUBLISH news hello"), ":2");
  EXPECT_EQ(read(*subscriber), "['message', 'news', 'hello']");
  EXPECT_EQ(read(*subscriber), "['pmessage', 'n*', 'news', 'hello']");
  EXPECT_EQ(command(*subscriber, "UNSUBSCRIBE"), "['unsubscribe', 'news', :1]");
  EXPECT_EQ(command(*subscriber, "PUNSUBSCRIBE"), "['punsubscribe', 'n*', :0]");
  EXPECT_EQ(command(*subscriber, "GET k"), "nil");
}

TEST_P(HiredisTest, ReconnectsAfterAKill) {
  const ContextPointer victim = connect();
  const std::string id = command(*victim, "CLIENT ID").substr(1);
  EXPECT_EQ(command("CLIENT KILL ID %s", id.c_str()), ":1");
  const std::string reply = command(*victim, "PING");
  EXPECT_TRUE(reply.starts_with("closed: ")) << reply;
  ASSERT_EQ(redisReconnect(victim.get()), REDIS_OK) << victim->errstr;
  EXPECT_EQ(command(*victim, "PING"), "+PONG");
  EXPECT_GT(std::stoi(command(*victim, "CLIENT ID").substr(1)), std::stoi(id));
}

TEST_P(HiredisTest, Errors) {
  EXPECT_EQ(command("GET"), "-ERR wrong number of arguments for 'get' command");
  command("SET k text");
  EXPECT_EQ(command("INCR k"), "-ERR value is not an integer or out of range");
  EXPECT_EQ(command("SELECT 99"), "-ERR DB index is out of range");
  EXPECT_EQ(command("PING"), "+PONG");
}

INSTANTIATE_TEST_SUITE_P(Servers, HiredisTest, testing::ValuesIn(hiredis_setups()),
                         hiredis_setup_name);

}  // namespace
}  // namespace weir::redis
