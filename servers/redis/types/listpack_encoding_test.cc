#include "servers/redis/types/listpack_encoding.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

namespace weir::redis {
namespace {

// The entry in a heap block of its exact size, so that a sanitizer sees any byte beyond it.
struct WrittenEntry {
  explicit WrittenEntry(std::string_view text) : WrittenEntry(ListpackEntry(text)) {}
  explicit WrittenEntry(const ListpackEntry& entry)
      : size(entry.size()), bytes(new uint8_t[entry.size()]) {
    entry.write(bytes.get());
  }
  std::vector<int> head(size_t count) const { return {bytes.get(), bytes.get() + count}; }

  size_t size;
  std::unique_ptr<uint8_t[]> bytes;
};

void expect_round_trip(std::string_view text) {
  const WrittenEntry entry(text);
  IntegerText scratch;
  const ListpackElement element = listpack::decode(entry.bytes.get());
  EXPECT_EQ(element.view(scratch), text);
  EXPECT_TRUE(element.equals(text));
  EXPECT_EQ(element.is_integer, parse_integer(text).has_value());
  EXPECT_EQ(listpack::entry_size(entry.bytes.get()), entry.size);
  EXPECT_EQ(listpack::entry_size_before(entry.bytes.get() + entry.size), entry.size);
  EXPECT_EQ(listpack::checked_entry_size(entry.bytes.get(), entry.size), entry.size);
  EXPECT_EQ(listpack::checked_entry_size(entry.bytes.get(), entry.size - 1), 0U);
}

TEST(ListpackEncoding, KnownBytes) {
  EXPECT_EQ(WrittenEntry("0").head(2), (std::vector<int>{0x00, 1}));
  EXPECT_EQ(WrittenEntry("127").head(2), (std::vector<int>{0x7F, 1}));
  EXPECT_EQ(WrittenEntry("128").head(3), (std::vector<int>{0xC0, 0x80, 2}));
  EXPECT_EQ(WrittenEntry("-1").head(3), (std::vector<int>{0xDF, 0xFF, 2}));
  EXPECT_EQ(WrittenEntry("-4096").head(3), (std::vector<int>{0xD0, 0x00, 2}));
  EXPECT_EQ(WrittenEntry("4096").head(4), (std::vector<int>{0xF1, 0x00, 0x10, 3}));
  EXPECT_EQ(WrittenEntry("-8388608").head(5), (std::vector<int>{0xF2, 0x00, 0x00, 0x80, 4}));
  EXPECT_EQ(WrittenEntry("8388608").head(6), (std::vector<int>{0xF3, 0, 0, 0x80, 0, 5}));
  EXPECT_EQ(WrittenEntry("4294967296").head(10),
            (std::vector<int>{0xF4, 0, 0, 0, 0, 1, 0, 0, 0, 9}));
  EXPECT_EQ(WrittenEntry("").head(2), (std::vector<int>{0x80, 1}));
  EXPECT_EQ(WrittenEntry("ab").head(4), (std::vector<int>{0x82, 'a', 'b', 3}));
  EXPECT_EQ(WrittenEntry(std::string(64, 'x')).head(2), (std::vector<int>{0xE0, 64}));
  EXPECT_EQ(WrittenEntry(std::string(4096, 'x')).head(5),
            (std::vector<int>{0xF0, 0x00, 0x10, 0, 0}));
}

TEST(ListpackEncoding, TextLengthsAroundEveryBorder) {
  // Borders of the heads (64, 4096) and of the backlens (128, 16383, 2097151 encoded bytes).
  for (const size_t border : {size_t{0}, size_t{64}, size_t{126}, size_t{4096}, size_t{16378},
                              size_t{16384}, size_t{2097146}, size_t{2097152}}) {
    for (size_t length = border < 4 ? 0 : border - 4; length < border + 4; ++length) {
      expect_round_trip(std::string(length, 'x'));
    }
  }
}

TEST(ListpackEncoding, IntegersAroundEveryBorder) {
  IntegerText scratch;
  for (unsigned bit = 0; bit < 63; ++bit) {
    for (int64_t offset = -2; offset <= 2; ++offset) {
      expect_round_trip(scratch.format((int64_t{1} << bit) + offset));
      expect_round_trip(scratch.format(-(int64_t{1} << bit) + offset));
    }
  }
  expect_round_trip(scratch.format(INT64_MAX));
  expect_round_trip(scratch.format(INT64_MIN));
}

TEST(ListpackEncoding, TextThatOnlyLooksLikeANumberStaysText) {
  for (const std::string_view text : {"007", "-0", "+1", "1.5", " 1", "9223372036854775808"}) {
    expect_round_trip(text);
  }
  const WrittenEntry seven("7");
  EXPECT_FALSE(listpack::decode(seven.bytes.get()).equals("07"));
  EXPECT_FALSE(listpack::decode(seven.bytes.get()).equals("8"));
}

TEST(ListpackEncoding, BacklenBordersAreThoseOfTheFormat) {
  EXPECT_EQ(listpack::backlen_size(127), 1U);
  EXPECT_EQ(listpack::backlen_size(128), 2U);
  EXPECT_EQ(listpack::backlen_size(16382), 2U);
  EXPECT_EQ(listpack::backlen_size(16383), 3U);
  EXPECT_EQ(listpack::backlen_size(2097150), 3U);
  EXPECT_EQ(listpack::backlen_size(2097151), 4U);
  EXPECT_EQ(listpack::backlen_size(268435454), 4U);
  EXPECT_EQ(listpack::backlen_size(268435455), 5U);
}

TEST(ListpackEncoding, ChecksEveryHeadAndEveryCut) {
  for (unsigned first = 0; first < 256; ++first) {
    for (size_t available = 0; available < 12; ++available) {
      // Allocated to size, so that a read too far is caught.
      const std::unique_ptr<uint8_t[]> bytes(new uint8_t[available]);
      std::memset(bytes.get(), 0x80, available);
      if (available > 0) bytes[0] = static_cast<uint8_t>(first);
      EXPECT_LE(listpack::checked_entry_size(bytes.get(), available), available);
    }
  }
  const uint8_t end_mark[] = {0xFF, 1};
  EXPECT_EQ(listpack::checked_entry_size(end_mark, 2), 0U);
  const uint8_t wrong_backlen[] = {0x81, 'a', 3};
  EXPECT_EQ(listpack::checked_entry_size(wrong_backlen, 3), 0U);
}

}  // namespace
}  // namespace weir::redis
