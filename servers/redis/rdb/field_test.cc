// FieldWriter against the bytes of Redis' DUMP, FieldReader against the writer and against what no
// writer writes.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include "gtest/gtest.h"
#include "servers/redis/rdb/byte_sink.h"
#include "servers/redis/rdb/byte_source.h"
#include "servers/redis/rdb/field_reader.h"
#include "servers/redis/rdb/field_writer.h"

namespace weir::redis::rdb {
namespace {

std::string length_bytes(std::uint64_t value) {
  StringSink sink;
  FieldWriter(sink).length(value);
  return sink.take();
}

std::string text_bytes(std::string_view text) {
  StringSink sink;
  FieldWriter(sink).text(text);
  return sink.take();
}

std::optional<std::uint64_t> length_of(std::string_view bytes) {
  MemorySource source(bytes);
  return FieldReader(source).length();
}

std::optional<std::string> text_of(std::string_view bytes) {
  MemorySource source(bytes);
  FieldReader reader(source);
  const auto text = reader.text();
  return text ? std::optional(std::string(*text)) : std::nullopt;
}

TEST(FieldTest, WritesLengthsInTheirForms) {
  EXPECT_EQ(length_bytes(0), std::string("\0", 1));
  EXPECT_EQ(length_bytes(63), "\x3f");
  EXPECT_EQ(length_bytes(64), "\x40\x40");
  EXPECT_EQ(length_bytes(16383), "\x7f\xff");
  EXPECT_EQ(length_bytes(16384), std::string("\x80\0\0\x40\0", 5));
  EXPECT_EQ(length_bytes(0xffffffff), "\x80\xff\xff\xff\xff");
  EXPECT_EQ(length_bytes(0x100000000), std::string("\x81\0\0\0\x01\0\0\0\0", 9));
}

TEST(FieldTest, ReadsLengthsBack) {
  for (unsigned bit = 0; bit < 64; ++bit) {
    for (const std::uint64_t value : {std::uint64_t{1} << bit, (std::uint64_t{1} << bit) - 1}) {
      const std::string bytes = length_bytes(value);
      EXPECT_EQ(length_of(bytes), value);
      EXPECT_EQ(length_of(bytes.substr(0, bytes.size() - 1)), std::nullopt) << value;
    }
  }
}

TEST(FieldTest, RefusesOtherFormsOfLengths) {
  for (int first = 0x82; first < 0x100; ++first) {
    EXPECT_EQ(length_of(static_cast<char>(first) + std::string(9, '\1')), std::nullopt) << first;
  }
}

TEST(FieldTest, WritesTextsInTheirForms) {
  EXPECT_EQ(text_bytes(""), std::string("\0", 1));
  EXPECT_EQ(text_bytes("0"), std::string("\xc0\0", 2));
  EXPECT_EQ(text_bytes("-128"), "\xc0\x80");
  EXPECT_EQ(text_bytes("128"), std::string("\xc1\x80\0", 3));
  EXPECT_EQ(text_bytes("-32769"), "\xc2\xff\x7f\xff\xff");
  EXPECT_EQ(text_bytes("2147483647"), "\xc2\xff\xff\xff\x7f");
  EXPECT_EQ(text_bytes("2147483648"),
            "\x0a"
            "2147483648");
  EXPECT_EQ(text_bytes("007"),
            "\x03"
            "007");
  EXPECT_EQ(text_bytes(std::string(20, 'a')), "\x14" + std::string(20, 'a'));
  EXPECT_EQ(text_bytes(std::string(21, 'a')).front(), '\xc3');
}

TEST(FieldTest, ReadsTextsBack) {
  for (const std::string& text :
       {std::string(), std::string("a"), std::string("-1"), std::string("2147483648"),
        std::string("-2147483648"), std::string("+1"), std::string(21, 'a'),
        std::string(100000, 'b'), std::string("\0\xff", 2)}) {
    const std::string bytes = text_bytes(text);
    EXPECT_EQ(text_of(bytes), text);
    for (std::size_t size = 0; size < std::min<std::size_t>(bytes.size(), 100); ++size) {
      EXPECT_EQ(text_of(std::string_view(bytes).substr(0, size)), std::nullopt) << text << size;
    }
  }
}

TEST(FieldTest, RefusesTextsThatAreNone) {
  EXPECT_EQ(text_of("\xc4"
                    "abcdefgh"),
            std::nullopt);  // no such form
  EXPECT_EQ(text_of("\x81\xff\xff\xff\xff\xff\xff\xff\xff"
                    "a"),
            std::nullopt);
  EXPECT_EQ(text_of(std::string("\xc3\x02\x81\0\0\1\0\0\0\0\0ab", 13)), std::nullopt);
  EXPECT_EQ(text_of(std::string("\xc3\0\0", 3)), std::nullopt);  // nothing, compressed
}

std::optional<double> binary_double_of(std::string_view bytes) {
  MemorySource source(bytes);
  return FieldReader(source).binary_double();
}

std::optional<double> textual_double_of(std::string_view bytes) {
  MemorySource source(bytes);
  return FieldReader(source).textual_double();
}

TEST(FieldTest, ReadsBinaryDoublesBack) {
  for (const double value : {0.0, -0.0, 1.5, -1e300, 5e-324, HUGE_VAL, -HUGE_VAL}) {
    StringSink sink;
    FieldWriter(sink).binary_double(value);
    ASSERT_EQ(sink.bytes().size(), 8u);
    EXPECT_EQ(binary_double_of(sink.bytes()), value);
    EXPECT_EQ(binary_double_of(sink.bytes().substr(1)), std::nullopt);
  }
  StringSink sink;
  FieldWriter(sink).binary_double(std::numeric_limits<double>::quiet_NaN());
  EXPECT_EQ(binary_double_of(sink.bytes()), std::nullopt);
}

TEST(FieldTest, ReadsTextualDoubles) {
  EXPECT_EQ(textual_double_of("\x03"
                              "2.5"),
            2.5);
  EXPECT_EQ(textual_double_of("\x17"
                              "4.9406564584124654e-324"),
            5e-324);
  EXPECT_EQ(textual_double_of("\xfe"), HUGE_VAL);
  EXPECT_EQ(textual_double_of("\xff"), -HUGE_VAL);
  EXPECT_EQ(textual_double_of("\xfd"), std::nullopt);
  EXPECT_EQ(textual_double_of("\x03nan"), std::nullopt);
  EXPECT_EQ(textual_double_of("\x04"
                              "2.5"),
            std::nullopt);  // cut
  EXPECT_EQ(textual_double_of(std::string("\0", 1)), std::nullopt);
  EXPECT_EQ(textual_double_of(""), std::nullopt);
}

}  // namespace
}  // namespace weir::redis::rdb
