#include "codec/byte_scan.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>

#include "base/check.h"

namespace weir::codec {
namespace {

// gcc's vectors: one instruction a comparison with SSE2 or NEON, and still right without.
using Block = std::uint8_t __attribute__((vector_size(16)));

Block load(const char* bytes) {
  Block block;
  std::memcpy(&block, bytes, sizeof block);
  return block;
}

// The place of the first byte that is not 0; sizeof(Block) where all are.
std::size_t first_set(Block block) {
  std::array<std::uint64_t, 2> words;
  std::memcpy(words.data(), &block, sizeof block);
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words[i] == 0) continue;
    const int bit = std::endian::native == std::endian::little ? std::countr_zero(words[i])
                                                               : std::countl_zero(words[i]);
    return 8 * i + static_cast<std::size_t>(bit) / 8;
  }
  return sizeof block;
}

}  // namespace

void ByteScan::add(char needle) {
  const auto end = needles_.begin() + static_cast<std::ptrdiff_t>(count_);
  if (std::find(needles_.begin(), end, needle) != end) return;
  WEIR_CHECK(count_ < kMaxNeedles);
  needles_[count_++] = needle;
}

std::size_t ByteScan::find(std::string_view bytes, std::size_t from) const {
  if (from >= bytes.size()) return std::string_view::npos;
  if (count_ != 1) return find_any(bytes, from);
  const void* const found = std::memchr(bytes.data() + from, needles_[0], bytes.size() - from);
  if (found == nullptr) return std::string_view::npos;
  return static_cast<std::size_t>(static_cast<const char*>(found) - bytes.data());
}

std::size_t ByteScan::find_any(std::string_view bytes, std::size_t from) const {
  for (; bytes.size() - from >= sizeof(Block); from += sizeof(Block)) {
    const Block block = load(bytes.data() + from);
    Block hits{};
    for (std::size_t i = 0; i < count_; ++i) {
      hits |= reinterpret_cast<Block>(block == static_cast<std::uint8_t>(needles_[i]));
    }
    const std::size_t first = first_set(hits);
    if (first < sizeof(Block)) return from + first;
  }
  return bytes.find_first_of({needles_.data(), count_}, from);
}

}  // namespace weir::codec
