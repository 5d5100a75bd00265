#include "codec/http_response.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace weir::codec {
namespace {

class StringSink {
 public:
  char* reserve(std::size_t n) {
    room_.assign(n, '?');
    return room_.data();
  }
  void commit(std::size_t n) {
    ASSERT_LE(n, room_.size());
    text.append(room_.data(), n);
  }
  void append(std::string_view bytes) { text += bytes; }

  std::string text;

 private:
  std::vector<char> room_;
};

std::string written(const HttpReply& reply, std::string_view body = {}) {
  StringSink sink;
  write_reply(sink, reply, body);
  return sink.text;
}

TEST(HttpResponseTest, AReplyWithABody) {
  HttpReply reply;
  reply.content_type = "text/plain";
  reply.date = "Date: now\r\n";
  reply.fields = "A: b\r\n";
  reply.length = 5;
  EXPECT_EQ(written(reply, "Hello"),
            "HTTP/1.1 200 OK\r\nDate: now\r\nContent-Type: text/plain\r\nA: b\r\n"
            "Content-Length: 5\r\n\r\nHello");
}

TEST(HttpResponseTest, ALongBodyIsAPieceOfItsOwn) {
  HttpReply reply;
  const std::string body(100'000, 'b');
  reply.length = body.size();
  EXPECT_EQ(written(reply, body), "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" + body);
}

TEST(HttpResponseTest, StatusesWithoutABodyHaveNoLength) {
  for (const int status : {100, 101, 204}) {
    HttpReply reply;
    reply.status = status;
    reply.length = 7;
    EXPECT_EQ(written(reply).find("Content-Length"), std::string::npos) << status;
    reply.framing = HttpReply::Framing::kChunked;
    EXPECT_EQ(written(reply).find("chunked"), std::string::npos) << status;
  }
  HttpReply not_modified;
  not_modified.status = 304;
  EXPECT_EQ(written(not_modified), "HTTP/1.1 304 Not Modified\r\n\r\n");
  not_modified.length = 7;
  EXPECT_EQ(written(not_modified), "HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n");
}

TEST(HttpResponseTest, EveryStatusHasALine) {
  EXPECT_EQ(http_status_line(431), "HTTP/1.1 431 Request Header Fields Too Large\r\n");
  EXPECT_EQ(http_status_line(299), "HTTP/1.1 299 \r\n");
  EXPECT_EQ(http_status_line(1000), "HTTP/1.1 500 Internal Server Error\r\n");
  EXPECT_EQ(http_status_line(-1), http_status_line(500));
}

std::string lines(std::string_view name, std::string_view value) {
  HttpFields fields;
  fields.add(name, value);
  return std::string(fields.lines());
}

TEST(HttpResponseTest, FieldsCantBeLeft) {
  EXPECT_EQ(lines("Location", "/a\r\nSet-Cookie: b\n\n<script>"),
            "Location: /a  Set-Cookie: b  <script>\r\n");
  EXPECT_EQ(lines("A\r\nB", "c"), "");
  EXPECT_EQ(lines("", "c"), "");
  EXPECT_EQ(lines("A b", "c"), "");
  EXPECT_EQ(lines("A", std::string_view("\0\x7f\x01\t\xff", 5)), "A:    \t\xff\r\n");
  EXPECT_EQ(lines("A", " b "), "A: b\r\n");
}

TEST(HttpResponseTest, Chunks) {
  StringSink sink;
  write_chunk(sink, "0123456789abcdefg");
  write_chunk(sink, "");
  write_last_chunk(sink);
  EXPECT_EQ(sink.text, "11\r\n0123456789abcdefg\r\n0\r\n\r\n");
}

TEST(HttpResponseTest, ConnectionAndUntilClose) {
  HttpReply reply;
  reply.connection = "close";
  reply.framing = HttpReply::Framing::kUntilClose;
  EXPECT_EQ(written(reply), "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
}

}  // namespace
}  // namespace weir::codec
