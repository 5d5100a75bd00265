#include "servers/redis/tracking.h"

#include <algorithm>

#include "base/random.h"
#include "core/engine.h"
#include "servers/redis/keyspace/shard_locks.h"

namespace weir::redis {
namespace {

using Cause = Invalidation::Cause;

void append_bulk(std::string& text, std::string_view word) {
  text.append("$").append(std::to_string(word.size())).append("\r\n");
  text.append(word).append("\r\n");
}

std::shared_ptr<const std::string> encode_key(std::string_view key) {
  std::string text = "*1\r\n";
  append_bulk(text, key);
  return std::make_shared<const std::string>(std::move(text));
}

// What `author` has changed last is left out. nullptr when nothing else is there.
template <class Iterator>
std::shared_ptr<const std::string> encode_keys(Iterator begin, Iterator end, ConnectionId author) {
  std::size_t count = 0;
  std::string words;
  for (Iterator key = begin; key != end; ++key) {
    if (author != ConnectionId::kNone && key->second == author) continue;
    append_bulk(words, key->first);
    ++count;
  }
  if (count == 0) return nullptr;
  return std::make_shared<const std::string>("*" + std::to_string(count) + "\r\n" + words);
}

}  // namespace

Tracking::Tracking(const Engine& engine, const Config& config, Keyspace& keyspace,
                   KeyListener& listener, Clients& clients, Outbox& outbox)
    : config_(config),
      keyspace_(keyspace),
      listener_(listener),
      all_clients_(clients),
      outbox_(outbox),
      rounds_(engine.reactors().size()) {}

void Tracking::begin(Client& client, std::uint32_t flags, std::uint64_t redirection,
                     const std::vector<std::string_view>& prefixes) {
  ClientTracking& tracking = client.tracking;
  const std::uint32_t kept = tracking.flags.load(std::memory_order_relaxed) & tracking.kCaching;
  tracking.redirection.store(redirection, std::memory_order_relaxed);
  tracking.flags.store(kept | flags | tracking.kOn, std::memory_order_relaxed);
  const std::lock_guard lock(mutex_);
  clients_.insert(client.connection);
  for (const std::string_view prefix : prefixes) {
    if (!tracking.prefixes.emplace(prefix).second) continue;
    prefixes_[std::string(prefix)].push_back(&client);
  }
  listener_.want_every_change(!prefixes_.empty());
}

void Tracking::end(Client& client) {
  ClientTracking& tracking = client.tracking;
  if (!tracking.has(ClientTracking::kOn)) return;
  tracking.flags.store(0, std::memory_order_relaxed);
  const std::lock_guard lock(mutex_);
  clients_.erase(client.connection);
  for (const std::string& prefix : tracking.prefixes) {
    const auto found = prefixes_.find(prefix);
    std::erase(found->second, &client);
    if (found->second.empty()) prefixes_.erase(found);
  }
  tracking.prefixes.clear();
  listener_.want_every_change(!prefixes_.empty());
}

template <class Change>
void Tracking::change_table(TrackingTable& table, Change&& change) {
  const std::uint64_t keys = table.size();
  const std::uint64_t items = table.items();
  change(table);
  // Modulo 2^64, which makes a decrease of a large difference.
  if (table.size() != keys) keys_.fetch_add(table.size() - keys, std::memory_order_relaxed);
  if (table.items() != items) items_.fetch_add(table.items() - items, std::memory_order_relaxed);
}

void Tracking::remember(const Client& client, Shard& shard, std::string_view key) {
  const auto drop_ended = [this](TrackingTable::Readers& readers) {
    const std::lock_guard lock(mutex_);
    std::erase_if(readers, [this](ConnectionId reader) { return !clients_.contains(reader); });
  };
  const std::size_t before = shard.tracking().size();
  change_table(shard.tracking(),
               [&](TrackingTable& table) { table.add(key, client.connection, drop_ended); });
  // Its hash decided the key's shard, so that one of the same shard is as random as any.
  if (shard.tracking().size() != before && is_over()) forget_one(shard);
}

void Tracking::changed(std::string_view key, TrackingTable::Readers readers, Author author) {
  if (!readers.empty()) {
    keys_.fetch_sub(1, std::memory_order_relaxed);
    items_.fetch_sub(readers.size(), std::memory_order_relaxed);
  }
  const bool by_command = author == Author::kCommand;
  add({by_command ? News::Kind::kChangedByCommand : News::Kind::kChangedByServer, std::string(key),
       std::move(readers)});
}

void Tracking::all_changed() {
  for (std::size_t i = 0; keys() > 0 && i < keyspace_.databases() * Keyspace::kShards; ++i) {
    change_table(keyspace_.shard_numbered(i).tracking(), [](TrackingTable& t) { t.clear(); });
  }
  if (clients() > 0) add({News::Kind::kEverything});
}

// What no command tells, as a key that expired by itself, is told at the end of the round.
void Tracking::add(News news) {
  Reactor& reactor = *Reactor::current();
  Round& round = rounds_[reactor.index()];
  round.news.push_back(std::move(news));
  if (round.will_end) return;
  round.will_end = true;
  reactor.run_at_flush([this, &reactor] { end_round(reactor); });
}

void Tracking::tell_news(Reactor& reactor, Client* author, Connection* connection) {
  Round& round = rounds_[reactor.index()];
  for (News& news : std::exchange(round.news, {})) {
    if (news.kind == News::Kind::kEverything) {
      tell_all(author, connection);
      continue;
    }
    if (!news.readers.empty()) tell_readers(news, author, connection);
    if (news.kind == News::Kind::kForgotten || !listener_.wants_every_change()) continue;
    const bool by_author = author != nullptr && news.kind == News::Kind::kChangedByCommand;
    round.broadcast.insert_or_assign(std::move(news.key),
                                     by_author ? author->connection : ConnectionId::kNone);
  }
}

void Tracking::tell_readers(const News& news, Client* author, Connection* connection) {
  const auto keys = encode_key(news.key);
  const auto invalidation = make(Cause::kChange, keys);
  const bool by_command = news.kind == News::Kind::kChangedByCommand;
  for (const ConnectionId reader : news.readers) {
    if (author != nullptr && reader == author->connection) {
      tell_author(by_command ? Cause::kOwnChange : Cause::kChange, keys, *author, connection);
    } else {
      outbox_.push(reader, invalidation);
    }
  }
}

void Tracking::tell_all(Client* author, Connection* connection) {
  const auto invalidation = make(Cause::kEverything, nullptr);
  bool also_author = false;
  {
    const std::lock_guard lock(mutex_);
    for (const ConnectionId client : clients_) {
      if (author != nullptr && client == author->connection) {
        also_author = true;
      } else {
        outbox_.push(client, invalidation);
      }
    }
  }
  if (also_author) tell_author(Cause::kEverything, nullptr, *author, connection);
}

void Tracking::tell_author(Cause cause, std::shared_ptr<const std::string> keys, Client& author,
                           Connection* connection) {
  const auto invalidation = make(cause, std::move(keys));
  if (connection == nullptr) return outbox_.push(author.connection, invalidation);
  invalidation->deliver(*connection, author);
}

void Tracking::end_round(Reactor& reactor) {
  Round& round = rounds_[reactor.index()];
  round.will_end = false;
  tell_news(reactor, nullptr, nullptr);
  if (round.broadcast.empty()) return;
  const BroadcastKeys keys = std::exchange(round.broadcast, {});
  const std::lock_guard lock(mutex_);
  for (const auto& [prefix, clients] : prefixes_) {
    const auto begin = keys.lower_bound(prefix);
    const auto end = std::find_if_not(begin, keys.end(), [&prefix = prefix](const auto& key) {
      return key.first.starts_with(prefix);
    });
    if (begin != end) broadcast(clients, begin, end);
  }
}

// REQUIRES: the lock is held, and there are keys.
void Tracking::broadcast(const std::vector<Client*>& clients, BroadcastKeys::const_iterator begin,
                         BroadcastKeys::const_iterator end) {
  const auto all = make(Cause::kBroadcast, encode_keys(begin, end, ConnectionId::kNone));
  for (const Client* client : clients) {
    if (!client->tracking.has(ClientTracking::kNoLoop)) {
      outbox_.push(client->connection, all);
    } else if (auto keys = encode_keys(begin, end, client->connection)) {
      outbox_.push(client->connection, make(Cause::kBroadcast, std::move(keys)));
    }
  }
}

bool Tracking::is_over() const {
  const std::uint64_t most = config_.tracking_table_max_keys.load(std::memory_order_relaxed);
  return most != 0 && keys() > most;
}

void Tracking::forget_one(Shard& shard) {
  change_table(shard.tracking(), [this](TrackingTable& table) {
    std::string key = table.sample(Random::of_thread()());
    TrackingTable::Readers readers = table.take(key);
    add({News::Kind::kForgotten, std::move(key), std::move(readers)});
  });
}

void Tracking::shrink() {
  if (is_over()) Reactor::current()->post([this] { shrink_by_step(); });
}

// A key of each shard that has one, beginning anywhere.
void Tracking::shrink_by_step() {
  const std::size_t shards = keyspace_.databases() * Keyspace::kShards;
  const std::size_t start = Random::of_thread()() % shards;
  for (std::size_t i = 0; i < shards && is_over(); ++i) {
    const std::size_t number = (start + i) % shards;
    const ShardLock lock(keyspace_, number);
    Shard& shard = keyspace_.shard_numbered(number);
    if (!shard.tracking().empty()) forget_one(shard);
  }
  shrink();
}

std::size_t Tracking::clients() const {
  const std::lock_guard lock(mutex_);
  return clients_.size();
}

std::size_t Tracking::prefixes() const {
  const std::lock_guard lock(mutex_);
  return prefixes_.size();
}

}  // namespace weir::redis
