// What the memory in use is used for, at one moment: for INFO and MEMORY.
// Any thread; `held` names the shards' locks that the caller has.
#pragma once

#include <cstddef>
#include <vector>

#include "servers/redis/keyspace/shard_locks.h"
#include "servers/redis/server.h"

namespace weir::redis {

struct MemoryPicture {
  struct Database {
    std::size_t number;
    std::size_t keys;
    std::size_t table_bytes;   // what finds its keys
    std::size_t expiry_bytes;  // what says when they expire
  };

  std::size_t used = 0;
  std::size_t peak = 0;
  std::size_t startup = 0;
  std::size_t resident = 0;         // of the process
  std::size_t clients = 0;          // themselves, and what waits in and out
  std::vector<Database> databases;  // that have keys

  std::size_t keys() const;
  // All but keys and values, and the rest.
  std::size_t overhead() const;
  std::size_t dataset() const;
  // What came since the start, at least one byte.
  std::size_t net() const { return used > startup ? used - startup : 1; }
  double peak_percent() const;
  double dataset_percent() const;
  // Resident memory by memory in use. The allocator does not tell what it holds in between.
  double fragmentation() const;
  long long fragmentation_bytes() const;
};

MemoryPicture take_memory_picture(Server& server, const ShardLocks& held);

}  // namespace weir::redis
