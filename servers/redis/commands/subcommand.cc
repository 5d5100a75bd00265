#include "servers/redis/commands/subcommand.h"

#include <algorithm>
#include <string>

namespace weir::redis::commands {
namespace {

std::string container_name(const Call& call) {
  std::string name(call.argument(0));
  std::transform(name.begin(), name.end(), name.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c & ~0x20) : c; });
  return name;
}

}  // namespace

void reply_help(Call& call, std::span<const std::string_view> lines) {
  call.reply.array(lines.size() + 3);
  call.reply.simple_string(container_name(call) +
                           " <subcommand> [<arg> [value] [opt] ...]. Subcommands are:");
  for (const std::string_view line : lines) call.reply.simple_string(line);
  call.reply.simple_string("HELP");
  call.reply.simple_string("    Prints this help.");
}

void wrong_subcommand(Call& call) {
  call.error("ERR unknown subcommand or wrong number of arguments for '" +
             std::string(call.argument(1)) + "'. Try " + container_name(call) + " HELP.");
}

}  // namespace weir::redis::commands
