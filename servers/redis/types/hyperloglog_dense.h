// A HyperLogLog's registers where each has its 6 bits: the first the lowest of the first byte, and
// so on without gaps, four in three bytes. `registers` are kDenseBytes - kHeaderBytes bytes that
// the caller holds.
#pragma once

#include <cstddef>
#include <cstdint>

#include "servers/redis/types/hyperloglog.h"

namespace weir::redis::hyperloglog {

inline constexpr std::size_t kDenseGroup = 4;
inline constexpr std::size_t kDenseGroupBytes = 3;

inline std::uint32_t load_dense_group(const char* registers, std::size_t group) {
  const auto* const at =
      reinterpret_cast<const std::uint8_t*>(registers) + group * kDenseGroupBytes;
  return at[0] | std::uint32_t{at[1]} << 8 | std::uint32_t{at[2]} << 16;
}

inline std::uint8_t dense_register(const char* registers, std::size_t index) {
  return (load_dense_group(registers, index / kDenseGroup) >> (index % kDenseGroup * 6)) & 63U;
}

// REQUIRES: value < 64.
inline void set_dense_register(char* registers, std::size_t index, std::uint8_t value) {
  const std::size_t group = index / kDenseGroup;
  const std::size_t shift = index % kDenseGroup * 6;
  const std::uint32_t word = (load_dense_group(registers, group) & ~(std::uint32_t{63} << shift)) |
                             std::uint32_t{value} << shift;
  char* const at = registers + group * kDenseGroupBytes;
  at[0] = static_cast<char>(word);
  at[1] = static_cast<char>(word >> 8);
  at[2] = static_cast<char>(word >> 16);
}

// False where the register is as high already.
inline bool raise_dense(char* registers, Observation observation) {
  if (dense_register(registers, observation.index) >= observation.run) return false;
  set_dense_register(registers, observation.index, observation.run);
  return true;
}

// Calls visit(index, value) for each register.
template <class Visit>
void for_each_dense(const char* registers, Visit&& visit) {
  for (std::size_t group = 0; group < kRegisters / kDenseGroup; ++group) {
    const std::uint32_t word = load_dense_group(registers, group);
    for (std::size_t i = 0; i < kDenseGroup; ++i) {
      visit(group * kDenseGroup + i, static_cast<std::uint8_t>((word >> (6 * i)) & 63U));
    }
  }
}

}  // namespace weir::redis::hyperloglog
