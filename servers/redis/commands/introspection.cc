// COMMAND and INFO: what the server can do, and how it is doing.
#include <algorithm>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "servers/redis/call.h"
#include "servers/redis/commands/acl_category.h"
#include "servers/redis/commands/command_description.h"
#include "servers/redis/commands/groups.h"
#include "servers/redis/commands/help.h"
#include "servers/redis/commands/key_access.h"
#include "servers/redis/commands/named_command.h"
#include "servers/redis/glob.h"
#include "servers/redis/server_report.h"

namespace weir::redis::commands {
namespace {

void command(Call& call) {
  const auto& rows = call.server.commands().rows();
  call.reply.array(rows.size());
  for (const CommandTable::Row& row : rows) {
    reply_description(call, {row.command, nullptr, row.group});
  }
}

void command_count(Call& call) {
  call.reply.integer(static_cast<std::int64_t>(call.server.commands().rows().size()));
}

void command_info(Call& call) {
  if (call.size() == 2) return command(call);
  call.reply.array(call.size() - 2);
  for (std::size_t i = 2; i < call.size(); ++i) {
    const NamedCommand named = find_named(call.server.commands(), call.argument(i));
    if (named.command == nullptr) {
      call.reply.null();
    } else {
      reply_description(call, named);
    }
  }
}

void command_docs(Call& call) {
  const CommandTable& table = call.server.commands();
  std::vector<NamedCommand> found;
  if (call.size() == 2) {
    for (const CommandTable::Row& row : table.rows()) {
      found.push_back({row.command, nullptr, row.group});
    }
  }
  for (std::size_t i = 2; i < call.size(); ++i) {
    const NamedCommand named = find_named(table, call.argument(i));
    if (named.command != nullptr) found.push_back(named);
  }
  call.reply.map(found.size());
  for (const NamedCommand& named : found) reply_documentation(call, named);
}

// Which commands COMMAND LIST names.
enum class Filter { kNone, kModule, kCategory, kPattern };

bool read_filter(Call& call, Filter& filter) {
  filter = Filter::kNone;
  if (call.size() == 2) return true;
  if (call.size() == 5 && call.is_option(2, "filterby")) {
    if (call.is_option(3, "module")) filter = Filter::kModule;
    if (call.is_option(3, "aclcat")) filter = Filter::kCategory;
    if (call.is_option(3, "pattern")) filter = Filter::kPattern;
  }
  if (filter != Filter::kNone) return true;
  call.syntax_error();
  return false;
}

bool passes(const NamedCommand& named, Filter filter, std::string_view wanted) {
  switch (filter) {
    case Filter::kNone:
      return true;
    case Filter::kModule:
      return false;  // there are no modules
    case Filter::kCategory:
      return (acl_categories(named) & find_acl_category(wanted)) != 0;
    case Filter::kPattern:
      return glob_match_no_case(wanted, named.name());
  }
  return false;
}

void command_list(Call& call) {
  Filter filter{};
  if (!read_filter(call, filter)) return;
  const std::string_view wanted = filter == Filter::kNone ? "" : call.argument(4);
  std::vector<std::string> names;
  for_each_command(call.server.commands(), [&](const NamedCommand& named) {
    if (passes(named, filter, wanted)) names.push_back(named.name());
  });
  call.reply.array(names.size());
  for (const std::string& name : names) call.reply.bulk(name);
}

// Where the keys of the request behind COMMAND GETKEYS are; none where its words are no such
// command's.
std::vector<std::size_t> find_keys(const KeyRange& keys, std::span<const std::string_view> words,
                                   KeyAccess access) {
  std::vector<std::size_t> positions;
  for_each_key(keys, words, [&](std::size_t i) { positions.push_back(i); });
  std::sort(positions.begin(), positions.end());  // a target may stand behind the others
  const bool fixed = !keys.locate;
  // A target without sources, or numbers that ask for more than there is.
  if (fixed && access.others != 0 && positions.size() < 2) positions.clear();
  return positions;
}

void reply_keys(Call& call, bool with_access) {
  const std::span<const std::string_view> words = call.arguments().subspan(2);
  const NamedCommand named = find_command(call.server.commands(), words);
  if (named.command == nullptr) return call.error("ERR Invalid command specified");
  const KeyRange& keys = named.command->keys;
  if (keys.first == 0 && !keys.locate) {
    return call.error("ERR The command has no key arguments");
  }
  if (!named.command->arity_matches(words.size())) {
    return call.error("ERR Invalid number of arguments specified for command");
  }
  const KeyAccess access = key_access(*named.command, named.name(), words);
  const std::vector<std::size_t> positions = find_keys(keys, words, access);
  const bool may_have_none = (named.command->flags & kNoMandatoryKeys) != 0;
  if (positions.empty() && !may_have_none)
    return call.error("ERR Invalid arguments specified for command");
  call.reply.array(positions.size());
  for (std::size_t i = 0; i < positions.size(); ++i) {
    if (with_access) call.reply.array(2);
    call.reply.bulk(words[positions[i]]);
    if (with_access) reply_names(call, key_access_names(), access.of(i));
  }
}

void command_getkeys(Call& call) { reply_keys(call, false); }
void command_getkeysandflags(Call& call) { reply_keys(call, true); }

void info(Call& call) {
  std::vector<std::string_view> sections(call.arguments().begin() + 1, call.arguments().end());
  call.reply.verbatim("txt", report_server(call.server, call.locks, sections));
}

constexpr std::uint32_t kAny = kLoading | kStale;

constexpr KeyRange kNoKeys{};

constexpr Command kCommandRows[] = {
    {"count", 2, kAny, kNoKeys, command_count, "2.8.13", "Returns the number of commands."},
    {"docs", -2, kAny, kNoKeys, command_docs, "7.0.0", "Documents commands."},
    {"getkeys", -4, kAny, kNoKeys, command_getkeys, "2.8.13",
     "Returns the keys among a request's words."},
    {"getkeysandflags", -4, kAny, kNoKeys, command_getkeysandflags, "7.0.0",
     "Returns the keys among a request's words, and what it does with them."},
    help_row("5.0.0"),
    {"info", -2, kAny, kNoKeys, command_info, "2.8.13", "Describes commands."},
    {"list", -2, kAny, kNoKeys, command_list, "7.0.0", "Names commands."},
};

constexpr Command kRows[] = {
    {"command", -1, kAny, kNoKeys, command, "2.8.13", "Describes all commands.", kCommandRows},
    {"info", -1, kAny | kWalks, kNoKeys, info, "1.0.0", "Reports how the server is doing."},
};

}  // namespace

const CommandGroup kIntrospection{"server", kRows};

}  // namespace weir::redis::commands
