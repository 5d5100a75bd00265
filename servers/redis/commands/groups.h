// The groups of commands, one file each: commands/NAME.cc has the rows and their handlers.
#pragma once

#include <span>

#include "servers/redis/command.h"

namespace weir::redis::commands {

extern const CommandGroup kConnection;
extern const CommandGroup kClient;
extern const CommandGroup kServer;
extern const CommandGroup kConfig;
extern const CommandGroup kIntrospection;
extern const CommandGroup kKeys;
extern const CommandGroup kScan;
extern const CommandGroup kExpire;
extern const CommandGroup kString;
extern const CommandGroup kCounter;
extern const CommandGroup kList;
extern const CommandGroup kListElements;
extern const CommandGroup kHash;
extern const CommandGroup kHashSample;
extern const CommandGroup kSet;
extern const CommandGroup kSetAlgebra;
extern const CommandGroup kSortedSet;
extern const CommandGroup kSortedSetRange;
extern const CommandGroup kSortedSetSample;
extern const CommandGroup kStream;
extern const CommandGroup kStreamRange;
extern const CommandGroup kTransaction;

std::span<const CommandGroup> all_groups();

}  // namespace weir::redis::commands
