// Strings: whole values, parts of them, several at a time. Numbers are in counter.cc.
#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

#include "servers/redis/call.h"
#include "servers/redis/commands/arguments.h"
#include "servers/redis/commands/expiry_option.h"
#include "servers/redis/commands/groups.h"

namespace weir::redis::commands {
namespace {

void get(Call& call) {
  const Entry* entry = call.read_entry(1);
  if (entry == nullptr) return call.reply.null();
  if (entry->type() != Type::kString) return call.wrong_type();
  call.reply.bulk(entry->text());
}

constexpr KeyEvent kSet{kStringEvent, "set"};
constexpr KeyEvent kExpirySet{kGenericEvent, "expire"};

// Inlined by force: SET is the most frequent command that writes.
[[gnu::always_inline]] inline void store(Call& call, std::size_t key, std::size_t value,
                                         std::int64_t expiry, const KeyEvent& event = kSet) {
  Shard& shard = call.shard(key);
  const Key stored = call.key(key);
  call.use(shard, shard.set_text(stored, call.argument(value), expiry, call.now_ms));
  call.changed_key(shard, stored.name, event);
}

struct SetOptions {
  bool only_absent = false;
  bool only_present = false;
  bool get = false;
  bool keep_expiry = false;
  bool persist = false;
  std::size_t time = 0;  // the argument that has it, 0: none
  TimeUnit unit{};
  TimeBase base{};
};

// The option of a time at argument i: EX, PX, EXAT, PXAT. False when it is none of them.
bool is_time_option(const Call& call, std::size_t i, TimeUnit& unit, TimeBase& base) {
  if (call.is_option(i, "ex") || call.is_option(i, "exat")) {
    unit = TimeUnit::kSeconds;
  } else if (call.is_option(i, "px") || call.is_option(i, "pxat")) {
    unit = TimeUnit::kMilliseconds;
  } else {
    return false;
  }
  base = call.argument(i).size() == 4 ? TimeBase::kEpoch : TimeBase::kNow;
  return true;
}

// Takes the time option at argument i, the time being the next one. Given twice the last counts,
// but no two kinds of it go together.
bool take_time(const Call& call, std::size_t i, SetOptions& options) {
  TimeUnit unit{};
  TimeBase base{};
  if (i + 1 == call.size() || !is_time_option(call, i, unit, base)) return false;
  if (options.keep_expiry || options.persist) return false;
  if (options.time != 0 && (unit != options.unit || base != options.base)) return false;
  options.time = i + 1;
  options.unit = unit;
  options.base = base;
  return true;
}

// Reads SET's options, or GETEX's, from argument i on. False, with the error replied, when they are
// wrong. The time itself is not looked at yet: parse_time().
bool parse_options(Call& call, std::size_t i, bool is_set, SetOptions& options) {
  for (; i < call.size(); ++i) {
    if (is_set && call.is_option(i, "nx") && !options.only_present) {
      options.only_absent = true;
    } else if (is_set && call.is_option(i, "xx") && !options.only_absent) {
      options.only_present = true;
    } else if (is_set && call.is_option(i, "get")) {
      options.get = true;
    } else if (is_set && call.is_option(i, "keepttl") && options.time == 0) {
      options.keep_expiry = true;
    } else if (!is_set && call.is_option(i, "persist") && options.time == 0) {
      options.persist = true;
    } else if (take_time(call, i, options)) {
      ++i;
    } else {
      call.syntax_error();
      return false;
    }
  }
  return true;
}

// The options' time, if they have one, in milliseconds since the epoch.
bool parse_time(Call& call, const SetOptions& options, std::int64_t& expiry) {
  expiry = Entry::kNever;
  return options.time == 0 ||
         parse_expiry(call, options.time, options.unit, options.base, true, expiry);
}

void set_with_options(Call& call, const SetOptions& options) {
  std::int64_t expiry = 0;
  if (!parse_time(call, options, expiry)) return;
  Entry* const old = options.get ? call.read_entry(1) : call.find_quietly(1);
  if (options.get) {
    if (old != nullptr && old->type() != Type::kString) return call.wrong_type();
    if (old != nullptr) {
      call.reply.bulk(old->text());
    } else {
      call.reply.null();
    }
  }
  const bool present = old != nullptr;
  if ((options.only_absent && present) || (options.only_present && !present)) {
    if (options.get) return;
    call.use(call.shard(1), old);
    return call.reply.null();
  }
  if (options.keep_expiry && present) expiry = old->expiry();
  store(call, 1, 2, expiry);
  if (options.time != 0) call.announce(1, kExpirySet);
  if (!options.get) call.reply.ok();
}

void set(Call& call) {
  if (call.size() == 3) {
    store(call, 1, 2, Entry::kNever);
    return call.reply.ok();
  }
  SetOptions options;
  if (parse_options(call, 3, true, options)) set_with_options(call, options);
}

void setnx(Call& call) {
  const bool absent = call.find_entry(1) == nullptr;
  if (absent) store(call, 1, 2, Entry::kNever);
  call.reply.integer(absent ? 1 : 0);
}

void set_expiring(Call& call, TimeUnit unit) {
  std::int64_t expiry = 0;
  if (!parse_expiry(call, 2, unit, TimeBase::kNow, true, expiry)) return;
  store(call, 1, 3, expiry);
  call.announce(1, kExpirySet);
  call.reply.ok();
}

void setex(Call& call) { set_expiring(call, TimeUnit::kSeconds); }
void psetex(Call& call) { set_expiring(call, TimeUnit::kMilliseconds); }

void getset(Call& call) {
  std::optional<std::string_view> old;
  if (!call.read_text(1, old)) return;
  if (old) {
    call.reply.bulk(*old);
  } else {
    call.reply.null();
  }
  store(call, 1, 2, Entry::kNever);
}

void getdel(Call& call) {
  const Entry* entry = call.read_entry(1);
  if (entry == nullptr) return call.reply.null();
  if (entry->type() != Type::kString) return call.wrong_type();
  call.reply.bulk(entry->text());
  call.remove(1);
}

void getex(Call& call) {
  SetOptions options;
  if (!parse_options(call, 2, false, options)) return;
  const Entry* entry = call.read_entry(1);
  if (entry == nullptr) return call.reply.null();
  if (entry->type() != Type::kString) return call.wrong_type();
  std::int64_t expiry = 0;
  if (!parse_time(call, options, expiry)) return;
  call.reply.bulk(entry->text());
  if (options.time != 0 && expiry <= call.now_ms) {
    call.remove(1);
  } else if (options.time != 0 || (options.persist && entry->has_expiry())) {
    call.shard(1).set_expiry(call.key(1), expiry);
    call.changed(1, options.persist ? KeyEvent{kGenericEvent, "persist"} : kExpirySet);
  }
}

void mget(Call& call) {
  call.reply.array(call.size() - 1);
  for (std::size_t i = 1; i < call.size(); ++i) {
    const Entry* entry = call.read_entry(i);
    if (entry != nullptr && entry->type() == Type::kString) {
      call.reply.bulk(entry->text());
    } else {
      call.reply.null();
    }
  }
}

bool has_whole_pairs(Call& call) {
  if (call.size() % 2 == 1) return true;
  wrong_arity(call);
  return false;
}

void store_pairs(Call& call) {
  for (std::size_t i = 1; i < call.size(); i += 2) store(call, i, i + 1, Entry::kNever);
}

void mset(Call& call) {
  if (!has_whole_pairs(call)) return;
  store_pairs(call);
  call.reply.ok();
}

void msetnx(Call& call) {
  if (!has_whole_pairs(call)) return;
  for (std::size_t i = 1; i < call.size(); i += 2) {
    if (call.find_entry(i) != nullptr) return call.reply.integer(0);
  }
  store_pairs(call);
  call.reply.integer(1);
}

void strlen(Call& call) {
  const Entry* entry = call.read_entry(1);
  if (entry != nullptr && entry->type() != Type::kString) return call.wrong_type();
  call.reply.integer(entry == nullptr ? 0 : static_cast<std::int64_t>(entry->text().size()));
}

// Whether a string may become so long; replies the error if not.
bool check_length(Call& call, std::uint64_t length) {
  const auto limit = static_cast<std::uint64_t>(
      call.server.config().max_bulk_bytes.load(std::memory_order_relaxed));
  if (length <= limit) return true;
  call.error("ERR string exceeds maximum allowed size (proto-max-bulk-len)");
  return false;
}

void append(Call& call) {
  constexpr KeyEvent kAppended{kStringEvent, "append"};
  std::optional<std::string_view> old;
  if (!call.find_text(1, old)) return;
  const std::string_view more = call.argument(2);
  const std::size_t old_size = old ? old->size() : 0;
  if (!check_length(call, old_size + more.size())) return;
  if (!old) {
    store(call, 1, 2, Entry::kNever, kAppended);
  } else {
    char* bytes = call.shard(1).resize_text(call.key(1), old_size + more.size());
    std::copy(more.begin(), more.end(), bytes + old_size);
    call.changed(1, kAppended);
  }
  call.reply.integer(static_cast<std::int64_t>(old_size + more.size()));
}

void setrange(Call& call) {
  std::int64_t offset = 0;
  if (!call.integer(2, offset)) return;
  if (offset < 0) return call.error("ERR offset is out of range");
  std::optional<std::string_view> old;
  if (!call.find_text(1, old)) return;
  const std::string_view part = call.argument(3);
  const std::size_t old_size = old ? old->size() : 0;
  if (part.empty()) return call.reply.integer(static_cast<std::int64_t>(old_size));
  const std::uint64_t end = static_cast<std::uint64_t>(offset) + part.size();
  if (!check_length(call, end)) return;
  if (!old) call.shard(1).set_text(call.key(1), {}, Entry::kNever, call.now_ms);
  const std::size_t size = std::max<std::size_t>(old_size, end);
  std::copy(part.begin(), part.end(), call.shard(1).resize_text(call.key(1), size) + offset);
  call.changed(1, {kStringEvent, "setrange"});
  call.reply.integer(static_cast<std::int64_t>(size));
}

void getrange(Call& call) {
  std::int64_t start = 0;
  std::int64_t end = 0;
  if (!call.integer(2, start) || !call.integer(3, end)) return;
  const Entry* entry = call.read_entry(1);
  if (entry != nullptr && entry->type() != Type::kString) return call.wrong_type();
  const std::string_view text = entry == nullptr ? std::string_view() : entry->text();
  const auto size = static_cast<std::int64_t>(text.size());
  if (start < 0 && end < 0 && start > end) return call.reply.bulk("");
  start = std::max<std::int64_t>(start < 0 ? start + size : start, 0);
  end = std::min(std::max<std::int64_t>(end < 0 ? end + size : end, 0), size - 1);
  if (start > end || size == 0) return call.reply.bulk("");
  call.reply.bulk(
      text.substr(static_cast<std::size_t>(start), static_cast<std::size_t>(end - start + 1)));
}

constexpr KeyRange kFirst{1, 1, 1};
constexpr KeyRange kAll{1, -1, 1};
constexpr KeyRange kPairs{1, -1, 2};

constexpr Command kRows[] = {
    {"append", 3, kWrite | kDenyOom | kFast, kFirst, append, "2.0.0",
     "Appends to the string at a key, making it when absent."},
    {"get", 2, kReadonly | kFast, kFirst, get, "1.0.0", "Returns the string at a key."},
    {"getdel", 2, kWrite | kFast, kFirst, getdel, "6.2.0",
     "Returns the string at a key and removes the key."},
    {"getex", -2, kWrite | kFast, kFirst, getex, "6.2.0",
     "Returns the string at a key and changes its expiry."},
    {"getrange", 4, kReadonly, kFirst, getrange, "2.4.0", "Returns a part of a string."},
    {"getset", 3, kWrite | kDenyOom | kFast, kFirst, getset, "1.0.0",
     "Sets a key to a string and returns the old one."},
    {"mget", -2, kReadonly | kFast, kAll, mget, "1.0.0", "Returns the strings at the keys."},
    {"mset", -3, kWrite | kDenyOom, kPairs, mset, "1.0.1", "Sets keys to strings, all at once."},
    {"msetnx", -3, kWrite | kDenyOom, kPairs, msetnx, "1.0.1",
     "Sets keys to strings if none of them is there."},
    {"psetex", 4, kWrite | kDenyOom, kFirst, psetex, "2.6.0",
     "Sets a key to a string that expires in milliseconds."},
    {"set", -3, kWrite | kDenyOom, kFirst, set, "1.0.0",
     "Sets a key to a string, whatever it was."},
    {"setex", 4, kWrite | kDenyOom, kFirst, setex, "2.0.0",
     "Sets a key to a string that expires in seconds."},
    {"setnx", 3, kWrite | kDenyOom | kFast, kFirst, setnx, "1.0.0",
     "Sets a key to a string if it is not there."},
    {"setrange", 4, kWrite | kDenyOom, kFirst, setrange, "2.2.0",
     "Overwrites a part of a string, lengthening it with zero bytes."},
    {"strlen", 2, kReadonly | kFast, kFirst, strlen, "2.2.0", "Returns the length of a string."},
    {"substr", 4, kReadonly, kFirst, getrange, "1.0.0", "The old name of GETRANGE."},
};

}  // namespace

const CommandGroup kString{"string", kRows};

}  // namespace weir::redis::commands
