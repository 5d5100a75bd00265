// Commands that walk over the keyspace, shard by shard: each shard is seen at one moment, the whole
// is not, and nobody else waits for more than one shard's turn. FLUSHALL and FLUSHDB stop
// everything, so that no command runs between an emptied and a full shard.
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "servers/redis/call.h"
#include "servers/redis/commands/groups.h"
#include "servers/redis/commands/scan_option.h"
#include "servers/redis/glob.h"
#include "servers/redis/types/key_hash.h"

namespace weir::redis::commands {
namespace {

// Calls visit(Shard&) for each shard of the client's database, under its lock.
template <class Visit>
void for_each_shard(Call& call, Visit&& visit) {
  Keyspace& keyspace = call.server.keyspace();
  for (std::size_t i = 0; i < Keyspace::kShards; ++i) {
    const ShardLock lock(keyspace, Keyspace::shard_number(call.database(), i), &call.locks);
    visit(keyspace.shard_at(call.database(), i));
  }
}

void dbsize(Call& call) {
  std::size_t size = 0;
  for_each_shard(call, [&size](const Shard& shard) { size += shard.size(); });
  call.reply.integer(static_cast<std::int64_t>(size));
}

void reply_names(Call& call, const std::vector<std::string>& names) {
  call.reply.array(names.size());
  for (const std::string& name : names) call.reply.bulk(name);
}

void keys(Call& call) {
  const std::string_view pattern = call.argument(1);
  std::vector<std::string> names;
  for_each_shard(call, [&](const Shard& shard) {
    shard.table().for_each([&](const Entry* entry) {
      if (!entry->expired(call.now_ms) && glob_match(pattern, entry->key())) {
        names.emplace_back(entry->key());
      }
    });
  });
  reply_names(call, names);
}

// Fair among shards by their sizes, and within a shard; expired keys are passed over a bounded
// number of times.
void randomkey(Call& call) {
  constexpr int kTries = 100;
  std::vector<std::size_t> sizes;
  std::size_t total = 0;
  for_each_shard(call, [&](const Shard& shard) {
    sizes.push_back(shard.size());
    total += shard.size();
  });
  Keyspace& keyspace = call.server.keyspace();
  for (int i = 0; i < kTries && total > 0; ++i) {
    std::size_t place = Random::of_thread()() % total;
    std::size_t index = 0;
    while (place >= sizes[index]) place -= sizes[index++];
    const ShardLock lock(keyspace, Keyspace::shard_number(call.database(), index), &call.locks);
    const Shard& shard = keyspace.shard_at(call.database(), index);
    if (shard.size() == 0) continue;
    const Entry* entry = shard.table().random(Random::of_thread());
    if (!entry->expired(call.now_ms)) return call.reply.bulk(entry->key());
  }
  call.reply.null();
}

// SCAN's cursor: the shard's index in the low bits, the position in its table above. A table's
// cursor counts from the top bit down with as many bits as the table has buckets, so what is
// shifted out are zeros while a shard has fewer than 2^58 buckets.
constexpr int kShardBits = 6;
static_assert(Keyspace::kShards == 1 << kShardBits);

struct ScanCursor {
  std::size_t shard;
  std::uint64_t position;

  static ScanCursor unpack(std::uint64_t cursor) {
    return {cursor % Keyspace::kShards, cursor >> kShardBits};
  }
  std::uint64_t pack() const { return position << kShardBits | shard; }
};

// Visits buckets from `cursor` on until `count` keys have been seen; returns the next cursor.
template <class Visit>
std::uint64_t scan_keys(Call& call, std::uint64_t packed, std::size_t count, Visit&& visit) {
  Keyspace& keyspace = call.server.keyspace();
  ScanCursor cursor = ScanCursor::unpack(packed);
  std::size_t seen = 0;
  // Empty buckets cost a little too.
  for (std::size_t steps = 0; seen < count && steps < count * 10; ++steps) {
    const ShardLock lock(keyspace, Keyspace::shard_number(call.database(), cursor.shard),
                         &call.locks);
    const Shard& shard = keyspace.shard_at(call.database(), cursor.shard);
    cursor.position = shard.table().scan(cursor.position, [&](const Entry* entry) {
      ++seen;
      if (!entry->expired(call.now_ms)) visit(*entry);
    });
    if (cursor.position == 0 && ++cursor.shard == Keyspace::kShards) return 0;
  }
  return cursor.pack();
}

void scan(Call& call) {
  std::uint64_t cursor = 0;
  ScanOptions options;
  if (!parse_cursor(call, 1, cursor) || !parse_scan_options(call, 2, true, options)) return;
  std::vector<std::string> names;
  const std::uint64_t next = scan_keys(call, cursor, options.count, [&](const Entry& entry) {
    if (options.matches_type(entry) && options.matches(entry.key())) {
      names.emplace_back(entry.key());
    }
  });
  call.reply.array(2);
  call.reply.bulk(std::to_string(next));
  reply_names(call, names);
}

bool parse_flush_mode(Call& call) {
  if (call.size() == 1) return true;
  if (call.size() == 2 && (call.is_option(1, "async") || call.is_option(1, "sync"))) return true;
  call.syntax_error();
  return false;
}

// The keys are gone when it is done, whatever the mode; their memory is freed later.
void flush_database(Call& call, std::size_t database) {
  for (std::size_t i = 0; i < Keyspace::kShards; ++i) {
    Shard& shard = call.server.keyspace().shard_at(database, i);
    shard.touch_all();
    call.server.reclaimer(call.reactor).add(shard.take_keys());
  }
  call.server.stats(call.reactor).changes.add();
}

void flushdb(Call& call) {
  if (!parse_flush_mode(call)) return;
  flush_database(call, call.database());
  call.server.tracking().all_changed();
  call.reply.ok();
}

void flushall(Call& call) {
  if (!parse_flush_mode(call)) return;
  for (std::size_t i = 0; i < call.server.keyspace().databases(); ++i) flush_database(call, i);
  call.server.tracking().all_changed();
  call.reply.ok();
}

constexpr KeyRange kNoKeys{};

constexpr Command kRows[] = {
    {"dbsize", 1, kReadonly | kFast | kWalks, kNoKeys, dbsize, "1.0.0",
     "Returns the number of keys of the database."},
    {"flushall", -1, kWrite | kExclusive, kNoKeys, flushall, "1.0.0",
     "Removes all keys of all databases."},
    {"flushdb", -1, kWrite | kExclusive, kNoKeys, flushdb, "1.0.0",
     "Removes all keys of the database."},
    {"keys", 2, kReadonly | kWalks, kNoKeys, keys, "1.0.0",
     "Returns the keys that match a pattern."},
    {"randomkey", 1, kReadonly | kWalks, kNoKeys, randomkey, "1.0.0", "Returns a random key."},
    {"scan", -2, kReadonly | kWalks, kNoKeys, scan, "2.8.0", "Returns the keys step by step."},
};

}  // namespace

const CommandGroup kScan{"generic", kRows};

}  // namespace weir::redis::commands
