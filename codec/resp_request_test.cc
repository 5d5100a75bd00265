// What the decoder must answer here was recorded from redis-server 7.0.15 through a raw socket.
#include "codec/resp_request.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "codec/request_transcript.h"

namespace weir::codec {
namespace {

using namespace std::string_literals;
using namespace std::string_view_literals;

using Requests = std::vector<std::vector<std::string>>;

constexpr std::string_view kPing = "*1\r\n$4\r\nPING\r\n";

std::string encode(const std::vector<std::string>& arguments) {
  std::string bytes = "*" + std::to_string(arguments.size()) + "\r\n";
  for (const std::string& argument : arguments) {
    bytes += "$" + std::to_string(argument.size()) + "\r\n" + argument + "\r\n";
  }
  return bytes;
}

// `bytes` give `expected` whole, byte by byte, cut at every offset and, where short, at every two.
void expect_transcript(std::string_view bytes, const RequestTranscript& expected,
                       const RequestLimits& limits = {}) {
  constexpr std::size_t kEveryCutUpTo = 600;
  constexpr std::size_t kEveryTwoCutsUpTo = 70;
  const RequestTranscript whole = transcribe_whole(bytes, limits);
  EXPECT_EQ(whole.requests, expected.requests);
  EXPECT_EQ(whole.error, expected.error);
  EXPECT_EQ(whole.partial, expected.partial);
  EXPECT_EQ(transcribe_bytes(bytes, limits), expected);
  for (std::size_t i = 0; i <= bytes.size() && bytes.size() <= kEveryCutUpTo; ++i) {
    ASSERT_EQ(transcribe(bytes, {{i}}, limits), expected) << "cut at " << i;
    for (std::size_t j = i; j <= bytes.size() && bytes.size() <= kEveryTwoCutsUpTo; ++j) {
      ASSERT_EQ(transcribe(bytes, {{i, j}}, limits), expected) << "cut at " << i << " and " << j;
    }
  }
}

void expect_requests(std::string_view bytes, const Requests& requests) {
  SCOPED_TRACE(bytes.substr(0, 80));
  expect_transcript(bytes, {requests, "", false});
}

void expect_partial(std::string_view bytes, const Requests& requests = {}) {
  SCOPED_TRACE(bytes.substr(0, 80));
  expect_transcript(bytes, {requests, "", true});
}

void expect_error(std::string_view bytes, const std::string& reason, const Requests& requests = {},
                  const RequestLimits& limits = {}) {
  SCOPED_TRACE(bytes.substr(0, 80));
  expect_transcript(bytes, {requests, "ERR Protocol error: " + reason, false}, limits);
}

TEST(RequestDecoderTest, DecodesArraysOfBulkStrings) {
  expect_requests(kPing, {{"PING"}});
  expect_requests(encode({"SET", "key", "a\r\nb\0c"s}), {{"SET", "key", "a\r\nb\0c"s}});
  expect_requests(encode({""}), {{""}});
  expect_requests(encode({"GET", ""}), {{"GET", ""}});
  expect_requests("", {});
}

TEST(RequestDecoderTest, DecodesInlineCommands) {
  expect_requests("PING\r\n", {{"PING"}});
  expect_requests("ping\n", {{"ping"}});
  expect_requests("set  k \"a b\\n\\x41\" 'c\\'d'\r\n", {{"set", "k", "a b\nA", "c'd"}});
  expect_requests("\rPING\r\n", {{"PING"}});
  expect_requests("$-1\r\n", {{"$-1"}});
  expect_requests("POST / HTTP/1.1\r\nHost: x\r\n", {{"POST", "/", "HTTP/1.1"}, {"Host:", "x"}});
  expect_requests("\xff\xfe\x01garbage\r\n", {{"\xff\xfe\x01garbage"}});
}

TEST(RequestDecoderTest, DecodesMixedPipelines) {
  std::string bytes;
  Requests requests;
  for (int i = 0; i < 4; ++i) {
    const std::vector<std::string> set{"SET", "key:" + std::to_string(i), std::string(7, 'v')};
    bytes += encode(set) + "GET k\r\n" + "*0\r\n" + "\r\n" + "echo \"q " + std::to_string(i) +
             "\" z\n" + "*-1\r\n" + std::string(kPing);
    requests.insert(requests.end(),
                    {set, {"GET", "k"}, {"echo", "q " + std::to_string(i), "z"}, {"PING"}});
  }
  expect_requests(bytes, requests);
}

TEST(RequestDecoderTest, PassesOverEmptyRequests) {
  for (const std::string_view empty :
       {"*0\r\n"sv, "*-1\r\n"sv, "*-5\r\n"sv, "*-9223372036854775808\r\n"sv, "\r\n"sv, "\n"sv,
        "  \t \v\r\n"sv, "\r\r\n"sv}) {
    expect_requests(empty, {});
    expect_requests(std::string(empty) + std::string(kPing), {{"PING"}});
  }
}

TEST(RequestDecoderTest, WaitsForTheRest) {
  expect_partial("*");
  expect_partial("*2147483647\r\n");
  expect_partial("*x");
  expect_partial("*1\n$4\nPING\n");  // a header needs its '\r'
  expect_partial("*1\r\n$536870912\r\n");
  expect_partial("*3\r\n$3\r\nSET\r\n:5");  // the wrong type is told when its line ends
  expect_partial("*3\r\n$3\r\nSET\r\n:5\r");
  expect_partial("*2\r\n$3\r\nGET\r\n$3\r\nab");
  expect_partial("\r");
  expect_partial("POST / HTTP/1.1");
  expect_partial(std::string(kPing) + "PING", {{"PING"}});
}

// Redis takes any byte after a header's '\r', and any two after a payload.
TEST(RequestDecoderTest, DoesNotVerifyLineEnds) {
  expect_requests("*1\rX$4\rYPING\r\n", {{"PING"}});
  expect_requests("*1\r\n$4\r\nPINGxx" + std::string(kPing), {{"PING"}, {"PING"}});
}

TEST(RequestDecoderTest, RefusesBadCounts) {
  for (const std::string_view count :
       {"x"sv, ""sv, "03"sv, "+3"sv, "-0"sv, " 3"sv, "3 "sv, "00"sv, "-"sv, "--1"sv, "2147483648"sv,
        "9223372036854775808"sv, "-9223372036854775809"sv, "1\n"sv,
        "1000000000000000000000000000000"sv}) {
    expect_error("*" + std::string(count) + "\r\n", "invalid multibulk length");
  }
  expect_error(std::string(kPing) + "*x\r\n" + std::string(kPing), "invalid multibulk length",
               {{"PING"}});
}

TEST(RequestDecoderTest, RefusesBadLengths) {
  for (const std::string_view length :
       {"x"sv, ""sv, "04"sv, "-7"sv, "-1"sv, "536870913"sv, "+1"sv, "99999999999999999999"sv}) {
    expect_error("*1\r\n$" + std::string(length) + "\r\n", "invalid bulk length");
    expect_error("*2\r\n$3\r\nGET\r\n$" + std::string(length) + "\r\n", "invalid bulk length");
  }
}

TEST(RequestDecoderTest, RefusesOtherTypesInAnArray) {
  expect_error("*3\r\n$3\r\nSET\r\n:5\r\n", "expected '$', got ':'");
  expect_error("*1\r\n*1\r\n$4\r\nPING\r\n", "expected '$', got '*'");
  expect_error("*1\r\n\r\n", "expected '$', got ' '");
  expect_error("*1\r\n\nfoo\r\n", "expected '$', got ' '");
  expect_error("*1\r\n\xff\r\n", "expected '$', got '\xff'");
}

TEST(RequestDecoderTest, RefusesUnbalancedQuotes) {
  for (const std::string_view line : {"echo \"abc\r\n"sv, "echo 'abc\r\n"sv, "echo \"a\"b\n"sv}) {
    expect_error(line, "unbalanced quotes in request");
  }
}

TEST(RequestDecoderTest, RefusesLongLines) {
  const std::string longest(RequestLimits::kMaxLineBytes, 'A');
  expect_requests(longest + "\n", {{longest}});
  expect_error(longest + "A", "too big inline request");
  expect_error(longest + "\r\n", "too big inline request");
  const std::string digits(RequestLimits::kMaxLineBytes - 1, '1');
  expect_partial("*" + digits);
  expect_error("*" + digits + "\r\n", "invalid multibulk length");
  expect_error("*" + digits + "1", "too big mbulk count string");
  expect_error("*1\r\n$" + digits + "\r\n", "invalid bulk length");
  expect_error("*1\r\n$" + digits + "1", "too big bulk count string");
  expect_error("*1\r\n" + digits + "11", "too big bulk count string");
}

// Redis looks for line ends with C string functions, which see none behind a NUL.
TEST(RequestDecoderTest, ANulHidesTheLineEnd) {
  expect_partial("PING\0\r\n"sv);
  expect_partial("\0\0\r\n*1\r\n$4\r\nPING\r\n"sv);
  expect_partial("*\0\r\n"sv);
  expect_partial("*1\r\n$\0\r\n"sv);
  std::string lines;
  while (lines.size() < RequestLimits::kMaxLineBytes) lines += "AAAAAAAAAAAAAA\r\n";
  expect_error("\0"s + lines, "too big inline request");
  expect_error("*\0"s + lines, "too big mbulk count string");
  expect_error("*1\r\n$\0"s + lines, "too big bulk count string");
}

TEST(RequestDecoderTest, AnUnauthenticatedClientHasTightLimits) {
  RequestLimits limits;
  limits.unauthenticated = true;
  const std::vector<std::string> most(10, std::string(3, 'a'));
  expect_transcript(encode(most), {{most}, "", false}, limits);
  expect_error("*11\r\n", "unauthenticated multibulk length", {}, limits);
  expect_error("*2147483648\r\n", "invalid multibulk length", {}, limits);
  const std::string largest(16384, 'b');
  expect_transcript(encode({"AUTH", largest}), {{{"AUTH", largest}}, "", false}, limits);
  expect_error("*1\r\n$16385\r\n", "unauthenticated bulk length", {}, limits);
  expect_error(encode(std::vector<std::string>(11, "a")), "unauthenticated multibulk length", {},
               limits);
  expect_error(encode({"AUTH", largest + "b"}), "unauthenticated bulk length", {}, limits);
}

TEST(RequestDecoderTest, LimitsAreSettable) {
  RequestLimits limits;
  limits.max_bulk_bytes = 5;
  limits.max_arguments = 3;
  expect_transcript(encode({"SET", "k", "12345"}), {{{"SET", "k", "12345"}}, "", false}, limits);
  expect_error(encode({"SET", "k", "123456"}), "invalid bulk length", {}, limits);
  expect_error(encode({"a", "b", "c", "d"}), "invalid multibulk length", {}, limits);
}

TEST(RequestDecoderTest, BoundsAWholeRequest) {
  const std::string request = encode({"SET", "k", "12345"});
  RequestLimits limits;
  limits.max_request_bytes = request.size();
  expect_transcript(request + request, {{{"SET", "k", "12345"}, {"SET", "k", "12345"}}, "", false},
                    limits);
  limits.max_request_bytes = request.size() - 1;
  expect_error(request, "too big request", {}, limits);
  RequestDecoder decoder(limits);
  RequestDecoder::Arguments arguments;
  std::size_t consumed = 0;
  EXPECT_FALSE(decoder.exceeds_limit());
  EXPECT_EQ(decoder.decode(request, consumed, arguments), RequestDecoder::Outcome::kError);
  EXPECT_TRUE(decoder.exceeds_limit());
}

TEST(RequestDecoderTest, AuthenticationWidensTheLimitsOfTheNextRequest) {
  RequestLimits limits;
  limits.unauthenticated = true;
  RequestDecoder decoder(limits);
  const std::string input = encode({"AUTH", "secret"}) + encode(std::vector<std::string>(12, "a"));
  RequestDecoder::Arguments arguments;
  std::size_t consumed = 0;
  ASSERT_EQ(decoder.decode(input, consumed, arguments), RequestDecoder::Outcome::kRequest);
  decoder.set_limits({});
  const std::string_view rest = std::string_view(input).substr(consumed);
  EXPECT_EQ(decoder.decode(rest, consumed, arguments), RequestDecoder::Outcome::kRequest);
  EXPECT_EQ(arguments.size(), 14u);
}

TEST(RequestDecoderTest, AnErrorIsFinal) {
  RequestDecoder decoder;
  RequestDecoder::Arguments arguments;
  std::size_t consumed = 0;
  EXPECT_EQ(decoder.decode("*x\r\n", consumed, arguments), RequestDecoder::Outcome::kError);
  EXPECT_EQ(decoder.decode(kPing, consumed, arguments), RequestDecoder::Outcome::kError);
  EXPECT_EQ(consumed, 0u);
  EXPECT_EQ(decoder.error(), "ERR Protocol error: invalid multibulk length");
}

TEST(RequestDecoderTest, WholeRequestsAreViewsOfTheInput) {
  const std::string input = encode({"GET", "key"}) + "get key\r\n";
  RequestDecoder decoder;
  RequestDecoder::Arguments arguments;
  std::string_view unread = input;
  for (int i = 0; i < 2; ++i) {
    std::size_t consumed = 0;
    ASSERT_EQ(decoder.decode(unread, consumed, arguments), RequestDecoder::Outcome::kRequest);
    unread.remove_prefix(consumed);
  }
  EXPECT_TRUE(unread.empty());
  for (const std::string_view argument : arguments) {
    EXPECT_GE(argument.data(), input.data());
    EXPECT_LE(argument.data() + argument.size(), input.data() + input.size());
  }
  EXPECT_EQ(decoder.memory_usage(), 0u);
}

// Every request of this batch needs bytes of its own, and another begins behind them.
TEST(RequestDecoderTest, CopiedArgumentsLiveUntilReleased) {
  RequestDecoder decoder;
  RequestDecoder::Arguments arguments;
  const auto feed = [&](std::string piece) {
    std::string_view unread = piece;
    std::size_t consumed = 0;
    while (decoder.decode(unread, consumed, arguments) == RequestDecoder::Outcome::kRequest) {
      unread.remove_prefix(consumed);
    }
  };
  std::vector<std::string> expected;
  for (int i = 0; i < 50; ++i) {
    const std::string key = "key" + std::to_string(i);
    const std::string value(static_cast<std::size_t>(i) * 37, 'v');
    const std::string bytes = encode({"SET", key, value});
    feed(bytes.substr(0, 9));
    feed(bytes.substr(9) + "*1\rX$1\r\na\r\n");
    feed("echo \"" + key);
    feed("\"\r\n");
    expected.insert(expected.end(), {"SET", key, value});
  }
  std::size_t at = 0;
  for (std::size_t i = 0; i < expected.size(); i += 3, at += 6) {
    EXPECT_EQ(arguments[at], "SET");
    EXPECT_EQ(arguments[at + 1], expected[i + 1]);
    EXPECT_EQ(arguments[at + 2], expected[i + 2]);
    EXPECT_EQ(arguments[at + 4], "echo");
    EXPECT_EQ(arguments[at + 5], expected[i + 1]);
  }
  EXPECT_GT(decoder.memory_usage(), 0u);
  decoder.release();
  EXPECT_EQ(decoder.memory_usage(), 0u);
}

TEST(RequestDecoderTest, MovesWithItsPartialRequest) {
  RequestDecoder first;
  RequestDecoder::Arguments arguments;
  std::size_t consumed = 0;
  EXPECT_EQ(first.decode("*1\r\n$4\r\nPI", consumed, arguments),
            RequestDecoder::Outcome::kNeedMore);
  RequestDecoder second = std::move(first);
  EXPECT_EQ(second.decode("NG\r\n", consumed, arguments), RequestDecoder::Outcome::kRequest);
  EXPECT_EQ(arguments.at(0), "PING");
}

// The fast scan takes requests that are whole, hiredis those that are cut: same bytes, same result.
TEST(RequestDecoderTest, FastScanAndHiredisAgreeOnRandomPipelines) {
  std::mt19937 random(7);
  const auto below = [&](std::size_t n) { return static_cast<std::size_t>(random()) % n; };
  for (int round = 0; round < 300; ++round) {
    std::string bytes;
    Requests requests;
    while (requests.size() < 12) {
      std::vector<std::string> request(1 + below(6));
      for (std::string& argument : request) {
        argument.resize(below(4) == 0 ? below(3000) : below(20));
        for (char& c : argument) c = static_cast<char>(random());
      }
      bytes += encode(request);
      requests.push_back(std::move(request));
    }
    std::vector<std::size_t> cuts;
    for (std::size_t at = below(3000); at < bytes.size(); at += 1 + below(3000)) cuts.push_back(at);
    const RequestTranscript expected{requests, "", false};
    ASSERT_EQ(transcribe_whole(bytes), expected);
    ASSERT_EQ(transcribe(bytes, cuts), expected);
    if (round >= 10) continue;
    ASSERT_EQ(transcribe_bytes(bytes), expected);
  }
}

TEST(RequestDecoderTest, MutationsOfARequestGiveTheSameHoweverCut) {
  const std::string request = encode({"SET", "k", "12"}) + "a 'b'\n";
  for (std::size_t i = 0; i < request.size(); ++i) {
    for (int byte = 0; byte < 256; ++byte) {
      std::string mutant = request;
      mutant[i] = static_cast<char>(byte);
      const RequestTranscript whole = transcribe_whole(mutant);
      ASSERT_EQ(transcribe_bytes(mutant), whole) << i << ": " << byte;
      ASSERT_EQ(transcribe(mutant, {{i, i + 1}}), whole) << i << ": " << byte;
    }
  }
}

}  // namespace
}  // namespace weir::codec
