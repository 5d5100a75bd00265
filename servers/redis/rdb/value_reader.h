// Reads values as RDB of versions 1 to 10 has them, from bytes that may be anything: what comes out
// is whole and keeps every invariant of its type, or nothing does. That is at least what Redis asks
// for with sanitize-dump-payload yes; beyond it, sorted sets have to be in order and have scores
// that are numbers, streams to agree with their counts and ids.
//
// Collections take the encodings that the limits ask for, as in Redis. Thread rule: the source's;
// the limits do not change meanwhile.
#pragma once

#include <cstdint>
#include <optional>

#include "servers/redis/rdb/field_reader.h"
#include "servers/redis/rdb/value.h"
#include "servers/redis/types/encoding_limits.h"

namespace weir::redis::rdb {

// The value whose form has been read. Nothing for a form that is none, and for collections that are
// empty.
std::optional<Value> read_value(std::uint8_t form, FieldReader& from, const EncodingLimits& limits);

}  // namespace weir::redis::rdb
