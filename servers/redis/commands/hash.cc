// Commands on hashes. Sampling and scanning are in hash_sample.cc.

#include "servers/redis/types/hash.h"

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "servers/redis/call.h"
#include "servers/redis/commands/arguments.h"
#include "servers/redis/commands/groups.h"
#include "servers/redis/types/float_text.h"
#include "servers/redis/types/integer_text.h"

namespace weir::redis::commands {
namespace {

using Field = std::optional<std::string_view>;

Field get_field(const Hash* hash, std::string_view field, IntegerText& scratch) {
  return hash == nullptr ? std::nullopt : hash->get(field, scratch);
}

void reply_field(Call& call, const Field& value) {
  if (value) {
    call.reply.bulk(*value);
  } else {
    call.reply.null();
  }
}

// Sets all pairs given and counts the fields that are new; nothing, with the error replied, when
// that can't be done.
std::optional<std::int64_t> set_pairs(Call& call) {
  if (call.size() % 2 == 1) {
    wrong_arity(call);
    return std::nullopt;
  }
  Hash* hash = call.find_or_create<Hash>(1);
  if (hash == nullptr) return std::nullopt;
  std::int64_t added = 0;
  for (std::size_t i = 2; i < call.size(); i += 2) {
    added += hash->set(call.argument(i), call.argument(i + 1), call.limits()) ? 1 : 0;
  }
  call.changed(1, {kHashEvent, "hset"});
  return added;
}

void hset(Call& call) {
  if (const auto added = set_pairs(call)) call.reply.integer(*added);
}

void hmset(Call& call) {
  if (set_pairs(call)) call.reply.ok();
}

void hsetnx(Call& call) {
  Hash* hash = call.find_or_create<Hash>(1);
  if (hash == nullptr) return;
  if (hash->contains(call.argument(2))) return call.reply.integer(0);
  hash->set(call.argument(2), call.argument(3), call.limits());
  call.changed(1, {kHashEvent, "hset"});
  call.reply.integer(1);
}

void hget(Call& call) {
  Hash* hash = nullptr;
  if (!call.read(1, hash)) return;
  IntegerText scratch;
  reply_field(call, get_field(hash, call.argument(2), scratch));
}

void hmget(Call& call) {
  Hash* hash = nullptr;
  if (!call.read(1, hash)) return;
  call.reply.array(call.size() - 2);
  for (std::size_t i = 2; i < call.size(); ++i) {
    IntegerText scratch;
    reply_field(call, get_field(hash, call.argument(i), scratch));
  }
}

void hgetall(Call& call) {
  Hash* hash = nullptr;
  if (!call.read(1, hash)) return;
  if (hash == nullptr) return call.reply.map(0);
  call.reply.map(hash->size());
  hash->for_each([&](std::string_view field, std::string_view value) {
    call.reply.bulk(field);
    call.reply.bulk(value);
  });
}

void hkeys(Call& call) {
  Hash* hash = nullptr;
  if (!call.read(1, hash)) return;
  if (hash == nullptr) return call.reply.array(0);
  call.reply.array(hash->size());
  hash->for_each([&](std::string_view field, std::string_view) { call.reply.bulk(field); });
}

void hvals(Call& call) {
  Hash* hash = nullptr;
  if (!call.read(1, hash)) return;
  if (hash == nullptr) return call.reply.array(0);
  call.reply.array(hash->size());
  hash->for_each([&](std::string_view, std::string_view value) { call.reply.bulk(value); });
}

void hdel(Call& call) {
  Hash* hash = nullptr;
  if (!call.find(1, hash)) return;
  if (hash == nullptr) return call.reply.integer(0);
  std::int64_t removed = 0;
  for (std::size_t i = 2; i < call.size(); ++i) removed += hash->erase(call.argument(i)) ? 1 : 0;
  if (removed > 0) call.changed(1, {kHashEvent, "hdel"}, *hash);
  call.reply.integer(removed);
}

void hlen(Call& call) {
  Hash* hash = nullptr;
  if (!call.read(1, hash)) return;
  call.reply.integer(hash == nullptr ? 0 : static_cast<std::int64_t>(hash->size()));
}

void hstrlen(Call& call) {
  Hash* hash = nullptr;
  if (!call.read(1, hash)) return;
  const std::size_t length = hash == nullptr ? 0 : hash->value_length(call.argument(2));
  call.reply.integer(static_cast<std::int64_t>(length));
}

void hexists(Call& call) {
  Hash* hash = nullptr;
  if (!call.read(1, hash)) return;
  call.reply.integer(hash != nullptr && hash->contains(call.argument(2)) ? 1 : 0);
}

// The errors below arise only where the field exists: a hash made for the call is never left empty.

void hincrby(Call& call) {
  std::int64_t increment = 0;
  if (!call.integer(3, increment)) return;
  Hash* hash = call.find_or_create<Hash>(1);
  if (hash == nullptr) return;
  IntegerText scratch;
  const Field old = hash->get(call.argument(2), scratch);
  const auto value = old ? parse_integer(*old) : 0;
  if (!value) return call.error("ERR hash value is not an integer");
  std::int64_t sum = 0;
  if (__builtin_add_overflow(*value, increment, &sum)) {
    return call.error("ERR increment or decrement would overflow");
  }
  hash->set(call.argument(2), scratch.format(sum), call.limits());
  call.changed(1, {kHashEvent, "hincrby"});
  call.reply.integer(sum);
}

void hincrbyfloat(Call& call) {
  const auto increment = parse_float(call.argument(3));
  if (!increment) return call.error("ERR value is not a valid float");
  if (std::isinf(*increment)) return call.error("ERR value is NaN or Infinity");
  Hash* hash = call.find_or_create<Hash>(1);
  if (hash == nullptr) return;
  IntegerText scratch;
  const Field old = hash->get(call.argument(2), scratch);
  const auto value = old ? parse_float(*old) : 0.0L;
  if (!value) return call.error("ERR hash value is not a float");
  const long double sum = *value + *increment;
  if (!std::isfinite(sum)) return call.error("ERR increment would produce NaN or Infinity");
  FloatText text_scratch;
  const std::string_view text = format_float(sum, text_scratch);
  hash->set(call.argument(2), text, call.limits());
  call.changed(1, {kHashEvent, "hincrbyfloat"});
  call.reply.bulk(text);
}

constexpr std::uint32_t kFastWrite = kWrite | kDenyOom | kFast;
constexpr std::uint32_t kFastRead = kReadonly | kFast;
constexpr KeyRange kFirst{1, 1, 1};

constexpr Command kRows[] = {
    {"hset", -4, kFastWrite, kFirst, hset, "2.0.0", "Sets fields of a hash."},
    {"hmset", -4, kFastWrite, kFirst, hmset, "2.0.0", "Sets fields of a hash, replying OK."},
    {"hsetnx", 4, kFastWrite, kFirst, hsetnx, "2.0.0", "Sets a field unless it exists."},
    {"hget", 3, kFastRead, kFirst, hget, "2.0.0", "Returns a field's value."},
    {"hmget", -3, kFastRead, kFirst, hmget, "2.0.0", "Returns the values of several fields."},
    {"hgetall", 2, kReadonly, kFirst, hgetall, "2.0.0", "Returns all fields with their values."},
    {"hdel", -3, kWrite | kFast, kFirst, hdel, "2.0.0", "Removes fields."},
    {"hlen", 2, kFastRead, kFirst, hlen, "2.0.0", "Returns the number of fields."},
    {"hstrlen", 3, kFastRead, kFirst, hstrlen, "3.2.0", "Returns the length of a field's value."},
    {"hexists", 3, kFastRead, kFirst, hexists, "2.0.0", "Says whether a field exists."},
    {"hkeys", 2, kReadonly, kFirst, hkeys, "2.0.0", "Returns all fields."},
    {"hvals", 2, kReadonly, kFirst, hvals, "2.0.0", "Returns the values of all fields."},
    {"hincrby", 4, kFastWrite, kFirst, hincrby, "2.0.0", "Adds an integer to a field's value."},
    {"hincrbyfloat", 4, kFastWrite, kFirst, hincrbyfloat, "2.6.0",
     "Adds a floating-point number to a field's value."},
};

}  // namespace

const CommandGroup kHash{"hash", kRows};

}  // namespace weir::redis::commands
