#include "servers/redis/rdb/crc64.h"

#include <cstddef>
#include <random>
#include <string>

#include "gtest/gtest.h"

namespace weir::redis::rdb {
namespace {

// The definition, a bit at a time.
std::uint64_t slow_crc64(std::string_view bytes) {
  std::uint64_t crc = 0;
  for (const char c : bytes) {
    crc ^= static_cast<std::uint8_t>(c);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ (crc & 1 ? 0x95ac9329ac4bc9b5 : 0);
  }
  return crc;
}

TEST(Crc64Test, HasTheCheckValue) {
  EXPECT_EQ(crc64("123456789"), 0xe9c6d914c4b8d9ca);
  EXPECT_EQ(crc64(""), 0u);
}

TEST(Crc64Test, EqualsItsDefinitionInOnePieceAndInTwo) {
  std::mt19937 rng(1);
  for (std::size_t size = 0; size < 200; ++size) {
    std::string bytes(size, '\0');
    for (char& c : bytes) c = static_cast<char>(rng());
    ASSERT_EQ(crc64(bytes), slow_crc64(bytes)) << size;
    const std::size_t cut = rng() % (size + 1);
    ASSERT_EQ(crc64(std::string_view(bytes).substr(cut), crc64(bytes.substr(0, cut))),
              slow_crc64(bytes));
  }
}

}  // namespace
}  // namespace weir::redis::rdb
