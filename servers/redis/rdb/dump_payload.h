// What DUMP replies and RESTORE takes: a value's form and the value as in an RDB file, the version
// of RDB in two bytes, and the CRC-64 of all that in eight, both little-endian.
//
// Thread rules: for dump() the lock of the key's shard; the rest is pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "servers/redis/keyspace/entry.h"
#include "servers/redis/rdb/value.h"
#include "servers/redis/types/encoding_limits.h"

namespace weir::redis::rdb {

std::string dump(const Entry& entry);

// The payload without its end; nothing where its version is above 10 or its checksum is wrong.
std::optional<std::string_view> verified(std::string_view payload);

// The value in what verified() returned. Bytes behind it are not looked at, as in Redis. See
// read_value().
std::optional<Value> restore(std::string_view body, const EncodingLimits& limits);

}  // namespace weir::redis::rdb
