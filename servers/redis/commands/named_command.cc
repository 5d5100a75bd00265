#include "servers/redis/commands/named_command.h"

#include <algorithm>

namespace weir::redis::commands {

NamedCommand find_named(const CommandTable& table, std::string_view name) {
  const std::size_t bar = name.find('|');
  const auto& rows = table.rows();
  const auto row = std::find_if(rows.begin(), rows.end(), [&](const CommandTable::Row& candidate) {
    return equal_names(candidate.command->name, name.substr(0, bar));
  });
  if (row == rows.end()) return {};
  if (bar == std::string_view::npos) return {row->command, nullptr, row->group};
  return {CommandTable::find_subcommand(*row->command, name.substr(bar + 1)), row->command,
          row->group};
}

NamedCommand find_command(const CommandTable& table, std::span<const std::string_view> words) {
  const Command* const found = table.find(words[0]);
  if (found == nullptr || found->subcommands.empty() || words.size() == 1) {
    return {found, nullptr, {}};
  }
  return {CommandTable::find_subcommand(*found, words[1]), found, {}};
}

bool has_name(std::string_view list, std::string_view name) {
  while (!list.empty()) {
    const std::size_t space = list.find(' ');
    if (list.substr(0, space) == name) return true;
    list.remove_prefix(space == std::string_view::npos ? list.size() : space + 1);
  }
  return false;
}

}  // namespace weir::redis::commands
