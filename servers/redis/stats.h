// The server's counters. Each reactor counts in a block of its own, so that counting costs no
// locked instruction and no shared cache line; a reader adds the blocks up. Any thread may read.
#pragma once

#include "core/counter.h"

namespace weir::redis {

struct alignas(64) Stats {
  Counter error_replies;
  Counter connections;
  Counter rejected_connections;
  Counter evicted_clients;
  Counter evicted_keys;
  Counter keyspace_hits;
  Counter keyspace_misses;
  Counter changes;  // to the data
};

}  // namespace weir::redis
