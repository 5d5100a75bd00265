// DUMP and RESTORE: one value as bytes, from one server to another.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

#include "servers/redis/call.h"
#include "servers/redis/commands/groups.h"
#include "servers/redis/rdb/dump_payload.h"
#include "servers/redis/rdb/value.h"

namespace weir::redis::commands {
namespace {

void dump(Call& call) {
  const Entry* entry = call.read_entry(1);
  if (entry == nullptr) return call.reply.null();
  call.reply.bulk(rdb::dump(*entry));
}

struct RestoreOptions {
  bool replace = false;
  bool absolute = false;  // ABSTTL: the time to live is a time since the epoch
  std::optional<std::int64_t> idle_seconds;
  std::optional<std::int64_t> frequency;
};

// IDLETIME seconds or FREQ frequency at argument i, not both in one call.
bool parse_use(Call& call, std::size_t i, bool is_frequency, std::int64_t& value) {
  if (!call.integer(i + 1, value)) return false;
  if (is_frequency && (value < 0 || value > 255)) {
    call.error("ERR Invalid FREQ value, must be >= 0 and <= 255");
    return false;
  }
  if (value < 0) {
    call.error("ERR Invalid IDLETIME value, must be >= 0");
    return false;
  }
  return true;
}

bool parse_options(Call& call, RestoreOptions& options) {
  for (std::size_t i = 4; i < call.size(); ++i) {
    const bool has_value = i + 1 < call.size();
    if (call.is_option(i, "replace")) {
      options.replace = true;
    } else if (call.is_option(i, "absttl")) {
      options.absolute = true;
    } else if (call.is_option(i, "idletime") && has_value && !options.frequency) {
      if (!parse_use(call, i++, false, options.idle_seconds.emplace())) return false;
    } else if (call.is_option(i, "freq") && has_value && !options.idle_seconds) {
      if (!parse_use(call, i++, true, options.frequency.emplace())) return false;
    } else {
      call.syntax_error();
      return false;
    }
  }
  return true;
}

// Argument 2 as a time in milliseconds since the epoch, Entry::kNever for 0.
bool parse_time_to_live(Call& call, bool absolute, std::int64_t& expiry) {
  std::int64_t time = 0;
  if (!call.integer(2, time)) return false;
  if (time < 0) {
    call.error("ERR Invalid TTL value, must be >= 0");
    return false;
  }
  expiry = Entry::kNever;
  if (time == 0) return true;
  // As in Redis, where the sum wraps around: into the past.
  if (!absolute && __builtin_add_overflow(time, call.now_ms, &time)) time = 0;
  expiry = std::min(time, Entry::kMaxExpiry);
  return true;
}

// The stamp that the options ask for, if the policy goes by what they say; else a new key's.
std::uint32_t stamp_of(const RestoreOptions& options, const Server& server) {
  const AccessClock& clock = server.access_clock();
  if (clock.counts_use() && options.frequency) {
    return clock.used(static_cast<std::uint32_t>(*options.frequency));
  }
  if (!clock.counts_use() && options.idle_seconds) return clock.idle_for(*options.idle_seconds);
  return clock.first();
}

// In Redis' order of checks.
void restore(Call& call) {
  RestoreOptions options;
  if (!parse_options(call, options)) return;
  if (!options.replace && call.find_entry(1) != nullptr) {
    return call.error("BUSYKEY Target key name already exists.");
  }
  std::int64_t expiry = 0;
  if (!parse_time_to_live(call, options.absolute, expiry)) return;
  const auto body = rdb::verified(call.argument(3));
  if (!body) return call.error("ERR DUMP payload version or checksum are wrong");
  auto value = rdb::restore(*body, call.limits());
  if (!value) return call.error("ERR Bad data format");

  const bool passed = expiry != Entry::kNever && expiry <= call.now_ms;
  if (passed) {
    if (options.replace) call.remove_stored(1);
  } else {
    Shard& shard = call.shard(1);
    if (options.replace) shard.erase(call.key(1));
    Entry* const entry = rdb::make_entry(call.argument(1), std::move(*value), expiry);
    entry->set_stamp(stamp_of(options, call.server));
    shard.insert(entry, call.key(1).hash);
    call.changed(1, {kGenericEvent, "restore"});
  }
  call.reply.ok();
}

constexpr KeyRange kFirst{1, 1, 1};

constexpr Command kRows[] = {
    {"dump", 2, kReadonly, kFirst, dump, "2.6.0", "Returns the value at a key as bytes."},
    {"restore", -4, kWrite | kDenyOom, kFirst, restore, "2.6.0",
     "Sets a key to a value from the bytes that DUMP returned."},
};

}  // namespace

const CommandGroup kDump{"generic", kRows};

}  // namespace weir::redis::commands
