// SortedMember: one member of a sorted set with its score, in one heap block whose bytes sort by
// themselves. Layout: key length in a u32, then the key: 8 bytes of score, then the member's bytes.
// The score is written as a big-endian unsigned integer that grows with it, so a plain byte
// comparison of two keys is Redis' order: by score, then by member as memcmp, a prefix first. -0
// and 0 are one score in the order; a bit beside the length tells which it is. NaN has no place in
// the order and must not come here.
// The block is 12 bytes plus the member: 32 for 20 bytes, which no size class rounds up.
// Single-threaded: whoever holds the sorted set holds its members.
#pragma once

#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>
#include <string_view>

#include "servers/redis/types/packed_text.h"

namespace weir::redis {

// The position of `score` among all doubles: monotonic, and +1 is the next greater double.
inline uint64_t ordered_bits(double score) {
  const auto bits = std::bit_cast<uint64_t>(score + 0.0);  // adding 0.0 turns -0 into 0
  constexpr uint64_t kSign = uint64_t{1} << 63;
  return (bits & kSign) != 0 ? ~bits : bits | kSign;
}

inline double score_of(uint64_t ordered) {
  constexpr uint64_t kSign = uint64_t{1} << 63;
  return std::bit_cast<double>((ordered & kSign) != 0 ? ordered ^ kSign : ~ordered);
}

class SortedMember {
 public:
  static constexpr size_t kScoreBytes = 8;

  // REQUIRES: score is not NaN; member is shorter than 2 GiB - 8. The caller owns the block and
  // returns it to destroy().
  static SortedMember* create(double score, std::string_view member) {
    SortedMember* made = allocate(kScoreBytes + member.size());
    made->set_score(score);
    if (!member.empty()) std::memcpy(made->bytes() + kScoreBytes, member.data(), member.size());
    return made;
  }
  // A block that holds only the beginning of a key, as a tree's separators are; score() and
  // member() mean nothing for it.
  static SortedMember* create_key(std::string_view key) {
    SortedMember* made = allocate(key.size());
    if (!key.empty()) std::memcpy(made->bytes(), key.data(), key.size());
    return made;
  }
  static void destroy(SortedMember* member) { ::operator delete(member); }

  // Valid as long as the block; set_score() changes the bytes under it.
  std::string_view key() const { return {bytes(), length()}; }
  std::string_view member() const { return key().substr(kScoreBytes); }
  double score() const {
    uint64_t stored;
    std::memcpy(&stored, bytes(), sizeof stored);
    return (packed_ & kNegativeZero) != 0 ? -0.0 : score_of(__builtin_bswap64(stored));
  }
  // REQUIRES: no tree holds this member: it would be in the wrong place.
  void set_score(double score) {
    packed_ = length() | (score == 0 && std::signbit(score) ? kNegativeZero : 0);
    write_ordered(ordered_bits(score), bytes());
  }

  static void write_ordered(uint64_t ordered, char* to) {
    const uint64_t big_endian = __builtin_bswap64(ordered);
    std::memcpy(to, &big_endian, sizeof big_endian);
  }

  size_t allocated_bytes() const { return heap_block_bytes(sizeof(SortedMember) + length()); }

 private:
  static constexpr uint32_t kNegativeZero = uint32_t{1} << 31;

  explicit SortedMember(size_t length) : packed_(static_cast<uint32_t>(length)) {}
  static SortedMember* allocate(size_t length) {
    return new (::operator new(sizeof(SortedMember) + length)) SortedMember(length);
  }
  uint32_t length() const { return packed_ & ~kNegativeZero; }
  char* bytes() { return reinterpret_cast<char*>(this + 1); }
  const char* bytes() const { return reinterpret_cast<const char*>(this + 1); }

  uint32_t packed_;
};

}  // namespace weir::redis
