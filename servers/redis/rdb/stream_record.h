// A stream in RDB: its nodes as they are, its counters, its consumer groups.
//
//   nodes    number | first id, 16 bytes as a text | listpack | ...
//   counters length | last id | first id | highest deleted id | entries added
//   groups   number | name | last id | entries read | pending | consumers | ...
//     pending    number | id | time of delivery, 8 bytes | deliveries | ...
//     consumers  number | name | time last seen, 8 bytes | number | id | ... | ...
//
// Ids among the counters, and a group's last one, are two lengths each, elsewhere 16 bytes,
// big-endian. Times are milliseconds since 1970, little-endian; entries read that are not known are
// 2^64 - 1. Before Redis 7.0 what stands behind the last id among the counters was missing, and a
// group's entries read, which are estimated then.
//
// Thread rules: those of the sink and the source.
#pragma once

#include <optional>

#include "servers/redis/rdb/field_reader.h"
#include "servers/redis/rdb/field_writer.h"
#include "servers/redis/types/stream.h"

namespace weir::redis::rdb {

void write_stream(const Stream& stream, FieldWriter& to);

// Nothing unless all of it is well-formed: nodes in order, a length that is the number of live
// entries, a last id that no entry is above, groups that are named once and whose pending entries
// each have one consumer. Times, and ids in groups, may be any: what is pending may have been
// removed from the stream.
std::optional<Stream> read_stream(bool has_counters, FieldReader& from);

}  // namespace weir::redis::rdb
