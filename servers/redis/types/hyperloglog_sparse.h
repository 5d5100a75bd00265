// A HyperLogLog's registers as runs of equal ones, in order, from the first to the last:
//
//   00nnnnnn            n + 1 registers, up to 64, are 0
//   01nnnnnn nnnnnnnn   n + 1 registers, up to 16384, are 0, high byte first
//   1vvvvvnn            n + 1 registers, up to 4, are v + 1, up to 32
//
// Small while few registers are set, and linear to read and to change. Corrupt ones are read as far
// as they go; of a long run whose second byte is cut off that byte counts as 0, as it does in
// Redis.
//
// Pure functions; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "servers/redis/types/hyperloglog.h"

namespace weir::redis::hyperloglog {

inline constexpr std::uint8_t kMaxSparseValue = 32;

struct SparseRun {
  std::uint32_t registers;
  std::uint8_t value;  // 0 for either kind of zeros
  std::uint8_t bytes;
};

// The run at `at`. REQUIRES: at < end.
inline SparseRun read_run(const std::uint8_t* at, const std::uint8_t* end) {
  const std::uint32_t byte = *at;
  if (byte >= 0x80) {
    return {(byte & 3) + 1, static_cast<std::uint8_t>(((byte >> 2) & 31) + 1), 1};
  }
  if (byte < 0x40) return {byte + 1, 0, 1};
  const std::uint32_t low = end - at > 1 ? at[1] : 0;
  return {((byte & 63) << 8 | low) + 1, 0, 2};
}

// Calls visit(index of the first register, run) for each run; false where the runs are not those of
// all registers. Ends before the run that would go beyond the last register.
template <class Visit>
bool for_each_run(std::string_view runs, Visit&& visit) {
  const auto* at = reinterpret_cast<const std::uint8_t*>(runs.data());
  const std::uint8_t* const end = at + runs.size();
  std::size_t index = 0;
  while (at < end) {
    const SparseRun run = read_run(at, end);
    if (index + run.registers > kRegisters) return false;
    visit(index, run);
    index += run.registers;
    at += run.bytes;
  }
  return index == kRegisters;
}

enum class Change : std::uint8_t { kNone, kRaised, kCorrupt, kNeedsDense };

// By how much one change may lengthen a string, and where it writes before it cuts.
inline constexpr std::size_t kSparseGrowth = 4;

// Raises a register of a whole string (header and runs) of `size` bytes, which may become longer or
// shorter. kNeedsDense, with nothing changed: its value has no run, or the string would grow beyond
// `max_size`. The cached cardinality is left alone. REQUIRES: kSparseGrowth bytes of room behind
// it.
Change raise_sparse(char* text, std::size_t& size, Observation observation, std::size_t max_size);

// As PFDEBUG DECODE shows runs: "Z:1000 v:2,1 z:64 ...", whether or not they are whole.
std::string describe_runs(std::string_view runs);

}  // namespace weir::redis::hyperloglog
