#include "servers/redis/request_flags.h"

#include <string_view>

#include "servers/redis/script/script_flags.h"
#include "servers/redis/script/sha1_hex.h"

namespace weir::redis {
namespace {

constexpr std::size_t kScriptAt = 1;

ScriptFlags script_flags(const ScriptCache& scripts, const Request& request) {
  const std::string_view script = request.arguments[kScriptAt];
  if (request.command->name.starts_with("evalsha")) return scripts.flags(lower_digest(script));
  const auto head = parse_script_head(script);
  return head.is_ok() ? head.value().flags : ScriptFlags{};
}

}  // namespace

std::uint32_t request_flags(const ScriptCache& scripts, const Request& request) {
  std::uint32_t flags = request.command->flags;
  if ((flags & kRunsScript) == 0 || request.arguments.size() <= kScriptAt) return flags;
  const ScriptFlags script = script_flags(scripts, request);
  if (!script.declared) return flags;
  flags &= ~(kStale | kDenyOom | kWrite | kMayReplicate);
  if (!script.may_exceed_memory()) flags |= kDenyOom;
  if (!script.no_writes) flags |= kWrite;
  return flags;
}

}  // namespace weir::redis
