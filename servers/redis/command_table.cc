#include "servers/redis/command_table.h"

#include <cstdint>

#include "base/check.h"

namespace weir::redis {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }

}  // namespace

bool equal_names(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (lower(a[i]) != lower(b[i])) return false;
  }
  return true;
}

CommandTable::CommandTable(std::span<const CommandGroup> groups) : slots_(kSlots, nullptr) {
  for (const CommandGroup& group : groups) {
    for (const Command& command : group.commands) {
      WEIR_CHECK(find(command.name) == nullptr);
      rows_.push_back({&command, group.name});
      std::size_t slot = slot_of(command.name);
      while (slots_[slot] != nullptr) slot = (slot + 1) % kSlots;
      slots_[slot] = &command;
    }
  }
  WEIR_CHECK(rows_.size() < kSlots / 2);
}

// First, middle and last letter and the length tell most names apart; bit 5 is the case.
std::size_t CommandTable::slot_of(std::string_view name) {
  const auto letter = [name](std::size_t i) { return static_cast<std::uint32_t>(name[i] | 0x20); };
  std::uint32_t hash = static_cast<std::uint32_t>(name.size());
  for (const std::size_t i : {std::size_t{0}, name.size() / 3, name.size() / 2, name.size() - 1}) {
    hash = (hash ^ letter(i)) * 0x9e3779b1U;
  }
  return hash >> 22;
}

const Command* CommandTable::find(std::string_view name) const {
  if (name.empty()) return nullptr;
  for (std::size_t slot = slot_of(name); slots_[slot] != nullptr; slot = (slot + 1) % kSlots) {
    if (equal_names(slots_[slot]->name, name)) return slots_[slot];
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
