#include "servers/redis/commands/help.h"

#include <algorithm>
#include <string>

#include "base/check.h"

namespace weir::redis::commands {
namespace {

std::string upper(std::string_view name) {
  std::string text(name);
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c & ~0x20) : c; });
  return text;
}

void reply_entry(Call& call, const Command& subcommand) {
  call.reply.simple_string(upper(subcommand.name));
  call.reply.simple_string("    " + std::string(subcommand.summary));
}

}  // namespace

void reply_help(Call& call) {
  const Command* const container = call.server.commands().find(call.argument(0));
  WEIR_CHECK(container != nullptr);
  call.reply.array(1 + 2 * container->subcommands.size());
  call.reply.simple_string(upper(container->name) +
                           " <subcommand> [<arg> [value] [opt] ...]. Subcommands are:");
  // HELP's own row comes last, as in Redis.
  for (const Command& subcommand : container->subcommands) {
    if (subcommand.handler != reply_help) reply_entry(call, subcommand);
  }
  reply_entry(call, call.command());
}

}  // namespace weir::redis::commands
