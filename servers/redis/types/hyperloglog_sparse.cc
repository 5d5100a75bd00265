#include "servers/redis/types/hyperloglog_sparse.h"

#include <algorithm>
#include <cstring>

namespace weir::redis::hyperloglog {
namespace {

constexpr std::uint32_t kMaxShortZeros = 64;
constexpr std::uint32_t kMaxEqual = 4;

// A run among others. `before` is the run in front of it, itself where it is the first.
struct Place {
  std::uint8_t* before;
  std::uint8_t* at;
  std::uint32_t first;  // its first register
  SparseRun run;
};

// The run that has the register; false where they end before it.
bool find_run(std::uint8_t* begin, const std::uint8_t* end, std::uint32_t index, Place& place) {
  place = {begin, begin, 0, {}};
  for (std::uint8_t* at = begin; at < end; at += place.run.bytes) {
    place.run = read_run(at, end);
    place.at = at;
    if (index < place.first + place.run.registers) return true;
    place.first += place.run.registers;
    place.before = at;
  }
  return false;
}

// What takes a run's place.
class Sequence {
 public:
  void add(std::uint8_t value, std::uint32_t registers) {
    if (registers == 0) return;
    const std::uint32_t n = registers - 1;
    if (value > 0) {
      push(0x80 | static_cast<std::uint32_t>(value - 1) << 2 | n);
    } else if (registers <= kMaxShortZeros) {
      push(n);
    } else {
      push(0x40 | n >> 8);
      push(n & 0xff);
    }
  }
  std::size_t size() const { return size_; }
  const std::uint8_t* bytes() const { return bytes_; }

 private:
  void push(std::uint32_t byte) { bytes_[size_++] = static_cast<std::uint8_t>(byte); }

  std::uint8_t bytes_[5];  // of long zeros at most: two, the value, two
  std::size_t size_ = 0;
};

Sequence split(const Place& place, Observation observation) {
  Sequence sequence;
  const std::uint32_t behind = place.first + place.run.registers - observation.index - 1;
  sequence.add(place.run.value, observation.index - place.first);
  sequence.add(observation.run, 1);
  sequence.add(place.run.value, behind);
  return sequence;
}

// Joins neighbours of equal value among the next few runs, and returns the new end. Five steps, as
// many as Redis makes: which runs stay apart decides about every byte from then on.
std::uint8_t* join_equal(std::uint8_t* at, std::uint8_t* end) {
  for (int step = 0; step < 5 && at < end; ++step) {
    const SparseRun run = read_run(at, end);
    if (run.value > 0 && at + 1 < end) {
      const SparseRun next = read_run(at + 1, end);
      if (next.value == run.value && run.registers + next.registers <= kMaxEqual) {
        at[1] = static_cast<std::uint8_t>(at[1] + run.registers);
        std::memmove(at, at + 1, static_cast<std::size_t>(end - at - 1));
        --end;
        continue;
      }
    }
    at += run.bytes;
  }
  return end;
}

}  // namespace

Change raise_sparse(char* text, std::size_t& size, Observation observation, std::size_t max_size) {
  if (observation.run > kMaxSparseValue) return Change::kNeedsDense;
  auto* const begin = reinterpret_cast<std::uint8_t*>(text) + kHeaderBytes;
  std::uint8_t* end = reinterpret_cast<std::uint8_t*>(text) + size;
  Place place;
  if (!find_run(begin, end, observation.index, place)) return Change::kCorrupt;
  if (place.run.value >= observation.run) return Change::kNone;
  const Sequence sequence = split(place, observation);
  const std::size_t new_size = size + sequence.size() - place.run.bytes;
  if (new_size > size && new_size > max_size) return Change::kNeedsDense;
  std::uint8_t* const next = place.at + place.run.bytes;
  if (next < end) {
    std::memmove(place.at + sequence.size(), next, static_cast<std::size_t>(end - next));
  }
  std::memcpy(place.at, sequence.bytes(), sequence.size());
  end = reinterpret_cast<std::uint8_t*>(text) + new_size;
  end = join_equal(place.before, end);
  size = static_cast<std::size_t>(end - reinterpret_cast<std::uint8_t*>(text));
  return Change::kRaised;
}

std::string describe_runs(std::string_view runs) {
  std::string text;
  const auto* at = reinterpret_cast<const std::uint8_t*>(runs.data());
  const std::uint8_t* const end = at + runs.size();
  while (at < end) {
    const SparseRun run = read_run(at, end);
    at += run.bytes;
    text += text.empty() ? "" : " ";
    if (run.value > 0) {
      text += "v:" + std::to_string(run.value) + "," + std::to_string(run.registers);
    } else {
      text += (run.bytes == 2 ? "Z:" : "z:") + std::to_string(run.registers);
    }
  }
  return text;
}

}  // namespace weir::redis::hyperloglog
