#include "servers/redis/rdb/ziplist.h"

#include <cstdint>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace weir::redis::rdb {
namespace {

// Writes ziplists as old versions of Redis did.
class ZiplistBuilder {
 public:
  void add_text(std::string_view text) {
    std::string head;
    if (text.size() < 64) {
      head += static_cast<char>(text.size());
    } else if (text.size() < 16384) {
      head += static_cast<char>(0x40 | (text.size() >> 8));
      head += static_cast<char>(text.size());
    } else {
      head = '\x80';
      for (int shift = 24; shift >= 0; shift -= 8) head += static_cast<char>(text.size() >> shift);
    }
    add(head + std::string(text));
  }

  // `encoding`, then the low `width` bytes of the value.
  void add_integer(char encoding, std::int64_t value, std::size_t width) {
    std::string entry(1, encoding);
    for (std::size_t i = 0; i < width; ++i) entry += static_cast<char>(value >> (8 * i));
    add(entry);
  }

  void add(const std::string& encoded) {
    std::string entry;
    if (previous_ < 254) {
      entry += static_cast<char>(previous_);
    } else {
      entry = '\xfe';
      for (int shift = 0; shift < 32; shift += 8) entry += static_cast<char>(previous_ >> shift);
    }
    entry += encoded;
    last_ = 10 + entries_.size();
    previous_ = entry.size();
    entries_ += entry;
    ++count_;
  }

  std::string bytes() const {
    const auto total = static_cast<std::uint32_t>(10 + entries_.size() + 1);
    const auto last = static_cast<std::uint32_t>(last_);
    std::string bytes(10, '\0');
    std::memcpy(bytes.data(), &total, sizeof total);
    std::memcpy(bytes.data() + 4, &last, sizeof last);
    std::memcpy(bytes.data() + 8, &count_, sizeof count_);
    return bytes + entries_ + '\xff';
  }

 private:
  std::string entries_;
  std::size_t last_ = 10;
  std::size_t previous_ = 0;
  std::uint16_t count_ = 0;
};

std::vector<std::string> elements(const Listpack& pack) {
  std::vector<std::string> texts;
  IntegerText scratch;
  for (auto p = pack.first(); p != Listpack::kEnd; p = pack.next(p)) {
    texts.emplace_back(pack.get(p).view(scratch));
  }
  return texts;
}

ZiplistBuilder of_all_kinds() {
  ZiplistBuilder builder;
  builder.add_text("a");
  builder.add_text("");
  builder.add_text(std::string(63, 'b'));
  builder.add_text(std::string(64, 'c'));
  builder.add_text(std::string(300, 'd'));
  builder.add_text(std::string(20000, 'e'));
  builder.add_integer('\xf1', 0, 0);
  builder.add_integer('\xfd', 0, 0);
  builder.add_integer('\xfe', -128, 1);
  builder.add_integer('\xc0', -32768, 2);
  builder.add_integer('\xf0', -8388608, 3);
  builder.add_integer('\xf0', 8388607, 3);
  builder.add_integer('\xd0', -2147483648LL, 4);
  builder.add_integer('\xe0', INT64_MIN, 8);
  return builder;
}

TEST(ZiplistTest, HasAllKindsOfEntries) {
  const auto pack = listpack_of_ziplist(of_all_kinds().bytes());
  ASSERT_TRUE(pack.has_value());
  const std::vector<std::string> expected = {"a",
                                             "",
                                             std::string(63, 'b'),
                                             std::string(64, 'c'),
                                             std::string(300, 'd'),
                                             std::string(20000, 'e'),
                                             "0",
                                             "12",
                                             "-128",
                                             "-32768",
                                             "-8388608",
                                             "8388607",
                                             "-2147483648",
                                             "-9223372036854775808"};
  EXPECT_EQ(elements(*pack), expected);
}

TEST(ZiplistTest, MayBeEmpty) {
  const auto pack = listpack_of_ziplist(ZiplistBuilder().bytes());
  ASSERT_TRUE(pack.has_value());
  EXPECT_TRUE(pack->empty());
}

TEST(ZiplistTest, MayNotKnowItsCount) {
  std::string bytes = of_all_kinds().bytes();
  bytes[8] = bytes[9] = '\xff';
  EXPECT_TRUE(listpack_of_ziplist(bytes).has_value());
}

TEST(ZiplistTest, RefusesEveryOtherHeader) {
  ZiplistBuilder builder;
  builder.add_text("hello");
  builder.add_integer('\xc0', 1000, 2);
  const std::string bytes = builder.bytes();
  for (std::size_t i = 0; i < 10; ++i) {
    for (int value = 0; value < 256; ++value) {
      std::string changed = bytes;
      changed[i] = static_cast<char>(value);
      EXPECT_EQ(listpack_of_ziplist(changed).has_value(), changed == bytes) << i << " " << value;
    }
  }
}

TEST(ZiplistTest, RefusesEveryPart) {
  const std::string bytes = of_all_kinds().bytes();
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(listpack_of_ziplist(bytes.substr(0, size)).has_value());
  }
  for (std::size_t size = 11; size < 700; ++size) {
    std::string cut = bytes.substr(0, size - 1) + '\xff';
    const auto total = static_cast<std::uint32_t>(size);
    std::memcpy(cut.data(), &total, sizeof total);
    EXPECT_FALSE(listpack_of_ziplist(cut).has_value()) << size;
  }
}

TEST(ZiplistTest, RefusesWrongEntries) {
  for (const std::string encoded : {"\x81", "\xbf", "\xc1", "\xef", "\xff",
                                    "\x05"
                                    "abc",
                                    "\x7f\xff", "\x80\xff\xff\xff\xff", "\xc0",
                                    "\xe0"
                                    "1234567",
                                    "\xf0"
                                    "1",
                                    "\xfe"}) {
    ZiplistBuilder builder;
    builder.add_text("x");
    builder.add(encoded);
    EXPECT_FALSE(listpack_of_ziplist(builder.bytes()).has_value()) << encoded;
  }
}

TEST(ZiplistTest, SurvivesFlippedBytes) {
  std::mt19937 rng(1);
  const std::string bytes = of_all_kinds().bytes();
  for (int i = 0; i < 20000; ++i) {
    std::string changed = bytes;
    for (int flips = 0; flips < 3; ++flips) {
      changed[10 + rng() % 500] = static_cast<char>(rng());
    }
    const auto pack = listpack_of_ziplist(changed);
    if (!pack) continue;
    ASSERT_TRUE(Listpack::parse(pack->serialized()).has_value());
  }
}

}  // namespace
}  // namespace weir::redis::rdb
