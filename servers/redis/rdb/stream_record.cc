#include "servers/redis/rdb/stream_record.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace weir::redis::rdb {
namespace {

constexpr std::size_t kIdBytes = 16;
constexpr std::size_t kTimeBytes = 8;
// For a group's entries read.
constexpr std::uint64_t kUnknown = UINT64_MAX;

std::uint64_t load_big_endian(std::string_view bytes) {
  std::uint64_t value = 0;
  for (const char c : bytes) value = value << 8 | static_cast<std::uint8_t>(c);
  return value;
}

// REQUIRES: kIdBytes bytes.
StreamId load_id(std::string_view bytes) {
  return {load_big_endian(bytes.substr(0, 8)), load_big_endian(bytes.substr(8))};
}

using IdBytes = std::array<char, kIdBytes>;

IdBytes id_bytes(StreamId id) {
  IdBytes bytes;
  auto at = bytes.begin();
  for (const std::uint64_t part : {id.ms, id.seq}) {
    for (int shift = 56; shift >= 0; shift -= 8) *at++ = static_cast<char>(part >> shift);
  }
  return bytes;
}

std::string_view view(const auto& bytes) { return {bytes.data(), bytes.size()}; }

std::optional<StreamId> read_id(FieldReader& from) {
  const auto bytes = from.raw(kIdBytes);
  return bytes ? std::optional(load_id(*bytes)) : std::nullopt;
}

// Milliseconds since 1970, little-endian; those of a payload may be any.
void write_time(std::int64_t time_ms, FieldWriter& to) {
  to.raw(view(std::bit_cast<std::array<char, kTimeBytes>>(time_ms)));
}

std::optional<std::int64_t> read_time(FieldReader& from) {
  const auto bytes = from.raw(kTimeBytes);
  if (!bytes) return std::nullopt;
  std::int64_t time_ms = 0;
  std::memcpy(&time_ms, bytes->data(), kTimeBytes);
  return time_ms;
}

void write_counter_id(StreamId id, FieldWriter& to) {
  to.length(id.ms);
  to.length(id.seq);
}

std::optional<StreamId> read_counter_id(FieldReader& from) {
  const auto ms = from.length();
  const auto seq = from.length();
  if (!ms || !seq) return std::nullopt;
  return StreamId{*ms, *seq};
}

bool read_node(FieldReader& from, Stream& stream) {
  const auto id = from.text();
  if (!id || id->size() != kIdBytes) return false;
  const StreamId first = load_id(*id);
  const auto bytes = from.text();
  auto pack = bytes ? Listpack::parse(*bytes) : std::nullopt;
  if (!pack) return false;
  auto node = StreamNode::from_listpack(first, std::move(*pack));
  return node && stream.append(std::move(*node));
}

bool read_counters(bool has_all, FieldReader& from, Stream& stream) {
  const auto length = from.length();
  const auto last_id = read_counter_id(from);
  if (!last_id || length != stream.size() || *last_id < stream.last_id()) return false;
  stream.set_last_id(*last_id);
  stream.set_entries_added(*length);
  if (!has_all) return true;
  const auto first_id = read_counter_id(from);  // the nodes tell it as well
  const auto max_deleted_id = read_counter_id(from);
  const auto entries_added = from.length();
  if (!first_id || !max_deleted_id || !entries_added) return false;
  stream.set_max_deleted_id(*max_deleted_id);
  stream.set_entries_added(*entries_added);
  return true;
}

// A pending entry of a group that is being read: of no consumer until one lists it among its own.
struct Pending {
  StreamId id;
  StreamGroup::Delivery delivery;
};

// In order of their ids, of which none may be there twice.
bool read_pending(FieldReader& from, std::vector<Pending>& pending) {
  auto left = from.length();
  if (!left) return false;
  for (; *left > 0; --*left) {
    const auto id = read_id(from);
    const auto time_ms = read_time(from);
    const auto count = from.length();
    if (!id || !time_ms || !count) return false;
    pending.push_back({*id, {nullptr, *time_ms, *count}});
  }
  std::ranges::sort(pending, {}, &Pending::id);
  return std::ranges::adjacent_find(pending, {}, &Pending::id) == pending.end();
}

bool read_owned(FieldReader& from, StreamConsumer& consumer, std::vector<Pending>& pending) {
  auto left = from.length();
  if (!left) return false;
  for (; *left > 0; --*left) {
    const auto id = read_id(from);
    if (!id) return false;
    const auto at = std::ranges::lower_bound(pending, *id, {}, &Pending::id);
    if (at == pending.end() || at->id != *id || at->delivery.consumer != nullptr) return false;
    at->delivery.consumer = &consumer;
  }
  return true;
}

bool read_consumers(FieldReader& from, StreamGroup& group, std::vector<Pending>& pending) {
  auto left = from.length();
  if (!left) return false;
  for (; *left > 0; --*left) {
    const auto text = from.text();
    if (!text || group.find_consumer(*text) != nullptr) return false;
    const std::string name(*text);
    const auto seen_ms = read_time(from);
    if (!seen_ms) return false;
    if (!read_owned(from, group.see_consumer(name, *seen_ms), pending)) return false;
  }
  return true;
}

// All in the order of ids, which fills the group's and the consumers' blocks best. False when a
// pending entry is nobody's.
bool assign_all(const std::vector<Pending>& pending, StreamGroup& group) {
  for (const auto& [id, delivery] : pending) {
    if (delivery.consumer == nullptr) return false;
    group.assign(id, delivery);
  }
  return true;
}

bool read_group(bool has_entries_read, FieldReader& from, Stream& stream) {
  const auto text = from.text();
  if (!text) return false;
  const std::string name(*text);
  const auto last_id = read_counter_id(from);
  if (!last_id) return false;
  auto entries_read = stream.entries_up_to(*last_id);
  if (has_entries_read) {
    const auto read = from.length();
    if (!read) return false;
    entries_read = static_cast<std::int64_t>(*read);
    if (read == kUnknown) entries_read.reset();
  }
  StreamGroup group(*last_id, entries_read);
  std::vector<Pending> pending;
  return read_pending(from, pending) && read_consumers(from, group, pending) &&
         assign_all(pending, group) && stream.add_group(name, std::move(group));
}

bool read_groups(bool have_entries_read, FieldReader& from, Stream& stream) {
  auto left = from.length();
  if (!left) return false;
  for (; *left > 0; --*left) {
    if (!read_group(have_entries_read, from, stream)) return false;
  }
  return true;
}

void write_consumer(const StreamGroup& group, const StreamConsumer& consumer, FieldWriter& to) {
  to.text(consumer.name());
  write_time(consumer.seen_ms(), to);
  to.length(consumer.pending_count());
  group.for_each_pending(consumer, {}, [&to](StreamId id, const StreamGroup::Delivery&) {
    to.raw(view(id_bytes(id)));
    return true;
  });
}

void write_group(std::string_view name, const StreamGroup& group, FieldWriter& to) {
  to.text(name);
  write_counter_id(group.last_id(), to);
  const auto entries_read = group.entries_read();
  to.length(entries_read ? static_cast<std::uint64_t>(*entries_read) : kUnknown);
  to.length(group.pending_count());
  group.for_each_pending({}, [&to](StreamId id, const StreamGroup::Delivery& delivery) {
    to.raw(view(id_bytes(id)));
    write_time(delivery.time_ms, to);
    to.length(delivery.count);
    return true;
  });
  to.length(group.consumers().size());
  for (const auto& [_, consumer] : group.consumers()) write_consumer(group, consumer, to);
}

}  // namespace

void write_stream(const Stream& stream, FieldWriter& to) {
  to.length(stream.node_count());
  stream.for_each_node([&](const StreamNode& node) {
    to.text(view(id_bytes(node.first_id())));
    to.text(node.listpack().serialized());
  });
  to.length(stream.size());
  write_counter_id(stream.last_id(), to);
  write_counter_id(stream.first_id(), to);
  write_counter_id(stream.max_deleted_id(), to);
  to.length(stream.entries_added());
  to.length(stream.groups().size());
  for (const auto& [name, group] : stream.groups()) write_group(name, group, to);
}

std::optional<Stream> read_stream(bool has_counters, FieldReader& from) {
  Stream stream;
  auto left = from.length();
  if (!left) return std::nullopt;
  for (; *left > 0; --*left) {
    if (!read_node(from, stream)) return std::nullopt;
  }
  if (!read_counters(has_counters, from, stream)) return std::nullopt;
  if (!read_groups(has_counters, from, stream)) return std::nullopt;
  return stream;
}

}  // namespace weir::redis::rdb
