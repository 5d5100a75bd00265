// Executes the requests of one client: the checks in Redis' order, the locks, the handler, the
// reply. Also what EXEC needs: a whole transaction under one set of locks.
// Thread rule: the reactor of the client's connection.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "core/connection.h"
#include "core/cycle_clock.h"
#include "servers/redis/call.h"
#include "servers/redis/client.h"
#include "servers/redis/keyspace/shard_locks.h"
#include "servers/redis/request.h"
#include "servers/redis/server.h"

namespace weir::redis {

class Measurement;

class Executor {
 public:
  Executor(Server& server, Client& client)
      : server_(server), client_(client), locks_(server.keyspace()) {}

  // What a client may be written before its limits are looked at.
  static constexpr std::size_t kMuchOutput = 64 * 1024;

  // Replies exactly once, unless the client waits from here on, has asked for silence, or is to be
  // closed.
  void execute(Connection& connection, const Request& request, std::int64_t now_ms);
  // Executes requests up to the first that is not plain (see Command), and returns how many: what
  // has to be asked for each other is asked once for all these. 0 also where the client, or the
  // server, is in such a state that more than the request decides what becomes of it. May end
  // early: behind much output, or a long time after the time was read. REQUIRES: there is one, and
  // it need not wait.
  std::size_t execute_plain(Connection& connection, std::span<const Request> requests,
                            std::int64_t now_ms, CycleClock::Ticks read_at);

 private:
  bool is_ordinary() const;
  bool must_stop(std::int64_t now_ms) const;
  void note_command(const Request& request) {
    client_.last_command.store(request.command, std::memory_order_relaxed);
    client_.last_container.store(request.container, std::memory_order_relaxed);
  }
  void lock(const Request& request, std::size_t database);
  void run_plain_locked(Call& call, const Request& request, Measurement& measurement);
  void execute_into(Connection& connection, const Request& request, std::int64_t now_ms,
                    OutputBuffer& output);
  void execute_in_silence(Connection& connection, const Request& request, std::int64_t now_ms);
  bool admit(Call& call, const Request& request);
  bool lacks_memory(Call& call, const Request& request);
  bool refuse(Call& call, std::string_view message);
  void queue(Call& call, const Request& request);
  void run(Call& call, const Request& request);
  void run_locked(Call& call, const Request& request);
  void run_handler(Call& call);
  void tell_and_serve(Call& call);
  void tell_news(Call& call);
  void end_caching(const Request& request);

  Server& server_;
  Client& client_;
  ShardLocks locks_;
};

// Runs a call that is a part of a larger one, whose checks and locks it relies on.
void run_inside(Call& call);

// EXEC's part, called by its handler: runs what is queued, with everything it needs locked at once.
void execute_transaction(Call& call);

// Ends MULTI without executing, and stops watching. Takes the locks of the watched keys' shards
// itself: the caller holds none.
void forget_transaction(Server& server, Client& client);
void unwatch(Server& server, Client& client);

// Names the shards that a request needs. `database` is the one selected when it will run.
void add_locks(ShardLocks& locks, const Request& request, std::size_t database,
               bool in_transaction);

}  // namespace weir::redis
