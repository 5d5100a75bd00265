#include "servers/redis/commands/client_name.h"

#include <algorithm>

namespace weir::redis::commands {

bool is_listable(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= '!' && c <= '~'; });
}

bool set_client_name(Call& call, std::string_view name) {
  if (!is_listable(name)) {
    call.error("ERR Client names cannot contain spaces, newlines or special characters.");
    return false;
  }
  call.server.clients().with_names(call.client, [name](Client& client) { client.name = name; });
  return true;
}

}  // namespace weir::redis::commands
