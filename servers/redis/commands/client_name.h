// The name that a client gives itself, by CLIENT SETNAME and HELLO SETNAME.
#pragma once

#include <string_view>

#include "servers/redis/call.h"

namespace weir::redis::commands {

// Whether a name or attribute can stand in CLIENT LIST: printable, no blanks.
bool is_listable(std::string_view text);

// False, with the error replied, when it is not listable.
bool set_client_name(Call& call, std::string_view name);

}  // namespace weir::redis::commands
