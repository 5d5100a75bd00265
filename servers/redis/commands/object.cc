// OBJECT: how the value at a key is represented.
#include "servers/redis/commands/object.h"

#include "servers/redis/call.h"
#include "servers/redis/commands/groups.h"
#include "servers/redis/commands/help.h"
#include "servers/redis/types/hash.h"
#include "servers/redis/types/integer_text.h"
#include "servers/redis/types/list.h"
#include "servers/redis/types/set.h"
#include "servers/redis/types/sorted_set.h"
#include "servers/redis/types/stream.h"

namespace weir::redis::commands {
namespace {

// What Redis calls the representation of a string: by its content and length alone.
std::string_view text_encoding(const Entry& entry) {
  constexpr std::size_t kMaxEmbedded = 44;
  if (entry.is_raw()) return "raw";
  if (parse_integer(entry.text())) return "int";
  return entry.text().size() <= kMaxEmbedded ? "embstr" : "raw";
}

void object_encoding(Call& call) {
  const Entry* entry = call.peek_entry(2);
  if (entry == nullptr) return call.reply.null();
  call.reply.bulk(encoding(*entry));
}

constexpr std::string_view kAdjusts =
    " Please note that when switching between policies at runtime LRU and LFU data will take some "
    "time to adjust.";

bool counts_use(const Call& call) {
  return redis::counts_use(call.server.config().eviction.policy.load(std::memory_order_relaxed));
}

void object_freq(Call& call) {
  const Entry* entry = call.peek_entry(2);
  if (entry == nullptr) return call.reply.null();
  if (!counts_use(call)) {
    return call.error("ERR An LFU maxmemory policy is not selected, access frequency not tracked." +
                      std::string(kAdjusts));
  }
  call.reply.integer(call.server.access_clock().frequency(entry->stamp()));
}

void object_idletime(Call& call) {
  const Entry* entry = call.peek_entry(2);
  if (entry == nullptr) return call.reply.null();
  if (counts_use(call)) {
    return call.error("ERR An LFU maxmemory policy is selected, idle time not tracked." +
                      std::string(kAdjusts));
  }
  call.reply.integer(call.server.access_clock().idle_seconds(entry->stamp()));
}

void object_refcount(Call& call) {
  const Entry* entry = call.peek_entry(2);
  if (entry == nullptr) return call.reply.null();
  call.reply.integer(references(*entry, call.server.config().eviction));
}

constexpr KeyRange kSecond{2, 2, 1};
constexpr KeyRange kNoKeys{};

constexpr Command kObjectRows[] = {
    {"encoding", 3, kReadonly, kSecond, object_encoding, "2.2.3",
     "Returns how the value at a key is represented."},
    {"freq", 3, kReadonly, kSecond, object_freq, "4.0.0", "Returns how often a key was accessed."},
    help_row("6.2.0"),
    {"idletime", 3, kReadonly, kSecond, object_idletime, "2.2.3",
     "Returns the seconds since a key was used last."},
    {"refcount", 3, kReadonly, kSecond, object_refcount, "2.2.3",
     "Returns how many keys share a value."},
};

constexpr Command kRows[] = {
    {"object", -2, 0, kNoKeys, nullptr, "2.2.3", "Describes the value at a key.", kObjectRows},
};

}  // namespace

std::string_view encoding(const Entry& entry) {
  switch (entry.type()) {
    case Type::kString:
      return text_encoding(entry);
    case Type::kList:
      return entry.object<List>()->encoding();
    case Type::kHash:
      return entry.object<Hash>()->encoding();
    case Type::kSet:
      return entry.object<Set>()->encoding();
    case Type::kSortedSet:
      return entry.object<SortedSet>()->encoding();
    case Type::kStream:
      return entry.object<Stream>()->encoding();
  }
  return "";
}

std::int64_t references(const Entry& entry, const EvictionSettings& eviction) {
  constexpr std::int64_t kSharedIntegers = 10'000;
  if (entry.type() != Type::kString || entry.is_raw()) return 1;
  // Redis shares none where it keeps each key's use with its value.
  if (eviction.max_memory.load() != 0 && goes_by_use(eviction.policy.load())) return 1;
  const auto integer = parse_integer(entry.text());
  return integer && *integer >= 0 && *integer < kSharedIntegers ? kShared : 1;
}

const CommandGroup kObject{"generic", kRows};

}  // namespace weir::redis::commands
