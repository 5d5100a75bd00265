// Bodies that are made, or read, bit by bit, over real sockets.
#include <algorithm>
#include <atomic>
#include <future>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>

#include "servers/http/body_writer.h"
#include "servers/http/request.h"
#include "servers/http/response.h"
#include "tests/http/http_fixture.h"

namespace weir::http {
namespace {

std::string get(std::string_view path) {
  return "GET " + std::string(path) + " HTTP/1.1\r\nHost: x\r\n\r\n";
}
std::string post(std::string_view path, std::string_view body) {
  return "POST " + std::string(path) +
         " HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
         std::string(body);
}

using StreamsTest = HttpTest;

// Counts what it reads.
class Counting final : public BodyReader {
  void read(std::string_view piece, bool last, Response& response) override {
    size_ += piece.size();
    if (last) response.send(std::to_string(size_));
  }
  std::size_t size_ = 0;
};

TEST_P(StreamsTest, BodiesAreStreamedToReaders) {
  start([](Server& server) {
    Route route;
    route.handler = [](const Request&, Response& response) {
      response.read_body(std::make_unique<Counting>());
    };
    route.max_body = UINT64_MAX - 1;
    route.streams_body = true;
    server.route(HttpMethod::kPost, "/count", route);
  });
  const std::string body(5'000'000, 'b');
  EXPECT_TRUE(exchange(post("/count", body)).ends_with("5000000"));
  EXPECT_TRUE(exchange(post("/count", "")).ends_with("\r\n\r\n0"));
  EXPECT_TRUE(exchange("POST /count HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
                       "5\r\nhello\r\n0\r\n\r\n" +
                       post("/count", "abc"))
                  .ends_with("\r\n\r\n3"));
}

// `size` bytes in pieces, and never more of them at a time than the peer has room for.
class Pattern final : public BodyWriter {
 public:
  Pattern(std::size_t size, std::atomic<std::size_t>& written) : left_(size), written_(written) {}

