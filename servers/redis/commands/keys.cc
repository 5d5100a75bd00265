// Keys whatever their type: removal, names, types.
#include <string_view>

#include "servers/redis/call.h"
#include "servers/redis/commands/groups.h"
#include "servers/redis/commands/scan_option.h"
#include "servers/redis/types/hash.h"
#include "servers/redis/types/integer_text.h"
#include "servers/redis/types/list.h"
#include "servers/redis/types/set.h"
#include "servers/redis/types/sorted_set.h"
#include "servers/redis/types/stream.h"

namespace weir::redis::commands {
namespace {

void del(Call& call) {
  std::int64_t removed = 0;
  for (std::size_t i = 1; i < call.size(); ++i) removed += call.remove(i) ? 1 : 0;
  call.reply.integer(removed);
}

void exists(Call& call) {
  std::int64_t present = 0;
  for (std::size_t i = 1; i < call.size(); ++i) present += call.read_entry(i) != nullptr ? 1 : 0;
  call.reply.integer(present);
}

void touch(Call& call) { exists(call); }

void type(Call& call) {
  const Entry* entry = call.find_entry(1);
  call.reply.simple_string(entry == nullptr ? "none" : type_name(entry->type()));
}

// What Redis calls the representation of a string: by its content and length alone.
std::string_view text_encoding(const Entry& entry) {
  constexpr std::size_t kMaxEmbedded = 44;
  if (entry.is_raw()) return "raw";
  if (parse_integer(entry.text())) return "int";
  return entry.text().size() <= kMaxEmbedded ? "embstr" : "raw";
}

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

void object_encoding(Call& call) {
  const Entry* entry = call.find_entry(2);
  if (entry == nullptr) return call.reply.null();
  call.reply.bulk(encoding(*entry));
}

// Moves the value from key 1 to key 2, which is absent or is replaced.
void move_value(Call& call) {
  Entry* entry = call.shard(1).take(call.key(1));
  call.shard(2).erase(call.key(2));
  call.shard(2).insert(Entry::with_key(entry, call.argument(2)), call.key(2).hash);
  call.changed(1);
  call.changed(2);
}

void rename(Call& call) {
  if (call.find_entry(1) == nullptr) return call.error("ERR no such key");
  if (call.argument(1) != call.argument(2)) move_value(call);
  call.reply.simple_string("OK");
}

void renamenx(Call& call) {
  if (call.find_entry(1) == nullptr) return call.error("ERR no such key");
  const bool free = call.find_entry(2) == nullptr;
  if (free) move_value(call);
  call.reply.integer(free ? 1 : 0);
}

constexpr KeyRange kFirst{1, 1, 1};
constexpr KeyRange kAll{1, -1, 1};
constexpr KeyRange kTwo{1, 2, 1};
constexpr KeyRange kSecond{2, 2, 1};
constexpr KeyRange kNoKeys{};

constexpr Command kObjectRows[] = {
    {"encoding", 3, kReadonly, kSecond, object_encoding, "2.2.3",
     "Returns how the value at a key is represented."},
};

constexpr Command kRows[] = {
    {"del", -2, kWrite, kAll, del, "1.0.0", "Removes keys."},
    {"exists", -2, kReadonly | kFast, kAll, exists, "1.0.0", "Counts the keys that are there."},
    {"object", -2, 0, kNoKeys, nullptr, "2.2.3", "Describes the value at a key.", kObjectRows},
    {"rename", 3, kWrite, kTwo, rename, "1.0.0", "Renames a key, replacing another."},
    {"renamenx", 3, kWrite | kFast, kTwo, renamenx, "1.0.0",
     "Renames a key if the new name is free."},
    {"touch", -2, kReadonly | kFast, kAll, touch, "3.2.1", "Counts the keys that are there."},
    {"type", 2, kReadonly | kFast, kFirst, type, "1.0.0", "Returns the type of a key's value."},
    {"unlink", -2, kWrite | kFast, kAll, del, "4.0.0", "Removes keys."},
};

}  // namespace

const CommandGroup kKeys{"generic", kRows};

}  // namespace weir::redis::commands
