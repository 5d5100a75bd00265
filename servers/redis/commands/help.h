// HELP of the containers: made of their subcommands' rows, so that it tells what there is.
// Thread rule: the call's thread.
#pragma once

#include <string_view>

#include "servers/redis/call.h"

namespace weir::redis::commands {

void reply_help(Call& call);

// The row of HELP itself, one of the container's subcommands.
constexpr Command help_row(std::string_view since) {
  return {"help", 2, kLoading | kStale, {}, reply_help, since, "Prints this help."};
}

}  // namespace weir::redis::commands
