// Requests and answers over real sockets, under every threading model that threads have.
#include <condition_variable>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "servers/http/request.h"
#include "servers/http/response.h"
#include "tests/fakes/sanitized.h"
#include "tests/http/http_fixture.h"

namespace weir::http {
namespace {

std::string get(std::string_view path, std::string_view fields = {}) {
  return "GET " + std::string(path) + " HTTP/1.1\r\nHost: x\r\n" + std::string(fields) + "\r\n";
}
std::string post(std::string_view path, std::string_view body, std::string_view fields = {}) {
  return "POST " + std::string(path) +
         " HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
         std::string(fields) + "\r\n" + std::string(body);
}

void echo(const Request& request, Response& response) { response.send(request.body()); }

// A thread that answers what it is given, in the order it is given.
class Answerer {
 public:
  Answerer() : thread_([this] { run(); }) {}
  ~Answerer() {
    give(nullptr);
    thread_.join();
  }
  void give(std::function<void()> task) {
    const std::lock_guard lock(mutex_);
    tasks_.push_back(std::move(task));
    changed_.notify_one();
  }

 private:
  void run() {
    for (;;) {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return !tasks_.empty(); });
      const std::function<void()> task = std::move(tasks_.front());
      tasks_.erase(tasks_.begin());
      lock.unlock();
      if (task == nullptr) return;
      task();
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::function<void()>> tasks_;
  std::thread thread_;
};

using ExchangeTest = HttpTest;

TEST_P(ExchangeTest, AnswersInOrder) {
  start([](Server& server) {
    server.get("/n/:n", [](const Request& request, Response& response) {
      response.send(request.raw_parameter("n"));
    });
  });
  constexpr int kRequests = fakes::kSanitized ? 1'000 : 10'000;
  std::string requests;
  for (int i = 0; i < kRequests; ++i) requests += get("/n/" + std::to_string(i));
  fakes::Peer peer = connect();
  std::thread writer([&] { peer.send(requests); });
  for (int i = 0; i < kRequests; ++i) {
    const Reply reply = receive_reply(peer);
    ASSERT_EQ(reply.status, 200);
    ASSERT_EQ(reply.body, std::to_string(i));
  }
  writer.join();
}

TEST_P(ExchangeTest, AnswersThatComeLaterKeepTheirOrder) {
  Answerer answerer;
  start([&](Server& server) {
    server.get("/later/:n", [&](const Request& request, Response& response) {
      const std::string n(request.raw_parameter("n"));
      answerer.give([later = response.later(), n] {
        later.answer([n](Response& answer) { answer.send(n); });
        later.answer([](Response& answer) { answer.send("a second answer"); });
      });
    });
    server.get("/now/:n", [](const Request& request, Response& response) {
      response.send(request.raw_parameter("n"));
    });
  });
  std::string requests;
  for (int i = 0; i < 500; ++i) {
    requests += get((i % 3 == 0 ? "/later/" : "/now/") + std::to_string(i));
  }
  fakes::Peer peer = connect();
  ASSERT_TRUE(peer.send(requests));
  for (int i = 0; i < 500; ++i) ASSERT_EQ(receive_reply(peer).body, std::to_string(i));
  running_->stop();  // the engine outlives the answerer
}

TEST_P(ExchangeTest, BodiesByLengthAndInChunks) {
  start([](Server& server) { server.post("/echo", echo); });
  const std::string body(200'000, 'b');
  for (const std::size_t piece : {std::size_t{65536}, std::size_t{1000}}) {
    const std::string answer = exchange(post("/echo", body), piece);
    EXPECT_TRUE(answer.ends_with("\r\n\r\n" + body));
    const std::string chunked = exchange(
        "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"
        "30d40\r\n" +
            body + "\r\n0\r\n\r\n" + get("/none"),
        piece);
    EXPECT_NE(chunked.find("\r\n\r\nhello" + body + "HTTP/1.1 404"), std::string::npos);
  }
}

TEST_P(ExchangeTest, BodiesAreBounded) {
  Limits limits;
  limits.max_body = 10;
  start(
      [](Server& server) {
        server.post("/echo", echo);
        server.route(HttpMethod::kPost, "/large", {echo, 20});
      },
      limits);
  EXPECT_TRUE(exchange(post("/echo", "0123456789")).starts_with("HTTP/1.1 200"));
  EXPECT_TRUE(exchange(post("/echo", "0123456789a")).starts_with("HTTP/1.1 413"));
  EXPECT_TRUE(exchange(post("/large", "0123456789a")).starts_with("HTTP/1.1 200"));
  const std::string chunks = "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
  EXPECT_TRUE(exchange(chunks + "b\r\n0123456789a\r\n0\r\n\r\n").starts_with("HTTP/1.1 413"));
  EXPECT_TRUE(
      exchange(chunks + "5\r\n01234\r\n6\r\n56789a\r\n0\r\n\r\n").starts_with("HTTP/1.1 413"));
}

TEST_P(ExchangeTest, MethodsAndPathsThatAreNotThere) {
  start([](Server& server) { server.get("/a", echo); });
  EXPECT_TRUE(exchange(get("/b")).starts_with("HTTP/1.1 404"));
  const std::string wrong = exchange(post("/a", ""));
  EXPECT_TRUE(wrong.starts_with("HTTP/1.1 405"));
  EXPECT_NE(wrong.find("Allow: GET, HEAD, OPTIONS\r\n"), std::string::npos);
  const std::string options = exchange("OPTIONS /a HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_TRUE(options.starts_with("HTTP/1.1 204"));
  EXPECT_EQ(options.find("Content-Length"), std::string::npos);
}

TEST_P(ExchangeTest, HeadHasTheFieldsAndNoBody) {
  start([](Server& server) {
    server.get("/a", [](const Request&, Response& response) { response.send("12345"); });
  });
  fakes::Peer peer = connect();
  ASSERT_TRUE(peer.send("HEAD /a HTTP/1.1\r\nHost: x\r\n\r\n" + get("/a")));
  const Reply head = receive_reply(peer, true);
  EXPECT_NE(head.head.find("Content-Length: 5\r\n"), std::string::npos);
  EXPECT_EQ(receive_reply(peer).body, "12345");
}

TEST_P(ExchangeTest, OldClientsAreKeptIfTheyAsk) {
  start([](Server& server) { server.post("/echo", echo); });
  const std::string request = "POST /echo HTTP/1.0\r\nContent-Length: 1\r\n";
  const std::string once = exchange(request + "\r\na" + request + "\r\nb");
  EXPECT_NE(once.find("Connection: close\r\n"), std::string::npos);
  EXPECT_TRUE(once.ends_with("\r\n\r\na"));
  const std::string keep = request + "Connection: keep-alive\r\n\r\n";
  const std::string twice = exchange(keep + "a" + keep + "b");
  EXPECT_NE(twice.find("Connection: keep-alive\r\n"), std::string::npos);
  EXPECT_TRUE(twice.ends_with("\r\n\r\nb"));
}

TEST_P(ExchangeTest, TheEndOfAClientsStreamIsNotTheEndOfItsAnswer) {
  Answerer answerer;
  std::promise<void> asked;
  start([&](Server& server) {
    server.get("/later", [&](const Request&, Response& response) {
      answerer.give([later = response.later(), &asked] {
        asked.get_future().wait();
        later.answer([](Response& answer) { answer.send("late"); });
      });
    });
  });
  fakes::Peer peer = connect();
  ASSERT_TRUE(peer.send(get("/later")));
  peer.end();
  asked.set_value();
  EXPECT_TRUE(peer.receive_rest().ends_with("\r\n\r\nlate"));
  running_->stop();  // the engine outlives the answerer
}

TEST_P(ExchangeTest, AClientThatHasGoneHarmsNobody) {
  std::promise<Later> got;
  start([&](Server& server) {
    server.get("/later",
               [&](const Request&, Response& response) { got.set_value(response.later()); });
    server.get("/a", [](const Request&, Response& response) { response.send("a"); });
  });
  fakes::Peer peer = connect();
  ASSERT_TRUE(peer.send(get("/later")));
  Later later = got.get_future().get();
  peer.reset();
  EXPECT_TRUE(exchange(get("/a")).ends_with("a"));
  later.answer([](Response& answer) { answer.send("late"); });
  EXPECT_TRUE(exchange(get("/a")).ends_with("a"));
}

TEST_P(ExchangeTest, HandlersThatFailAreAnsweredFor) {
  start([](Server& server) {
    server.get("/throws", [](const Request&, Response&) { throw std::runtime_error("no"); });
    server.get("/silent", [](const Request&, Response&) {});
    server.get("/dropped", [](const Request&, Response& response) { (void)response.later(); });
    server.get("/twice", [](const Request&, Response& response) {
      response.send("once");
      response.send("twice");
    });
  });
  for (const char* path : {"/throws", "/silent", "/dropped"}) {
    EXPECT_TRUE(exchange(get(path)).starts_with("HTTP/1.1 500")) << path;
  }
  EXPECT_TRUE(exchange(get("/twice")).ends_with("\r\n\r\nonce"));
}

TEST_P(ExchangeTest, MiddlewareIsAroundHandlers) {
  const auto adds = [](const char* name) -> Middleware {
    return [name](Handler next) -> Handler {
      return [name, next](const Request& request, Response& response) {
        response.field("X-Passed", name);
        next(request, response);
      };
    };
  };
  start([&](Server& server) {
    server.use(adds("outer"));
    server.use([](Handler next) -> Handler {
      return [next](const Request& request, Response& response) {
        if (request.field("Authorization").empty()) return response.send_status(401);
        next(request, response);
      };
    });
    server.use(adds("inner"));
    server.get("/a", [](const Request&, Response& response) { response.send("in"); });
  });
  const std::string out = exchange(get("/a"));
  EXPECT_TRUE(out.starts_with("HTTP/1.1 401"));
  EXPECT_NE(out.find("X-Passed: outer\r\n"), std::string::npos);
  EXPECT_NE(
      exchange(get("/a", "Authorization: x\r\n")).find("X-Passed: outer\r\nX-Passed: inner\r\n"),
      std::string::npos);
}

TEST_P(ExchangeTest, ParametersAreDecoded) {
  start([](Server& server) {
    server.get("/:a/*rest", [](const Request& request, Response& response) {
      response.send(request.parameter("a").value_or("?") + "|" +
                    request.parameter("rest").value_or("?") + "|" +
                    request.query_parameter("q").value_or("?"));
    });
  });
  EXPECT_TRUE(exchange(get("/x%20y/a/%62?p=1&q=a+b%26")).ends_with("x y|a/b|a b&"));
  EXPECT_TRUE(exchange(get("/%zz/?r")).ends_with("?||?"));
}

TEST_P(ExchangeTest, ContinuesWhereTheBodyIsWaitedFor) {
  Limits limits;
  limits.max_body = 100;
  start([](Server& server) { server.post("/echo", echo); }, limits);
  const std::string head =
      "POST /echo HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n";
  fakes::Peer peer = connect();
  ASSERT_TRUE(peer.send(head));
  EXPECT_EQ(receive_reply(peer).head, "HTTP/1.1 100 Continue\r\n\r\n");
  ASSERT_TRUE(peer.send("hello"));
  EXPECT_EQ(receive_reply(peer).body, "hello");
  // Not where it has come already, nor to a refusal.
  ASSERT_TRUE(peer.send(head + "hello"));
  EXPECT_EQ(receive_reply(peer).status, 200);
  ASSERT_TRUE(
      peer.send("POST /none HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n"
                "Content-Length: 5\r\n\r\n"));
  EXPECT_EQ(receive_reply(peer).status, 404);
  EXPECT_TRUE(exchange("POST /echo HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n"
                       "Content-Length: 500\r\n\r\n")
                  .starts_with("HTTP/1.1 413"));
}

// A Later that was not needed, and goes away: its 500 is nobody's answer.
TEST_P(ExchangeTest, ALaterBelongsToItsRequest) {
  Answerer answerer;
  std::promise<void> asked;
  start([&](Server& server) {
    server.get("/both", [](const Request&, Response& response) {
      const Later unneeded = response.later();
      response.send("now");
    });
    server.get("/later", [&](const Request&, Response& response) {
      answerer.give([later = response.later(), &asked] {
        asked.get_future().wait();
        later.answer([](Response& answer) { answer.send("late"); });
      });
    });
  });
  fakes::Peer peer = connect();
  ASSERT_TRUE(peer.send(get("/both") + get("/later")));
  EXPECT_EQ(receive_reply(peer).body, "now");
  asked.set_value();
  EXPECT_EQ(receive_reply(peer).body, "late");
  running_->stop();  // the engine outlives the answerer
}

TEST_P(ExchangeTest, WhatWasSaidBeforeALaterAnswerIsInIt) {
  start([](Server& server) {
    server.get("/later", [](const Request&, Response& response) {
      response.status(201).field("X-Passed", "before");
      response.later().answer([](Response& answer) { answer.field("X-Then", "a").send("late"); });
    });
  });
  const std::string answer = exchange(get("/later"));
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 201 "));
  EXPECT_NE(answer.find("X-Passed: before\r\nX-Then: a\r\n"), std::string::npos);
}

TEST_P(ExchangeTest, HandlersCantBreakTheFraming) {
  start([](Server& server) {
    server.get("/a", [](const Request&, Response& response) {
      response.status(100).field("Content-Length", "3").field("transfer-encoding", "chunked");
      response.field("Connection", "upgrade").content_type("a\r\nB: c").send("12345");
    });
  });
  const std::string answer = exchange(get("/a") + get("/a"));
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 500 "));
  EXPECT_EQ(answer.find("B: c"), std::string::npos);
  EXPECT_EQ(answer.find("chunked"), std::string::npos);
  EXPECT_EQ(answer.find("Content-Length: 3"), std::string::npos);
}

TEST_P(ExchangeTest, AStopFinishesWhatRuns) {
  std::promise<Later> got;
  start([&](Server& server) {
    server.get("/later",
               [&](const Request&, Response& response) { got.set_value(response.later()); });
  });
  fakes::Peer peer = connect();
  ASSERT_TRUE(peer.send(get("/later")));
  Later later = got.get_future().get();
  running_->engine().stop();
  later.answer([](Response& answer) { answer.send("finished"); });
  EXPECT_TRUE(peer.receive_rest().ends_with("finished"));
  running_->stop();
}

INSTANTIATE_TEST_SUITE_P(Models, ExchangeTest, fakes::every_place(), fakes::place_label);

}  // namespace
}  // namespace weir::http
