#include "servers/redis/commands/groups.h"

#include <vector>

namespace weir::redis::commands {

std::span<const CommandGroup> all_groups() {
  static const std::vector<CommandGroup> groups = {
      kConnection,    kClient,         kServer,
      kAcl,           kConfig,         kDebug,
      kIntrospection, kLolwut,         kMemory,
      kSlowLog,       kLatency,        kMonitor,
      kPersistence,   kReplication,    kCluster,
      kModule,        kKeys,           kObject,
      kScan,          kExpire,         kSort,
      kDatabases,     kDatabaseSwap,   kDump,
      kString,        kCounter,        kBitmap,
      kBitfield,      kHyperLogLog,    kList,
      kListElements,  kListMove,       kHash,
      kHashSample,    kPubSubGroup,    kSet,
      kSetAlgebra,    kSortedSet,      kSortedSetAlgebra,
      kSortedSetPop,  kSortedSetRange, kSortedSetSample,
      kGeo,           kGeoSearch,      kStream,
      kStreamRange,   kStreamRead,     kStreamGroup,
      kStreamPending, kStreamClaim,    kStreamInfo,
      kTransaction,   kScript,
  };
  return groups;
}

}  // namespace weir::redis::commands
