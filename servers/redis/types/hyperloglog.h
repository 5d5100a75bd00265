// HyperLogLogs: strings that estimate how many distinct elements were added to them. The algorithm
// is of Flajolet, Fusy, Gandouet and Meunier, "HyperLogLog: the analysis of a near-optimal
// cardinality estimation algorithm" (2007), with a hash of 64 bits and 2^14 registers.
//
// The bytes are Redis', which clients may read and write (documented at the head of its
// hyperloglog.c): "HYLL", the encoding, three bytes of nothing, the last cardinality that was
// counted as a little-endian 64-bit number whose highest bit says that it is out of date, then the
// registers: 6 bits each where dense, runs of equal ones where sparse (hyperloglog_sparse.h).
//
// Pure functions on strings; any thread. What they read may be corrupt, as clients may write it.
// is_valid() judges the header alone and is required by all others; each that reads sparse
// registers says whether they were whole.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace weir::redis::hyperloglog {

inline constexpr int kIndexBits = 14;
inline constexpr std::size_t kRegisters = std::size_t{1} << kIndexBits;
// The longest run that a hash can have: 50 zeros and the one that ends them.
inline constexpr std::uint8_t kMaxRun = 64 - kIndexBits + 1;
inline constexpr std::size_t kHeaderBytes = 16;
inline constexpr std::size_t kDenseBytes = kHeaderBytes + kRegisters * 6 / 8;

bool is_valid(std::string_view text);
bool is_sparse(std::string_view text);

// What one element says: the register that its hash chooses, and how many of the hash's other bits
// there are up to the first that is set. A register keeps the most that any element said.
struct Observation {
  std::uint32_t index;
  std::uint8_t run;  // 1 to kMaxRun
};
Observation observe(std::string_view element);

// A sparse one without elements.
std::string make_empty();
// The same registers and cardinality, dense; nothing where the sparse ones are corrupt.
std::optional<std::string> make_dense(std::string_view text);

// The cardinality that was counted last; nothing where it is out of date.
std::optional<std::uint64_t> cached_cardinality(std::string_view text);
void store_cardinality(char* text, std::uint64_t cardinality);
void expire_cardinality(char* text);

// Counts anew, which takes some 15 us; nothing where the registers are corrupt.
std::optional<std::uint64_t> count(std::string_view text);

// Registers, a byte each, of a union.
using Registers = std::array<std::uint8_t, kRegisters>;
// Raises the registers to those of `text`; false, with some of them raised, where it is corrupt.
bool merge(std::string_view text, Registers& registers);
std::uint64_t count(const Registers& registers);

}  // namespace weir::redis::hyperloglog
