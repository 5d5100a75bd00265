// Keys on their way to another name or another database: COPY, MOVE, SWAPDB. A key's value goes
// with its expiry.
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "servers/redis/call.h"
#include "servers/redis/commands/arguments.h"
#include "servers/redis/commands/groups.h"
#include "servers/redis/types/key_hash.h"

namespace weir::redis::commands {
namespace {

constexpr std::string_view kSame = "ERR source and destination objects are the same";

struct CopyOptions {
  std::size_t database;
  bool replaces = false;
};

bool read_options(Call& call, CopyOptions& options) {
  for (std::size_t i = 3; i < call.size(); ++i) {
    if (call.is_option(i, "replace")) {
      options.replaces = true;
    } else if (i + 1 < call.size() && call.is_option(i, "db")) {
      if (!read_database(call, ++i, options.database)) return false;
    } else {
      return call.syntax_error(), false;
    }
  }
  return true;
}

void copy(Call& call) {
  CopyOptions options{.database = call.database()};
  if (!read_options(call, options)) return;
  if (options.database == call.database() && call.argument(1) == call.argument(2)) {
    return call.error(kSame);
  }
  const Entry* const source = call.read_entry(1);
  if (source == nullptr) return call.reply.integer(0);
  Shard& target = call.shard(2, options.database);
  const bool taken = target.find(call.key(2), call.now_ms) != nullptr;
  if (taken && !options.replaces) return call.reply.integer(0);
  Entry* const made = Entry::clone(*source, call.argument(2));
  target.erase(call.key(2));
  target.insert(made, call.key(2).hash);
  call.changed_key(target, call.argument(2), {kGenericEvent, "copy_to"});
  call.reply.integer(1);
}

void move(Call& call) {
  std::size_t database = 0;
  if (!read_database(call, 2, database)) return;
  if (database == call.database()) return call.error(kSame);
  const Key key = call.key(1);
  Shard& target = call.shard(1, database);
  if (call.find_entry(1) == nullptr || target.find(key, call.now_ms) != nullptr) {
    return call.reply.integer(0);
  }
  target.insert(call.shard(1).take(key), key.hash);
  call.changed(1, {kGenericEvent, "move_from"});
  call.changed_key(target, key.name, {kGenericEvent, "move_to"});
  call.reply.integer(1);
}

// Tells who watches a key in either shard, or waits for it, where one of them has it. A key that
// has expired goes first, so that nobody sees it come to life in another database.
void touch_watched(Shard& a, Shard& b, std::int64_t now_ms) {
  std::vector<std::string> names = a.registered_keys();
  for (std::string& name : b.registered_keys()) names.push_back(std::move(name));
  for (const std::string& name : names) {
    const Key key{name, key_hash(name)};
    const bool in_a = a.find(key, now_ms) != nullptr;
    const bool in_b = b.find(key, now_ms) != nullptr;
    if (!in_a && !in_b) continue;
    a.touch_registered(name);
    b.touch_registered(name);
  }
}

// False, with the error replied, when it is not even an int.
bool read_index(Call& call, std::size_t i, std::string_view message, std::int64_t& index) {
  using Limits = std::numeric_limits<std::int32_t>;
  if (!call.integer(i, index, message)) return false;
  if (index >= Limits::min() && index <= Limits::max()) return true;
  call.error(message);
  return false;
}

void swapdb(Call& call) {
  Keyspace& keyspace = call.server.keyspace();
  std::int64_t first = 0;
  std::int64_t second = 0;
  if (!read_index(call, 1, "ERR invalid first DB index", first)) return;
  if (!read_index(call, 2, "ERR invalid second DB index", second)) return;
  const auto end = static_cast<std::int64_t>(keyspace.databases());
  if (first < 0 || first >= end || second < 0 || second >= end) {
    return call.error("ERR DB index is out of range");
  }
  for (std::size_t i = 0; first != second && i < Keyspace::kShards; ++i) {
    Shard& a = keyspace.shard_at(static_cast<std::size_t>(first), i);
    Shard& b = keyspace.shard_at(static_cast<std::size_t>(second), i);
    touch_watched(a, b, call.now_ms);
    a.swap_keys(b);
  }
  call.server.stats(call.reactor).changes.add();
  call.reply.ok();
}

constexpr KeyRange kFirst{1, 1, 1};
constexpr KeyRange kTwo{1, 2, 1};
constexpr KeyRange kNoKeys{};

constexpr Command kRows[] = {
    {"copy", -3, kWrite | kDenyOom | kEveryDatabase, kTwo, copy, "6.2.0",
     "Copies a key's value to another key."},
    {"move", 3, kWrite | kFast | kEveryDatabase, kFirst, move, "1.0.0",
     "Moves a key to another database."},
};

constexpr Command kSwapRows[] = {
    {"swapdb", 3, kWrite | kFast | kExclusive, kNoKeys, swapdb, "4.0.0",
     "Exchanges the keys of two databases."},
};

}  // namespace

const CommandGroup kDatabases{"generic", kRows};
const CommandGroup kDatabaseSwap{"server", kSwapRows};

}  // namespace weir::redis::commands
