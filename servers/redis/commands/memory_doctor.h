// MEMORY DOCTOR: what is wrong with the use of memory, by the thresholds that Redis looks at, and
// what helps. Any thread.
#pragma once

#include <string>

#include "servers/redis/memory_picture.h"

namespace weir::redis::commands {

// `clients`: how many there are.
std::string diagnose_memory(const MemoryPicture& picture, std::size_t clients);

}  // namespace weir::redis::commands
