#include "servers/redis/command_table.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "base/check.h"

namespace weir::redis {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }

constexpr std::uint64_t kOdd = 0x9e37'79b9'7f4a'7c15;  // 2^64 by the golden ratio

// 1 to 8 bytes, the first lowest, with zeros behind them.
[[gnu::always_inline]] inline std::uint64_t load(const char* bytes, std::size_t size) {
  const auto byte = [bytes](std::size_t i) {
    return std::uint64_t{static_cast<unsigned char>(bytes[i])} << (8 * i);
  };
  if (size < sizeof(std::uint32_t)) return byte(0) | byte(size / 2) | byte(size - 1);
  // The two overlap in bytes that are the same in both.
  std::uint32_t first = 0;
  std::uint32_t last = 0;
  const std::size_t rest = size - sizeof last;
  std::memcpy(&first, bytes, sizeof first);
  std::memcpy(&last, bytes + rest, sizeof last);
  return first | std::uint64_t{last} << (8 * rest);
}

// Of eight bytes at once: bit 7 of each sum says whether the byte is not below 'A', or above 'Z'.
std::uint64_t lower(std::uint64_t bytes) {
  constexpr std::uint64_t kEach = 0x0101'0101'0101'0101;
  const std::uint64_t low = bytes & (0x7f * kEach);
  const std::uint64_t from_a = low + (0x80 - 'A') * kEach;
  const std::uint64_t above_z = low + (0x7f - 'Z') * kEach;
  const std::uint64_t is_upper = from_a & ~above_z & ~bytes & (0x80 * kEach);
  return bytes | is_upper >> 2;
}

}  // namespace

bool equal_names(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (lower(a[i]) != lower(b[i])) return false;
  }
  return true;
}

CommandTable::CommandTable(std::span<const CommandGroup> groups) : slots_(kSlots) {
  for (const CommandGroup& group : groups) {
    for (const Command& command : group.commands) {
      WEIR_CHECK(find(command.name) == nullptr);
      rows_.push_back({&command, group.name});
      add(command);
    }
  }
  WEIR_CHECK(rows_.size() < kSlots / 2);
}

void CommandTable::add(const Command& command) {
  if (command.name.size() > kMostNameBytes) return long_names_.push_back(&command);
  const Name name = fold(command.name);
  std::size_t slot = slot_of(name);
  while (slots_[slot].command != nullptr) slot = (slot + 1) % kSlots;
  slots_[slot] = {name, &command};
}

[[gnu::always_inline]] inline CommandTable::Name CommandTable::fold(std::string_view name) {
  const std::size_t begin = std::min(name.size(), sizeof(std::uint64_t));
  Name folded{lower(load(name.data(), begin)), 0, name.size()};
  if (name.size() > begin) folded.end = lower(load(name.data() + begin, name.size() - begin));
  return folded;
}

std::size_t CommandTable::slot_of(const Name& name) {
  return ((name.begin ^ name.end * kOdd) * kOdd) >> (64 - kSlotBits);
}

const Command* CommandTable::find(std::string_view name) const {
  if (name.empty()) return nullptr;
  if (name.size() > kMostNameBytes) return find_long(name);
  const Name folded = fold(name);
  for (std::size_t i = slot_of(folded); slots_[i].command != nullptr; i = (i + 1) % kSlots) {
    if (slots_[i].name == folded) return slots_[i].command;
  }
  return nullptr;
}

const Command* CommandTable::find_long(std::string_view name) const {
  for (const Command* command : long_names_) {
    if (equal_names(command->name, name)) return command;
  }
  return nullptr;
}

const Command* CommandTable::find_subcommand(const Command& container, std::string_view name) {
  for (const Command& command : container.subcommands) {
    if (equal_names(command.name, name)) return &command;
  }
  return nullptr;
}

}  // namespace weir::redis
