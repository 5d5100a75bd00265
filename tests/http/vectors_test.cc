// What servers have been made to disagree on, asked of a running one: the status is right, the
// connection ends behind a refusal, and what was meant to be smuggled is never answered.
#include <cstddef>
#include <string>
#include <string_view>

#include "codec/http_vectors.h"
#include "servers/http/request.h"
#include "servers/http/response.h"
#include "tests/http/http_fixture.h"

namespace weir::http {
namespace {

constexpr std::string_view kSmuggled = "GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n";

void add_routes(Server& server) {
  const Handler ok = [](const Request&, Response& response) { response.send("fine"); };
  server.any("/", ok);
  server.any("/a", ok);
  server.get("/smuggled", [](const Request&, Response& response) { response.send("smuggled"); });
}

std::size_t responses(const std::string& text) {
  std::size_t count = 0;
  for (std::size_t at = 0; (at = text.find("HTTP/1.1 ", at)) != std::string::npos; ++at) ++count;
  return count;
}

using VectorsTest = HttpTest;

TEST_P(VectorsTest, HaveTheirStatus) {
  start(add_routes);
  for (const codec::HttpVector& vector : codec::kHttpVectors) {
    for (const std::size_t piece : {std::size_t{65536}, std::size_t{1}}) {
      SCOPED_TRACE(std::string(vector.name) + " in pieces of " + std::to_string(piece));
      const std::string answer = exchange(vector.bytes, piece);
      ASSERT_EQ(responses(answer), 1U) << answer;
      const int status = std::atoi(answer.c_str() + 9);
      if (vector.status == 200) {
        EXPECT_EQ(status / 100, 2) << answer;
      } else {
        EXPECT_EQ(status, vector.status) << answer;
        EXPECT_NE(answer.find("Connection: close\r\n"), std::string::npos) << answer;
      }
    }
  }
}

TEST_P(VectorsTest, SmuggleNothing) {
  start(add_routes);
  for (const codec::HttpVector& vector : codec::kHttpVectors) {
    if (vector.status == 200) continue;
    SCOPED_TRACE(vector.name);
    const std::string answer = exchange(std::string(vector.bytes) + std::string(kSmuggled));
    EXPECT_EQ(responses(answer), 1U) << answer;
    EXPECT_EQ(answer.find("smuggled"), std::string::npos);
  }
}

// The body of each of them is no request either.
TEST_P(VectorsTest, ABodyIsNoRequest) {
  start(add_routes);
  const std::string body(kSmuggled);
  const std::string length = std::to_string(body.size());
  const std::string by_length =
      "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: " + length + "\r\n\r\n" + body;
  EXPECT_EQ(exchange(by_length).find("smuggled"), std::string::npos);
  const std::string nowhere =
      "POST /none HTTP/1.1\r\nHost: x\r\nContent-Length: " + length + "\r\n\r\n";
  fakes::Peer peer = connect();
  ASSERT_TRUE(peer.send(nowhere));
  EXPECT_EQ(receive_reply(peer).status, 404);
  peer.send(body);
  EXPECT_EQ(peer.receive_rest(), "");
}

INSTANTIATE_TEST_SUITE_P(Models, VectorsTest, fakes::every_place(), fakes::place_label);

}  // namespace
}  // namespace weir::http
