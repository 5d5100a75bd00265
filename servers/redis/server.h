// What all sessions share: the keyspace, the commands, the clients, the configuration, the
// counters. Made once, lives as long as the engine's reactors run. Thread rule: each part has its
// own; the constants here are written before the engine runs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <vector>

#include "core/engine.h"
#include "core/session.h"
#include "servers/redis/batch.h"
#include "servers/redis/clients.h"
#include "servers/redis/command_table.h"
#include "servers/redis/config.h"
#include "servers/redis/keyspace/keyspace.h"
#include "servers/redis/stats.h"

namespace weir::redis {

// The release whose behaviour is followed.
inline constexpr char kRedisVersion[] = "7.0.15";

class Server {
 public:
  // All three outlive the server.
  Server(Engine& engine, Config& config, std::span<const CommandGroup> groups);
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Listens on the addresses of the engine's options and starts the timers that expire keys; then
  // Engine::run() serves.
  Status start(const Service& service);

  Engine& engine() { return engine_; }
  Config& config() { return config_; }
  Keyspace& keyspace() { return keyspace_; }
  Clients& clients() { return clients_; }
  const CommandTable& commands() const { return commands_; }

  // On the client's thread.
  bool must_authenticate(const Client& client) const {
    return config_.has_password() && !client.authenticated;
  }

  BatchPool& batches(const Reactor& reactor) { return batches_[reactor.index()]; }

  // The counters of the calling reactor, and all together since the last CONFIG RESETSTAT.
  Stats& stats(const Reactor& reactor) { return stats_[reactor.index()]; }
  std::uint64_t total(Counter Stats::*counter) const;
  std::uint64_t expired_keys();
  // The same of the engine's.
  std::uint64_t bytes_received() const;
  std::uint64_t bytes_sent() const;
  void reset_stats();

  std::int64_t start_ms() const { return start_ms_; }
  // 40 hexadecimal digits, another with each start.
  const std::string& run_id() const { return run_id_; }

 private:
  // A reactor's share of the shards, and where its next turn begins.
  struct ExpiryShare {
    std::size_t first;
    std::size_t step;
    std::size_t next = 0;
  };

  void expire_on(Reactor& reactor, ExpiryShare share);

  Engine& engine_;
  Config& config_;
  Keyspace keyspace_;
  Clients clients_;
  CommandTable commands_;
  std::vector<Stats> stats_;       // by reactor
  std::deque<BatchPool> batches_;  // by reactor
  Stats at_reset_;                 // what reset_stats() subtracts
  Counter expired_at_reset_;
  Counter received_at_reset_;
  Counter sent_at_reset_;
  const std::int64_t start_ms_;
  std::string run_id_;
};

}  // namespace weir::redis
