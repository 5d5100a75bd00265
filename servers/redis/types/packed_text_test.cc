#include "servers/redis/types/packed_text.h"

#include <gtest/gtest.h>

#include <string>

namespace weir::redis {
namespace {

constexpr size_t kSizes[] = {0, 1, 20, 126, 127, 128, 129, 16383, 16384, 100000, 3000000};

TEST(Varint, RoundTripsAtEveryLength) {
  for (int bit = 0; bit < 64; bit++) {
    for (const size_t value : {(size_t{1} << bit) - 1, size_t{1} << bit, ~size_t{0} >> bit}) {
      char bytes[16];
      const char* end = write_varint(bytes, value);
      EXPECT_EQ(static_cast<size_t>(end - bytes), varint_size(value));
      size_t read = 0;
      EXPECT_EQ(read_varint(bytes, &read), end);
      EXPECT_EQ(read, value);
    }
  }
}

TEST(PackedText, KeepsItsBytes) {
  for (const size_t size : kSizes) {
    const std::string text(size, 't');
    PackedText* packed = PackedText::create(text);
    EXPECT_EQ(packed->view(), text);
    EXPECT_GE(packed->allocated_bytes(), size + 1);
    PackedText::destroy(packed);
  }
}

TEST(PackedText, OfTwentyBytesTakesABlockOf32) {
  PackedText* packed = PackedText::create(std::string(20, 'x'));
  EXPECT_EQ(packed->allocated_bytes(), 32u);
  PackedText::destroy(packed);
}

TEST(PackedPair, KeepsBothTexts) {
  for (const size_t field_size : kSizes) {
    for (const size_t value_size : kSizes) {
      const std::string field(field_size, 'f');
      const std::string value(value_size, 'v');
      PackedPair* pair = PackedPair::create(field, value);
      ASSERT_EQ(pair->field(), field);
      ASSERT_EQ(pair->value(), value);
      const std::string other(value_size, 'w');
      pair->overwrite(other);
      ASSERT_EQ(pair->field(), field);
      ASSERT_EQ(pair->value(), other);
      PackedPair::destroy(pair);
    }
  }
}

TEST(PackedPair, OfTwentyAndThreeBytesTakesABlockOf32) {
  PackedPair* pair = PackedPair::create(std::string(20, 'x'), "abc");
  EXPECT_EQ(pair->allocated_bytes(), 32u);
  PackedPair::destroy(pair);
}

}  // namespace
}  // namespace weir::redis
