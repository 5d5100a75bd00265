// Replication, of which there is none: the server is a master without replicas, and nobody's.
#include <cstdint>

#include "servers/redis/call.h"
#include "servers/redis/commands/groups.h"
#include "servers/redis/types/integer_text.h"

namespace weir::redis::commands {
namespace {

void role(Call& call) {
  call.reply.array(3);
  call.reply.bulk("master");
  call.reply.integer(0);  // the offset
  call.reply.array(0);
}

void not_supported(Call& call) { call.error("ERR This server does not support replication"); }

// It is what REPLICAOF NO ONE makes a server.
void replicaof(Call& call) {
  if (call.is_option(1, "no") && call.is_option(2, "one")) return call.reply.ok();
  const auto port = parse_integer(call.argument(2));
  if (!port || *port < 0 || *port > 65535) return call.error("ERR Invalid master port");
  not_supported(call);
}

// What FAILOVER is told, each at most once.
struct FailoverOptions {
  bool abort = false;
  bool to = false;
  bool force = false;
  bool timeout = false;
};

// False, with the error replied.
bool parse_failover(Call& call, FailoverOptions& options) {
  for (std::size_t i = 1; i < call.size(); ++i) {
    if (call.is_option(i, "timeout") && i + 1 < call.size() && !options.timeout) {
      std::int64_t timeout_ms = 0;
      if (!call.integer(++i, timeout_ms)) return false;
      if (timeout_ms <= 0) {
        call.error("ERR FAILOVER timeout must be greater than 0");
        return false;
      }
      options.timeout = true;
    } else if (call.is_option(i, "abort") && call.size() == 2) {
      options.abort = true;
    } else if (call.is_option(i, "to") && i + 2 < call.size() && !options.to) {
      std::int64_t port = 0;
      if (!call.integer(i + 2, port)) return false;
      options.to = true;
      i += 2;
    } else if (call.is_option(i, "force") && !options.force) {
      options.force = true;
    } else {
      call.syntax_error();
      return false;
    }
  }
  return true;
}

void failover(Call& call) {
  FailoverOptions options;
  if (!parse_failover(call, options)) return;
  if (options.abort) return call.error("ERR No failover in progress.");
  call.error("ERR FAILOVER requires connected replicas.");
}

constexpr KeyRange kNoKeys{};

constexpr std::uint32_t kAny = kAdmin | kNoScript | kStale;
constexpr std::uint32_t kSyncing = kAdmin | kNoScript | kNoAsyncLoading | kNoMulti;

constexpr Command kRows[] = {
    {"failover", -1, kAny, kNoKeys, failover, "6.2.0", "Lets a replica take over."},
    {"psync", -3, kSyncing, kNoKeys, not_supported, "2.8.0", "What replicas begin with."},
    {"replconf", -1, kAny | kLoading | kAllowBusy, kNoKeys, not_supported, "3.0.0",
     "What replicas tell of themselves."},
    {"replicaof", 3, kAny | kNoAsyncLoading, kNoKeys, replicaof, "5.0.0",
     "Makes the server a replica, or a master."},
    {"role", 1, kNoScript | kLoading | kStale | kFast, kNoKeys, role, "2.8.12",
     "Returns the server's part in replication."},
    {"slaveof", 3, kAny | kNoAsyncLoading, kNoKeys, replicaof, "1.0.0",
     "Makes the server a replica, or a master."},
    {"sync", 1, kSyncing, kNoKeys, not_supported, "1.0.0", "What replicas begin with."},
};

}  // namespace

const CommandGroup kReplication{"server", kRows};

}  // namespace weir::redis::commands
