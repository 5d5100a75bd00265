#include "servers/redis/types/murmur_hash.h"

#include <cstddef>
#include <cstring>

namespace weir::redis {
namespace {

constexpr std::uint64_t kMultiplier = 0xc6a4a7935bd1e995U;
constexpr int kShift = 47;

// Up to eight bytes as a little-endian number. The servers' machines are little-endian.
std::uint64_t load(const char* from, std::size_t size) {
  std::uint64_t word = 0;
  std::memcpy(&word, from, size);
  return word;
}

}  // namespace

std::uint64_t murmur_hash_64a(std::string_view text, std::uint64_t seed) {
  std::uint64_t hash = seed ^ (text.size() * kMultiplier);
  while (text.size() >= sizeof(std::uint64_t)) {
    std::uint64_t word = load(text.data(), sizeof word) * kMultiplier;
    word ^= word >> kShift;
    hash = (hash ^ (word * kMultiplier)) * kMultiplier;
    text.remove_prefix(sizeof word);
  }
  if (!text.empty()) hash = (hash ^ load(text.data(), text.size())) * kMultiplier;
  hash = (hash ^ (hash >> kShift)) * kMultiplier;
  return hash ^ (hash >> kShift);
}

}  // namespace weir::redis
