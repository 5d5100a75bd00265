// COMMAND and INFO: what the server can do, and how it is doing.
#include <string>
#include <string_view>
#include <vector>

#include "servers/redis/call.h"
#include "servers/redis/commands/groups.h"
#include "servers/redis/server_report.h"

namespace weir::redis::commands {
namespace {

struct FlagName {
  std::uint32_t flag;
  std::string_view name;
};

constexpr FlagName kFlagNames[] = {
    {kWrite, "write"},       {kReadonly, "readonly"}, {kDenyOom, "denyoom"}, {kAdmin, "admin"},
    {kNoScript, "noscript"}, {kLoading, "loading"},   {kStale, "stale"},     {kFast, "fast"},
    {kNoAuth, "no_auth"},    {kNoMulti, "no_multi"},
};

// "client|list" for a subcommand.
std::string full_name(const Command& command, const Command* container) {
  const std::string name(command.name);
  return container == nullptr ? name : std::string(container->name) + "|" + name;
}

void reply_flags(Call& call, const Command& command) {
  std::size_t count = 0;
  for (const FlagName& flag : kFlagNames) count += (command.flags & flag.flag) != 0;
  call.reply.set(count);
  for (const FlagName& flag : kFlagNames) {
    if ((command.flags & flag.flag) != 0) call.reply.simple_string(flag.name);
  }
}

void reply_row(Call& call, const Command& command, const Command* container) {
  call.reply.array(10);
  call.reply.bulk(full_name(command, container));
  call.reply.integer(command.arity);
  reply_flags(call, command);
  call.reply.integer(command.keys.first);
  call.reply.integer(command.keys.last);
  call.reply.integer(command.keys.step);
  call.reply.set(0);    // ACL categories
  call.reply.array(0);  // tips
  call.reply.array(0);  // key specifications
  call.reply.array(command.subcommands.size());
  for (const Command& subcommand : command.subcommands) reply_row(call, subcommand, &command);
}

void command(Call& call) {
  const auto& rows = call.server.commands().rows();
  call.reply.array(rows.size());
  for (const CommandTable::Row& row : rows) reply_row(call, *row.command, nullptr);
}

void command_count(Call& call) {
  call.reply.integer(static_cast<std::int64_t>(call.server.commands().rows().size()));
}

// A command by its full name ("get", "client|list"); nullptr when there is none.
const Command* find_full(Call& call, std::string_view name, const Command*& container) {
  const std::size_t bar = name.find('|');
  const Command* found = call.server.commands().find(name.substr(0, bar));
  container = nullptr;
  if (found == nullptr || bar == std::string_view::npos) return found;
  container = found;
  return CommandTable::find_subcommand(*found, name.substr(bar + 1));
}

void command_info(Call& call) {
  if (call.size() == 2) return command(call);
  call.reply.array(call.size() - 2);
  for (std::size_t i = 2; i < call.size(); ++i) {
    const Command* container = nullptr;
    const Command* found = find_full(call, call.argument(i), container);
    if (found == nullptr) {
      call.reply.null();
    } else {
      reply_row(call, *found, container);
    }
  }
}

void reply_docs(Call& call, const Command& command, const Command* container,
                std::string_view group) {
  call.reply.bulk(full_name(command, container));
  call.reply.map(command.subcommands.empty() ? 3 : 4);
  call.reply.bulk("summary");
  call.reply.bulk(command.summary);
  call.reply.bulk("since");
  call.reply.bulk(command.since);
  call.reply.bulk("group");
  call.reply.bulk(group);
  if (command.subcommands.empty()) return;
  call.reply.bulk("subcommands");
  call.reply.map(command.subcommands.size());
  for (const Command& subcommand : command.subcommands) {
    reply_docs(call, subcommand, &command, group);
  }
}

void command_docs(Call& call) {
  struct Found {
    const Command* command;
    const Command* container;
    std::string_view group;
  };
  std::vector<Found> found;
  for (const CommandTable::Row& row : call.server.commands().rows()) {
    if (call.size() == 2) found.push_back({row.command, nullptr, row.group});
    for (std::size_t i = 2; i < call.size(); ++i) {
      const Command* container = nullptr;
      const Command* named = find_full(call, call.argument(i), container);
      if (named == nullptr) continue;
      if ((container == nullptr ? named : container) == row.command) {
        found.push_back({named, container, row.group});
      }
    }
  }
  call.reply.map(found.size());
  for (const Found& entry : found) {
    reply_docs(call, *entry.command, entry.container, entry.group);
  }
}

void info(Call& call) {
  std::vector<std::string_view> sections(call.arguments().begin() + 1, call.arguments().end());
  call.reply.verbatim("txt", report_server(call.server, call.locks, sections));
}

constexpr std::uint32_t kAny = kLoading | kStale;

constexpr KeyRange kNoKeys{};

constexpr Command kCommandRows[] = {
    {"count", 2, kAny, kNoKeys, command_count, "2.8.13", "Returns the number of commands."},
    {"docs", -2, kAny, kNoKeys, command_docs, "7.0.0", "Documents commands."},
    {"info", -2, kAny, kNoKeys, command_info, "2.8.13", "Describes commands."},
};

constexpr Command kRows[] = {
    {"command", -1, kAny, kNoKeys, command, "2.8.13", "Describes all commands.", kCommandRows},
    {"info", -1, kAny | kWalks, kNoKeys, info, "1.0.0", "Reports how the server is doing."},
};

}  // namespace

const CommandGroup kIntrospection{"server", kRows};

}  // namespace weir::redis::commands
