#include "servers/redis/commands/groups.h"

#include <vector>

namespace weir::redis::commands {

std::span<const CommandGroup> all_groups() {
  static const std::vector<CommandGroup> groups = {
      kConnection,  kClient,       kServer,         kConfig,          kIntrospection,
      kKeys,        kScan,         kExpire,         kString,          kCounter,
      kList,        kListElements, kHash,           kHashSample,      kSet,
      kSetAlgebra,  kSortedSet,    kSortedSetRange, kSortedSetSample, kStream,
      kStreamRange, kTransaction,
  };
  return groups;
}

}  // namespace weir::redis::commands
