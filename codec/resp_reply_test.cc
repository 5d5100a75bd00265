#include "codec/resp_reply.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

namespace weir::codec {
namespace {

// Checks that no more is committed than was reserved.
class StringSink {
 public:
  char* reserve(std::size_t n) {
    reserved_ = n;
    bytes_.resize(size_ + n);
    return bytes_.data() + size_;
  }
  void commit(std::size_t n) {
    EXPECT_LE(n, reserved_);
    reserved_ = 0;
    size_ += n;
  }
  void append(std::string_view bytes) {
    bytes_.resize(size_);
    bytes_ += bytes;
    size_ = bytes_.size();
    ++appends_;
  }
  std::string_view text() const { return {bytes_.data(), size_}; }
  int appends() const { return appends_; }

 private:
  std::string bytes_;
  std::size_t size_ = 0;
  std::size_t reserved_ = 0;
  int appends_ = 0;
};

template <class Write>
std::string written(int protocol, Write write) {
  StringSink sink;
  ReplyWriter<StringSink> writer(sink, protocol);
  write(writer);
  return std::string(sink.text());
}

#define EXPECT_REPLY(call, resp2, resp3)                   \
  EXPECT_EQ(written(2, [](auto& w) { w.call; }), (resp2)); \
  EXPECT_EQ(written(3, [](auto& w) { w.call; }), (resp3))

TEST(ReplyWriterTest, SimpleStringsAndErrors) {
  EXPECT_REPLY(simple_string("OK"), "+OK\r\n", "+OK\r\n");
  EXPECT_REPLY(ok(), "+OK\r\n", "+OK\r\n");
  EXPECT_REPLY(error("ERR syntax error"), "-ERR syntax error\r\n", "-ERR syntax error\r\n");
  EXPECT_REPLY(error(""), "-\r\n", "-\r\n");
}

TEST(ReplyWriterTest, NoLineEndGetsIntoALine) {
  EXPECT_REPLY(error("ERR a\r\n+OK\nb"), "-ERR a  +OK b\r\n", "-ERR a  +OK b\r\n");
  EXPECT_REPLY(simple_string("a\rb"), "+a b\r\n", "+a b\r\n");
  EXPECT_REPLY(double_(std::string_view("1\r\n2")), "$4\r\n1\r\n2\r\n", ",1  2\r\n");
}

TEST(ReplyWriterTest, Integers) {
  EXPECT_REPLY(integer(0), ":0\r\n", ":0\r\n");
  EXPECT_REPLY(integer(9), ":9\r\n", ":9\r\n");
  EXPECT_REPLY(integer(10), ":10\r\n", ":10\r\n");
  EXPECT_REPLY(integer(-1), ":-1\r\n", ":-1\r\n");
  EXPECT_REPLY(integer(std::numeric_limits<std::int64_t>::min()), ":-9223372036854775808\r\n",
               ":-9223372036854775808\r\n");
  EXPECT_REPLY(integer(std::numeric_limits<std::int64_t>::max()), ":9223372036854775807\r\n",
               ":9223372036854775807\r\n");
}

TEST(ReplyWriterTest, BulkStrings) {
  EXPECT_REPLY(bulk(""), "$0\r\n\r\n", "$0\r\n\r\n");
  EXPECT_REPLY(bulk("a\r\nb"), "$4\r\na\r\nb\r\n", "$4\r\na\r\nb\r\n");
  EXPECT_REPLY(bulk(-12), "$3\r\n-12\r\n", "$3\r\n-12\r\n");
}

TEST(ReplyWriterTest, BulkStringsOfEverySizeAroundTheJoin) {
  for (std::size_t size = 0; size < 2100; ++size) {
    const std::string payload(size, 'x');
    const std::string expected = "$" + std::to_string(size) + "\r\n" + payload + "\r\n";
    ASSERT_EQ(written(2, [&](auto& w) { w.bulk(payload); }), expected);
  }
}

TEST(ReplyWriterTest, ASmallBulkStringIsOneReservation) {
  StringSink sink;
  ReplyWriter<StringSink>(sink).bulk("value");
  EXPECT_EQ(sink.appends(), 0);
}

TEST(ReplyWriterTest, Nulls) {
  EXPECT_REPLY(null(), "$-1\r\n", "_\r\n");
  EXPECT_REPLY(null_array(), "*-1\r\n", "_\r\n");
}

TEST(ReplyWriterTest, Aggregates) {
  EXPECT_REPLY(array(0), "*0\r\n", "*0\r\n");
  EXPECT_REPLY(array(12345), "*12345\r\n", "*12345\r\n");
  EXPECT_REPLY(map(7), "*14\r\n", "%7\r\n");
  EXPECT_REPLY(set(3), "*3\r\n", "~3\r\n");
  EXPECT_REPLY(push(3), "*3\r\n", ">3\r\n");
}

TEST(ReplyWriterTest, Booleans) {
  EXPECT_REPLY(boolean(true), ":1\r\n", "#t\r\n");
  EXPECT_REPLY(boolean(false), ":0\r\n", "#f\r\n");
}

TEST(ReplyWriterTest, Doubles) {
  EXPECT_REPLY(double_(3.0), "$1\r\n3\r\n", ",3\r\n");
  EXPECT_REPLY(double_(0.1), "$19\r\n0.10000000000000001\r\n", ",0.10000000000000001\r\n");
  EXPECT_REPLY(double_(1e20), "$5\r\n1e+20\r\n", ",1e+20\r\n");
  EXPECT_REPLY(double_(-2.2250738585072014e-308), "$24\r\n-2.2250738585072014e-308\r\n",
               ",-2.2250738585072014e-308\r\n");
  EXPECT_REPLY(double_(std::numeric_limits<double>::infinity()), "$3\r\ninf\r\n", ",inf\r\n");
  EXPECT_REPLY(double_(-std::numeric_limits<double>::infinity()), "$4\r\n-inf\r\n", ",-inf\r\n");
  EXPECT_REPLY(double_(std::numeric_limits<double>::quiet_NaN()), "$3\r\nnan\r\n", ",nan\r\n");
  EXPECT_REPLY(double_("5.5"), "$3\r\n5.5\r\n", ",5.5\r\n");
}

TEST(ReplyWriterTest, BigNumbersAndVerbatimText) {
  EXPECT_REPLY(big_number("1234567999999999999999"), "$22\r\n1234567999999999999999\r\n",
               "(1234567999999999999999\r\n");
  EXPECT_REPLY(verbatim("txt", "hello"), "$5\r\nhello\r\n", "=9\r\ntxt:hello\r\n");
}

TEST(ReplyWriterTest, LargeVerbatimText) {
  const std::string text(5000, 'v');
  EXPECT_EQ(written(3, [&](auto& w) { w.verbatim("mkd", text); }), "=5004\r\nmkd:" + text + "\r\n");
}

TEST(ReplyWriterTest, ProtocolMayChangeBetweenReplies) {
  EXPECT_REPLY(set_protocol(3), "", "");
  EXPECT_EQ(written(2,
                    [](auto& w) {
                      w.null();
                      w.set_protocol(3);
                      w.null();
                      w.raw("+OK\r\n");
                    }),
            "$-1\r\n_\r\n+OK\r\n");
}

#undef EXPECT_REPLY

}  // namespace
}  // namespace weir::codec
