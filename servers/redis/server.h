// What all sessions share: the keyspace, the commands, the clients, the configuration, the
// counters. Made once, lives as long as the engine's reactors run. Thread rule: each part has its
// own; the constants here are written before the engine runs.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/reactor.h"
#include "core/session.h"
#include "servers/redis/acl_log.h"
#include "servers/redis/batch.h"
#include "servers/redis/client_memory.h"
#include "servers/redis/client_rounds.h"
#include "servers/redis/clients.h"
#include "servers/redis/command_meter.h"
#include "servers/redis/command_stats.h"
#include "servers/redis/command_table.h"
#include "servers/redis/config.h"
#include "servers/redis/error_counts.h"
#include "servers/redis/eviction_pool.h"
#include "servers/redis/expiry_schedule.h"
#include "servers/redis/keyspace/access_clock.h"
#include "servers/redis/keyspace/key_event.h"
#include "servers/redis/keyspace/key_listener.h"
#include "servers/redis/keyspace/keyspace.h"
#include "servers/redis/latency_events.h"
#include "servers/redis/memory/memory_record.h"
#include "servers/redis/monitors.h"
#include "servers/redis/outbox.h"
#include "servers/redis/pause.h"
#include "servers/redis/pubsub.h"
#include "servers/redis/rates.h"
#include "servers/redis/ready_keys.h"
#include "servers/redis/reclaimer.h"
#include "servers/redis/scripting.h"
#include "servers/redis/slow_log.h"
#include "servers/redis/stats.h"
#include "servers/redis/tracking.h"

namespace weir {
class Engine;
class Tenant;
}  // namespace weir

namespace weir::redis {

// The release whose behaviour is followed.
inline constexpr char kRedisVersion[] = "7.0.15";

class Server final : private KeyListener {
 public:
  // All three outlive the server.
  Server(Engine& engine, Config& config, std::span<const CommandGroup> groups);
  ~Server() override;
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Listens on the addresses of the engine's options; Engine::run() serves.
  Status listen(const Service& service);

  // Begins to look after the clients, and to measure rates, from the engine's run on.
  void start_rounds();

  Engine& engine() { return engine_; }
  Config& config() { return config_; }
  const Config& config() const { return config_; }
  Keyspace& keyspace() { return keyspace_; }
  Clients& clients() { return clients_; }
  ClientMemory& client_memory() { return client_memory_; }
  const CommandTable& commands() const { return commands_; }

  // On the client's thread.
  bool must_authenticate(const Client& client) const {
    return !client.authenticated && config_.default_user.must_authenticate();
  }

  // Closes a client on its own reactor; nothing more of it is executed. REQUIRES: the lock of
  // Clients is held.
  void close_client(Client& client, const char* why);

  Pause& pause() { return pause_; }
  Outbox& outbox() { return outbox_; }
  PubSub& pubsub() { return pubsub_; }
  Monitors& monitors() { return monitors_; }
  Tracking& tracking() { return tracking_; }
  // What the calling reactor has written and others wait for.
  ReadyKeys& ready_keys(const Reactor& reactor) { return ready_keys_[reactor.index()]; }

  ClientRounds& rounds(const Reactor& reactor) { return rounds_[reactor.index()]; }
  const std::deque<ClientRounds>& rounds() const { return rounds_; }
  // When keys were used.
  AccessClock& access_clock() { return access_clock_; }
  const AccessClock& access_clock() const { return access_clock_; }
  MemoryRecord& memory_record() { return memory_record_; }
  EvictionPool& eviction_pool(const Reactor& reactor) { return eviction_pools_[reactor.index()]; }
  ExpirySchedule& expiry_schedule() { return expiry_schedule_; }
  // Frees on the calling reactor what was removed, later.
  Reclaimer& reclaimer(const Reactor& reactor) { return reclaimers_[reactor.index()]; }
  std::uint64_t lazyfree_pending() const;
  std::uint64_t lazyfreed() const;

  BatchPool& batches(const Reactor& reactor) { return batches_[reactor.index()]; }

