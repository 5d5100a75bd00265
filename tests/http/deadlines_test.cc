// Clients that take their time: each is told, or closed, by its own deadline, and nobody else is
// harmed.
#include <poll.h>

#include <string>
#include <thread>

#include "servers/http/request.h"
#include "servers/http/response.h"
#include "tests/http/http_fixture.h"

namespace weir::http {
namespace {

class DeadlinesTest : public HttpTest {
 protected:
  // Long ones but for those that a test shortens.
  static Limits patient() {
    Limits limits;
    limits.head_ms = limits.next_ms = limits.body_ms = limits.write_ms = 600'000;
    return limits;
  }
  void start(const Limits& limits) {
    HttpTest::start(
        [](Server& server) {
          server.any("/", [](const Request&, Response& response) { response.send("fine"); });
          server.get("/medium", [](const Request&, Response& response) {
            response.send(std::string(200'000, 'm'));
          });
          server.get("/large", [](const Request&, Response& response) {
            response.send(std::string(20'000'000, 'l'));
          });
        },
        limits);
  }
};

TEST_P(DeadlinesTest, OfTheFirstHead) {
  Limits limits = patient();
  limits.head_ms = 300;
  start(limits);
  fakes::Peer silent = connect();
  fakes::Peer slow = connect();
  slow.send("GET / HTTP/1.1\r\nHo");
  EXPECT_EQ(silent.receive_rest(), "");
  EXPECT_TRUE(slow.receive_rest().starts_with("HTTP/1.1 408 "));
  EXPECT_EQ(running_->server().total(&Counts::late), 2U);
}

// A byte a millisecond: none of them moves it.
TEST_P(DeadlinesTest, OfAHeadThatComesByteByByte) {
  Limits limits = patient();
  limits.head_ms = 200;
  start(limits);
  fakes::Peer slow = connect();
  ASSERT_TRUE(slow.send("GET / HTTP/1.1\r\nHost: x\r\nA: "));
  pollfd answer{slow.fd(), POLLIN, 0};
  while (::poll(&answer, 1, 1) == 0) ASSERT_TRUE(slow.send("b"));
  EXPECT_TRUE(slow.receive_rest().starts_with("HTTP/1.1 408 "));
}

TEST_P(DeadlinesTest, OfALaterHead) {
  Limits limits = patient();
  limits.head_ms = 200;
  start(limits);
  fakes::Peer peer = connect();
  ASSERT_TRUE(peer.send("GET / HTTP/1.1\r\nHost: x\r\n\r\nGET /"));
  EXPECT_EQ(receive_reply(peer).status, 200);
  EXPECT_EQ(receive_reply(peer).status, 408);
}

TEST_P(DeadlinesTest, OfTheNextRequest) {
  Limits limits = patient();
  limits.next_ms = 50;
  start(limits);
  fakes::Peer peer = connect();
  ASSERT_TRUE(peer.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n"));
  EXPECT_EQ(receive_reply(peer).status, 200);
  EXPECT_EQ(peer.receive_rest(), "");
  EXPECT_EQ(peer.stream(), fakes::Peer::Stream::kEnded);
}

// Who is still being answered can't begin the next request.
TEST_P(DeadlinesTest, ALongAnswerIsNoWaitForTheNextRequest) {
  Limits limits = patient();
  limits.next_ms = 20;
  start(limits);
  fakes::Peer peer = connect();
  ASSERT_TRUE(peer.send("GET /large HTTP/1.1\r\nHost: x\r\n\r\n"));
  EXPECT_EQ(receive_reply(peer, true).status, 200);
  EXPECT_EQ(peer.receive(20'000'000).size(), 20'000'000U);
  EXPECT_EQ(peer.receive_rest(), "");
}

TEST_P(DeadlinesTest, OfABody) {
  Limits limits = patient();
  limits.head_ms = 50;
  limits.body_ms = 100;
  start(limits);
  fakes::Peer peer = connect();
  ASSERT_TRUE(peer.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhell"));
  const std::string answer = peer.receive_rest();
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 408 ")) << answer;
}

TEST_P(DeadlinesTest, OfAReader) {
  Limits limits = patient();
  limits.head_ms = 50;
  limits.write_ms = 100;
  start(limits);
  fakes::Peer peer = connect(4096);
  ASSERT_TRUE(peer.send("GET /large HTTP/1.1\r\nHost: x\r\n\r\n"));
  while (running_->server().total(&Counts::late) == 0) std::this_thread::yield();
  peer.receive_rest();
  EXPECT_EQ(peer.stream(), fakes::Peer::Stream::kBroken);
}

// What it has been sent lies with the kernel, all of it.
TEST_P(DeadlinesTest, OfAReaderWhoseAnswerTheKernelHolds) {
  Limits limits = patient();
  limits.write_ms = 200;
  start(limits);
  fakes::Peer peer = connect(4096);
  ASSERT_TRUE(peer.send("GET /medium HTTP/1.1\r\nHost: x\r\n\r\n"));
  while (running_->server().total(&Counts::late) == 0) std::this_thread::yield();
  peer.receive_rest();
  EXPECT_EQ(peer.stream(), fakes::Peer::Stream::kBroken);
}

INSTANTIATE_TEST_SUITE_P(Models, DeadlinesTest, fakes::every_place(), fakes::place_label);

}  // namespace
}  // namespace weir::http
