#include "codec/http_requests.h"

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "codec/http_transcript.h"
#include "codec/http_vectors.h"
#include "gtest/gtest.h"

namespace weir::codec {
namespace {

constexpr std::string_view kGet = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
constexpr std::string_view kChunkedHead =
    "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";

HttpTranscript transcribe_bytes(std::string_view bytes, const HttpLimits& limits = {}) {
  return transcribe_http(
      bytes, [] { return std::size_t{1}; }, limits);
}

// Whole, byte by byte, and cut in two everywhere.
HttpTranscript transcribe_all_ways(std::string_view bytes, const HttpLimits& limits = {}) {
  const HttpTranscript whole = transcribe_http(bytes, limits);
  EXPECT_EQ(transcribe_bytes(bytes, limits), whole);
  for (std::size_t cut = 1; cut < bytes.size(); ++cut) {
    bool first = true;
    const auto pieces = [&] { return std::exchange(first, false) ? cut : bytes.size(); };
    EXPECT_EQ(transcribe_http(bytes, pieces, limits), whole) << "cut at " << cut;
  }
  return whole;
}

std::string repeat(std::string_view text, std::size_t times) {
  std::string all;
  for (std::size_t i = 0; i < times; ++i) all += text;
  return all;
}

TEST(HttpRequestsTest, EveryVectorHasItsStatusWhereverItIsCut) {
  for (const HttpVector& vector : kHttpVectors) {
    SCOPED_TRACE(vector.name);
    const HttpTranscript transcript = transcribe_all_ways(vector.bytes);
    EXPECT_EQ(transcript.fault, vector.status == 200 ? 0 : vector.status) << transcript.reason;
    if (vector.status != 200) continue;
    ASSERT_EQ(transcript.requests.size(), 1U);
    EXPECT_TRUE(transcript.requests[0].complete);
  }
}

TEST(HttpRequestsTest, NothingBehindARefusalIsRead) {
  for (const HttpVector& vector : kHttpVectors) {
    if (vector.status == 200) continue;
    SCOPED_TRACE(vector.name);
    const HttpTranscript alone = transcribe_http(vector.bytes);
    EXPECT_EQ(transcribe_http(std::string(vector.bytes) + std::string(kGet)), alone);
  }
}

TEST(HttpRequestsTest, AHeadIsWhatWasSent) {
  const HttpTranscript transcript = transcribe_all_ways(
      "PUT /a/b?c=d HTTP/1.1\r\nHost: x:80\r\nX-One:\t two words \r\nx-one: \r\n"
      "Content-Length: 3\r\n\r\nabc");
  ASSERT_EQ(transcript.requests.size(), 1U);
  const HttpTranscript::Request& request = transcript.requests[0];
  EXPECT_EQ(request.method, "PUT");
  EXPECT_EQ(request.target, "/a/b?c=d");
  EXPECT_EQ(request.minor_version, 1);
  EXPECT_EQ(request.body, "abc");
  ASSERT_EQ(request.fields.size(), 4U);
  EXPECT_EQ(request.fields[1].first, "X-One");
  EXPECT_EQ(request.fields[1].second, "two words");
  EXPECT_EQ(request.fields[2].second, "");
}

TEST(HttpRequestsTest, AbsoluteTargetsLoseTheirHost) {
  EXPECT_EQ(transcribe_http("GET HTTP://x/a?b HTTP/1.1\r\nHost: X\r\n\r\n").requests[0].target,
            "/a?b");
  EXPECT_EQ(transcribe_http("GET http://x HTTP/1.1\r\nHost: x\r\n\r\n").requests[0].target, "/");
}

TEST(HttpRequestsTest, RequestsFollowEachOther) {
  const std::string bytes = std::string(kGet) + "POST /a HTTP/1.1\r\nHost: x\r\n" +
                            "Content-Length: 5\r\n\r\nhello" + std::string(kChunkedHead) +
                            "5;x\r\nhello\r\n1\r\n!\r\n0\r\nA: b\r\n\r\n" + std::string(kGet);
  const HttpTranscript transcript = transcribe_all_ways(bytes);
  EXPECT_EQ(transcript.fault, 0) << transcript.reason;
  ASSERT_EQ(transcript.requests.size(), 4U);
  EXPECT_EQ(transcript.requests[1].body, "hello");
  EXPECT_EQ(transcript.requests[2].body, "hello!");
  for (const auto& request : transcript.requests) EXPECT_TRUE(request.complete);
}

TEST(HttpRequestsTest, NothingIsReadBehindAnEndOfTheConnection) {
  for (const std::string_view head :
       {"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "GET / HTTP/1.0\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\nConnection: keep-alive, close\r\n\r\n"}) {
    const HttpTranscript transcript = transcribe_all_ways(std::string(head) + "garbage\n\n");
    EXPECT_EQ(transcript.fault, 0);
    ASSERT_EQ(transcript.requests.size(), 1U);
    EXPECT_FALSE(transcript.requests[0].keep_alive);
  }
  const std::string kept = "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n";
  EXPECT_EQ(transcribe_all_ways(kept + kept).requests.size(), 2U);
}

TEST(HttpRequestsTest, TrailersChangeNothing) {
  const HttpTranscript transcript = transcribe_all_ways(
      std::string(kChunkedHead) + "1\r\na\r\n0\r\nConnection: close\r\nContent-Length: 7\r\n\r\n" +
      std::string(kGet));
  EXPECT_EQ(transcript.fault, 0) << transcript.reason;
  ASSERT_EQ(transcript.requests.size(), 2U);
  EXPECT_TRUE(transcript.requests[0].keep_alive);
  EXPECT_EQ(transcript.requests[0].fields.size(), 2U);
  EXPECT_EQ(
      transcribe_all_ways(std::string(kChunkedHead) + "0\r\nTransfer-Encoding: gzip\r\n\r\n").fault,
      400);
}

TEST(HttpRequestsTest, HeadsAreBounded) {
  HttpLimits limits;
  limits.max_head = 200;
  limits.max_fields = 3;
  limits.max_target = 50;
  const std::string start = "GET / HTTP/1.1\r\nHost: x\r\n";
  EXPECT_EQ(transcribe_all_ways(start + "A: b\r\nC: d\r\n\r\n", limits).fault, 0);
  EXPECT_EQ(transcribe_all_ways(start + "A: b\r\nC: d\r\nE: f\r\n\r\n", limits).fault, 431);
  EXPECT_EQ(transcribe_all_ways(start + "A: " + repeat("b", 170) + "\r\n\r\n", limits).fault, 431);
  EXPECT_EQ(transcribe_all_ways(start + "A: " + repeat("b", 300), limits).fault, 431);
  const std::string longest(49, 'a');
  EXPECT_EQ(transcribe_all_ways("GET /" + longest + " HTTP/1.1\r\nHost: x\r\n\r\n", limits).fault,
            0);
  EXPECT_EQ(transcribe_all_ways("GET /a" + longest + " HTTP/1.1\r\nHost: x\r\n\r\n", limits).fault,
            414);
  EXPECT_EQ(transcribe_all_ways(std::string(300, 'a'), limits).fault, 414);
}

TEST(HttpRequestsTest, AHeadOfExactlyTheLimitIsTaken) {
  const std::string start = "GET / HTTP/1.1\r\nHost: x\r\nA: ";
  const HttpLimits limits;
  const std::string fits =
      start + std::string(limits.max_head - start.size() - 4, 'b') + "\r\n\r\n";
  EXPECT_EQ(transcribe_http(fits).requests.size(), 1U);
  EXPECT_EQ(transcribe_http("GET / HTTP/1.1\r\nHost: x\r\nAA: " + fits.substr(start.size())).fault,
            431);
}

TEST(HttpRequestsTest, WrappingOfChunksIsBounded) {
  const std::string head(kChunkedHead);
  const std::string long_extension = "1;" + std::string(HttpRequests::kMaxWrapping, 'a');
  const HttpTranscript refused = transcribe_http(head + long_extension);
  EXPECT_EQ(refused.fault, 400);
  EXPECT_EQ(transcribe_bytes(head + long_extension), refused);
  const std::string small_chunks = repeat("1\r\na\r\n", 20'000) + "0\r\n\r\n";
  EXPECT_EQ(transcribe_http(head + small_chunks).requests[0].body.size(), 20'000U);
  const std::string many_extensions = repeat("1;" + std::string(100, 'e') + "\r\na\r\n", 1000);
  const HttpTranscript flooded = transcribe_http(head + many_extensions);
  EXPECT_EQ(flooded.fault, 400);
  EXPECT_EQ(transcribe_bytes(head + many_extensions), flooded);
}

TEST(HttpRequestsTest, TrailersAreBounded) {
  const std::string start = std::string(kChunkedHead) + "0\r\n";
  const std::string line = "A: " + std::string(95, 'b') + "\r\n";
  EXPECT_EQ(transcribe_http(start + repeat(line, 81) + "\r\n").fault, 0);
  const HttpTranscript refused = transcribe_http(start + repeat(line, 90) + "\r\n");
  EXPECT_EQ(refused.fault, 431);
  EXPECT_EQ(transcribe_bytes(start + repeat(line, 90) + "\r\n"), refused);
}

TEST(HttpRequestsTest, AFaultBehindAHeadComesBehindIt) {
  const HttpTranscript transcript = transcribe_all_ways(std::string(kChunkedHead) + "x\r\n");
  EXPECT_EQ(transcript.fault, 400);
  ASSERT_EQ(transcript.requests.size(), 1U);
  EXPECT_FALSE(transcript.requests[0].complete);
}

TEST(HttpRequestsTest, HoldsMemoryWithinRequestsOnly) {
  const HttpLimits limits;
  HttpRequests codec(limits);
  EXPECT_EQ(codec.memory_usage(), 0U);
  EXPECT_EQ(codec.next("GET / HT").outcome, Outcome::kNeedMore);
  EXPECT_TRUE(codec.in_request());
  const auto step = codec.next(kGet);
  ASSERT_EQ(step.outcome, Outcome::kFrame);
  EXPECT_EQ(step.frame.head->host(), "x");
  codec.release();
  EXPECT_FALSE(codec.in_request());
  EXPECT_EQ(codec.memory_usage(), 0U);
}

TEST(HttpHeadTest, PartsAreFound) {
  const HttpLimits limits;
  const std::string bytes = "GET /a?b?c HTTP/1.1\r\nHost: x\r\nAccept: y\r\naccept: z\r\n\r\n";
  HttpHead head;
  ASSERT_TRUE(head.scan(bytes, limits));
  EXPECT_EQ(head.path(), "/a");
  EXPECT_EQ(head.query(), "b?c");
  EXPECT_EQ(head.find("ACCEPT"), "y");
  EXPECT_EQ(head.find("none"), "");
  const std::string moved = bytes;
  head.rebase(moved.data());
  EXPECT_EQ(head.find("accept").data(), moved.data() + moved.find("y\r"));
  head.reset();
  ASSERT_TRUE(head.scan(kGet, limits));
  EXPECT_EQ(head.fields(), 1U);
  EXPECT_EQ(head.query(), "");
}

}  // namespace
}  // namespace weir::codec