  // What the calling reactor measures, and all reactors together.
  CommandMeter& meter(const Reactor& reactor) { return command_stats_.meter(reactor.index()); }
  const CommandStats& command_stats() const { return command_stats_; }
  SlowLog& slow_log() { return slow_log_; }
  AclLog& acl_log() { return acl_log_; }
  Scripting& scripting() { return scripting_; }
  // DEBUG SET-DISABLE-DENY-SCRIPTS: commands that scripts may not call, they may.
  bool scripts_may_run_all() const { return scripts_may_run_all_.load(std::memory_order_relaxed); }
  void let_scripts_run_all(bool all) { scripts_may_run_all_.store(all, std::memory_order_relaxed); }
  const Rates& rates() const { return rates_; }
  LatencyEvents& latency_events() { return latency_events_; }
  // Among the latency events, if it took as long as latency-monitor-threshold says.
  void note_latency(std::string_view event, std::int64_t us) {
    if (is_latency_event(us)) add_latency(event, us / 1000);
  }
  bool is_latency_event(std::int64_t us) const {
    const std::int64_t threshold_ms = config_.latency_threshold_ms.load(std::memory_order_relaxed);
    return threshold_ms != 0 && us / 1000 >= threshold_ms;
  }
  // An error was replied by the calling reactor; `message` begins with its code.
  void count_error(const Reactor& reactor, std::string_view message) {
    stats(reactor).error_replies.add();
    error_counts_[reactor.index()].count(message);
  }
  // By their codes, of all reactors since the last CONFIG RESETSTAT.
  ErrorCodes error_codes();

  // The counters of the calling reactor, and all together since the last CONFIG RESETSTAT.
  Stats& stats(const Reactor& reactor) { return stats_[reactor.index()]; }
  std::uint64_t total(Counter Stats::*counter) const;
  std::uint64_t expired_keys();
  // Whether keys expire before somebody looks at them. Any thread.
  bool active_expiry() const {
    return active_expiry_.load(std::memory_order_relaxed) && may_expire();
  }
  void set_active_expiry(bool active) { active_expiry_.store(active, std::memory_order_relaxed); }
  // The same of the engine's.
  std::uint64_t bytes_received() const;
  std::uint64_t bytes_sent() const;
  std::uint64_t reads() const;
  std::uint64_t writes() const;
  void reset_stats();

  std::int64_t start_ms() const { return start_ms_; }
  // 40 hexadecimal digits, another with each start.
  const std::string& run_id() const { return run_id_; }
  // What replicas would know its data by, if there were any.
  const std::string& replication_id() const { return replication_id_; }

 private:
  void awaited_changed(std::size_t shard, std::string_view key) override;
  void happened(std::size_t shard, const KeyEvent& event, std::string_view key) override;
  bool may_expire() const override;
  std::uint64_t sum(Counter ReactorCounters::*counter) const;
  void discard(Entry* entry, Removal removal) override;
  void due_changed(std::size_t shard, std::int64_t due_ms) override {
    expiry_schedule_.set_due(shard, due_ms);
  }
  void cached_changed(std::string_view key, TrackingTable::Readers readers, Author author) override;
  void add_latency(std::string_view event, std::int64_t ms);
  void sample_rates(Reactor& reactor);

  Engine& engine_;
  Config& config_;
  Keyspace keyspace_;
  AccessClock access_clock_;
  MemoryRecord memory_record_;
  std::deque<EvictionPool> eviction_pools_;  // by reactor
  ExpirySchedule expiry_schedule_;
  std::deque<Reclaimer> reclaimers_;  // by reactor
  Clients clients_;
  ClientMemory client_memory_;
  CommandTable commands_;
  CommandStats command_stats_;
  SlowLog slow_log_;
  AclLog acl_log_;
  Scripting scripting_;
  std::atomic<bool> scripts_may_run_all_{false};
  Rates rates_;
  LatencyEvents latency_events_;
  std::deque<ErrorCounts> error_counts_;  // by reactor
  std::vector<Stats> stats_;              // by reactor
  std::deque<ClientRounds> rounds_;       // by reactor
  std::deque<BatchPool> batches_;         // by reactor
  Pause pause_;
  Outbox outbox_;
  PubSub pubsub_;
  Monitors monitors_;
  Tracking tracking_;
  std::vector<ReadyKeys> ready_keys_;  // by reactor
  Stats at_reset_;                     // what reset_stats() subtracts
  std::atomic<bool> active_expiry_{true};
  Counter expired_at_reset_;
  Counter lazyfreed_at_reset_;
  Counter received_at_reset_;
  Counter sent_at_reset_;
  Counter reads_at_reset_;
  Counter writes_at_reset_;
  std::vector<std::unique_ptr<Tenant>> blocked_ends_;  // by reactor
  const std::int64_t start_ms_;
  std::string run_id_;
  std::string replication_id_;
};

}  // namespace weir::redis
