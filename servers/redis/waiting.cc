#include "servers/redis/waiting.h"

#include <sys/uio.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/output_buffer.h"
#include "servers/redis/call.h"
#include "servers/redis/measurement.h"
#include "servers/redis/types/key_hash.h"
#include "servers/redis/waiter.h"
#include "servers/redis/wake_up.h"

namespace weir::redis {
namespace {

std::string take_text(OutputBuffer& output) {
  std::string text;
  text.reserve(output.size());
  while (!output.empty()) {
    iovec piece{};
    output.pieces(&piece, 1);
    text.append(static_cast<const char*>(piece.iov_base), piece.iov_len);
    output.consume(piece.iov_len);
  }
  return text;
}

// One turn over the keys that are ready, under the locks that are held.
class Turn {
 public:
  Turn(Server& server, Reactor& reactor, ShardLocks& held, std::int64_t now_ms)
      : server_(server),
        reactor_(reactor),
        held_(held),
        now_ms_(now_ms),
        ready_(server.ready_keys(reactor)) {}

  void run() {
    std::vector<ReadyKey> rest;
    while (!ready_.empty()) {
      for (ReadyKey& key : ready_.take()) {
        if (!holds_all(key) || !serve(key)) rest.push_back(std::move(key));
      }
    }
    for (ReadyKey& key : rest) ready_.add(std::move(key));
  }

 private:
  bool holds(std::size_t shard) const {
    return !server_.keyspace().parallel() || held_.holds(shard);
  }

  bool holds_all(const ReadyKey& key) const {
    return holds(key.shard) && std::all_of(key.other_shards.begin(), key.other_shards.end(),
                                           [this](std::size_t shard) { return holds(shard); });
  }

  // False where a client needs a shard that is not held: it is named in the key.
  bool serve(ReadyKey& key) {
    Shard& shard = server_.keyspace().shard_numbered(key.shard);
    const auto* waiters = shard.waiters().find(key.name);
    if (waiters == nullptr) return true;
    std::vector<Waiter*> served;
    const bool done = serve(shard, key, *waiters, served);
    // Their own threads would take them out of line, too: until then each write would pass them.
    if (!served.empty()) shard.waiters().remove_all(key.name, served);
    return done;
  }

  bool serve(Shard& shard, ReadyKey& key, const KeyRegister<Waiter>::Parties& waiters,
             std::vector<Waiter*>& served) {
    bool gone = !is_present(shard, key.name);
    for (Waiter* waiter : waiters) {
      if (gone && shard.awaited_removals() == 0) break;
      if (gone && !waiter->wait().told_of_removal) continue;
      const std::size_t other = gone ? kNone : other_shard(*waiter);  // nothing to move
      // One whose wait has ended is still in line until its own thread takes it out.
      if (other != kNone && !holds(other) && waiter->is_open()) {
        key.other_shards.push_back(other);
        return false;
      }
      if (waiter->close_if([&] { return retry(*waiter, key.name); })) {
        count_served(server_, reactor_, *waiter);
        served.push_back(waiter);
      }
      gone = !is_present(shard, key.name);
    }
    return true;
  }

  static constexpr std::size_t kNone = SIZE_MAX;

  std::size_t other_shard(const Waiter& waiter) const {
    const Wait& wait = waiter.wait();
    if (wait.target == 0) return kNone;
    const std::uint64_t hash = wait.request.request().hashes[wait.target];
    return Keyspace::shard_number(wait.database, Keyspace::shard_index(hash));
  }

  static bool is_present(Shard& shard, const std::string& name) {
    return shard.table().find(name, key_hash(name)) != nullptr;
  }

  bool retry(Waiter& waiter, std::string_view key) {
    thread_local ChunkPool pool;
    OutputBuffer output(pool);
    const Request& request = waiter.wait().request.request();
    Client& client = waiter.client();
    Call call(server_, reactor_, nullptr, client, *request.command, request.arguments,
              request.hashes, held_, now_ms_, output);
    call.retry(key);
    request.command->handler(call);
    if (output.empty()) return false;
    server_.outbox().send(client.connection, std::make_shared<WakeUp>(take_text(output)));
    if (server_.tracking().has_news(reactor_)) {
      server_.tracking().tell_news(reactor_, &client, nullptr);
    }
    return true;
  }

  Server& server_;
  Reactor& reactor_;
  ShardLocks& held_;
  const std::int64_t now_ms_;
  ReadyKeys& ready_;
};

}  // namespace

void serve_waiting(Server& server, Reactor& reactor, ShardLocks& held, std::int64_t now_ms) {
  Turn(server, reactor, held, now_ms).run();
}

void serve_rest(Server& server, Reactor& reactor, ShardLocks& locks, std::int64_t now_ms) {
  ReadyKeys& ready = server.ready_keys(reactor);
  while (!ready.empty()) {
    locks.add_number(ready.front().shard);
    for (const std::size_t shard : ready.front().other_shards) locks.add_number(shard);
    const ShardLocksGuard guard(locks);
    serve_waiting(server, reactor, locks, now_ms);
  }
}

}  // namespace weir::redis
