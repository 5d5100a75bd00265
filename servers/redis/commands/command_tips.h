// What Redis hints at to clients and proxies about its commands (its documentation, "Command
// tips"): whether replies repeat, and how requests are spread over a cluster. Pure; any thread.
#pragma once

#include <string_view>
#include <vector>

namespace weir::redis::commands {

// By a command's full name, in the order in which Redis tells them.
std::vector<std::string_view> command_tips(std::string_view name);

}  // namespace weir::redis::commands
