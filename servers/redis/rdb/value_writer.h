// Writes values as RDB of version 10, as Redis 7.0 does: byte for byte where the value is held in
// the same nodes and order, which those of hash tables are not.
//
// Thread rule: the lock of the key's shard.
#pragma once

#include "servers/redis/keyspace/entry.h"
#include "servers/redis/rdb/field_writer.h"

namespace weir::redis::rdb {

// The form of the entry's value, in one byte, and the value.
void write_value(const Entry& entry, FieldWriter& to);

}  // namespace weir::redis::rdb
