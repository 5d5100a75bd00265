// Payloads for tests: what redis-server 7.0.15 DUMPed, and what comes of others. Single-threaded.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "servers/redis/keyspace/entry.h"
#include "servers/redis/rdb/crc64.h"
#include "servers/redis/rdb/dump_payload.h"
#include "servers/redis/rdb/value.h"
#include "servers/redis/types/encoding_limits.h"

namespace weir::redis::rdb {

using std::string_literals::operator""s;

// The DUMP of a value.
inline std::string dumped(Value value) {
  Entry* entry = make_entry("key", std::move(value), Entry::kNever);
  std::string payload = dump(*entry);
  Entry::destroy(entry);
  return payload;
}

// The payload whose body, a form and a value, is given, and the other way round.
inline std::string with_end(std::string body, const std::string& version = "\x0a\0"s) {
  body += version;
  const std::uint64_t crc = crc64(body);
  return body + std::string(reinterpret_cast<const char*>(&crc), sizeof crc);
}
inline std::string body_of(const std::string& payload) {
  return payload.substr(0, payload.size() - 10);
}

// The DUMP of the value that is restored from a body; empty when that is refused.
inline std::string dump_of(const std::string& body, const EncodingLimits& limits = {}) {
  auto value = restore(body, limits);
  return value ? dumped(std::move(*value)) : "";
}

// What DUMPs of redis-server 7.0.15 begin with.
inline const std::string kText = "\x00\x05hello"s;
inline const std::string kList =
    "\x12\x01\x02\x13\x13\0\0\0\x05\0\x81"
    "a\x02\x81"
    "b\x02\x01\x01\x02\x01\x03\x01\xff"s;
inline const std::string kIntset = "\x0b\x0e\x02\0\0\0\x03\0\0\0\x01\0\x02\0\x03\0"s;
inline const std::string kSet =
    "\x02\x01\x01"
    "a"s;
inline const std::string kSortedSet =
    "\x11\x14\x14\0\0\0\x04\0\x81"
    "a\x02\x01\x01\x81"
    "b\x02\x83"
    "2.5\x04\xff"s;
inline const std::string kHash =
    "\x10\x0d\x0d\0\0\0\x02\0\x81"
    "f\x02\x81v\x02\xff"s;
inline const std::string kStream =
    "\x13\x01\x10\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0\x01\x1d\x1d\0\0\0\x0a\0\x01\x01\0\x01\x01\x01\x81"
    "a\x02\0\x01\x02\x01\0\x01\0\x01\x81"
    "b\x02\x04\x01\xff\x01\x01\x01\x01\x01\0\0\x01\0"s;
inline const std::string kStreamWithGroups =
    "\x13\x01\x10\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0\x01\xc3\x39>\x12>"
    "\0\0\0\x19\0\x02\x01\x01\x01\x02\x01"
    "\x81"
    "a\x02\x81"
    "b\x02\0 \x09\0\0 \x01@\x11\x02\x05\x01\x03`\x09\x02\x03\x01\x04 \x0b@\x13\x01"
    "\xdf\xff +\x08\x81"
    "c\x02\x81x\x02\x06\x01\xff\x02\x02\0\x01\x01\x01\x02\x03\x02\x03grp\x01\x02\x02"
    "\x02\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0\x01\xa8\xb4M\x1a\xa2\x01\0\0\x01\0\0\0\0\0\0\0\x01\0\0\0"
    "\0\0\0"
    "\0\x02\xbc\xb4M\x1a\xa2\x01\0\0\x01\x02\x05"
    "alice\xa8\xb4M\x1a\xa2\x01\0\0\x01\0\0\0\0\0\0\0\x01\0"
    "\0\0\0\0\0\0\x01\x03"
    "bob\xbc\xb4M\x1a\xa2\x01\0\0\x01\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0\x02\x05other"
    "\x01\x01\x81\xff\xff\xff\xff\xff\xff\xff\xff\0\0"s;

}  // namespace weir::redis::rdb
