#include "servers/redis/types/hyperloglog.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "servers/redis/types/hyperloglog_dense.h"
#include "servers/redis/types/hyperloglog_estimate.h"
#include "servers/redis/types/hyperloglog_sparse.h"
#include "servers/redis/types/murmur_hash.h"

namespace weir::redis::hyperloglog {
namespace {

constexpr std::string_view kMagic = "HYLL";
constexpr std::size_t kEncodingAt = 4;
constexpr std::size_t kCardinalityAt = 8;
constexpr char kDense = 0;
constexpr char kSparse = 1;
constexpr std::uint64_t kOutOfDate = std::uint64_t{1} << 63;

std::uint64_t load_cardinality(const char* text) {
  std::uint64_t cardinality = 0;
  std::memcpy(&cardinality, text + kCardinalityAt, sizeof cardinality);
  return cardinality;
}

std::string_view registers_of(std::string_view text) { return text.substr(kHeaderBytes); }

}  // namespace

bool is_valid(std::string_view text) {
  if (text.size() < kHeaderBytes || !text.starts_with(kMagic)) return false;
  const char encoding = text[kEncodingAt];
  return encoding == kSparse || (encoding == kDense && text.size() == kDenseBytes);
}

bool is_sparse(std::string_view text) { return text[kEncodingAt] == kSparse; }

Observation observe(std::string_view element) {
  constexpr std::uint64_t kSeed = 0xadc83b19;
  const std::uint64_t hash = murmur_hash_64a(element, kSeed);
  const std::uint64_t rest = hash >> kIndexBits | std::uint64_t{1} << (kMaxRun - 1);
  return {static_cast<std::uint32_t>(hash % kRegisters),
          static_cast<std::uint8_t>(std::countr_zero(rest) + 1)};
}

std::string make_empty() {
  std::string text(kMagic);
  text.resize(kHeaderBytes, '\0');
  text[kEncodingAt] = kSparse;
  // One run of as many zeros as there are registers.
  return text + "\x7f\xff";
}

std::optional<std::string> make_dense(std::string_view text) {
  if (!is_sparse(text)) return std::string(text);
  std::string dense(text.substr(0, kHeaderBytes));
  dense[kEncodingAt] = kDense;
  dense.resize(kDenseBytes, '\0');
  char* const registers = dense.data() + kHeaderBytes;
  const bool whole = for_each_run(registers_of(text), [&](std::size_t first, SparseRun run) {
    if (run.value == 0) return;
    for (std::uint32_t i = 0; i < run.registers; ++i) {
      set_dense_register(registers, first + i, run.value);
    }
  });
  if (!whole) return {};
  return dense;
}

std::optional<std::uint64_t> cached_cardinality(std::string_view text) {
  const std::uint64_t cardinality = load_cardinality(text.data());
  if ((cardinality & kOutOfDate) != 0) return {};
  return cardinality;
}

void store_cardinality(char* text, std::uint64_t cardinality) {
  std::memcpy(text + kCardinalityAt, &cardinality, sizeof cardinality);
}

void expire_cardinality(char* text) {
  store_cardinality(text, load_cardinality(text) | kOutOfDate);
}

std::optional<std::uint64_t> count(std::string_view text) {
  Histogram histogram{};
  const std::string_view registers = registers_of(text);
  if (!is_sparse(text)) {
    for_each_dense(registers.data(), [&](std::size_t, std::uint8_t value) { ++histogram[value]; });
    return estimate(histogram);
  }
  const bool whole = for_each_run(
      registers, [&](std::size_t, SparseRun run) { histogram[run.value] += run.registers; });
  if (!whole) return {};
  return estimate(histogram);
}

bool merge(std::string_view text, Registers& registers) {
  const auto raise = [&registers](std::size_t index, std::uint8_t value) {
    registers[index] = std::max(registers[index], value);
  };
  if (!is_sparse(text)) {
    for_each_dense(registers_of(text).data(), raise);
    return true;
  }
  return for_each_run(registers_of(text), [&](std::size_t first, SparseRun run) {
    if (run.value == 0) return;
    for (std::uint32_t i = 0; i < run.registers; ++i) raise(first + i, run.value);
  });
}

std::uint64_t count(const Registers& registers) {
  Histogram histogram{};
  for (const std::uint8_t value : registers) ++histogram[value];
  return estimate(histogram);
}

}  // namespace weir::redis::hyperloglog
