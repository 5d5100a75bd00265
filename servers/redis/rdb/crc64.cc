#include "servers/redis/rdb/crc64.h"

#include <array>
#include <bit>
#include <cstddef>
#include <cstring>

namespace weir::redis::rdb {
namespace {

static_assert(std::endian::native == std::endian::little, "eight bytes are taken as one word");

constexpr std::uint64_t kReflectedPolynomial = 0x95ac9329ac4bc9b5;
constexpr std::size_t kSlices = 8;

// Slice s has what a byte comes to once s more zero bytes have followed it, so that eight bytes
// are eight look-ups that do not wait for each other.
using Slices = std::array<std::array<std::uint64_t, 256>, kSlices>;

constexpr Slices make_slices() {
  Slices slices{};
  for (std::size_t byte = 0; byte < 256; ++byte) {
    std::uint64_t crc = byte;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ (crc & 1 ? kReflectedPolynomial : 0);
    slices[0][byte] = crc;
  }
  for (std::size_t slice = 1; slice < kSlices; ++slice) {
    for (std::size_t byte = 0; byte < 256; ++byte) {
      const std::uint64_t crc = slices[slice - 1][byte];
      slices[slice][byte] = (crc >> 8) ^ slices[0][crc & 0xff];
    }
  }
  return slices;
}

constexpr Slices kTable = make_slices();

}  // namespace

std::uint64_t crc64(std::string_view bytes, std::uint64_t before) {
  std::uint64_t crc = before;
  for (; bytes.size() >= kSlices; bytes.remove_prefix(kSlices)) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data(), sizeof word);
    word ^= crc;
    crc = 0;
    for (std::size_t i = 0; i < kSlices; ++i) {
      crc ^= kTable[kSlices - 1 - i][(word >> (8 * i)) & 0xff];
    }
  }
  for (const char c : bytes) {
    crc = (crc >> 8) ^ kTable[0][(crc ^ static_cast<std::uint8_t>(c)) & 0xff];
  }
  return crc;
}

}  // namespace weir::redis::rdb
