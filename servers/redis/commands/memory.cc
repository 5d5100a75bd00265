// MEMORY: what keys take.
#include <cstdint>

#include "servers/redis/call.h"
#include "servers/redis/commands/groups.h"
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

constexpr KeyRange kSecond{2, 2, 1};
constexpr KeyRange kNoKeys{};

constexpr Command kMemoryRows[] = {
    {"usage", -3, kReadonly, kSecond, memory_usage, "4.0.0", "Returns the bytes a key takes."},
};

constexpr Command kRows[] = {
    {"memory", -2, 0, kNoKeys, nullptr, "4.0.0", "Tells of memory.", kMemoryRows},
};

}  // namespace

const CommandGroup kMemory{"server", kRows};

}  // namespace weir::redis::commands
