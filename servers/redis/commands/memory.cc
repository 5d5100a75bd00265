// MEMORY: what keys take, and what all of it is used for.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "servers/redis/call.h"
#include "servers/redis/commands/groups.h"
#include "servers/redis/commands/help.h"
#include "servers/redis/commands/memory_doctor.h"
#include "servers/redis/memory/allocator.h"
#include "servers/redis/memory_picture.h"
#include "servers/redis/types/hash.h"
#include "servers/redis/types/list.h"
#include "servers/redis/types/set.h"
#include "servers/redis/types/sorted_set.h"
#include "servers/redis/types/stream.h"

namespace weir::redis::commands {
namespace {

template <class T>
std::size_t object_bytes(const Entry& entry) {
  return sizeof(T) + entry.object<T>()->memory_usage();
}

// Heap bytes of a collection.
std::size_t collection_bytes(const Entry& entry) {
  switch (entry.type()) {
    case Type::kString:
      return 0;
    case Type::kList:
      return object_bytes<List>(entry);
    case Type::kHash:
      return object_bytes<Hash>(entry);
    case Type::kSet:
      return object_bytes<Set>(entry);
    case Type::kSortedSet:
      return object_bytes<SortedSet>(entry);
    case Type::kStream:
      return object_bytes<Stream>(entry);
  }
  return 0;
}

// [SAMPLES count]...: read and not needed, as collections know their sizes.
bool read_samples(Call& call) {
  for (std::size_t i = 3; i < call.size(); i += 2) {
    if (!call.is_option(i, "samples") || i + 1 == call.size()) {
      call.syntax_error();
      return false;
    }
    std::int64_t samples = 0;
    if (!call.integer(i + 1, samples)) return false;
    if (samples < 0) {
      call.syntax_error();
      return false;
    }
  }
  return true;
}

// The key's share of the hash table, a pointer and a fingerprint, is not counted.
void memory_usage(Call& call) {
  if (!read_samples(call)) return;
  const Entry* entry = call.peek_entry(2);
  if (entry == nullptr) return call.reply.null();
  call.reply.integer(
      static_cast<std::int64_t>(entry->allocated_bytes() + collection_bytes(*entry)));
}

void add(Reply& reply, std::string_view name, std::size_t value) {
  reply.bulk(name);
  reply.integer(static_cast<std::int64_t>(value));
}

void add_ratio(Reply& reply, std::string_view name, double value) {
  reply.bulk(name);
  reply.double_(value);
}

void add_database(Reply& reply, const MemoryPicture::Database& database) {
  reply.bulk("db." + std::to_string(database.number));
  reply.map(3);
  add(reply, "overhead.hashtable.main", database.table_bytes);
  add(reply, "overhead.hashtable.expires", database.expiry_bytes);
  add(reply, "overhead.hashtable.slot-to-keys", 0);
}

void memory_stats(Call& call) {
  constexpr std::size_t kFields = 27;
  const MemoryPicture picture = take_memory_picture(call.server, call.locks);
  const std::size_t keys = picture.keys();
  Reply& reply = call.reply;
  reply.map(kFields + picture.databases.size());
  add(reply, "peak.allocated", picture.peak);
  add(reply, "total.allocated", picture.used);
  add(reply, "startup.allocated", picture.startup);
  add(reply, "replication.backlog", 0);
  add(reply, "clients.slaves", 0);
  add(reply, "clients.normal", picture.clients);
  add(reply, "cluster.links", 0);
  add(reply, "aof.buffer", 0);
  add(reply, "lua.caches", call.server.scripting().cache().bytes());
  add(reply, "functions.caches", 0);
  for (const MemoryPicture::Database& database : picture.databases) add_database(reply, database);
  add(reply, "overhead.total", picture.overhead());
  add(reply, "keys.count", keys);
  add(reply, "keys.bytes-per-key", keys != 0 ? picture.net() / keys : 0);
  add(reply, "dataset.bytes", picture.dataset());
  add_ratio(reply, "dataset.percentage", picture.dataset_percent());
  add_ratio(reply, "peak.percentage", picture.peak_percent());
  add(reply, "allocator.allocated", picture.used);
  add(reply, "allocator.active", picture.resident);
  add(reply, "allocator.resident", picture.resident);
  add_ratio(reply, "allocator-fragmentation.ratio", picture.fragmentation());
  reply.bulk("allocator-fragmentation.bytes");
  reply.integer(picture.fragmentation_bytes());
  add_ratio(reply, "allocator-rss.ratio", 1);
  add(reply, "allocator-rss.bytes", 0);
  add_ratio(reply, "rss-overhead.ratio", 1);
  add(reply, "rss-overhead.bytes", 0);
  add_ratio(reply, "fragmentation", picture.fragmentation());
  reply.bulk("fragmentation.bytes");
  reply.integer(picture.fragmentation_bytes());
}

void memory_doctor(Call& call) {
  const MemoryPicture picture = take_memory_picture(call.server, call.locks);
  call.reply.verbatim("txt", diagnose_memory(picture, call.server.clients().size()));
}

void memory_malloc_stats(Call& call) {
  const std::optional<std::string> report = allocator_report();
  call.reply.bulk(report ? *report : "Stats not supported for the current allocator");
}

void memory_purge(Call& call) {
  purge_allocator();
  call.reply.ok();
}

constexpr KeyRange kSecond{2, 2, 1};
constexpr KeyRange kNoKeys{};

constexpr Command kMemoryRows[] = {
    {"doctor", 2, 0, kNoKeys, memory_doctor, "4.0.0", "Says what is wrong with the use of memory."},
    help_row("4.0.0"),
    {"malloc-stats", 2, 0, kNoKeys, memory_malloc_stats, "4.0.0",
     "Returns what the allocator tells."},
    {"purge", 2, 0, kNoKeys, memory_purge, "4.0.0", "Gives the system back what can be spared."},
    {"stats", 2, 0, kNoKeys, memory_stats, "4.0.0", "Returns what memory is used for."},
    {"usage", -3, kReadonly, kSecond, memory_usage, "4.0.0", "Returns the bytes a key takes."},
};

constexpr Command kRows[] = {
    {"memory", -2, 0, kNoKeys, nullptr, "4.0.0", "Tells of memory.", kMemoryRows},
};

}  // namespace

const CommandGroup kMemory{"server", kRows};

}  // namespace weir::redis::commands
