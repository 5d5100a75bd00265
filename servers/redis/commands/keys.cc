// Keys whatever their type: removal, names, types. And WAIT, which belongs to the same group.
#include <cstdint>
#include <string_view>

#include "servers/redis/call.h"
#include "servers/redis/commands/groups.h"
#include "servers/redis/commands/scan_option.h"

namespace weir::redis::commands {
namespace {

void remove_keys(Call& call, Removal removal) {
  std::int64_t removed = 0;
  for (std::size_t i = 1; i < call.size(); ++i) removed += call.remove(i, removal) ? 1 : 0;
  call.reply.integer(removed);
}

void del(Call& call) { remove_keys(call, Removal::kUserDel); }

void unlink(Call& call) { remove_keys(call, Removal::kUnlink); }

void exists(Call& call) {
  std::int64_t present = 0;
  for (std::size_t i = 1; i < call.size(); ++i) present += call.read_quietly(i) != nullptr ? 1 : 0;
  call.reply.integer(present);
}

// Counts whatever CLIENT NO-TOUCH says.
void touch(Call& call) {
  std::int64_t present = 0;
  for (std::size_t i = 1; i < call.size(); ++i) {
    Entry* const entry = call.read_quietly(i);
    if (entry == nullptr) continue;
    call.shard(i).use(*entry);
    ++present;
  }
  call.reply.integer(present);
}

void type(Call& call) {
  const Entry* entry = call.read_quietly(1);
  call.reply.simple_string(entry == nullptr ? "none" : type_name(entry->type()));
}

// Moves the value from key 1 to key 2, which is absent or is replaced.
void move_value(Call& call) {
  if (call.find_entry(2) != nullptr) call.shard(2).erase(call.key(2));
  Entry* entry = call.shard(1).take(call.key(1));
  call.shard(2).insert(Entry::with_key(entry, call.argument(2)), call.key(2).hash);
  call.changed(1, {kGenericEvent, "rename_from"});
  call.changed(2, {kGenericEvent, "rename_to"});
}

void rename(Call& call) {
  if (call.find_entry(1) == nullptr) return call.error("ERR no such key");
  if (call.argument(1) != call.argument(2)) move_value(call);
  call.reply.ok();
}

void renamenx(Call& call) {
  if (call.find_entry(1) == nullptr) return call.error("ERR no such key");
  const bool free = call.find_entry(2) == nullptr;
  if (free) move_value(call);
  call.reply.integer(free ? 1 : 0);
}

// How many replicas have what this client wrote. Redis waits for the time given where more than
// none are wanted; no replica can come meanwhile here, so the answer is the same at once.
void wait(Call& call) {
  std::int64_t replicas = 0;
  std::int64_t timeout_ms = 0;
  if (!call.integer(1, replicas)) return;
  if (!call.integer(2, timeout_ms, "ERR timeout is not an integer or out of range")) return;
  if (timeout_ms < 0) return call.error("ERR timeout is negative");
  call.reply.integer(0);
}

constexpr KeyRange kFirst{1, 1, 1};
constexpr KeyRange kAll{1, -1, 1};
constexpr KeyRange kTwo{1, 2, 1};
constexpr KeyRange kNoKeys{};

constexpr Command kRows[] = {
    {"del", -2, kWrite, kAll, del, "1.0.0", "Removes keys."},
    {"exists", -2, kReadonly | kFast, kAll, exists, "1.0.0", "Counts the keys that are there."},
    {"rename", 3, kWrite, kTwo, rename, "1.0.0", "Renames a key, replacing another."},
    {"renamenx", 3, kWrite | kFast, kTwo, renamenx, "1.0.0",
     "Renames a key if the new name is free."},
    {"touch", -2, kReadonly | kFast, kAll, touch, "3.2.1",
     "Uses keys; counts those that are there."},
    {"type", 2, kReadonly | kFast, kFirst, type, "1.0.0", "Returns the type of a key's value."},
    {"unlink", -2, kWrite | kFast, kAll, unlink, "4.0.0", "Removes keys."},
    {"wait", 3, kNoScript, kNoKeys, wait, "3.0.0",
     "Counts the replicas that have what this client wrote."},
};

}  // namespace

const CommandGroup kKeys{"generic", kRows};

}  // namespace weir::redis::commands
