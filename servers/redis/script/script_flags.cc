#include "servers/redis/script/script_flags.h"

#include <string>

namespace weir::redis {
namespace {

// Takes the next part of `rest` off, up to one of `separators`; empty where nothing is left.
std::string_view take_part(std::string_view& rest, std::string_view separators) {
  const std::string_view part = rest.substr(0, rest.find_first_of(separators));
  rest.remove_prefix(part.size() < rest.size() ? part.size() + 1 : part.size());
  return part;
}

Status add_flag(ScriptFlags& flags, std::string_view name) {
  if (name == "no-writes") {
    flags.no_writes = true;
  } else if (name == "allow-oom") {
    flags.allow_oom = true;
  } else if (name != "allow-stale" && name != "no-cluster" && name != "allow-cross-slot-keys") {
    // Those are about what this server never is: a replica, or one of a cluster.
    return Status::error("Unexpected flag in script shebang: " + std::string(name));
  }
  return Status::ok();
}

Status add_option(ScriptFlags& flags, std::string_view option) {
  constexpr std::string_view kFlags = "flags=";
  if (!option.starts_with(kFlags)) {
    return Status::error("Unknown lua shebang option: " + std::string(option));
  }
  option.remove_prefix(kFlags.size());
  while (!option.empty()) {
    const Status added = add_flag(flags, take_part(option, ","));
    if (!added.is_ok()) return added;
  }
  return Status::ok();
}

}  // namespace

Result<ScriptHead> parse_script_head(std::string_view text) {
  ScriptHead head;
  if (!text.starts_with("#!")) return head;
  head.size = text.find('\n');
  if (head.size == std::string_view::npos) return Status::error("Invalid script shebang");
  head.flags.declared = true;
  std::string_view rest = text.substr(0, head.size);
  const std::string_view engine = take_part(rest, " \t\r");
  if (engine != "#!lua") {
    return Status::error("Unexpected engine in script shebang: " + std::string(engine));
  }
  while (!rest.empty()) {
    const std::string_view option = take_part(rest, " \t\r");
    if (option.empty()) continue;
    const Status added = add_option(head.flags, option);
    if (!added.is_ok()) return added;
  }
  return head;
}

}  // namespace weir::redis
