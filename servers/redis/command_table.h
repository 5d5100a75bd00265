// All commands by name. Made once at start-up; then read-only, any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "servers/redis/command.h"

namespace weir::redis {

class CommandTable {
 public:
  struct Row {
    const Command* command;
    std::string_view group;
  };

  explicit CommandTable(std::span<const CommandGroup> groups);

  // Whatever the case of the letters; nullptr when there is none.
  const Command* find(std::string_view name) const;
  // The row of container and subcommand together; nullptr when there is none.
  static const Command* find_subcommand(const Command& container, std::string_view name);

  // In the order of the groups.
  const std::vector<Row>& rows() const { return rows_; }

 private:
  static constexpr int kSlotBits = 10;  // sparse: look-ups meet one row
  static constexpr std::size_t kSlots = std::size_t{1} << kSlotBits;

  // A name of up to 16 bytes, its letters in lower case, as two words with zeros behind it:
  // compared in two steps.
  struct Name {
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
    std::size_t size = 0;

    bool operator==(const Name&) const = default;
  };
  struct Slot {
    Name name;
    const Command* command = nullptr;
  };
  static constexpr std::size_t kMostNameBytes = 16;

  static Name fold(std::string_view name);
  static std::size_t slot_of(const Name& name);
  void add(const Command& command);
  const Command* find_long(std::string_view name) const;

  std::vector<Row> rows_;
  std::vector<Slot> slots_;
  std::vector<const Command*> long_names_;  // the few of more than 16 bytes
};

// Whether two names are the same but for the case of ASCII letters.
bool equal_names(std::string_view a, std::string_view b);

}  // namespace weir::redis
