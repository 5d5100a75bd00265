// Random: a small generator of pseudo-random numbers, for spreading load and sampling; not for
// secrets. Its state is four words, where the standard library's of this quality has 312, and its
// header costs next to nothing. Meets std::uniform_random_bit_generator, so that the library's
// distributions and shuffle() take it.
//
// Source: D. Blackman and S. Vigna, "Scrambled linear pseudorandom number generators", 2021:
// xoshiro256++. Seeded by SplitMix64, as they advise.
//
// Thread rule: a value; of_thread() is the calling thread's own.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

namespace weir {

class Random {
 public:
  using result_type = std::uint64_t;

  explicit Random(std::uint64_t seed) {
    for (std::uint64_t& word : state_) {
      seed += 0x9e3779b97f4a7c15;
      std::uint64_t mixed = seed;
      mixed = (mixed ^ mixed >> 30) * 0xbf58476d1ce4e5b9;
      mixed = (mixed ^ mixed >> 27) * 0x94d049bb133111eb;
      word = mixed ^ mixed >> 31;
    }
  }

  // Seeded once by entropy().
  static Random& of_thread();
  // Of the system's.
  static std::uint64_t entropy();

  static constexpr std::uint64_t min() { return 0; }
  static constexpr std::uint64_t max() { return UINT64_MAX; }

  std::uint64_t operator()() {
    const std::uint64_t result = std::rotl(state_[0] + state_[3], 23) + state_[0];
    const std::uint64_t shifted = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= shifted;
    state_[3] = std::rotl(state_[3], 45);
    return result;
  }

  // In [0, count), as good as even. REQUIRES: 0 < count < 2^32.
  std::size_t below(std::size_t count) {
    return static_cast<std::size_t>(((*this)() >> 32) * count >> 32);
  }

 private:
  std::uint64_t state_[4];
};

}  // namespace weir
