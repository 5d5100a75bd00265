// All commands by name. Made once at start-up; then read-only, any thread.
#pragma once

#include <cstddef>
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
  static constexpr std::size_t kSlots = 1024;  // a power of two, sparse: lookups meet one row

  static std::size_t slot_of(std::string_view name);

  std::vector<Row> rows_;
  std::vector<const Command*> slots_;
};

// Whether two names are the same but for the case of ASCII letters.
bool equal_names(std::string_view a, std::string_view b);

}  // namespace weir::redis
