// Client side caching: who is to be told that keys have changed, and the way there.
//
// What clients have read stands in the tables of the keys' shards: they enter it under the lock
// under which they read, and a writer finds them under the lock under which it writes, so that no
// change is missed. It is sent to their reactors when the command that made it has replied (EXEC:
// has replied all), and before anybody sees that reply. Those who want to hear of prefixes get one
// message a prefix for all that a reactor has changed in a round, before it sends its replies.
//
// Thread rule: any thread, under an own lock that is taken while shards may be locked, never the
// other way round.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "core/connection.h"
#include "core/connection_id.h"
#include "core/reactor.h"
#include "servers/redis/client.h"
#include "servers/redis/clients.h"
#include "servers/redis/config.h"
#include "servers/redis/invalidation.h"
#include "servers/redis/keyspace/keyspace.h"
#include "servers/redis/outbox.h"

namespace weir {
class Engine;
}

namespace weir::redis {

class Tracking {
  struct News;

 public:
  // All outlive it; `listener` is the keyspace's.
  Tracking(const Engine& engine, const Config& config, Keyspace& keyspace, KeyListener& listener,
           Clients& clients, Outbox& outbox);

  // On the client's thread, with flags of ClientTracking; `prefixes` join those it has.
  void begin(Client& client, std::uint32_t flags, std::uint64_t redirection,
             const std::vector<std::string_view>& prefixes);
  void end(Client& client);

  // The client has read the key. REQUIRES: the shard is locked since before.
  void remember(const Client& client, Shard& shard, std::string_view key);
  // What KeyListener::cached_changed() tells, on the executing reactor.
  void changed(std::string_view key, TrackingTable::Readers readers, Author author);
  // All keys of a database, or of all of them, are gone. REQUIRES: every shard is locked.
  void all_changed();

  // What the reactor's running command has changed and somebody is to be told.
  const std::vector<News>& news(const Reactor& reactor) const {
    return rounds_[reactor.index()].news;
  }
  bool has_news(const Reactor& reactor) const { return !news(reactor).empty(); }
  // The command of `author` has been replied to: now others are told of what it changed, and it is
  // itself, at once if it is on this thread: then `connection` is its own.
  void tell_news(Reactor& reactor, Client* author, Connection* connection);

  // Forgets keys, and tells who has read them, until there are no more than the configuration says.
  // A step at a time, each a task of this reactor.
  void shrink();

  // Clients that track, keys and readers in the tables, prefixes that somebody wants to hear of.
  std::size_t clients() const;
  std::uint64_t keys() const { return keys_.load(std::memory_order_relaxed); }
  std::uint64_t items() const { return items_.load(std::memory_order_relaxed); }
  std::size_t prefixes() const;

 private:
  // Something that others are to be told.
  struct News {
    enum class Kind : std::uint8_t {
      kChangedByCommand,
      kChangedByServer,
      kForgotten,   // the key has not changed, but nobody will tell when it does
      kEverything,  // has gone, whatever the key
    };
    Kind kind;
    std::string key = {};
    TrackingTable::Readers readers = {};
  };
  using BroadcastKeys = std::map<std::string, ConnectionId, std::less<>>;
  // What a reactor has changed.
  struct alignas(64) Round {
    std::vector<News> news;  // by the command that runs
    // At the end of the round; and who changed them last, kNone where no client did.
    BroadcastKeys broadcast;
    bool will_end = false;
  };

  void add(News news);
  void end_round(Reactor& reactor);
  void tell_readers(const News& news, Client* author, Connection* connection);
  void tell_all(Client* author, Connection* connection);
  void tell_author(Invalidation::Cause cause, std::shared_ptr<const std::string> keys,
                   Client& author, Connection* connection);
  void broadcast(const std::vector<Client*>& clients, BroadcastKeys::const_iterator begin,
                 BroadcastKeys::const_iterator end);
  std::shared_ptr<const Invalidation> make(Invalidation::Cause cause,
                                           std::shared_ptr<const std::string> keys) {
    return std::make_shared<Invalidation>(all_clients_, outbox_, cause, std::move(keys));
  }

  // Whether the tables have more keys than they may.
  bool is_over() const;
  void forget_one(Shard& shard);
  void shrink_by_step();
  // Runs `change` on the table, and counts.
  template <class Change>
  void change_table(TrackingTable& table, Change&& change);

  const Config& config_;
  Keyspace& keyspace_;
  KeyListener& listener_;
  Clients& all_clients_;
  Outbox& outbox_;
  std::vector<Round> rounds_;  // by reactor
  std::atomic<std::uint64_t> keys_{0};
  std::atomic<std::uint64_t> items_{0};
  mutable std::mutex mutex_;
  std::unordered_set<ConnectionId> clients_;
  std::map<std::string, std::vector<Client*>, std::less<>> prefixes_;
};

}  // namespace weir::redis
