// Each dialogue against right replies cut anywhere, and against wrong ones.
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/chunk_pool.h"
#include "core/output_buffer.h"
#include "gtest/gtest.h"
#include "tools/load/command_template.h"
#include "tools/load/echo_dialogue.h"
#include "tools/load/http_dialogue.h"
#include "tools/load/memcached_dialogue.h"
#include "tools/load/pattern.h"
#include "tools/load/reply_end.h"
#include "tools/load/resp_dialogue.h"

namespace weir::load {
namespace {

std::string bytes_of(const OutputBuffer& output) {
  std::vector<iovec> pieces(1024);
  std::string bytes;
  const std::size_t count = output.pieces(pieces.data(), pieces.size());
  for (std::size_t i = 0; i < count; ++i) {
    bytes.append(static_cast<const char*>(pieces[i].iov_base), pieces[i].iov_len);
  }
  return bytes;
}

std::string ask(Dialogue& dialogue) {
  ChunkPool pool;
  OutputBuffer output(pool);
  dialogue.ask(output);
  return bytes_of(output);
}

// What it says of `input`, of which it sees `first` bytes first: how many replies, or what is
// wrong.
std::string check(Dialogue& dialogue, std::string_view input, std::size_t first) {
  std::size_t consumed = 0;
  std::size_t whole = 0;
  for (const std::size_t end : {first, input.size()}) {
    while (consumed < end) {
      const auto step = dialogue.check(input.substr(consumed, end - consumed));
      if (!step.is_ok()) return step.status().message();
      consumed += step.value().consumed;
      whole += step.value().is_whole ? 1 : 0;
      if (step.value().consumed == 0) break;
    }
  }
  return consumed == input.size() ? std::to_string(whole) : "not whole";
}

TEST(EchoDialogueTest, TakesWhatItSentHoweverItIsCut) {
  for (const std::size_t size : {std::size_t{1}, std::size_t{7}, std::size_t{64}}) {
    for (std::size_t cut = 0; cut <= 2 * size; ++cut) {
      EchoDialogue dialogue(size, 3);
      std::string sent = ask(dialogue);
      sent += ask(dialogue);
      ASSERT_EQ(sent.size(), 2 * size);
      EXPECT_EQ(check(dialogue, sent, cut), "2");
    }
  }
}

TEST(EchoDialogueTest, TakesMessagesLongerThanThePattern) {
  EchoDialogue dialogue(3 * kPatternBytes + 5, 1);
  const std::string sent = ask(dialogue);
  EXPECT_EQ(check(dialogue, sent, 1000), "1");
}

TEST(EchoDialogueTest, SeesEveryWrongByte) {
  for (std::size_t i = 0; i < 40; ++i) {
    EchoDialogue dialogue(40, 0);
    std::string sent = ask(dialogue);
    sent[i] = '!';
    EXPECT_TRUE(check(dialogue, sent, 0).starts_with("not what was sent: \"!")) << i;
  }
}

TEST(EchoDialogueTest, SeesAMessageOfAnotherConnection) {
  EchoDialogue one(64, 1);
  EchoDialogue other(64, 2);
  ask(one);
  EXPECT_TRUE(check(one, ask(other), 0).starts_with("not what was sent"));
}

RespDialogue::Mix& mix_of(RespDialogue::Mix& mix, std::string_view command) {
  mix.commands.push_back(CommandTemplate::parse(command, 10).value());
  mix.keys = 5;
  return mix;
}

std::string value_of(std::uint64_t key) {
  std::string value;
  while (value.size() < 10) {
    value += pattern_at(CommandTemplate::value_begin(key) + value.size(), 10 - value.size());
  }
  return value;
}

TEST(CommandTemplateTest, FillsItsPlacesIn) {
  const auto command = CommandTemplate::parse("SET  k:{key}x{key} {value}", 10);
  ASSERT_TRUE(command.is_ok());
  ChunkPool pool;
  OutputBuffer output(pool);
  command.value().write(42, output);
  EXPECT_EQ(bytes_of(output), "*3\r\n$3\r\nSET\r\n$27\r\nk:000000000042x000000000042\r\n$10\r\n" +
                                  value_of(42) + "\r\n");
  EXPECT_EQ(command.value().reply(), CommandTemplate::Reply::kOk);
}

TEST(CommandTemplateTest, KnowsWhatIsRight) {
  const auto reply = [](std::string_view text) {
    return CommandTemplate::parse(text, 10).value().reply();
  };
  EXPECT_EQ(reply("get key:{key}"), CommandTemplate::Reply::kValue);
  EXPECT_EQ(reply("GET key"), CommandTemplate::Reply::kAny);
  EXPECT_EQ(reply("SET key:{key} {value} GET"), CommandTemplate::Reply::kAny);
  EXPECT_EQ(reply("PING"), CommandTemplate::Reply::kAny);
  EXPECT_FALSE(CommandTemplate::parse("  ", 10).is_ok());
}

TEST(RespDialogueTest, TakesRightRepliesHoweverTheyAreCut) {
  for (std::size_t cut = 0; cut < 40; ++cut) {
    RespDialogue::Mix mix;
    mix.in_order = true;
    RespDialogue dialogue(mix_of(mix, "GET {key}"), 0);
    for (int i = 0; i < 3; ++i) ask(dialogue);
    const std::string replies =
        "$10\r\n" + value_of(0) + "\r\n$-1\r\n$10\r\n" + value_of(2) + "\r\n";
    EXPECT_EQ(check(dialogue, replies, cut), "3") << cut;
    EXPECT_EQ(dialogue.misses(), 1U);
  }
}

TEST(RespDialogueTest, SeesWrongReplies) {
  const auto judge = [](std::string_view command, std::string_view reply) {
    RespDialogue::Mix mix;
    mix.in_order = true;
    RespDialogue dialogue(mix_of(mix, command), 0);
    ask(dialogue);
    return check(dialogue, reply, 0);
  };
  EXPECT_TRUE(judge("GET {key}", "$10\r\n" + value_of(1) + "\r\n").starts_with("another value"));
  EXPECT_TRUE(judge("GET {key}", "$3\r\nabc\r\n").starts_with("another value"));
  EXPECT_EQ(judge("SET {key} {value}", ":1\r\n"), "\":1\\x0d\\x0a\", expected \"+OK\"");
  EXPECT_TRUE(judge("SET {key} {value}", "-ERR no\r\n").starts_with("an error"));
  EXPECT_TRUE(judge("PING", "-ERR no\r\n").starts_with("an error"));
  EXPECT_TRUE(judge("PING", "HTTP/1.1 200 OK\r\n").starts_with("no reply of Redis'"));
  EXPECT_EQ(judge("PING", "+PONG\r\n"), "1");
}

TEST(RespDialogueTest, SetsEachKeyOnceInAFill) {
  RespDialogue::Mix mix;
  mix.in_order = true;
  mix_of(mix, "SET {key} x");
  RespDialogue one(mix, 0);
  RespDialogue other(mix, 1);
  std::string all;
  for (int i = 0; i < 5; ++i) all += ask(i % 2 == 0 ? one : other);
  for (int key = 0; key < 5; ++key) {
    EXPECT_NE(all.find("00000000000" + std::to_string(key)), all.npos);
  }
}

MemcachedDialogue::Mix& memcached_mix(MemcachedDialogue::Mix& mix, std::string_view command) {
  mix.commands.push_back(CommandTemplate::parse_memcached(command, 10).value());
  mix.keys = 5;
  mix.in_order = true;
  return mix;
}

std::string memcached_value(std::uint64_t key) {
  return "VALUE key 0 10\r\n" + value_of(key) + "\r\nEND\r\n";
}

TEST(MemcachedDialogueTest, AsksInTheTextProtocol) {
  MemcachedDialogue::Mix gets;
  MemcachedDialogue get(memcached_mix(gets, "get k:{key}"), 0);
  EXPECT_EQ(ask(get), "get k:000000000000\r\n");
  MemcachedDialogue::Mix sets;
  MemcachedDialogue set(memcached_mix(sets, "set k:{key} {value}"), 0);
  EXPECT_EQ(ask(set), "set k:000000000000 0 0 10\r\n" + value_of(0) + "\r\n");
  for (const std::string_view wrong : {"", "get", "get key", "GET {key}", "set {key} x"}) {
    EXPECT_FALSE(CommandTemplate::parse_memcached(wrong, 10).is_ok()) << wrong;
  }
}

TEST(MemcachedDialogueTest, TakesRightRepliesHoweverTheyAreCut) {
  const std::string replies = memcached_value(0) + "END\r\n" + memcached_value(2);
  for (std::size_t cut = 0; cut < replies.size(); ++cut) {
    MemcachedDialogue::Mix mix;
    MemcachedDialogue dialogue(memcached_mix(mix, "get {key}"), 0);
    for (int i = 0; i < 3; ++i) ask(dialogue);
    EXPECT_EQ(check(dialogue, replies, cut), "3") << cut;
    EXPECT_EQ(dialogue.misses(), 1U);
  }
}

TEST(MemcachedDialogueTest, SeesWrongReplies) {
  const auto judge = [](std::string_view command, std::string_view reply) {
    MemcachedDialogue::Mix mix;
    MemcachedDialogue dialogue(memcached_mix(mix, command), 0);
    ask(dialogue);
    return check(dialogue, reply, 0);
  };
  EXPECT_EQ(judge("set {key} {value}", "STORED\r\n"), "1");
  EXPECT_TRUE(judge("get {key}", memcached_value(1)).starts_with("another value"));
  EXPECT_TRUE(judge("get {key}", "VALUE k 0 3\r\nabc\r\nEND\r\n").starts_with("another value"));
  EXPECT_TRUE(judge("get {key}", "VALUE k 0 10\r\n" + value_of(0) + "\r\nEN!\r\n")
                  .starts_with("another value"));
  EXPECT_EQ(judge("get {key}", "STORED\r\n"), "\"STORED\", expected VALUE or END");
  EXPECT_EQ(judge("set {key} {value}", "NOT_STORED\r\n"), "\"NOT_STORED\", expected STORED");
  EXPECT_TRUE(judge("get {key}", std::string(600, 'x')).starts_with("no reply of memcached's"));
}

TEST(ReplyEndTest, FindsTheEndOfEveryType) {
  for (const std::string_view reply :
       {"+OK\r\n", "-ERR\r\n", ":1\r\n", "$3\r\nabc\r\n", "$0\r\n\r\n", "$-1\r\n", "*-1\r\n",
        "_\r\n", "*0\r\n", "*2\r\n*1\r\n:1\r\n$1\r\na\r\n", "%1\r\n+a\r\n,1.5\r\n", "~1\r\n#t\r\n",
        "=7\r\ntxt:abc\r\n", ">1\r\n(12\r\n", "!3\r\nERR\r\n"}) {
    EXPECT_EQ(reply_end(std::string(reply) + "more"), reply.size()) << reply;
    for (std::size_t cut = 0; cut < reply.size(); ++cut) {
      EXPECT_EQ(reply_end(reply.substr(0, cut)), 0U) << reply << " " << cut;
    }
  }
  for (const std::string_view wrong : {"x\r\n", "$a\r\n", "$-2\r\n", "*\r\n", "\r\n"}) {
    EXPECT_EQ(reply_end(wrong), std::string_view::npos) << wrong;
  }
}

constexpr std::string_view kReply = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

TEST(HttpDialogueTest, TakesRightRepliesHoweverTheyAreCut) {
  const std::string chunked =
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n";
  const std::string replies = std::string(kReply) + chunked + std::string(kReply);
  for (std::size_t cut = 0; cut < replies.size(); ++cut) {
    HttpDialogue::Exchange exchange;
    HttpDialogue dialogue(exchange);
    EXPECT_EQ(check(dialogue, replies, cut), "3") << cut;
  }
}

TEST(HttpDialogueTest, SeesWrongReplies) {
  const auto judge = [](std::string_view second) {
    HttpDialogue::Exchange exchange;
    HttpDialogue one(exchange);
    EXPECT_EQ(check(one, kReply, 0), "1");
    HttpDialogue other(exchange);
    return check(other, second, 0);
  };
  EXPECT_EQ(judge(kReply), "1");
  EXPECT_EQ(judge("HTTP/1.1 404 Not Found\r\nContent-Length: 5\r\n\r\nhello"),
            "status 404, expected 200");
  EXPECT_EQ(judge("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhallo"),
            "another body than that of the first reply");
  EXPECT_TRUE(judge("+PONG\r\n").starts_with("no HTTP reply"));
}

TEST(HttpDialogueTest, AsksForThePath) {
  EXPECT_EQ(HttpDialogue::make_request("/a", "example.org"),
            "GET /a HTTP/1.1\r\nHost: example.org\r\n\r\n");
}

}  // namespace
}  // namespace weir::load
