// When keys expire.
#include <string_view>

#include "servers/redis/call.h"
#include "servers/redis/commands/expiry_option.h"
#include "servers/redis/commands/groups.h"

namespace weir::redis::commands {
namespace {

struct ExpireOptions {
  bool only_without = false;  // NX
  bool only_with = false;     // XX
  bool only_later = false;    // GT
  bool only_earlier = false;  // LT

  // No expiry counts as one that never comes.
  bool allow(std::int64_t old_expiry, std::int64_t expiry) const {
    const bool none = old_expiry == Entry::kNever;
    if (only_without && !none) return false;
    if (only_with && none) return false;
    if (only_later && (none || expiry <= old_expiry)) return false;
    return !(only_earlier && !none && expiry >= old_expiry);
  }
};

bool parse_options(Call& call, ExpireOptions& options) {
  for (std::size_t i = 3; i < call.size(); ++i) {
    if (call.is_option(i, "nx")) {
      options.only_without = true;
    } else if (call.is_option(i, "xx")) {
      options.only_with = true;
    } else if (call.is_option(i, "gt")) {
      options.only_later = true;
    } else if (call.is_option(i, "lt")) {
      options.only_earlier = true;
    } else {
      call.error("ERR Unsupported option " + std::string(call.argument(i)));
      return false;
    }
  }
  if (options.only_without && (options.only_with || options.only_later || options.only_earlier)) {
    call.error("ERR NX and XX, GT or LT options at the same time are not compatible");
    return false;
  }
  if (options.only_later && options.only_earlier) {
    call.error("ERR GT and LT options at the same time are not compatible");
    return false;
  }
  return true;
}

void expire_at(Call& call, TimeUnit unit, TimeBase base) {
  std::int64_t expiry = 0;
  ExpireOptions options;
  if (!parse_options(call, options) || !parse_expiry(call, 2, unit, base, false, expiry)) return;
  const Entry* entry = call.find_entry(1);
  if (entry == nullptr || !options.allow(entry->expiry(), expiry)) return call.reply.integer(0);
  if (expiry <= call.now_ms) {
    call.remove(1);
  } else {
    call.shard(1).set_expiry(call.key(1), expiry);
    call.changed(1, {kGenericEvent, "expire"});
  }
  call.reply.integer(1);
}

void expire(Call& call) { expire_at(call, TimeUnit::kSeconds, TimeBase::kNow); }
void pexpire(Call& call) { expire_at(call, TimeUnit::kMilliseconds, TimeBase::kNow); }
void expireat(Call& call) { expire_at(call, TimeUnit::kSeconds, TimeBase::kEpoch); }
void pexpireat(Call& call) { expire_at(call, TimeUnit::kMilliseconds, TimeBase::kEpoch); }

// -2 without the key, -1 without an expiry.
void reply_expiry(Call& call, TimeUnit unit, TimeBase base) {
  const Entry* entry = call.read_quietly(1);
  if (entry == nullptr) return call.reply.integer(-2);
  if (!entry->has_expiry()) return call.reply.integer(-1);
  std::int64_t time = entry->expiry() - (base == TimeBase::kNow ? call.now_ms : 0);
  if (unit == TimeUnit::kSeconds) time = (time + 500) / 1000;
  call.reply.integer(time);
}

void ttl(Call& call) { reply_expiry(call, TimeUnit::kSeconds, TimeBase::kNow); }
void pttl(Call& call) { reply_expiry(call, TimeUnit::kMilliseconds, TimeBase::kNow); }
void expiretime(Call& call) { reply_expiry(call, TimeUnit::kSeconds, TimeBase::kEpoch); }
void pexpiretime(Call& call) { reply_expiry(call, TimeUnit::kMilliseconds, TimeBase::kEpoch); }

void persist(Call& call) {
  const Entry* entry = call.find_entry(1);
  if (entry == nullptr || !entry->has_expiry()) return call.reply.integer(0);
  call.shard(1).set_expiry(call.key(1), Entry::kNever);
  call.changed(1, {kGenericEvent, "persist"});
  call.reply.integer(1);
}

constexpr KeyRange kFirst{1, 1, 1};

constexpr Command kRows[] = {
    {"expire", -3, kWrite | kFast, kFirst, expire, "1.0.0",
     "Sets the seconds after which a key expires."},
    {"expireat", -3, kWrite | kFast, kFirst, expireat, "1.2.0",
     "Sets the time in seconds at which a key expires."},
    {"expiretime", 2, kReadonly | kFast, kFirst, expiretime, "7.0.0",
     "Returns the time in seconds at which a key expires."},
    {"persist", 2, kWrite | kFast, kFirst, persist, "2.2.0", "Keeps a key from expiring."},
    {"pexpire", -3, kWrite | kFast, kFirst, pexpire, "2.6.0",
     "Sets the milliseconds after which a key expires."},
    {"pexpireat", -3, kWrite | kFast, kFirst, pexpireat, "2.6.0",
     "Sets the time in milliseconds at which a key expires."},
    {"pexpiretime", 2, kReadonly | kFast, kFirst, pexpiretime, "7.0.0",
     "Returns the time in milliseconds at which a key expires."},
    {"pttl", 2, kReadonly | kFast, kFirst, pttl, "2.6.0",
     "Returns the milliseconds until a key expires."},
    {"ttl", 2, kReadonly | kFast, kFirst, ttl, "1.0.0", "Returns the seconds until a key expires."},
};

}  // namespace

const CommandGroup kExpire{"generic", kRows};

}  // namespace weir::redis::commands