 private:
  Wrote write(BodySink& sink) override {
    const std::string piece(std::min<std::size_t>(left_, 10'000), 'p');
    sink.append(piece);
    left_ -= piece.size();
    written_ += piece.size();
    return left_ == 0 ? Wrote::kEnd : Wrote::kMore;
  }
  std::size_t left_;
  std::atomic<std::size_t>& written_;
};

TEST_P(StreamsTest, StreamedAnswersWaitForTheirReader) {
  constexpr std::size_t kSize = 30'000'000;
  std::atomic<std::size_t> written{0};
  start([&](Server& server) {
    server.get("/stream", [&](const Request&, Response& response) {
      response.stream(std::make_unique<Pattern>(kSize, written), kSize);
    });
    server.get("/a", [](const Request&, Response& response) { response.send("a"); });
  });
  fakes::Peer peer = connect(4096);
  ASSERT_TRUE(peer.send(get("/stream") + get("/a")));
  EXPECT_EQ(exchange(get("/a")).substr(0, 12), "HTTP/1.1 200");
  const Reply reply = receive_reply(peer, true);
  EXPECT_LT(written.load(), kSize);  // it waits
  EXPECT_EQ(peer.receive(kSize), std::string(kSize, 'p'));
  EXPECT_EQ(receive_reply(peer).body, "a");
}

TEST_P(StreamsTest, StreamsHaveChunksOrTheEnd) {
  std::atomic<std::size_t> written{0};
  start([&](Server& server) {
    server.get("/stream", [&](const Request&, Response& response) {
      response.stream(std::make_unique<Pattern>(12'000, written));
    });
  });
  const std::string piece(10'000, 'p');
  const std::string chunked = exchange(get("/stream") + get("/none"));
  EXPECT_NE(chunked.find("Transfer-Encoding: chunked\r\n\r\n2710\r\n" + piece + "\r\n7d0\r\n"),
            std::string::npos);
  EXPECT_NE(chunked.find("\r\n0\r\n\r\nHTTP/1.1 404"), std::string::npos);
  const std::string old = exchange("GET /stream HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_EQ(old.find("chunked"), std::string::npos);
  EXPECT_NE(old.find("Connection: close\r\n"), std::string::npos);
  EXPECT_TRUE(old.ends_with("\r\n\r\n" + piece + std::string(2000, 'p')));
  const std::string head = exchange("HEAD /stream HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_TRUE(head.ends_with("Transfer-Encoding: chunked\r\n\r\n"));
}

// Waits to be woken, from another thread.
class Woken final : public BodyWriter {
 public:
  explicit Woken(std::promise<Waker>& waker) : waker_(waker) {}

 private:
  Wrote write(BodySink& sink) override {
    if (waits_) {
      sink.append("woken");
      return Wrote::kEnd;
    }
    waits_ = true;
    waker_.set_value(sink.waker());
    return Wrote::kWait;
  }
  std::promise<Waker>& waker_;
  bool waits_ = false;
};

TEST_P(StreamsTest, WritersAreWoken) {
  std::promise<Waker> got;
  start([&](Server& server) {
    server.get("/wait", [&](const Request&, Response& response) {
      response.stream(std::make_unique<Woken>(got));
    });
  });
  fakes::Peer peer = connect();
  ASSERT_TRUE(peer.send(get("/wait") + get("/none")));
  receive_reply(peer);
  const Waker wake = got.get_future().get();
  wake();
  wake();
  EXPECT_EQ(peer.receive(15), "5\r\nwoken\r\n0\r\n\r\n");
  EXPECT_EQ(receive_reply(peer).status, 404);
  wake();
}

// Has no end until the server stops, and nobody who wakes it.
class Endless final : public BodyWriter {
  Wrote write(BodySink& sink) override {
    sink.append(sink.stopping() ? "ended" : "begun");
    return sink.stopping() ? Wrote::kEnd : Wrote::kWait;
  }
};

TEST_P(StreamsTest, AStopAsksWritersThatWait) {
  start([](Server& server) {
    server.get("/endless", [](const Request&, Response& response) {
      response.stream(std::make_unique<Endless>());
    });
  });
  fakes::Peer peer = connect();
  ASSERT_TRUE(peer.send(get("/endless")));
  receive_reply(peer);
  EXPECT_EQ(peer.receive(10), "5\r\nbegun\r\n");
  running_->engine().stop();
  EXPECT_EQ(peer.receive_rest(), "5\r\nended\r\n0\r\n\r\n");
}

class Broken final : public BodyWriter {
  Wrote write(BodySink& sink) override {
    sink.append("half");
    return Wrote::kBroken;
  }
};

TEST_P(StreamsTest, WhatBreaksOffIsNotTakenForTheEnd) {
  start([](Server& server) {
    server.get("/broken", [](const Request&, Response& response) {
      response.stream(std::make_unique<Broken>(), 100);
    });
  });
  fakes::Peer peer = connect();
  ASSERT_TRUE(peer.send(get("/broken")));
  peer.receive_rest();
  EXPECT_EQ(peer.stream(), fakes::Peer::Stream::kBroken);
}

// What its writer makes is not what was said.
TEST_P(StreamsTest, ALengthThatIsWrongBreaksOff) {
  std::atomic<std::size_t> written{0};
  start([&](Server& server) {
    server.get("/short", [&](const Request&, Response& response) {
      response.stream(std::make_unique<Pattern>(100, written), 101);
    });
    server.get("/long", [&](const Request&, Response& response) {
      response.stream(std::make_unique<Pattern>(101, written), 100);
    });
  });
  for (const char* path : {"/short", "/long"}) {
    fakes::Peer peer = connect();
    ASSERT_TRUE(peer.send(get(path) + get(path)));
    peer.receive_rest();
    EXPECT_EQ(peer.stream(), fakes::Peer::Stream::kBroken) << path;
  }
}

TEST_P(StreamsTest, OneThatNobodyTakesToItsEndIsCounted) {
  std::atomic<std::size_t> written{0};
  start([&](Server& server) {
    server.get("/stream", [&](const Request&, Response& response) {
      response.stream(std::make_unique<Pattern>(30'000'000, written));
    });
  });
  fakes::Peer peer = connect(4096);
  ASSERT_TRUE(peer.send(get("/stream")));
  ASSERT_EQ(receive_reply(peer, true).status, 200);
  peer.reset();
  const auto answers = [&] {
    std::uint64_t total = 0;
    for (const Shard& shard : running_->server().shards()) {
      total += shard.counts().answers[2].value();
    }
    return total;
  };
  while (answers() == 0) std::this_thread::yield();
  EXPECT_EQ(answers(), 1U);
}

class Throwing final : public BodyWriter {
  Wrote write(BodySink& sink) override {
    sink.append("half");
    throw std::runtime_error("no more");
  }
};

TEST_P(StreamsTest, AWriterThatThrowsBreaksOff) {
  start([](Server& server) {
    server.get("/throws", [](const Request&, Response& response) {
      response.stream(std::make_unique<Throwing>());
    });
  });
  fakes::Peer peer = connect();
  ASSERT_TRUE(peer.send(get("/throws")));
  peer.receive_rest();
  EXPECT_EQ(peer.stream(), fakes::Peer::Stream::kBroken);
}

TEST_P(StreamsTest, BodiesThatAreStreamedAreBoundedToo) {
  start([](Server& server) {
    Route route;
    route.handler = [](const Request&, Response& response) {
      response.read_body(std::make_unique<Counting>());
    };
    route.max_body = 10;
    route.streams_body = true;
    server.route(HttpMethod::kPost, "/count", route);
  });
  const std::string chunks =
      "POST /count HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
  EXPECT_TRUE(exchange(chunks + "a\r\n0123456789\r\n0\r\n\r\n").ends_with("\r\n\r\n10"));
  EXPECT_TRUE(
      exchange(chunks + "a\r\n0123456789\r\n1\r\na\r\n0\r\n\r\n").starts_with("HTTP/1.1 413"));
  EXPECT_TRUE(exchange(post("/count", "0123456789a")).starts_with("HTTP/1.1 413"));
}

// It wants no body, and answers later: once, whatever comes.
TEST_P(StreamsTest, AHandlerThatReadsNoBodyMayAnswerLater) {
  std::atomic<int> called{0};
  start([&](Server& server) {
    Route route;
    route.handler = [&](const Request& request, Response& response) {
      ++called;
      const std::string path(request.path());
      response.later().answer([path](Response& answer) { answer.send(path); });
    };
    route.streams_body = true;
    server.route(HttpMethod::kPost, "/later", route);
    server.post("/echo",
                [](const Request& request, Response& response) { response.send(request.body()); });
  });
  for (const std::size_t piece : {std::size_t{65536}, std::size_t{20}}) {
    called = 0;
    EXPECT_TRUE(exchange(post("/echo", "hello"), piece).ends_with("hello"));
    EXPECT_TRUE(exchange(post("/later", "hello"), piece).ends_with("/later"));
    EXPECT_TRUE(exchange(post("/later", ""), piece).ends_with("/later"));
    EXPECT_EQ(called, 2);
  }
}

INSTANTIATE_TEST_SUITE_P(Models, StreamsTest, fakes::every_place(), fakes::place_label);

}  // namespace
}  // namespace weir::http
