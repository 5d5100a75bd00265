#include "servers/redis/command_table.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "base/check.h"

namespace weir::redis {
namespace {

char upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c & ~0x20) : c; }
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }

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

CommandTable::CommandTable(std::span<const CommandGroup> groups)
    : slots_(kSlots), spellings_(std::size_t{1} << kPlaceBits) {
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
  std::string small(command.name);
  std::string capital = small;
  std::transform(small.begin(), small.end(), capital.begin(), upper);
  add_spelling(capital, command);
  add_spelling(small, command);
}

void CommandTable::add_spelling(const std::string& name, const Command& command) {
  if (name.size() > sizeof(std::uint64_t)) return;
  const std::uint64_t word = load(name.data(), name.size());
  Spelling& spelling = spellings_[place_of(word)];
  if (spelling.command == nullptr) spelling = {word, name.size(), &command};
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

const Command* CommandTable::find_folded(std::string_view name) const {
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
