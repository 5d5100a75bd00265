#include "servers/redis/commands/command_tips.h"

#include "servers/redis/commands/named_command.h"

namespace weir::redis::commands {
namespace {

struct Row {
  std::string_view tip;
  std::string_view commands;
};

constexpr Row kRows[] = {
    {"nondeterministic_output",
     "client|info client|list dump function|stats hrandfield hscan info lastsave latency|doctor "
     "latency|graph latency|histogram latency|history latency|latest memory|doctor "
     "memory|malloc-stats memory|stats migrate object|encoding object|freq object|idletime "
     "object|refcount pttl scan spop srandmember sscan time ttl xadd xautoclaim xclaim "
     "xinfo|consumers xpending xtrim zrandmember zscan"},
    {"request_policy:all_shards",
     "dbsize flushall flushdb function|delete function|flush function|kill function|load "
     "function|restore function|stats info keys memory|doctor memory|malloc-stats memory|purge "
     "memory|stats ping randomkey script|exists script|kill wait"},
    {"request_policy:all_nodes",
     "config|set latency|doctor latency|graph latency|histogram latency|history latency|latest "
     "latency|reset script|flush script|load slowlog|get slowlog|len slowlog|reset"},
    {"request_policy:multi_shard", "del exists mget mset msetnx touch unlink"},
    {"request_policy:special", "scan"},
    {"response_policy:special",
     "function|stats info latency|doctor latency|graph latency|histogram latency|history "
     "latency|latest memory|doctor memory|malloc-stats memory|stats"},
    {"response_policy:all_succeeded",
     "config|set flushall flushdb function|delete function|flush function|load function|restore "
     "latency|reset memory|purge mset ping script|flush script|load slowlog|reset"},
    {"response_policy:agg_sum", "dbsize del exists slowlog|len touch unlink"},
    {"response_policy:agg_min", "msetnx wait"},
    {"response_policy:agg_logical_and", "script|exists"},
    {"response_policy:one_succeeded", "function|kill script|kill"},
    // Some have it last.
    {"nondeterministic_output", "randomkey slowlog|get slowlog|len"},
    {"nondeterministic_output_order",
     "command command|docs command|info command|list function|list hgetall hkeys hvals keys "
     "module|list sdiff sinter smembers sunion"},
};

}  // namespace

std::vector<std::string_view> command_tips(std::string_view name) {
  std::vector<std::string_view> tips;
  for (const Row& row : kRows) {
    if (has_name(row.commands, name)) tips.push_back(row.tip);
  }
  return tips;
}

}  // namespace weir::redis::commands
