// What a script says of itself in its first line: "#!lua flags=no-writes,allow-oom". Without such a
// line it is one of before Redis 7, of which nothing is known. Source: Redis' documentation, "Lua
// scripts", "Script flags". Thread rule: plain values.
#pragma once

#include <cstddef>
#include <string_view>

#include "base/status.h"

namespace weir::redis {

struct ScriptFlags {
  bool declared = false;  // there was such a line
  bool no_writes = false;
  bool allow_oom = false;

  // What a script may do that takes memory although there is none.
  bool may_exceed_memory() const { return declared && (allow_oom || no_writes); }
};

struct ScriptHead {
  ScriptFlags flags;
  // Of the line, without its end: what is behind it is Lua, with the lines' numbers unchanged.
  std::size_t size = 0;
};

// The errors are those that a client gets, without their code.
Result<ScriptHead> parse_script_head(std::string_view text);

}  // namespace weir::redis
