// Commands as COMMAND speaks of them: by one name, "get" or "client|list".
// Thread rule: any; what it points to lives as long as the table.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "servers/redis/command.h"
#include "servers/redis/command_table.h"

namespace weir::redis::commands {

struct NamedCommand {
  const Command* command = nullptr;
  const Command* container = nullptr;  // of a subcommand
  std::string_view group;

  std::string name() const { return whole_name(*command, container); }
};

// Whatever the case of the letters; no command where there is none.
NamedCommand find_named(const CommandTable& table, std::string_view name);

// The command of a request's words, without its group; none where there is none. A container
// without another word is itself one.
NamedCommand find_command(const CommandTable& table, std::span<const std::string_view> words);

// Calls visit(named) for every command, each container before its subcommands.
template <class Visit>
void for_each_command(const CommandTable& table, Visit&& visit) {
  for (const CommandTable::Row& row : table.rows()) {
    visit(NamedCommand{row.command, nullptr, row.group});
    for (const Command& subcommand : row.command->subcommands) {
      visit(NamedCommand{&subcommand, row.command, row.group});
    }
  }
}

// Whether a list, "get set client|list", has the name. For tables that few ask.
bool has_name(std::string_view list, std::string_view name);

}  // namespace weir::redis::commands
