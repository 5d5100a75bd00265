#include "servers/redis/commands/key_access.h"

#include <algorithm>
#include <cstddef>

namespace weir::redis::commands {
namespace {

enum Access : std::uint32_t {
  kReads = 1 << 0,       // never changes the value
  kChanges = 1 << 1,     // changes a part of it
  kOverwrites = 1 << 2,  // without a look at the old value
  kRemoves = 1 << 3,
  kReturns = 1 << 4,  // replies, copies or uses what is in the value
  kUpdates = 1 << 5,
  kInserts = 1 << 6,
  kDeletes = 1 << 7,
  kNotKey = 1 << 8,
  kVaries = 1 << 9,
};

constexpr std::string_view kNames[] = {
    "RO", "RW", "OW", "RM", "access", "update", "insert", "delete", "not_key", "variable_flags",
};

struct Row {
  KeyAccess access;
  std::string_view commands;
};

// Commands that read and are not listed return the value, those that write change and return it.
constexpr Row kRows[] = {
    {{kReads},
     "exists hexists hlen hstrlen llen memory|usage object|encoding object|freq object|idletime "
     "object|refcount scard sismember strlen touch type watch xlen zcard"},
    {{kChanges | kUpdates},
     "expire expireat geoadd hmset hset lset persist pexpire pexpireat setrange xack xadd xclaim "
     "xgroup|setid xsetid zadd"},
    {{kChanges | kReturns | kDeletes},
     "blmpop blpop brpop bzmpop bzpopmax bzpopmin getdel lmpop lpop migrate rpop spop zmpop "
     "zpopmax zpopmin"},
    {{kChanges | kDeletes},
     "hdel lrem ltrim srem xautoclaim xdel xgroup|delconsumer xgroup|destroy xtrim zrem "
     "zremrangebylex zremrangebyrank zremrangebyscore"},
    {{kChanges | kReturns | kUpdates}, "eval evalsha fcall"},
    {{kChanges | kInserts},
     "append hsetnx linsert lpush lpushx pfadd rpush rpushx sadd xgroup|create "
     "xgroup|createconsumer"},
    {{kChanges | kReturns}, "pfcount pfdebug"},
    {{kChanges | kReturns | kUpdates | kVaries}, "bitfield set"},
    {{kOverwrites | kUpdates}, "mset psetex restore restore-asking setex"},
    {{kOverwrites | kInserts}, "msetnx setnx"},
    {{kRemoves | kDeletes}, "del unlink"},
    {{kNotKey}, "spublish ssubscribe sunsubscribe"},
    {{kOverwrites | kUpdates, kReads | kReturns},
     "bitop geosearchstore sdiffstore sunionstore zdiffstore zinterstore zrangestore zunionstore"},
    {{kChanges | kUpdates, kReads | kReturns}, "sinterstore"},
    {{kChanges | kReturns | kInserts, kReads | kReturns}, "pfmerge"},
    {{kReads | kReturns, kOverwrites | kUpdates}, "copy georadius georadiusbymember sort"},
    {{kChanges | kReturns | kDeletes, kChanges | kInserts},
     "blmove brpoplpush lmove rpoplpush smove"},
    {{kChanges | kReturns | kDeletes, kOverwrites | kUpdates}, "rename"},
    {{kChanges | kReturns | kDeletes, kOverwrites | kInserts}, "renamenx"},
};

bool has_option(std::span<const std::string_view> arguments, std::size_t from,
                std::string_view option) {
  return std::any_of(arguments.begin() + static_cast<std::ptrdiff_t>(from), arguments.end(),
                     [option](std::string_view word) { return equal_names(word, option); });
}

// Whether a BITFIELD consists of whole GETs, with OVERFLOW between them.
bool only_gets(std::span<const std::string_view> arguments) {
  for (std::size_t i = 2; i < arguments.size();) {
    const std::size_t left = arguments.size() - i;
    if (equal_names(arguments[i], "get") && left > 2) {
      i += 3;
    } else if (equal_names(arguments[i], "overflow") && left > 1) {
      i += 2;
    } else {
      return false;
    }
  }
  return true;
}

}  // namespace

std::span<const std::string_view> key_access_names() { return kNames; }

KeyAccess key_access(const Command& command, std::string_view name) {
  for (const Row& row : kRows) {
    if (has_name(row.commands, name)) return row.access;
  }
  return (command.flags & kReadonly) != 0 ? KeyAccess{kReads | kReturns}
                                          : KeyAccess{kChanges | kReturns | kUpdates};
}

KeyAccess key_access(const Command& command, std::string_view name,
                     std::span<const std::string_view> arguments) {
  const KeyAccess access = key_access(command, name);
  if ((access.first & kVaries) == 0) return access;
  if (name == "set" && !has_option(arguments, 3, "get")) return {kOverwrites | kUpdates};
  if (name == "bitfield" && only_gets(arguments)) return {kReads | kReturns};
  return {access.first & ~kVaries};
}

}  // namespace weir::redis::commands
