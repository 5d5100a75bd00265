// MULTI, EXEC and what belongs to them. How a transaction runs: executor.cc.
#include "servers/redis/call.h"
#include "servers/redis/commands/groups.h"
#include "servers/redis/executor.h"

namespace weir::redis::commands {
namespace {

void multi(Call& call) {
  if (call.client.transaction.is_open()) return call.error("ERR MULTI calls can not be nested");
  call.client.transaction.open();
  call.client.queued.store(0, std::memory_order_relaxed);
  call.reply.ok();
}

void exec(Call& call) {
  Transaction& transaction = call.client.transaction;
  if (!transaction.is_open()) return call.error("ERR EXEC without MULTI");
  if (!transaction.failed()) return execute_transaction(call);
  forget_transaction(call.server, call.client);
  call.error("EXECABORT Transaction discarded because of previous errors.");
}

void discard(Call& call) {
  if (!call.client.transaction.is_open()) return call.error("ERR DISCARD without MULTI");
  forget_transaction(call.server, call.client);
  call.reply.ok();
}

void watch(Call& call) {
  Client& client = call.client;
  if (client.transaction.is_open()) return call.error("ERR WATCH inside MULTI is not allowed");
  for (std::size_t i = 1; i < call.size(); ++i) {
    client.transaction.watch(call.server.keyspace(), static_cast<std::uint32_t>(call.database()),
                             call.key(i), call.now_ms);
  }
  call.reply.ok();
}

void unwatch(Call& call) {
  // Inside EXEC nothing is watched any more.
  redis::unwatch(call.server, call.client);
  call.reply.ok();
}

constexpr std::uint32_t kAny = kNoScript | kLoading | kStale;

constexpr KeyRange kAll{1, -1, 1};
constexpr KeyRange kNoKeys{};

constexpr Command kRows[] = {
    {"discard", 1, kAny | kFast | kAllowBusy | kNotQueued, kNoKeys, discard, "2.0.0",
     "Forgets the commands queued since MULTI."},
    {"exec", 1, kAny | kSkipSlowlog | kNotQueued, kNoKeys, exec, "1.2.0",
     "Executes the commands queued since MULTI."},
    {"multi", 1, kAny | kFast | kAllowBusy | kNotQueued, kNoKeys, multi, "1.2.0",
     "Begins a transaction."},
    {"unwatch", 1, kAny | kFast | kAllowBusy, kNoKeys, unwatch, "2.2.0",
     "Forgets the watched keys."},
    {"watch", -2, kAny | kFast | kAllowBusy | kNotQueued, kAll, watch, "2.2.0",
     "Watches keys: EXEC does nothing if one of them has changed."},
};

}  // namespace

const CommandGroup kTransaction{"transactions", kRows};

}  // namespace weir::redis::commands
