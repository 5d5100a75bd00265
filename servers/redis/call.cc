#include "servers/redis/call.h"

#include "servers/redis/types/integer_text.h"

namespace weir::redis {

[[gnu::always_inline]] inline Entry* Call::read_quietly(Shard& shard, const Key& key) {
  Entry* entry = shard.read(key, now_ms);
  (entry != nullptr ? stats.keyspace_hits : stats.keyspace_misses).add();
  if (entry == nullptr) shard.announce(kMissed, key.name);
  return entry;
}

Entry* Call::read_entry(std::size_t i) {
  Shard& of_key = shard(i);
  return use(of_key, read_quietly(of_key, key(i)));
}

Entry* Call::read_quietly(std::size_t i) { return read_quietly(shard(i), key(i)); }

Entry* Call::read_entry(const Key& key) {
  Shard& of_key = server.keyspace().shard(database(), key.hash);
  return use(of_key, read_quietly(of_key, key));
}

bool Call::find_string(std::size_t i, Entry*& entry) {
  entry = find_entry(i);
  return take_string(entry);
}

bool Call::take_string(Entry* entry) {
  if (entry == nullptr || entry->type() == Type::kString) return true;
  wrong_type();
  return false;
}

bool Call::take_text(Entry* entry, std::optional<std::string_view>& text) {
  text.reset();
  if (!take_string(entry)) return false;
  if (entry != nullptr) text = entry->text();
  return true;
}

void Call::changed_unwatched(std::size_t i, const KeyEvent& event) {
  announce(i, event);
  stats.changes.add();
}

bool Call::remove(std::size_t i, Removal removal) {
  return find_entry(i) != nullptr && remove_stored(i, removal);
}

bool Call::remove_stored(std::size_t i, Removal removal) {
  if (!shard(i).erase(key(i), removal)) return false;
  changed(i, kDeleted);
  return true;
}

bool Call::wait_for_keys(const Awaited& awaited) {
  if (waiting_ != Waiting::kAllowed) return waiting_ == Waiting::kRetries;
  const auto retried = awaited.arguments.empty() ? arguments_ : awaited.arguments;
  client.waiter.begin({.request = StoredRequest({command_, nullptr, retried, hashes_}),
                       .database = static_cast<std::uint32_t>(database()),
                       .first = awaited.first,
                       .end = awaited.end,
                       .target = awaited.target,
                       .told_of_removal = awaited.told_of_removal,
                       .timed = awaited.timeout_ms != 0,
                       .timer = {}});
  // All are counted before the first may fail: the end of the wait takes all back.
  for (std::size_t i = awaited.first; awaited.told_of_removal && i < awaited.end; ++i) {
    ++shard(i).awaited_removals();
  }
  for (std::size_t i = awaited.first; i < awaited.end; ++i) {
    shard(i).waiters().add(arguments_[i], client.waiter);
  }
  if (awaited.timeout_ms == 0) return true;
  client.waiter.wait().timer =
      connection().run_after(awaited.timeout_ms, [&waiting = client](Connection*) {
        if (waiting.waiter.close()) waiting.resume(waiting.nothing());
      });
  return true;
}

void Call::error(std::string_view message) {
  server.count_error(reactor, message);
  // Line ends that a quoted argument left behind.
  while (message.ends_with('\n') || message.ends_with('\r')) message.remove_suffix(1);
  reply.error(message);
}

void Call::wrong_type() {
  error("WRONGTYPE Operation against a key holding the wrong kind of value");
}

bool Call::integer(std::size_t i, std::int64_t& value) {
  return integer(i, value, "ERR value is not an integer or out of range");
}

bool Call::integer(std::size_t i, std::int64_t& value, std::string_view message) {
  const std::optional<std::int64_t> parsed = parse_integer(arguments_[i]);
  if (!parsed) {
    error(message);
    return false;
  }
  value = *parsed;
  return true;
}

}  // namespace weir::redis
