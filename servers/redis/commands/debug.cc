// DEBUG: what tests need. Not a container: as in Redis one command, whose first argument says what.
#include <poll.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <limits>
#include <string>
#include <string_view>

#include "core/flags.h"
#include "core/log.h"
#include "servers/redis/call.h"
#include "servers/redis/commands/arguments.h"
#include "servers/redis/commands/groups.h"
#include "servers/redis/commands/object.h"
#include "servers/redis/commands/value_digest.h"
#include "servers/redis/rdb/dump_payload.h"
#include "servers/redis/types/float_text.h"
#include "servers/redis/types/key_hash.h"

namespace weir::redis::commands {
namespace {

void reply_ok(Call& call) { call.reply.ok(); }

// All that is stored, expired or not. Not of one moment, unless nobody writes meanwhile.
void digest(Call& call) {
  Keyspace& keyspace = call.server.keyspace();
  Digest all;
  for (std::size_t database = 0; database < keyspace.databases(); ++database) {
    Digest with_database = all;
    with_database.append_number(static_cast<std::uint32_t>(database));
    bool empty = true;
    for (std::size_t i = 0; i < Keyspace::kShards; ++i) {
      const ShardLock lock(keyspace, Keyspace::shard_number(database, i), &call.locks);
      keyspace.shard_at(database, i).table().for_each([&](const Entry* entry) {
        Digest pair;
        pair.append(entry->key());
        append_value(pair, *entry);
        with_database.add(pair);
        empty = false;
      });
    }
    if (!empty) all = with_database;
  }
  call.reply.simple_string(all.text());
}

void digest_value(Call& call) {
  call.reply.array(call.size() - 2);
  for (std::size_t i = 2; i < call.size(); ++i) {
    Digest digest;
    const Entry* entry = call.peek_entry(i);
    if (entry != nullptr) append_value(digest, *entry);
    call.reply.simple_string(digest.text());
  }
}

void error(Call& call) { call.reply.error(call.argument(2)); }

void log(Call& call) {
  const std::string message(call.argument(2));
  WEIR_LOG(kWarning, "DEBUG LOG: %s", message.c_str());
  reply_ok(call);
}

// A dump's bytes that are no part of the value: its type, version and checksum.
constexpr std::size_t kDumpFrameBytes = 11;

// As Redis says it, but for what it adds of a list.
void object(Call& call) {
  const Entry* entry = call.peek_entry(2);
  if (entry == nullptr) return call.error("ERR no such key");
  const void* value =
      entry->type() == Type::kString ? entry->text().data() : entry->object<const void>();
  char address[32];
  std::snprintf(address, sizeof address, "%p", value);
  call.reply.simple_string("Value at:" + std::string(address) + " refcount:" +
                           std::to_string(references(*entry, call.server.config().eviction)) +
                           " encoding:" + std::string(encoding(*entry)) + " serializedlength:" +
                           std::to_string(rdb::dump(*entry).size() - kDumpFrameBytes) +
                           " lru:" + std::to_string(entry->stamp()) + " lru_seconds_idle:" +
                           std::to_string(call.server.access_clock().idle_seconds(entry->stamp())));
}

// Leaves keys that are there as they are.
void populate_key(Call& call, std::string_view name, std::string_view value) {
  const Key key{name, key_hash(name)};
  Keyspace& keyspace = call.server.keyspace();
  const std::size_t index = Keyspace::shard_index(key.hash);
  const ShardLock lock(keyspace, Keyspace::shard_number(call.database(), index), &call.locks);
  Shard& shard = keyspace.shard_at(call.database(), index);
  if (shard.find(key, call.now_ms) != nullptr) return;
  shard.set_text(key, value, Entry::kNever, call.now_ms);
  shard.touch(name);
}

void populate(Call& call) {
  constexpr std::size_t kMaxNameBytes = 127;  // Redis cuts longer ones off
  std::int64_t count = 0;
  std::int64_t size = 0;
  if (!read_count(call, 2, count)) return;
  if (call.size() == 5 && !read_count(call, 4, size)) return;
  if (size > call.server.config().max_bulk_bytes.load(std::memory_order_relaxed)) {
    return call.error("ERR string exceeds maximum allowed size (proto-max-bulk-len)");
  }
  const std::string prefix(call.size() > 3 ? call.argument(3) : "key");
  for (std::int64_t i = 0; i < count; ++i) {
    const std::string name = prefix + ":" + std::to_string(i);
    std::string value = "value:" + std::to_string(i);
    if (size > 0) value.resize(static_cast<std::size_t>(size), '\0');
    populate_key(call, std::string_view(name).substr(0, kMaxNameBytes), value);
  }
  reply_ok(call);
}

void reply_small_map(Call& call) {
  call.reply.map(3);
  for (int i = 0; i < 3; ++i) {
    call.reply.integer(i);
    call.reply.boolean(i == 1);
  }
}

void reply_attribute(Call& call) {
  if (call.reply.protocol() == 3) {
    call.reply.raw("|1\r\n");
    call.reply.bulk("key-popularity");
    call.reply.array(2);
    call.reply.bulk("key:123");
    call.reply.integer(90);
  }
  call.reply.bulk("Some real reply following the attribute");
}

void reply_push(Call& call) {
  if (call.reply.protocol() == 2) {
    return call.error("ERR RESP2 is not supported by this command");
  }
  call.reply.push(2);
  call.reply.bulk("server-cpu-usage");
  call.reply.integer(42);
  call.reply.bulk("Some real reply following the push reply");
}

void reply_three(Call& call) {
  for (int i = 0; i < 3; ++i) call.reply.integer(i);
}

// A reply of the type that is named, for the tests of clients.
struct Sample {
  std::string_view type;
  void (*write)(Call& call);
};

constexpr Sample kSamples[] = {
    {"string", [](Call& call) { call.reply.bulk("Hello World"); }},
    {"integer", [](Call& call) { call.reply.integer(12345); }},
    {"double", [](Call& call) { call.reply.double_(3.141); }},
    {"bignum", [](Call& call) { call.reply.big_number("1234567999999999999999999999999999999"); }},
    {"null", [](Call& call) { call.reply.null(); }},
    {"array", [](Call& call) { call.reply.array(3), reply_three(call); }},
    {"set", [](Call& call) { call.reply.set(3), reply_three(call); }},
    {"map", reply_small_map},
    {"attrib", reply_attribute},
    {"push", reply_push},
    {"verbatim", [](Call& call) { call.reply.verbatim("txt", "This is a verbatim\nstring"); }},
    {"true", [](Call& call) { call.reply.boolean(true); }},
    {"false", [](Call& call) { call.reply.boolean(false); }},
};

void protocol(Call& call) {
  for (const Sample& sample : kSamples) {
    if (call.is_option(2, sample.type)) return sample.write(call);
  }
  std::string types;
  for (const Sample& sample : kSamples) {
    types.append(types.empty() ? "" : "|").append(sample.type);
  }
  call.error("ERR Wrong protocol type name. Please use one of the following: " + types);
}

// All that timers do to data is to expire keys.
void pause_cron(Call& call) {
  call.server.set_active_expiry(parse_integer(call.argument(2)).value_or(0) == 0);
  reply_ok(call);
}

// Of no effect: a list's nodes hold large and small elements alike.
void quicklist_packed_threshold(Call& call) {
  constexpr std::uint64_t kMax = (std::uint64_t{1} << 32) - (1 << 20);
  const auto bytes = parse_bytes(call.argument(2));
  if (!bytes.is_ok() || bytes.value() > kMax) {
    return call.error("ERR argument must be a memory value bigger than 1 and smaller than 4gb");
  }
  reply_ok(call);
}

void set_active_expire(Call& call) {
  call.server.set_active_expiry(parse_integer(call.argument(2)).value_or(0) != 0);
  reply_ok(call);
}

void set_disable_deny_scripts(Call& call) {
  call.server.let_scripts_run_all(parse_integer(call.argument(2)).value_or(0) != 0);
  reply_ok(call);
}

// Blocks this reactor, which is its purpose.
void sleep(Call& call) {
  constexpr long double kMaxMs = std::numeric_limits<int>::max();
  const long double ms = std::ceil(parse_float(call.argument(2)).value_or(0) * 1000);
  ::poll(nullptr, 0, static_cast<int>(std::clamp(ms, 0.0L, kMaxMs)));
  reply_ok(call);
}

struct Subcommand {
  std::string_view name;
  std::size_t min_size;  // arguments, the two names among them
  std::size_t max_size;
  void (*run)(Call& call);
  KeyRange keys = {};
};

constexpr std::size_t kAnySize = std::numeric_limits<std::size_t>::max();
constexpr KeyRange kSecond{2, 2, 1};
constexpr KeyRange kFromSecond{2, -1, 1};

constexpr Subcommand kSubcommands[] = {
    {"digest", 2, 2, digest},
    {"digest-value", 2, kAnySize, digest_value, kFromSecond},
    {"error", 3, 3, error},
    {"log", 3, 3, log},
    {"object", 3, 3, object, kSecond},
    {"pause-cron", 3, 3, pause_cron},
    {"populate", 3, 5, populate},
    {"protocol", 3, 3, protocol},
    {"quicklist-packed-threshold", 3, 3, quicklist_packed_threshold},
    {"set-active-expire", 3, 3, set_active_expire},
    {"set-disable-deny-scripts", 3, 3, set_disable_deny_scripts},
    {"sleep", 3, 3, sleep},
};

const Subcommand* find_subcommand(std::span<const std::string_view> arguments) {
  if (arguments.size() < 2) return nullptr;
  for (const Subcommand& subcommand : kSubcommands) {
    if (equal_names(arguments[1], subcommand.name) && arguments.size() >= subcommand.min_size &&
        arguments.size() <= subcommand.max_size) {
      return &subcommand;
    }
  }
  return nullptr;
}

KeyRange locate(std::span<const std::string_view> arguments) {
  const Subcommand* subcommand = find_subcommand(arguments);
  return subcommand != nullptr ? subcommand->keys : KeyRange{};
}

// False, with the error replied, when the configuration keeps this client from DEBUG.
bool may_debug(Call& call) {
  const Config::DebugAccess access = call.server.config().debug_access.load();
  if (access == Config::DebugAccess::kYes) return true;
  if (access == Config::DebugAccess::kLocal &&
      (call.client.unix_socket || call.connection().peer().is_loopback())) {
    return true;
  }
  call.error(
      "ERR DEBUG command not allowed. If the enable-debug-command option is set to \"local\", you "
      "can run it from a local connection, otherwise you need to set this option in the "
      "configuration file, and then restart the server.");
  return false;
}

void debug(Call& call) {
  if (!may_debug(call)) return;
  const Subcommand* subcommand = find_subcommand(call.arguments());
  if (subcommand != nullptr) return subcommand->run(call);
  constexpr std::size_t kMaxQuoted = 128;
  const std::string_view name = call.argument(1);
  call.error("ERR unknown subcommand or wrong number of arguments for '" +
             std::string(name.substr(0, std::min(kMaxQuoted, name.find('\0')))) +
             "'. Try DEBUG HELP.");
}

constexpr KeyRange kLocated{.locate = locate};

constexpr Command kRows[] = {
    {"debug", -2, kAdmin | kNoScript | kLoading | kStale | kWalks, kLocated, debug, "1.0.0",
     "What tests need."},
};

}  // namespace

const CommandGroup kDebug{"server", kRows};

}  // namespace weir::redis::commands
