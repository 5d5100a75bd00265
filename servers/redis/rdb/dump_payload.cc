#include "servers/redis/rdb/dump_payload.h"

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "servers/redis/rdb/crc64.h"
#include "servers/redis/rdb/value_reader.h"
#include "servers/redis/rdb/value_writer.h"

namespace weir::redis::rdb {
namespace {

constexpr std::uint16_t kVersion = 10;
constexpr std::size_t kVersionBytes = 2;
constexpr std::size_t kChecksumBytes = 8;

template <class Integer>
void append_integer(Integer value, StringSink& sink) {
  const auto bytes = std::bit_cast<std::array<char, sizeof value>>(value);
  sink.append({bytes.data(), bytes.size()});
}

template <class Integer>
Integer load(std::string_view bytes) {
  Integer value;
  std::memcpy(&value, bytes.data(), sizeof value);
  return value;
}

}  // namespace

std::string dump(const Entry& entry) {
  StringSink sink;
  FieldWriter fields(sink);
  write_value(entry, fields);
  append_integer(kVersion, sink);
  append_integer(crc64(sink.bytes()), sink);
  return sink.take();
}

std::optional<std::string_view> verified(std::string_view payload) {
  if (payload.size() < kVersionBytes + kChecksumBytes) return std::nullopt;
  const std::size_t checked = payload.size() - kChecksumBytes;
  const std::size_t body = checked - kVersionBytes;
  if (load<std::uint16_t>(payload.substr(body)) > kVersion) return std::nullopt;
  if (load<std::uint64_t>(payload.substr(checked)) != crc64(payload.substr(0, checked))) {
    return std::nullopt;
  }
  return payload.substr(0, body);
}

std::optional<Value> restore(std::string_view body, const EncodingLimits& limits) {
  MemorySource source(body);
  FieldReader fields(source);
  const auto form = fields.byte();
  return form ? read_value(*form, fields, limits) : std::nullopt;
}

}  // namespace weir::redis::rdb
