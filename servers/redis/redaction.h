// What of a request others may see, in the slow log and through MONITOR: all but passwords.
// Thread rule: any; views of the request's arguments.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "servers/redis/command.h"

namespace weir::redis {

// The arguments, with "(redacted)" where a secret stands, or would stand if the request were right.
std::vector<std::string_view> redact(const Command& command,
                                     std::span<const std::string_view> arguments);

}  // namespace weir::redis
