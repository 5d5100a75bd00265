// The groups of commands, one file each: commands/NAME.cc has the rows and their handlers.
#pragma once

#include <span>

#include "servers/redis/command.h"

namespace weir::redis::commands {

extern const CommandGroup kConnection;
extern const CommandGroup kClient;
extern const CommandGroup kServer;
extern const CommandGroup kAcl;
extern const CommandGroup kConfig;
extern const CommandGroup kDebug;
extern const CommandGroup kIntrospection;
extern const CommandGroup kLolwut;
extern const CommandGroup kMemory;
extern const CommandGroup kSlowLog;
extern const CommandGroup kLatency;
extern const CommandGroup kMonitor;
extern const CommandGroup kPersistence;
extern const CommandGroup kReplication;
extern const CommandGroup kCluster;
extern const CommandGroup kModule;
extern const CommandGroup kKeys;
extern const CommandGroup kObject;
extern const CommandGroup kScan;
extern const CommandGroup kExpire;
extern const CommandGroup kSort;
extern const CommandGroup kDatabases;
extern const CommandGroup kDatabaseSwap;
extern const CommandGroup kDump;
extern const CommandGroup kString;
extern const CommandGroup kCounter;
extern const CommandGroup kBitmap;
extern const CommandGroup kBitfield;
extern const CommandGroup kHyperLogLog;
extern const CommandGroup kList;
extern const CommandGroup kListElements;
extern const CommandGroup kListMove;
extern const CommandGroup kHash;
extern const CommandGroup kHashSample;
extern const CommandGroup kPubSubGroup;
extern const CommandGroup kSet;
extern const CommandGroup kSetAlgebra;
extern const CommandGroup kSortedSet;
extern const CommandGroup kSortedSetAlgebra;
extern const CommandGroup kSortedSetPop;
extern const CommandGroup kSortedSetRange;
extern const CommandGroup kSortedSetSample;
extern const CommandGroup kGeo;
extern const CommandGroup kGeoSearch;
extern const CommandGroup kStream;
extern const CommandGroup kStreamRange;
extern const CommandGroup kStreamRead;
extern const CommandGroup kStreamGroup;
extern const CommandGroup kStreamPending;
extern const CommandGroup kStreamClaim;
extern const CommandGroup kStreamInfo;
extern const CommandGroup kTransaction;
extern const CommandGroup kScript;

std::span<const CommandGroup> all_groups();

}  // namespace weir::redis::commands
