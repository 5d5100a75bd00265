// Random indexes. Rng is any callable that returns uniformly distributed 64-bit words. Multiply and
// shift (Lemire) without the rejection step: an index is off its fair share by less than one part
// in 2^32 / count, far below what sampling could show for the counts of a collection.
// Pure functions; any thread.
#pragma once

#include <cstddef>
#include <cstdint>

namespace weir::redis {

// Maps a uniform 32-bit word to [0, count). REQUIRES: 0 < count < 2^32.
inline size_t scale_below(uint32_t word, size_t count) {
  return static_cast<size_t>((uint64_t{word} * count) >> 32);
}

// In [0, count). REQUIRES: 0 < count < 2^32.
template <class Rng>
size_t random_below(Rng& rng, size_t count) {
  return scale_below(static_cast<uint32_t>(static_cast<uint64_t>(rng()) >> 32), count);
}

}  // namespace weir::redis
