#include "tools/load/dialogue.h"

#include <cstdio>
#include <string>

namespace weir::load {

std::string quote(std::string_view bytes) {
  constexpr std::size_t kMostQuoted = 64;
  std::string quoted = "\"";
  for (const char c : bytes.substr(0, kMostQuoted)) {
    if (c >= ' ' && c <= '~') {
      quoted += c;
      continue;
    }
    char escaped[8];
    std::snprintf(escaped, sizeof escaped, "\\x%02x", static_cast<unsigned>(c) & 0xff);
    quoted += escaped;
  }
  return quoted + (bytes.size() > kMostQuoted ? "\"..." : "\"");
}

}  // namespace weir::load
